"""Which pages of a walk one run asks for."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Protocol

from moviesync.clock import now
from moviesync.exceptions import CrawlStopped
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import Window
from moviesync.tmdb.api import MalformedAnswer
from moviesync.tmdb.discover import DiscoverPage

logger = logging.getLogger(__name__)


# How far the totals of two answers may lie apart by drift alone.
_DRIFT = 0.9


class Queue(Protocol):
    """What a queue of pages can be asked to wait for."""

    async def room_for_page(self) -> None: ...

    async def pages_done(self) -> None: ...


class CrawlPlan:
    """From page ``start_page`` of the walk on, ``max_pages`` of those that are not done (``None``: all)."""

    def __init__(self, walk: Walk, *, start_page: int = 1, max_pages: int | None = None):
        self.walk = walk
        self._start_page = start_page
        self._left = max_pages
        self._counts = True
        """What is under way counts as walked, unless it is refused."""
        self._lost_pages = 0
        self._lost_reason = ""

    async def pages(self, ledger: Checkpoint, queue: Queue) -> AsyncIterator[tuple[Window, int]]:
        """The pages in walking order, each when there is room for it.

        Pages that tell a window's size, or the server's cap, are among them, wanted or not. At the
        end the ledger knows whether the walk is finished. Raises CrawlStopped where there is no
        page ``start_page``, and where the first page of all could not be had.
        """
        for window in self.walk:
            if self._left == 0:
                break
            opening = window.pages is None
            if opening:
                yield window, 1
                await queue.pages_done()
                await ledger.save(self.walk)
                self._tell_size(window)
            if not window.dated and self._start_page > self.walk.shown(window) > 1:
                # The numbers of the pages to come depend on the cap: see that it is what it is said to be.
                self._counts = False
                yield window, self.walk.shown(window)
                await queue.pages_done()
                self._counts = True
            async for number in self._window(window, queue, after=1 if opening else 0):
                yield window, number
        if not self._lost_pages and self.walk.exhausted and self._start_page > self.walk.pages:
            raise CrawlStopped(
                f"-a start_page={self._start_page} is past the end: the walk has {self.walk.pages} pages",
                exit_code=2,
            )
        await ledger.save(self.walk, finished=now() if self.walk.complete else None)

    async def _window(self, window: Window, queue: Queue, *, after: int) -> AsyncIterator[int]:
        more = True
        while more:
            more = False
            for number in self.walk.to_do(window, self._start_page, after=after):
                await queue.room_for_page()
                if self._left == 0:
                    # One of those under way may be refused, and is none that is walked.
                    await queue.pages_done()
                if number > self.walk.shown(window):
                    # The cap was learnt meanwhile.
                    break
                if self._left == 0:
                    return
                self._count()
                yield number
                more, after = True, number
            # Only the last answers tell whether the window has grown meanwhile.
            await queue.pages_done()

    def wanted(self, page: DiscoverPage, window: Window, number: int) -> bool:
        """Note what an answer says of its window's size; False where the page is none to walk.

        Raises MalformedAnswer where it does not say what is needed.
        """
        opening = window.pages is None
        if not page.titles and self._implausible(page, window, number):
            raise MalformedAnswer(f"it is empty, though it is one of {window.pages}")
        if page.total_pages is not None and page.total_results is not None:
            self.walk.opened(window, page.total_pages, page.total_results, page.days)
        elif opening:
            raise MalformedAnswer("it does not say how many pages there are")
        if not self.walk.wants(window, number, self._start_page) or (opening and self._left == 0):
            return False
        if opening:
            self._count()
        return True

    @staticmethod
    def _implausible(page: DiscoverPage, window: Window, number: int) -> bool:
        """Whether an empty page is more than totals that drift: it lies well within its window."""
        total = page.total_pages or 0
        return number <= total * (page.total_results or 0) or total < _DRIFT * (window.pages or 0) - 1

    def lost(self, reason: str) -> None:
        """Note that the site gave no answer to a page, or an error."""
        self._lost_pages += 1
        self._lost_reason = reason

    @property
    def pages_left(self) -> int | None:
        """Pages that are still to be walked, as far as known; ``None``: TMDB has not told yet."""
        if self._left == 0:
            return 0
        windows = self.walk.windows
        if not windows or windows[0].pages is None:
            return None
        before = self._start_page - 1
        done = sum(len(window.done) + len(window.unreadable) for window in windows)
        if before:
            done = sum(window.offset + page > before for window in windows for page in window.done)
        left = max(0, self.walk.pages - before - done - self._lost_pages)
        return left if self._left is None else min(left, self._left)

    def skip(self) -> None:
        """Note that no page is to be walked."""
        self._left = 0

    @property
    def left_over(self) -> str:
        """One line on the pages that the site did not give; empty where it gave all."""
        if not self._lost_pages:
            return ""
        return (
            f"{self._lost_pages} pages of TMDB could not be had ({self._lost_reason}):"
            " the same command asks for them again"
        )

    def refused(self, last: int) -> None:
        """Note that a page was refused, as the server shows none past ``last``."""
        self.walk.refused(last)
        if self._left is not None and self._counts:
            self._left += 1

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1

    def _tell_size(self, window: Window) -> None:
        if window.pages is not None:
            logger.info(
                "TMDB has %d pages of %s, %s; the walk has %d in all",
                window.pages,
                self.walk.name,
                window,
                self.walk.pages,
            )
        elif len(self.walk.windows) == 1:
            raise CrawlStopped(f"TMDB's first page could not be read ({self._lost_reason}): try again later")
