"""What a crawl has under way: so much that no place stays empty, and no more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest

from moviesync.items import Page, Verdict
from moviesync.walk import PAGE_SIZE, Window

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

PAGES_AHEAD = 4
"""Pages that are asked for before the first of them is stored."""
CHECKS_WAITING = 100
"""Checks that may wait for a place before the walk waits for them."""
REMEMBERED = 1000
"""Checks that are remembered after their verdict is stored, for the pages that were read before."""


class Backlog:
    """Pages and checks that were asked for and are not yet stored.

    A check of a title that is under way is not scheduled a second time: titles move between
    pages while one walks, and a title that is due may be on the next page.
    """

    def __init__(self, concurrency: int):
        self._most_checks = concurrency + CHECKS_WAITING
        self._pages: set[tuple[str, int]] = set()
        self._checks: set[int] = set()
        self._stored: deque[int] = deque(maxlen=REMEMBERED)
        self._changed = asyncio.Event()

    def connect(self, crawler: Crawler) -> None:
        """Follow the requests and items of a crawl."""
        crawler.signals.connect(self.request_scheduled, signal=signals.request_scheduled)
        crawler.signals.connect(self.spider_error, signal=signals.spider_error)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(self.item_done, signal=signal)

    def request_scheduled(self, request: Request) -> None:
        tmdb_id = request.cb_kwargs.get("tmdb_id")
        if tmdb_id is None:
            return
        if tmdb_id in self._checks and not request.meta.get("retry_times"):
            raise IgnoreRequest("this title's check is under way")
        self._checks.add(tmdb_id)

    def item_done(self, item: Any) -> None:
        if isinstance(item, Page):
            self.page_done(item.window, item.number)
        elif isinstance(item, Verdict):
            self._check_done(item.tmdb_id)

    def spider_error(self, response: Response | None) -> None:
        asked = response.request.cb_kwargs if response and response.request else {}
        if "tmdb_id" in asked:
            self._check_done(asked["tmdb_id"])
        elif "window" in asked:
            self.page_done(asked["window"], asked["number"])

    def page_asked(self, window: Window, number: int) -> None:
        self._pages.add((window.key, number))

    def page_done(self, window: Window, number: int) -> None:
        self._pages.discard((window.key, number))
        self._changed.set()

    def _check_done(self, tmdb_id: int) -> None:
        if tmdb_id not in self._checks:
            return
        if len(self._stored) == REMEMBERED:
            self._checks.discard(self._stored[0])
        self._stored.append(tmdb_id)
        self._changed.set()

    @property
    def checks_under_way(self) -> int:
        return len(self._checks) - len(self._stored)

    async def room_for_check(self) -> None:
        """Wait until another check can be scheduled without piling up."""
        await self._until(lambda: self.checks_under_way < self._most_checks)

    async def room_for_page(self) -> None:
        """Wait until another page, and the checks that it may bring, have room."""
        await self._until(
            lambda: (
                len(self._pages) < PAGES_AHEAD
                and self.checks_under_way + PAGE_SIZE * len(self._pages) < self._most_checks
            )
        )

    async def pages_done(self) -> None:
        """Wait until no page is under way."""
        await self._until(lambda: not self._pages)

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()
