"""The titles of a store as text that other programs read: JSON Lines, or CSV for spreadsheets.

JSON Lines has every document as it is. CSV has the columns that people ask for. Its ``episodes`` is
the number of a show's episodes on VidSrc's list, which a spreadsheet can sort and add up; which ones
they are is in JSON Lines. Newer columns come last, so that the others stay where they were.

Texts of CSV are made harmless: anyone with an account can name a film at TMDB ``=HYPERLINK(…)``, and a
spreadsheet would take that for a formula. So a text that begins like one gets an apostrophe
before it, and a control character is shown as its number.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moviesync.items import SMALLEST_ID
from moviesync.output import one_line
from moviesync.reports.episodes import number_of
from moviesync.stores.base import Document, Store
from moviesync.stores.documents import iso, json_text

BATCH = 500
"""Documents that are in memory at a time."""
COLUMNS = (
    *("tmdbId", "title", "year", "vidsrcAvailable"),
    *("lastChecked", "firstSeen", "lastSeen", "checkReason"),
    *("statusSince", "evidenceBy", "evidenceHost", "episodes"),
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - Excel reads the fullwidth ones too


@dataclass(frozen=True)
class Format:
    """How titles are written: a header, and the lines of some documents."""

    header: str
    lines: Callable[[Iterable[Document]], str]


async def export(
    store: Store, collection: str, *, state: str | None, form: Format, write: Callable[[str], None]
) -> int:
    """Write the titles of a state (``None``: all) in the order of their ids; returns their number."""
    write(form.header)
    number, last = 0, SMALLEST_ID
    while documents := await store.batch(collection, state=state, after=last, limit=BATCH):
        write(form.lines(documents))
        number, last = number + len(documents), documents[-1]["_id"]
    return number


def _jsonl(documents: Iterable[Document]) -> str:
    return "".join(f"{json_text(document)}\n" for document in documents)


def _csv(documents: Iterable[Document]) -> str:
    return _rows([_cell(value) for value in _values(document)] for document in documents)


def _rows(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _values(document: Document) -> list[Any]:
    error, evidence = document.get("checkError"), document.get("evidence")
    by, host = (evidence.get("by"), evidence.get("host")) if isinstance(evidence, dict) else (evidence, None)
    named = {
        **document,
        "tmdbId": document["_id"],
        "checkReason": error.get("reason") if isinstance(error, dict) else error,
        "evidenceBy": by,
        "evidenceHost": host,
        "episodes": number_of(document.get("episodes")),
    }
    return [named.get(column) for column in COLUMNS]


def _cell(value: object) -> str:
    """
    >>> _cell("=1+1"), _cell(" @home"), _cell(-1), _cell(True), _cell(None)
    ("'=1+1", "' @home", '-1', 'true', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso(value)
    text = one_line(str(value))
    return f"'{text}" if isinstance(value, str) and text.lstrip().startswith(_FORMULA) else text


FORMATS = {"jsonl": Format("", _jsonl), "csv": Format(_rows([COLUMNS]), _csv)}
