"""How far a run is, how fast, and how long it will still take, in numbers and words."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moviesync.reports.tables import format_duration
from moviesync.tmdb.discover import PAGE_SIZE

RECENT = 60.0
"""Seconds from which the rate is taken: long enough to be steady, short enough to follow the sites."""
WELL = "ok"
"""The state of a site that is asked as fast as it may be."""
_TWO_DIGITS = 10


@dataclass(frozen=True)
class Snapshot:
    """What a run has done, and what it has to do as far as that is known."""

    pages: int
    checked: int
    """Checks that are done, whatever they came to."""
    pages_left: int | None
    """``None``: TMDB has not said yet."""
    checks_left: int
    whole: bool
    """True: that is all that is left; False: it is the least that is left."""

    @property
    def share(self) -> float | None:
        """The part of the work that is done: of the checks, or of the pages if no check is due."""
        done, left = self.checked, self.checks_left
        if not done + left:
            done, left = self.pages, self.pages_left or 0
        return done / (done + left) if self.whole and done + left else None


def checks_left(
    *, due: int, on_pages: int, up_to_date: int, repeated: int, checked: int, pages_left: int | None
) -> int:
    """Checks to come: of stored titles, of the pages that were read, and of those that will be.

    ``due``: titles without a verdict when the run began. Of the ``on_pages`` titles that pages
    have shown, ``up_to_date`` needed no check, ``repeated`` had one in this run. Pages to come are
    assumed to be like those before; if there were none, all their titles need a check.

    >>> checks_left(due=50, on_pages=100, up_to_date=60, repeated=0, checked=70, pages_left=10)
    100
    """
    brought = on_pages - up_to_date - repeated
    share = brought / on_pages if on_pages else 1.0
    return max(0, round(due + brought - checked + (pages_left or 0) * PAGE_SIZE * share))


class Pace:
    """The rates of the last minute, and the time that is left at them."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Snapshot]] = deque()

    def note(self, moment: float, snapshot: Snapshot) -> None:
        """Take in how far the run is at ``moment``, in seconds of any clock."""
        self._seen.append((moment, snapshot))
        # One from before the last minute is kept: it shows where that minute began.
        while moment - self._seen[min(1, len(self._seen) - 1)][0] >= RECENT:
            self._seen.popleft()

    @property
    def snapshot(self) -> Snapshot:
        """The one noted last."""
        return self._seen[-1][1]

    @property
    def rate(self) -> float:
        """Checks a second."""
        return self._rate(lambda snapshot: snapshot.checked)

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take, as far as known; ``None``: unknown."""
        snapshot = self.snapshot
        work = (
            (snapshot.checks_left, self.rate),
            (snapshot.pages_left or 0, self._rate(lambda snapshot: snapshot.pages)),
        )
        if any(left and not rate for left, rate in work):
            return None
        # Both go on at the same time.
        seconds = max(left / rate if left else 0.0 for left, rate in work)
        return seconds if seconds or snapshot.whole else None

    def _rate(self, count: Callable[[Snapshot], int]) -> float:
        (since, before), (until, after) = self._seen[0], self._seen[-1]
        return (count(after) - count(before)) / (until - since) if until > since else 0.0


def format_line(pace: Pace, sites: Mapping[str, str]) -> str:
    """A line for the log; ``sites`` are the states of the sites by name."""
    snapshot = pace.snapshot
    parts = [_pages(snapshot), f"{snapshot.checked:,} titles checked", f"{per_second(pace.rate)} a second"]
    states = [f"{name}: {state}" for name, state in sites.items()]
    return ", ".join([*filter(None, parts), _left(pace)]) + "; " + ", ".join(states)


def fitting(pace: Pace, sites: Mapping[str, str], columns: int) -> str:
    """The same for one line of a terminal: the longest form that fits into ``columns`` columns."""
    snapshot = pace.snapshot
    pages, rate = _pages(snapshot), f"{per_second(pace.rate)}/s"
    states = [f"{name} {state}" for name, state in sites.items()]
    troubles = [f"{name} {state}" for name, state in sites.items() if state != WELL]
    long = [pages, f"{snapshot.checked:,} titles", rate, _left(pace), *states]
    short = [
        pages.replace(" of ", "/").replace(" pages", "p"),
        f"{snapshot.checked:,}t",
        rate,
        _left(pace, short=True),
    ]
    forms = ["  ".join(filter(None, form)) for form in (long, [*short, *states], [*short[1:], *troubles])]
    return next((form for form in forms if len(form) <= columns), forms[-1])


def per_second(rate: float) -> str:
    """A rate in two digits at least.

    >>> per_second(0.25), per_second(1234.5)
    ('0.2', '1,234')
    """
    return f"{rate:,.0f}" if rate >= _TWO_DIGITS else f"{rate:.1f}"


def _pages(snapshot: Snapshot) -> str:
    if snapshot.pages_left is None:
        return f"{snapshot.pages:,} pages" if snapshot.pages else ""
    total = snapshot.pages + snapshot.pages_left
    return f"{snapshot.pages:,} of {total:,} pages" if total else ""


def _left(pace: Pace, *, short: bool = False) -> str:
    if pace.left is None:
        return "left: ?" if short else "time left unknown"
    over = "" if pace.snapshot.whole else ">" if short else "over "
    return f"{over}{format_duration(pace.left, short=short)}{'' if short else ' left'}"
