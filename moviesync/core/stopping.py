"""Extension: the one event that says that the run is being stopped."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy import signals

from moviesync.exceptions import RequestCancelled

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

stopping = object()
"""Signal: the run is being stopped. It is sent once, without arguments."""

_WATCH = 0.1
"""Seconds between two looks at the engine. Scrapy sends no signal when a stop begins."""


class Stopping:
    """Whether the run is being stopped: by the user, by one of moviesync's components, or by another one.

    Scrapy waits at a stop for the requests that are under way, so a component that makes a request
    wait has to end the wait with this event.
    """

    def __init__(self, crawler: Crawler):
        self.event = asyncio.Event()
        self._crawler = crawler
        self._is_crawl = crawler.crawling
        """False in ``scrapy shell``."""
        self._watcher: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    async def engine_started(self) -> None:
        self._watcher = asyncio.create_task(self._watch())
        # Scrapy forgets a stop that was asked for while the spider was being opened.
        if self._is_asked_to_stop():
            self.begin()
            await self._crawler.engine.stop_async()

    def engine_stopped(self) -> None:
        if self._watcher:
            self._watcher.cancel()

    @property
    def is_pause(self) -> bool:
        """Whether the run is being stopped, and not because one of moviesync's components could not go on."""
        return self.event.is_set() and self._closer is None

    def begin(self) -> None:
        """Announce that the run is being stopped, as somebody has asked Scrapy for it."""
        if not self.event.is_set():
            self.event.set()
            self._crawler.signals.send_catch_log(stopping)

    def close(self, reason: str) -> None:
        """Stop the run. ``reason`` is one line: what is wrong and what to do. The first reason counts."""
        self.begin()
        if self._closer is None:
            self._closer = asyncio.create_task(self._crawler.engine.close_spider_async(reason=reason))

    async def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass. Raises RequestCancelled if the run is being stopped."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.event.wait(), max(0.0, seconds))
        if self.event.is_set():
            raise RequestCancelled()

    async def _watch(self) -> None:
        # The signal engine_started comes before the engine runs.
        for reached in (self._may_watch, self._engine_stops):
            while not reached():  # noqa: ASYNC110 - Scrapy has no event to wait for
                await asyncio.sleep(_WATCH)
        self.begin()

    def _is_asked_to_stop(self) -> bool:
        return self._is_crawl and not self._crawler.crawling

    def _may_watch(self) -> bool:
        """Whether the engine runs with its spider, or never will."""
        engine = self._crawler.engine
        return (engine.running and engine.spider is not None) or self._is_asked_to_stop()

    def _engine_stops(self) -> bool:
        """Whether the engine takes no more requests, for a reason other than a full downloader or scraper."""
        engine = self._crawler.engine
        if engine.spider is None or engine.scraper.slot is None:
            return True
        full = engine.downloader.needs_backout() or engine.scraper.slot.needs_backout()
        return engine.needs_backout() and not full
