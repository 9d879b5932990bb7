"""One title, for people: every field of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from moviesync.output import one_line
from moviesync.reports.episodes import ranges, seasons
from moviesync.reports.evidence import format_evidence
from moviesync.reports.tables import aligned, wrapped
from moviesync.stores.base import Document

MOST_OF_A_NAME = 28


def title_page(collection: str, document: Document) -> str:
    """The page, as text for a terminal."""
    heading = f"{collection} {document['_id']}: {document.get('title')} ({document.get('year') or 'undated'})"
    rows = [row for name, value in document.items() for row in _top(name, value)]
    return "\n".join([*wrapped(one_line(heading)), "", *aligned(rows, left=(0, 1))])


def _top(name: str, value: object) -> Iterator[list[str]]:
    """The rows of a field of the document itself."""
    if name == "evidence" and (words := format_evidence(value)):
        yield [name, words]
    elif name == "episodes" and (found := seasons(value)) is not None:
        yield [name, f"{sum(map(len, found.values())):,} on VidSrc's list"]
        yield from ([f"  season {season}", ranges(numbers)] for season, numbers in found.items())
    else:
        yield from _fields({name: value})


def _fields(document: Mapping[str, Any], indent: str = "") -> Iterator[list[str]]:
    for name, value in document.items():
        label = f"{indent}{name}"[:MOST_OF_A_NAME]
        if isinstance(value, dict):
            yield [label, ""]
            yield from _fields(value, f"{indent}  ")
        else:
            yield [label, _format(value)]


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, list):
        return ", ".join(map(_format, value))
    return "-" if value is None else str(value)
