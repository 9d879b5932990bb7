"""Extension: the life of the store in a run, and the run's entry in the history."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from scrapy import signals

from moviesync import __version__
from moviesync.checks.controls import STAT as CANARY_STAT
from moviesync.checks.controls import WARNING as CANARY_WARNING
from moviesync.clock import now
from moviesync.core.slots import TMDB_SLOT, VIDSRC_SLOT
from moviesync.exceptions import CrawlStopped
from moviesync.history import runs
from moviesync.stores.base import RUNS, Document, Store, StoreUnavailable
from moviesync.stores.retrying import RetryingStore

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.core.handler import StrictDownloader
    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

LEAST_BEAT = 0.1
"""Seconds; a heart that never rests would keep the store from its work."""
_LAST_BEAT = 5.0
"""Seconds for which the end of a run waits for a heartbeat that is under way."""
_LOOK = 0.2


class StoreSession:
    """Opens the store before the first request, closes it after the last write.

    Where the store fails in between, its calls wait for it and the sites are asked nothing.

    In between there is a document of the collection ``runs``: who ran with which arguments,
    from when to when, how it ended (``finished`` is null while it runs, and after a kill), what
    it has done so far, and every ``beat`` seconds that it is alive.
    """

    def __init__(self, crawler: Crawler, store: Store, *, patience: float, beat: float):
        self._crawler = crawler
        self._store = store
        self._stopping = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self.patient_store = RetryingStore(store, patience, outage=self._outage, stopping=self._stopping)
        """For all that must not be lost. A heartbeat that the store does not take is left out."""
        self._beat = beat
        self._run: Document | None = None
        self._ended = asyncio.Event()
        self._heart: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        extension = cls(
            crawler,
            spider.store,
            patience=crawler.settings.getfloat("STORE_PATIENCE"),
            beat=crawler.settings.getfloat("RUN_HEARTBEAT"),
        )
        if not spider.args.dry_run:
            spider.store = extension.patient_store
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    async def spider_opened(self, spider: TmdbVidsrcSpider) -> None:
        arguments = spider.args.model_dump(mode="json", exclude_defaults=True)
        run = runs.begun(spider.name, arguments, __version__, now())
        try:
            await self._store.open()
            await self._store.save(RUNS, [run])
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        self._run = run
        self._heart = asyncio.create_task(self._keep_beating(run))
        logger.info("Storing in %s", self._store.address)

    async def _keep_beating(self, run: Document) -> None:
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended.wait(), max(self._beat, LEAST_BEAT))
            if self._ended.is_set():
                return
            with suppress(StoreUnavailable):
                await self._store.save(RUNS, [run | self._so_far()])

    def _so_far(self) -> Document:
        return {"heartbeat": now(), "counters": runs.counters(self._crawler.stats.get_stats())}

    def _warnings(self) -> list[str]:
        return [CANARY_WARNING] if self._crawler.stats.get_value(CANARY_STAT) else []

    async def engine_started(self) -> None:
        # Scrapy forgets a Ctrl-C that came while the store was being opened.
        if not self._crawler.crawling:
            await self._crawler.engine.stop_async()

    def _outage(self, begins: bool) -> None:
        downloader = cast("StrictDownloader", self._crawler.engine.downloader)
        for slot in (TMDB_SLOT, VIDSRC_SLOT):
            (downloader.hold if begins else downloader.release)(slot, "waits for the store")
        if begins:
            self._watch = asyncio.create_task(self._notice_the_end())
        elif self._watch:
            self._watch.cancel()

    async def _notice_the_end(self) -> None:
        # Scrapy sends no signal when the engine begins to stop.
        while self._crawler.engine.running:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)
        self._stopping.set()

    async def spider_closed(self, spider: TmdbVidsrcSpider, reason: str) -> None:
        self._ended.set()
        if self._heart:
            # Not cut off at once, as what has been sent could still arrive, after the last word.
            await asyncio.wait({self._heart}, timeout=_LAST_BEAT)
            self._heart.cancel()
        if self._run:
            try:
                ended = {"finished": now(), "reason": str(reason), "warnings": self._warnings()}
                await spider.store.save(RUNS, [self._run | self._so_far() | ended])
            except StoreUnavailable as error:
                logger.warning("The end of this run is not recorded: %s", error)
        if self._watch:
            self._watch.cancel()
        await self._store.close()
