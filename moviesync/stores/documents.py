"""What the documents of both stores have in common: dates, what a verdict changes, and when a title is up to date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar

from moviesync.items import ASKED, LARGEST_ID, SMALLEST_ID, Episodes, Evidence, Title, Verdict
from moviesync.output import CONTROLS, one_line

ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
UNSTORABLE = (OverflowError, RecursionError, TypeError, ValueError)
"""What encoding raises for a value that no store can hold (``UnicodeEncodeError`` is a ``ValueError``)."""
NEVER = datetime.max.replace(tzinfo=timezone.utc)
LONGEST_LINE = 300
"""Characters of an error's text that are kept."""

Item = TypeVar("Item", Title, Verdict)


def milliseconds(moment: datetime) -> datetime:
    """The moment in UTC as the stores keep it: what is finer than a millisecond is cut off.

    >>> milliseconds(datetime(2026, 11, 23, 10, 0, 0, 123999))
    datetime.datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=datetime.timezone.utc)
    """
    utc = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """The moment as text, of a form that sorts by time.

    >>> iso(datetime(2026, 11, 23, 10, tzinfo=timezone.utc))
    '2026-11-23T10:00:00.000Z'
    """
    return milliseconds(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_or_same(value: Any) -> Any:
    """The moment of a text that has exactly the form of ``iso``; anything else as it is.

    >>> moment_or_same("2026-11-23T10:00:00.000Z")
    datetime.datetime(2026, 11, 23, 10, 0, tzinfo=datetime.timezone.utc)
    >>> moment_or_same("2026-99-23T10:00:00.000Z")
    '2026-99-23T10:00:00.000Z'
    """
    if not isinstance(value, str) or not ISO_MOMENT.fullmatch(value):
        return value
    try:
        return datetime.fromisoformat(value[:-1]).replace(tzinfo=timezone.utc)
    except ValueError:
        return value


def is_up_to_date(
    document: dict[str, Any], *, checked_since: datetime | None, failed_since: datetime
) -> bool:
    """Whether a title needs no check; see ``Store.up_to_date``."""
    checked = document.get("lastChecked")
    if isinstance(document.get("vidsrcAvailable"), bool) and isinstance(checked, datetime):
        young_enough = checked_since is None or checked >= milliseconds(checked_since)
    else:
        young_enough = False
    return young_enough or failed_at_or_after(document.get("checkError"), failed_since)


def was_asked_since(document: dict[str, Any], since: datetime) -> bool:
    """Whether a title has a young verdict of its own; see ``Store.asked_since``."""
    evidence = document.get("evidence")
    by = evidence.get("by") if isinstance(evidence, dict) else None
    return by in ASKED and is_up_to_date(document, checked_since=since, failed_since=NEVER)


def failed_at_or_after(check_error: Any, since: datetime) -> bool:
    """Whether a ``checkError`` is at least as young as ``since``; one without a date is not."""
    at = check_error.get("at") if isinstance(check_error, dict) else None
    return isinstance(at, datetime) and at >= milliseconds(since)


class Held(NamedTuple):
    """What a store holds of the verdict of one title."""

    available: bool | None
    """``None``: there is no verdict yet."""
    checked: datetime | None = None
    since: datetime | None = None
    """``None`` also in a document of the first version."""

    @property
    def began(self) -> datetime | None:
        """Since when the verdict is what it is, as far as is known."""
        return self.since or self.checked


HELD_FIELDS = ("vidsrcAvailable", "lastChecked", "statusSince")
"""The fields of a document that ``held`` needs."""


def held(document: dict[str, Any]) -> Held:
    """What a document says of its verdict; what was written by hand and means nothing counts as not there."""
    available, checked, since = (document.get(name) for name in HELD_FIELDS)
    return Held(
        available if isinstance(available, bool) else None,
        checked if isinstance(checked, datetime) else None,
        since if isinstance(since, datetime) else None,
    )


def judged(before: Held, verdict: Verdict) -> tuple[datetime, dict[str, Any] | None]:
    """The ``statusSince`` that a verdict with an answer leads to, and its document of ``history`` if it is a flip.

    >>> at = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> gone = Verdict("movies", 603, False, "", at.replace(day=24))
    >>> judged(Held(None), gone) == judged(Held(False), gone) == (gone.at, None)
    True
    >>> judged(Held(False, checked=at), gone) == (at, None)
    True
    >>> judged(Held(True, checked=at), gone)[1]["_id"]
    'movies 603 2026-11-23T00:00:00.000Z'
    """
    at = milliseconds(verdict.at)
    if before.available == verdict.available:
        return before.began or at, None
    if before.available is None:
        return at, None
    flip = {
        "_id": flip_id(before, verdict),
        "collection": verdict.collection,
        "tmdbId": verdict.tmdb_id,
        "from": before.available,
        "to": verdict.available,
        "at": at,
    }
    return at, flip | ({"evidence": evidence_form(verdict.evidence)} if verdict.evidence else {})


def flip_id(before: Held, verdict: Verdict) -> str:
    """The ``_id`` of the flip that ends the state of a title.

    It names the state and not the check, so that a check that is repeated writes the same document.
    """
    return f"{verdict.collection} {verdict.tmdb_id} {iso(before.began) if before.began else 'unknown'}"


def evidence_form(evidence: Evidence) -> dict[str, str]:
    """As documents hold it."""
    return {"by": evidence.by, "host": evidence.host}


def episodes_form(episodes: Episodes) -> dict[str, list[int]]:
    """As documents hold them."""
    return {str(season): list(numbers) for season, numbers in episodes.items()}


def by_collection(items: Iterable[Item]) -> dict[str, list[Item]]:
    """The items, in their order, under the collection they belong to."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.collection, []).append(item)
    return groups


def parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items in order, at most ``size`` at a time.

    >>> list(parts([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    return (items[start : start + size] for start in range(0, len(items), size))


def storable_ids(ids: Iterable[int]) -> list[int]:
    """The ids that a store can hold: integers of 64 bit."""
    return [number for number in ids if SMALLEST_ID <= number <= LARGEST_ID]


def is_storable(text: str) -> bool:
    """Whether a store can hold a text: not if it has half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_text(value: Any, *, indent: int | None = None) -> str:
    r"""A document, or several, as JSON that people can read: dates as ``iso`` has them.

    A value that JSON has no form for, as written by hand, is shown as text.

    >>> print(json_text({"at": datetime(2026, 11, 23, tzinfo=timezone.utc), "title": "Amélie \x9b"}))
    {"at": "2026-11-23T00:00:00.000Z", "title": "Amélie \u009b"}
    """
    text = json.dumps(value, default=_json_form, ensure_ascii=False, indent=indent)
    return text.translate(CONTROLS)


def _json_form(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


def short_line(error: object) -> str:
    """The text of an error, fit for one line of a log."""
    return one_line(" ".join(str(error).split()))[:LONGEST_LINE]
