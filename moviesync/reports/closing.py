"""What a run tells at its end: what it did, what it could not do, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moviesync.history.runs import UNKNOWN
from moviesync.reports.pace import duration, per_second

Stats = dict[str, Any]


def titles_checked(stats: Stats) -> int:
    """How many checks are stored, with a verdict or without."""
    unknown = sum(count for name, count in stats.items() if name.startswith(UNKNOWN))
    return int(stats.get("verdicts/available", 0) + stats.get("verdicts/unavailable", 0) + unknown)


def has_unknown(stats: Stats) -> bool:
    """Whether a check gave no verdict."""
    return any(name.startswith(UNKNOWN) for name in stats)


def format_verdicts(stats: Stats) -> str:
    """One line on the checks of a run, from its stats; empty where there were none.

    >>> format_verdicts({"verdicts/available": 3, "verdicts/unknown/timeout": 2, "verdicts/unknown/HTTP 500": 1})
    '6 titles checked: 3 available, 0 unavailable, 3 unknown (timeout: 2, HTTP 500: 1), which stay due'
    """
    checked = titles_checked(stats)
    if not checked:
        return ""
    available, unavailable = stats.get("verdicts/available", 0), stats.get("verdicts/unavailable", 0)
    line = f"{checked:,} titles checked: {available:,} available, {unavailable:,} unavailable"
    if not has_unknown(stats):
        return line
    unknown = checked - available - unavailable
    return f"{line}, {unknown:,} unknown ({_by_reason(stats, UNKNOWN)}), which stay due"


def account(stats: Stats, seconds: float) -> Iterator[str]:
    """The lines on what a run did in so many seconds, from its stats.

    >>> stats = {"store/pages": 2, "store/titles": 40, "store/new": 38, "verdicts/available": 30}
    >>> faults = {"verdicts/unknown/timeout": 1, "retry/count": 5, "retry/reason_count/timeout": 5}
    >>> print(*account(stats | faults, 62), sep="\\n")
    2 pages with 40 titles, 38 of them new
    31 titles checked: 30 available, 0 unavailable, 1 unknown (timeout: 1), which stay due
    5 requests tried again (timeout: 5)
    it took 2 min, 0.5 titles checked a second
    """
    pages, titles, new = (stats.get(f"store/{name}", 0) for name in ("pages", "titles", "new"))
    if pages:
        yield f"{_some(pages, 'page')} with {_some(titles, 'title')}, {new:,} of them new"
    yield format_verdicts(stats) or "no title was checked"
    if refused := stats.get("store/refused"):
        yield f"{_some(refused, 'write')} refused by the store; the log names the first titles"
    if retries := stats.get("retry/count"):
        yield f"{_some(retries, 'request')} tried again ({_by_reason(stats, 'retry/reason_count/')})"
    checked = titles_checked(stats)
    rate = f", {per_second(checked / seconds)} titles checked a second" if checked and seconds else ""
    yield f"it took {duration(seconds)}{rate}"


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _by_reason(stats: Stats, prefix: str) -> str:
    counts = {name.removeprefix(prefix): count for name, count in stats.items() if name.startswith(prefix)}
    return ", ".join(
        f"{reason}: {count:,}" for reason, count in sorted(counts.items(), key=lambda pair: -pair[1])
    )
