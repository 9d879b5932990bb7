"""A walk through simulated catalogues, without a crawl."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from math import ceil

from moviesync.items import Mark
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import Window
from moviesync.tmdb.discover import PAGE_SIZE

TODAY = date(2026, 11, 23)


DAY = timedelta(days=1)


@dataclass
class Server:
    """A catalogue, and the pages of it that TMDB would show; a title is its place in ``days``."""

    days: list[date]
    undated: int = 0
    cap: int = 3
    undated_first: bool = False
    ignores_dates: bool = False
    totals: Iterator[float] = field(default_factory=lambda: cycle([1.0]))
    """What its totals are multiplied with, one request after the other."""
    lost: set[tuple[str, int]] = field(default_factory=set)
    """Windows and pages that it does not answer."""

    def __post_init__(self) -> None:
        self.days.sort()
        dated = list(range(len(self.days)))
        undated = list(range(len(dated), len(dated) + self.undated))
        self.everything = undated + dated if self.undated_first else dated + undated

    def select(self, window: Window) -> Sequence[int]:
        if self.ignores_dates or not window.dated:
            return self.everything
        start = bisect_left(self.days, window.first) if window.first else 0
        stop = bisect_right(self.days, window.last) if window.last else len(self.days)
        titles = range(start, stop)
        return titles[::-1] if window.order == "desc" else titles


@dataclass
class Trip:
    """What a walk asked for and was shown."""

    shown: list[tuple[str, int]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    titles: Counter[int] = field(default_factory=Counter)
    """How often the windows with dates showed each title."""
    everything: set[int] = field(default_factory=set)
    requests: int = 0
    refused: int = 0

    def show(self, window: Window, number: int, titles: Sequence[int]) -> None:
        self.shown.append((window.key, number))
        self.numbers.append(window.offset + number)
        self.everything.update(titles)
        if window.dated:
            self.titles.update(titles)


@dataclass
class Traveller:
    """Walks as the spider does, with ``ahead`` pages asked before the first is answered."""

    walk: Walk
    server: Server
    start_page: int = 1
    most: int | None = None
    trip: Trip = field(default_factory=Trip)

    def ask(self, window: Window, number: int) -> None:
        walk, server, trip = self.walk, self.server, self.trip
        trip.requests += 1
        if (window.key, number) in server.lost:
            return
        if number > server.cap:
            trip.refused += 1
            walk.refused(server.cap)
            return
        titles = server.select(window)
        size = round(len(titles) * next(server.totals))
        titles = titles[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        days = [server.days[title] for title in titles if title < len(server.days)]
        opening = window.pages is None
        walk.opened(window, max(1, ceil(size / PAGE_SIZE)), size, days)
        if opening and (self.full() or not walk.wants(window, number, self.start_page)):
            return
        trip.show(window, number, titles)
        window.mark(Mark(window.key, number, undated=len(titles) - len(days)))

    def full(self, asked: int = 0) -> bool:
        return self.most is not None and len(self.trip.shown) + asked >= self.most

    def window(self, window: Window, ahead: int) -> None:
        opening = window.pages is None
        if opening:
            self.ask(window, 1)
        after = int(opening)
        # Only the last answers show whether the window has grown meanwhile.
        while (last := self.pages(window, after, ahead)) > after:
            after = last

    def pages(self, window: Window, after: int, ahead: int) -> int:
        asked: list[int] = []
        for number in self.walk.to_do(window, self.start_page, after=after):
            if self.full(len(asked)):
                break
            asked.append(number)
            after = number
            if len(asked) == ahead:
                self.ask(window, asked.pop(0))
        for number in asked:
            self.ask(window, number)
        return after


def travel(
    walk: Walk, server: Server, *, start_page: int = 1, most: int | None = None, ahead: int = 1
) -> Trip:
    traveller = Traveller(walk, server, start_page, most)
    for window in walk:
        if traveller.full():
            break
        traveller.window(window, ahead)
    return traveller.trip


def daily(first: str, count: int, *, a_day: int = 1, step: int = 1) -> list[date]:
    start = date.fromisoformat(first)
    return [start + step * n * DAY for n in range(count) for _ in range(a_day)]


def new_walk(server: Server, **options: object) -> Walk:
    return Walk("movies", **{"today": TODAY, "cap": server.cap, **options})  # type: ignore[arg-type]
