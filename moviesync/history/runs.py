"""The history of runs: what a document of the collection ``runs`` holds, and what it shows.

It is written when a run begins, every few seconds while it lasts, and when it ends; a run that
was killed is one whose document has no end and has not been written for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from moviesync.history import stats as names
from moviesync.stores.base import RUNS, Document, Store
from moviesync.stores.documents import iso

LIFELESS = timedelta(seconds=20)
"""If the last heartbeat is older, the run was killed (``RUN_HEARTBEAT`` is 5 s, and clocks differ)."""

RUNNING, KILLED, ENDED = "running", "killed", "ended"
COUNTERS = {
    "pages": names.PAGES,
    "titles": names.TITLES,
    "new": names.NEW,
    "available": names.AVAILABLE,
    "unavailable": names.UNAVAILABLE,
    "retries": names.RETRIES,
    "refused": names.REFUSED,
}
"""The counters of a run, and the stats they are taken from."""


def begun(spider: str, arguments: Document, version: str, started: datetime) -> Document:
    """The document of a run that begins; sorted by ``_id``, runs are in the order of their start."""
    return {
        "_id": f"{iso(started)} {uuid4().hex[:8]}",
        "spider": spider,
        "arguments": arguments,
        "version": version,
        "started": started,
        "finished": None,
        "reason": None,
        "heartbeat": started,
        "counters": counters({}),
    }


def counters(stats: Mapping[str, Any]) -> Document:
    """What a run has done so far; ``unknown`` are the checks without a verdict, by reason.

    >>> counters({"store/pages": 2, "verdicts/unknown/timeout": 1, "retry/count": 5})  # doctest: +NORMALIZE_WHITESPACE
    {'pages': 2, 'titles': 0, 'new': 0, 'available': 0, 'unavailable': 0, 'retries': 5, 'refused': 0,
     'unknown': {'timeout': 1}}
    """
    unknown = {
        name.removeprefix(names.UNKNOWN): count
        for name, count in stats.items()
        if name.startswith(names.UNKNOWN)
    }
    return {**{name: stats.get(stat, 0) for name, stat in COUNTERS.items()}, "unknown": unknown}


def state(run: Document, at: datetime) -> str:
    """``ended`` (its ``reason`` says how), ``running`` or ``killed``, as it looked at this time."""
    if run.get("finished") is not None:
        return ENDED
    beat = _last_sign(run)
    return RUNNING if beat is not None and at - beat <= LIFELESS else KILLED


def duration(run: Document, at: datetime) -> float | None:
    """The seconds it took, or has taken so far; ``None`` if the document does not say."""
    started, ended = run.get("started"), run.get("finished")
    if state(run, at) == KILLED:
        ended = _last_sign(run)
    ended = at if ended is None else ended
    if isinstance(started, datetime) and isinstance(ended, datetime):
        return max(0.0, (ended - started).total_seconds())
    return None


def done(run: Document) -> tuple[int, int]:
    """The pages it stored and the titles it checked; 0 if the document does not say."""
    counted = run.get("counters")
    counted = counted if isinstance(counted, dict) else {}
    unknown = counted.get("unknown")
    reasons = unknown.values() if isinstance(unknown, dict) else ()
    checks = (counted.get("available"), counted.get("unavailable"), *reasons)
    return _sum([counted.get("pages")]), _sum(checks)


def _sum(numbers: Iterable[Any]) -> int:
    return sum(number for number in numbers if isinstance(number, int))


def _last_sign(run: Document) -> datetime | None:
    signs = (run.get("heartbeat"), run.get("started"))
    return next((moment for moment in signs if isinstance(moment, datetime)), None)


async def last(store: Store, limit: int) -> list[Document]:
    """The documents of the last runs, the latest first."""
    return (await store.saved(RUNS, last=limit))[::-1]
