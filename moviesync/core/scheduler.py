"""The queue between the spider and the downloader: short, in memory, and nothing to lose.

What is to be done can always be read from the store, so a request that is waiting here when the
run ends, however it ends, need not be kept: nothing of it is written to JOBDIR.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.core.scheduler import BaseScheduler

from moviesync.core.slots import VIDSRC_SLOT
from moviesync.items import Page, Verdict
from moviesync.sources.discover.walk import PAGE_SIZE
from moviesync.sources.discover.window import Window

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

PAGES_AHEAD = 4
"""Pages that are asked for before the first of them is stored."""
CHECKS_AHEAD = 100
"""Checks that may wait, beyond those under way, before the walk waits for them."""
REMEMBERED = 1000
"""Checks that are remembered after their verdict is stored, for the pages that were read before."""


class Scheduler(BaseScheduler):
    """Pages first, then checks; a page or check is under way until the store has what it came to.

    At most twice as many checks are under way as VidSrc has places, so that no more than those
    are asked for twice after a kill, and a place that gets free finds the next one waiting. A check
    of a title that waits or is under way is not taken a second time: titles move between pages
    while one walks, and a title that is due may be on the next page.
    """

    def __init__(self, concurrency: int):
        self._most_under_way = 2 * concurrency
        self._queues: defaultdict[bool, deque[Request]] = defaultdict(deque)
        self._pages: set[tuple[str, int]] = set()
        self._checks: set[int] = set()
        self._stored: dict[int, None] = {}
        self._changed = asyncio.Event()
        self.dropped = 0
        """Checks that came to nothing; the spider begins to count again where it asks for them again."""
        self.repeated = 0
        """Checks that were not taken, as their title waits, is under way, or has just had one."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        scheduler = cls(crawler.settings.getdict("DOWNLOAD_SLOTS")[VIDSRC_SLOT]["concurrency"])
        crawler.signals.connect(scheduler.spider_error, signal=signals.spider_error)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(scheduler.item_done, signal=signal)
        return scheduler

    # What the engine asks for

    def has_pending_requests(self) -> bool:
        return any(self._queues.values())

    def enqueue_request(self, request: Request) -> bool:
        tmdb_id = request.cb_kwargs.get("tmdb_id")
        if tmdb_id in self._checks and not request.meta.get("retry_times"):
            self.repeated += 1
            return False
        if tmdb_id is not None:
            self._checks.add(tmdb_id)
        elif "window" in request.cb_kwargs:
            self._pages.add(_place(request.cb_kwargs))
        self._queues[tmdb_id is not None].append(request)
        return True

    def next_request(self) -> Request | None:
        for checks in (False, True):
            queue = self._queues[checks]
            if queue and not (checks and self._checks_due - len(queue) >= self._most_under_way):
                return queue.popleft()
        return None

    # What became of requests

    def item_done(self, item: Any) -> None:
        if isinstance(item, Page):
            self.page_done(item.window, item.number)
        elif isinstance(item, Verdict):
            self._check_done(item.tmdb_id)

    def spider_error(self, response: Response | Failure | None) -> None:
        asked = response.request.cb_kwargs if response and response.request else {}  # type: ignore[union-attr]
        if "tmdb_id" in asked:
            self._check_done(asked["tmdb_id"])
        elif "window" in asked:
            self.page_done(asked["window"], asked["number"])

    def page_done(self, window: Window, number: int) -> None:
        """Forget a page: its titles are stored, or nothing will come of it."""
        self._pages.discard(_place({"window": window, "number": number}))
        self._changed.set()

    def check_dropped(self, tmdb_id: int) -> None:
        """Forget a check that came to nothing; its title can be scheduled again."""
        self._checks.discard(tmdb_id)
        self.dropped += 1
        self._changed.set()

    def _check_done(self, tmdb_id: int) -> None:
        self._stored[tmdb_id] = None
        if len(self._stored) > REMEMBERED:
            oldest = next(iter(self._stored))
            del self._stored[oldest]
            self._checks.discard(oldest)
        self._changed.set()

    # What the spider waits for

    @property
    def _checks_due(self) -> int:
        """Checks that wait or are under way."""
        return len(self._checks) - len(self._stored)

    async def room_for_check(self) -> None:
        """Wait until another check can be scheduled without piling up."""
        await self._until(lambda: self._checks_due < self._most_under_way + CHECKS_AHEAD)

    async def room_for_page(self) -> None:
        """Wait until another page, and the checks that it may bring, have room."""
        most = self._most_under_way + CHECKS_AHEAD
        await self._until(
            lambda: len(self._pages) < PAGES_AHEAD and self._checks_due + PAGE_SIZE * len(self._pages) < most
        )

    async def pages_done(self) -> None:
        """Wait until no page waits or is under way."""
        await self._until(lambda: not self._pages)

    async def all_done(self) -> None:
        """Wait until nothing waits or is under way."""
        await self._until(lambda: not self._pages and not self._checks_due)

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()


def _place(asked: dict[str, Any]) -> tuple[str, int]:
    return asked["window"].key, asked["number"]
