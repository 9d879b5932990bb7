"""The closing lines of a run: what it did, what it could not do, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moviesync.history import stats as names
from moviesync.reports.pace import per_second
from moviesync.reports.status import format_gap
from moviesync.reports.tables import format_duration

Stats = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A run that has ended."""

    reason: str
    exit_code: int
    spider: str
    collection: str
    arguments: Mapping[str, Any]
    """The arguments that were given."""
    stats: Stats
    seconds: float
    gaps: Sequence[Mapping[str, Any]]
    """What its walk could not show."""
    walk_goes_on: bool
    """Pages of its walk are left."""


def lines(run: Ended) -> Iterator[str]:
    """The lines at the end of a run; if it could not do its work, its reason comes after them."""
    if not run.exit_code or run.stats.get(names.PAGES) or titles_checked(run.stats):
        yield from account(run.stats, run.seconds)
    for gap in run.gaps:
        yield format_gap(run.collection, gap)
    if run.exit_code:
        yield from (f"{host}: {answer}" for host, answer in run.stats.get(names.MIRRORS, {}).items())
    else:
        yield f"next: {_next(run)}"


def _next(run: Ended) -> str:
    """What its user will want to do after a run that ended well."""
    if run.arguments.get("dry_run"):
        return "the same command without -a dry_run stores what it finds"
    if run.reason != "finished":
        return f"{same_command(run.arguments)} goes on where this run was paused"
    if run.walk_goes_on:
        return f"scrapy crawl {run.spider} goes on with the pages that are left"
    if has_unknown(run.stats):
        return "the same command asks for the unknown titles again; scrapy status shows what is stored"
    return "scrapy status shows what is stored"


def same_command(arguments: Mapping[str, Any]) -> str:
    """Words for the command that goes on with a run of these arguments; a new walk begins only once."""
    return f"the same command{' without -a walk=new' if arguments.get('walk') == 'new' else ''}"


def mistakes(stats: Stats) -> bool:
    """Whether a callback raised something that it should not."""
    return bool(stats.get(names.MISTAKES))


def feeds_lost(stats: Stats) -> bool:
    """Whether Scrapy could not store a feed."""
    return any(name.startswith(names.LOST_FEEDS) for name in stats)


def titles_checked(stats: Stats) -> int:
    """How many checks are stored, with a verdict or without."""
    unknown = sum(count for name, count in stats.items() if name.startswith(names.UNKNOWN))
    return int(stats.get(names.AVAILABLE, 0) + stats.get(names.UNAVAILABLE, 0) + unknown)


def not_checked(number: int) -> str:
    """One line on titles whose checks had no result; empty if there are none.

    >>> not_checked(3)
    'VidSrc was down, or not to be believed: 3 titles are not checked; the same command asks for them'
    """
    if not number:
        return ""
    why = "VidSrc was down, or not to be believed"
    return f"{why}: {_some(number, 'title')} are not checked; the same command asks for them"


def too_few_verdicts(stats: Stats) -> str:
    """Why the checks of a run came to so little that it could not do its work; empty if they did not.

    >>> too_few_verdicts({"verdicts/available": 3, "verdicts/unknown/timeout": 3})
    ''
    >>> too_few_verdicts({"verdicts/unknown/timeout": 2})
    'VidSrc gave no verdict on any of 2 titles (timeout: 2): they stay due; scrapy doctor shows what it answers'
    """
    checked = titles_checked(stats)
    found = stats.get(names.AVAILABLE, 0) + stats.get(names.UNAVAILABLE, 0)
    if 2 * found >= checked:
        return ""
    share = f"{checked - found:,}" if found else "any"
    told = (
        f"VidSrc gave no verdict on {share} of {_some(checked, 'title')} ({_by_reason(stats, names.UNKNOWN)})"
    )
    return f"{told}: they stay due; scrapy doctor shows what it answers"


def has_unknown(stats: Stats) -> bool:
    """Whether a check gave no verdict."""
    return any(name.startswith(names.UNKNOWN) for name in stats)


def format_verdicts(stats: Stats) -> str:
    """One line on the checks of a run, from its stats; empty if there were none.

    >>> format_verdicts({"verdicts/available": 3, "verdicts/unknown/timeout": 2, "verdicts/unknown/HTTP 500": 1})
    '6 titles checked: 3 available, 0 unavailable, 3 unknown (timeout: 2, HTTP 500: 1), which stay due'
    """
    checked = titles_checked(stats)
    if not checked:
        return ""
    available, unavailable = stats.get(names.AVAILABLE, 0), stats.get(names.UNAVAILABLE, 0)
    line = f"{checked:,} titles checked: {available:,} available, {unavailable:,} unavailable"
    if not has_unknown(stats):
        return line
    unknown = checked - available - unavailable
    return f"{line}, {unknown:,} unknown ({_by_reason(stats, names.UNKNOWN)}), which stay due"


def account(stats: Stats, seconds: float) -> Iterator[str]:
    """The lines on what a run did in ``seconds`` seconds, from its stats.

    >>> stats = {"store/pages": 2, "store/titles": 40, "store/new": 38, "verdicts/available": 30}
    >>> faults = {"verdicts/unknown/timeout": 1, "retry/count": 5, "retry/reason_count/timeout": 5}
    >>> print(*account(stats | faults, 62), sep="\\n")
    2 pages with 40 titles, 38 of them new
    31 titles checked: 30 available, 0 unavailable, 1 unknown (timeout: 1), which stay due
    5 requests tried again (timeout: 5)
    it took 1 min 02 s, 0.5 titles checked a second
    """
    pages, titles, new = (stats.get(name, 0) for name in (names.PAGES, names.TITLES, names.NEW))
    if pages:
        yield f"{_some(pages, 'page')} with {_some(titles, 'title')}, {new:,} of them new"
    yield format_verdicts(stats) or "no title was checked"
    if refused := stats.get(names.REFUSED):
        yield f"{_some(refused, 'write')} refused by the store; the log names the first titles"
    if retries := stats.get(names.RETRIES):
        yield f"{_some(retries, 'request')} tried again ({_by_reason(stats, names.RETRY_REASONS)})"
    checked = titles_checked(stats)
    rate = f", {per_second(checked / seconds)} titles checked a second" if checked and seconds else ""
    yield f"it took {format_duration(seconds)}{rate}"


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _by_reason(stats: Stats, prefix: str) -> str:
    counts = {name.removeprefix(prefix): count for name, count in stats.items() if name.startswith(prefix)}
    return ", ".join(
        f"{reason}: {count:,}" for reason, count in sorted(counts.items(), key=lambda pair: -pair[1])
    )
