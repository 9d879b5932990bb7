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

from moviesync.core.gate import Gate
from moviesync.core.slots import VIDSRC
from moviesync.exceptions import NotCovered
from moviesync.history import stats as names
from moviesync.tmdb.discover import PAGE_SIZE

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.signalmanager import SignalManager
    from scrapy.statscollectors import StatsCollector
    from twisted.python.failure import Failure
    from typing_extensions import Self

PAGES_AHEAD = 4
"""Pages that are asked for before the first of them is stored."""
CHECKS_AHEAD = 100
"""Checks that may wait, beyond those under way, before the walk waits for them."""
BATCHES_AHEAD = 2
"""Batches of verdicts that are under way at a time."""
HELD = 100
"""Verdicts that wait for their controls, at most: the number of checks after which controls are asked."""
REMEMBERED = 1000
"""Checks that are remembered after their verdict is stored, for the pages that were read before."""

only_held = object()
"""Signal: the spider waits for all checks, and those that are left wait for their controls."""


class Scheduler(BaseScheduler):
    """Pages first, then checks; a page or check is under way until the store has its result.

    A request for a page carries ``window`` and ``number`` in its ``cb_kwargs``, one for a check ``tmdb_id``.
    At most twice as many checks are under way as VidSrc has places, besides those that wait for their controls,
    so that no more are asked for twice after a kill, and a free place always finds the next check waiting. A check
    of a title that waits or is under way is not taken a second time: titles move between pages
    during a walk, and a title that is due may be on the next page.
    """

    def __init__(self, concurrency: int, stats: StatsCollector, signals: SignalManager):
        """``stats`` gets ``scheduler/repeated``: checks that were not taken, as their title waits, is under
        way, or has just had one."""
        self._most_under_way = 2 * concurrency + HELD
        self._held = 0
        self._batches = 0
        self._stats = stats
        self._signals = signals
        self._queues: defaultdict[bool, deque[Request]] = defaultdict(deque)
        self._pages: set[tuple[str, int]] = set()
        self._checks: set[int] = set()
        self._stored: dict[int, None] = {}
        self._changed = asyncio.Event()
        self.dropped = 0
        """Checks without a result since the last ``forget_dropped``."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        gate = crawler.get_extension(Gate)
        assert gate
        scheduler = cls(gate.concurrency(VIDSRC), crawler.stats, crawler.signals)
        # A page gives one item, and so does a check; nothing more comes of a request that failed.
        for signal in (signals.item_scraped, signals.item_error, signals.spider_error):
            crawler.signals.connect(scheduler.request_done, signal=signal)
        crawler.signals.connect(scheduler.item_dropped, signal=signals.item_dropped)
        return scheduler

    # What the engine asks for

    def has_pending_requests(self) -> bool:
        return any(self._queues.values())

    def enqueue_request(self, request: Request) -> bool:
        tmdb_id = request.cb_kwargs.get("tmdb_id")
        if tmdb_id in self._checks:
            self._stats.inc_value(names.REPEATED)
            return False
        if tmdb_id is not None:
            self._checks.add(tmdb_id)
        elif page := _page(request):
            self._pages.add(page)
        self._queues[tmdb_id is not None].append(request)
        return True

    def next_request(self) -> Request | None:
        for checks in (False, True):
            queue = self._queues[checks]
            if queue and not (checks and self._checks_due - len(queue) >= self._most_under_way):
                return queue.popleft()
        return None

    # What became of requests

    def request_done(self, response: Response | Failure | None) -> None:
        """Note that the item of a request is stored, or that it will have none."""
        request = getattr(response, "request", None)
        if request is None:
            # An item of ``start()``, which belongs to no request.
            self._batches = max(0, self._batches - 1)
            self._changed.set()
            return
        if page := _page(request):
            self.page_done(*page)
        elif "tmdb_id" in request.cb_kwargs:
            self._check_done(request.cb_kwargs["tmdb_id"])

    def item_dropped(self, item: Any, response: Response | None, exception: Exception) -> None:
        if isinstance(exception, NotCovered):
            self.check_dropped(item.tmdb_id)
        else:
            self.request_done(response)

    def note_held(self, number: int) -> None:
        """Note how many checks are done but for the controls that cover them."""
        self._held = number
        self._changed.set()

    def page_done(self, window: str, number: int) -> None:
        """Forget a page: its titles are stored, or it will give none."""
        self._pages.discard((window, number))
        self._changed.set()

    def check_dropped(self, tmdb_id: int) -> None:
        """Forget a check that had no result; its title can be scheduled again."""
        self._checks.discard(tmdb_id)
        self.dropped += 1
        self._changed.set()

    def forget_dropped(self) -> None:
        """Begin to count again, before the spider asks for these checks again."""
        self.dropped = 0

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

    async def room_for_batch(self) -> None:
        """Wait until another batch of ``start()`` can be stored without piling up, and count it as under way."""
        await self._until(lambda: self._batches < BATCHES_AHEAD)
        self._batches += 1

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
        while self._pages or self._batches or self._checks_due:
            self._changed.clear()
            if not self._pages and self._checks_due == self._held:
                self._signals.send_catch_log(only_held)
            await self._changed.wait()

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()


def _page(request: Request) -> tuple[str, int] | None:
    asked = request.cb_kwargs
    return (asked["window"], asked["number"]) if "window" in asked else None
