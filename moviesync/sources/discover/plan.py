"""Which pages of a walk one run asks for, and what follows from the answers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from moviesync.clock import now
from moviesync.exceptions import CrawlStopped
from moviesync.items import Batch, Mark
from moviesync.kinds import Kind
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import Window
from moviesync.tmdb.api import OK, MalformedAnswer
from moviesync.tmdb.discover import DiscoverPage, read_page, refused_page

logger = logging.getLogger(__name__)


# How far the totals of two answers may differ by drift alone.
_DRIFT = 0.9


class Queue(Protocol):
    """What a queue of pages can be asked to wait for."""

    async def room_for_page(self) -> None: ...

    async def pages_done(self) -> None: ...


class CrawlPlan:
    """The pages of one run: ``max_pages`` (``None``: all) of those not done, from page ``start_page`` of the
    walk on, and on that page from title ``start_index`` on."""

    def __init__(
        self,
        kind: Kind,
        walk: Walk,
        *,
        start_page: int = 1,
        start_index: int = 0,
        max_pages: int | None = None,
    ):
        self.walk = walk
        self.unreadable_items = 0
        """Items of the pages so far that were not as they should be."""
        self._kind = kind
        self._start_page = start_page
        self._start_index = start_index
        self._left = max_pages
        self._counts = True
        """What is under way counts as walked, unless it is refused."""
        self._under_way = set[tuple[str, int]]()
        """Pages that count as walked, and are not answered yet."""
        self._lost_pages = 0
        self._lost_reason = ""

    async def pages(self, checkpoint: Checkpoint, queue: Queue) -> AsyncIterator[tuple[Window, int]]:
        """The pages in walking order, each when there is room for it.

        Pages that show a window's size, or the server's cap, are among them, wanted or not. At the
        end the checkpoint records whether the walk is finished. Raises CrawlStopped if there is no
        page ``start_page``, or if the very first page could not be read.
        """
        for window in self.walk:
            if self._left == 0:
                break
            opening = window.pages is None
            if opening:
                yield window, 1
                await queue.pages_done()
                # Saved here: a window that is divided stores no page, so nothing else would save its size.
                await checkpoint.save(window)
                self._log_size(window)
            if not window.dated and self._start_page > self.walk.shown(window) > 1:
                # The numbers of the pages to come depend on the cap: check that it is what it is said to be.
                self._counts = False
                yield window, self.walk.shown(window)
                await queue.pages_done()
                self._counts = True
            async for number in self._window(window, queue, after=1 if opening else 0):
                yield window, number
        if not self._lost_pages and self.walk.exhausted and self._start_page > self.walk.pages:
            raise CrawlStopped(
                f"-a start_page={self._start_page} is past the end: the walk has {self.walk.pages} pages"
            )
        await checkpoint.save(finished=now() if self.walk.complete else None)

    async def _window(self, window: Window, queue: Queue, *, after: int) -> AsyncIterator[int]:
        more = True
        while more:
            more = False
            for number in self.walk.to_do(window, self._start_page, after=after):
                await queue.room_for_page()
                if self._left == 0:
                    # A page under way may be refused, and then does not count as walked.
                    await queue.pages_done()
                if number > self.walk.shown(window):
                    # The cap became known meanwhile.
                    break
                if self._left == 0:
                    return
                self._count()
                self._under_way.add((window.key, number))
                yield number
                more, after = True, number
            # Only the last answers show whether the window has grown meanwhile.
            await queue.pages_done()

    def answer(self, part: str, number: int, status: int, body: bytes, *, seen: datetime) -> Batch | None:
        """What follows from TMDB's answer to page ``number`` of the window with the key ``part``.

        ``None``: there is nothing to store. ``seen`` is when it came.
        """
        window = self.walk.window(part)
        self._under_way.discard((part, number))
        if last := refused_page(status, body, number):
            self._refused(last)
            return None
        try:
            page = read_page(status, body, self._kind, seen)
            wanted = self._wants(page, window, number)
        except MalformedAnswer as error:
            return self.no_answer(part, number, str(error), is_there=status == OK)
        if not wanted:
            return None
        self._log_problems(page, window, number)
        first = self._start_index if window.offset + number == self._start_page else 0
        return Batch(page.titles[first:], None if first else Mark(part, number, page.undated))

    def no_answer(self, part: str, number: int, reason: str, *, is_there: bool) -> Batch | None:
        """The same if there is no answer that can be read. ``is_there``: one came, and asking again would
        not change it; otherwise the page may be read another time."""
        window = self.walk.window(part)
        self._under_way.discard((part, number))
        is_gap = is_there and window.pages is not None
        follows = "noted as a gap, and the walk goes on" if is_gap else "the same command asks for it again"
        place = (number, self._kind.collection, window)
        logger.warning("Page %d of %s, %s, could not be read: %s; %s", *place, reason, follows)
        if is_gap:
            return Batch([], Mark(part, number, readable=False))
        self._lost_pages += 1
        self._lost_reason = reason
        return None

    def _wants(self, page: DiscoverPage, window: Window, number: int) -> bool:
        """Note what an answer says of its window's size; False if the page is not one to walk.

        Raises MalformedAnswer if it does not say what is needed.
        """
        opening = window.pages is None
        if not page.titles and self._implausible(page, window, number):
            raise MalformedAnswer(f"it is empty, though there are {window.pages or page.total_pages} pages")
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
        """Whether totals that drift cannot explain an empty page: it lies well within its window."""
        total = page.total_pages or 0
        return number <= total * (page.total_results or 0) or total < _DRIFT * (window.pages or 0) - 1

    def _refused(self, last: int) -> None:
        """Note that a page was refused, as the server shows none past ``last``."""
        self.walk.refused(last)
        if self._left is not None and self._counts:
            self._left += 1

    @property
    def pages_left(self) -> int | None:
        """Pages that this run has still to walk, as far as known; ``None``: TMDB has not said yet."""
        if self._left == 0 and not self._under_way:
            return 0
        windows = self.walk.windows
        if not windows or windows[0].pages is None:
            return None
        before = self._start_page - 1
        done = sum(len(window.done) + len(window.unreadable) for window in windows)
        if before:
            done = sum(window.offset + page > before for window in windows for page in window.done)
        left = max(0, self.walk.pages - before - done - self._lost_pages)
        return left if self._left is None else min(left, self._left + len(self._under_way))

    @property
    def left_over(self) -> str:
        """One line on the pages that the site did not give; empty if it gave all."""
        if not self._lost_pages:
            return ""
        return (
            f"{self._lost_pages} pages of TMDB could not be had ({self._lost_reason}):"
            " the same command asks for them again"
        )

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1

    def _log_size(self, window: Window) -> None:
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

    def _log_problems(self, page: DiscoverPage, window: Window, number: int) -> None:
        if page.problems:
            self.unreadable_items += len(page.problems)
            place = f"Page {number} of {self._kind.collection}, {window}"
            some = "; ".join(page.problems[:3])
            logger.warning("%s: %d items are not as they should be: %s", place, len(page.problems), some)
