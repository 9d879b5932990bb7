"""The walk through TMDB's catalogue: which windows of dates it takes, and how far it is.

TMDB shows the first 500 pages of a query, so a catalogue that is larger is asked for in windows
of dates, each small enough to be shown whole. Nothing here knows a framework, a site or a store.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from moviesync.sources.discover.window import Window
from moviesync.tmdb.discover import PAGE_CAP, PAGE_SIZE

logger = logging.getLogger(__name__)

# Two totals that differ by less are the same: they drift from one request to the next.
_AS_LARGE = 0.98


class Walk:
    """The windows of one walk in the order in which their pages are numbered.

    Iterating gives the window without dates, then those with dates, newest first and the
    unreleased last. Before asking for the next one, the caller reports a window's size
    (``opened``) and walks the pages ``to_do``.
    """

    def __init__(
        self,
        name: str,
        *,
        today: date,
        released_from: date | None = None,
        released_to: date | None = None,
        cap: int = PAGE_CAP,
        dates_ignored: bool = False,
        saved: Iterable[dict[str, Any]] = (),
    ):
        self.name = name
        self.cap = cap
        """Pages that the server shows of one query."""
        self.dates_ignored = dates_ignored
        self.exhausted = False
        """Every window has been given out."""
        self.windows: list[Window] = []
        """The windows that have been given out."""
        self._by_key: dict[str, Window] = {}
        self._saved = {document["_id"]: document for document in saved}
        self._root = None if released_from or released_to else Window(name)
        if self._root:
            self._by_key[self._root.key] = self._root
        tomorrow = today + timedelta(days=1)
        self._tops = [
            Window(name, first, last)
            for first, last in (
                (released_from, min(today, released_to or today)),
                (max(tomorrow, released_from or tomorrow), released_to),
            )
            if not (first and last) or first <= last
        ]

    def __iter__(self) -> Iterator[Window]:
        if self._root:
            yield from self._give(self._root)
        if self._root is None or self._too_large(self._root):
            waiting = self._tops[::-1]
            while waiting and not self.dates_ignored:
                window = waiting.pop()
                yield from self._give(window)
                if self._too_large(window):
                    waiting += self._parts(window)
            if self.dates_ignored:
                # Whatever is asked for, the answer is the first window's.
                yield self.windows[0]
        self.exhausted = True

    def _give(self, window: Window) -> Iterator[Window]:
        if window.key in self._saved:
            window.restore(self._saved[window.key])
        window.offset = sum(map(self.shown, self.windows))
        self.windows.append(window)
        self._by_key[window.key] = window
        yield window

    def window(self, key: str) -> Window:
        """The window of this key: the one without dates, or one that has been given out. Raises KeyError if
        there is none."""
        return self._by_key[key]

    def _parts(self, window: Window) -> list[Window]:
        """The windows for the titles that a window beyond the cap does not show, the first to walk last."""
        if self.dates_ignored or window.order == "desc":
            return []
        if window.divisible:
            return list(window.halves())
        return [replace(window, order="desc", done=set())]

    def _too_large(self, window: Window) -> bool:
        return (window.pages or 0) > self.cap

    def opened(self, window: Window, pages: int, results: int, days: Sequence[date]) -> None:
        """Note what a page of ``window`` says of the window's size, and the days of its titles.

        Totals drift from one answer to the next; the largest counts, so that no page is missed.
        """
        window.pages, window.results = max(pages, window.pages or 0), max(results, window.results or 0)
        if self.dates_ignored or not window.dated:
            return
        whole = self.windows[0]
        if window is not whole and window.results < _AS_LARGE * (whole.results or 0):
            return
        # As large as the whole; the dates are ignored if most of its titles lie outside, or none has a date.
        strangers = sum(not window.holds(day) for day in days)
        if 2 * strangers > len(days) or (results and not days):
            logger.warning("The server ignores the dates: only what it shows without them can be walked")
            self.dates_ignored = True

    def refused(self, last: int) -> None:
        """Note that the server shows no page of a query past ``last``."""
        if last < self.cap:
            logger.info("The server shows no page of a query past %d", last)
            self.cap = last

    def shown(self, window: Window) -> int:
        """How many pages of an opened window are walked; 0 if its parts are walked instead."""
        pages = window.pages or 0
        if self.dates_ignored and window is not self.windows[0]:
            return 0
        if self.dates_ignored or not window.dated:
            return min(pages, self.cap)
        if window.order == "desc":
            return min(max(pages - self.cap, 0), self.cap)
        return 0 if self._too_large(window) and window.divisible else min(pages, self.cap)

    def to_do(self, window: Window, start_page: int = 1, *, after: int = 0) -> Iterator[int]:
        """The pages of an opened window past ``after`` that are not done, from page ``start_page``
        of the walk on."""
        page = max(after + 1, start_page - window.offset)
        while page <= self.shown(window):
            if page not in window.done:
                yield page
            page += 1

    def wants(self, window: Window, number: int, start_page: int) -> bool:
        """Whether a page of an opened window is one to walk."""
        return next(self.to_do(window, start_page, after=number - 1), None) == number

    @property
    def pages(self) -> int:
        """Pages of the whole walk, as far as known; windows that are not opened yet are estimated."""
        known = sum(map(self.shown, self.windows))
        if self.exhausted or (self._root and not self._too_large(self._root)):
            return known
        whole = self._root.pages if self._root else sum(top.pages or 0 for top in self._tops)
        walked = sum(window.pages or 0 for window in self.windows if window.dated and self.shown(window))
        return known + max(0, (whole or 0) - walked)

    @property
    def is_begun(self) -> bool:
        """A window has been given out."""
        return bool(self.windows)

    @property
    def complete(self) -> bool:
        """Every page of every window is done, or cannot be read."""
        return self.exhausted and all(
            window.pages is not None and window.unreadable.issuperset(self.to_do(window))
            for window in self.windows
        )

    def gaps(self) -> list[dict[str, Any]]:
        """What the server has and shows on no page, as far as the walk knows: dates, titles, reason."""
        gaps = []
        root = self._root
        if self.dates_ignored:
            hidden = sum((whole.results or 0) - self.shown(whole) * PAGE_SIZE for whole in self.windows[:1])
            gaps.append(_gap(None, max(0, hidden), "the server ignores the dates"))
        elif self.exhausted and root and self._too_large(root) and all(top.pages for top in self._tops):
            hidden = (root.results or 0) - sum(top.results or 0 for top in self._tops) - root.undated
            if hidden > 0:
                gaps.append(_gap(None, hidden, "undated titles that no page shows"))
        for window in self.windows:
            if window.unreadable:
                hidden = len(window.unreadable) * PAGE_SIZE
                pages = f"{len(window.unreadable)} page{'s' * (len(window.unreadable) > 1)}"
                gaps.append(_gap(window, hidden, f"{pages} that could not be read"))
            beyond = (window.pages or 0) - 2 * self.cap
            if window.order == "desc" and beyond > 0:
                gaps.append(_gap(window, beyond * PAGE_SIZE, "more titles on one day than can be shown"))
        return gaps


def _gap(window: Window | None, titles: int | None, reason: str) -> dict[str, Any]:
    first, last = (window.first, window.last) if window else (None, None)
    return {
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "titles": titles,
        "reason": reason,
    }
