"""Extension: the life of the store in a run, and the run's entry in the history."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from scrapy import signals

from moviesync import __version__
from moviesync.checks.mirrors import Mirrors
from moviesync.clock import now
from moviesync.core.gate import Gate
from moviesync.core.slots import SITES, Hold
from moviesync.core.stopping import Stopping, stopping
from moviesync.exceptions import CrawlStopped
from moviesync.history import runs
from moviesync.stores import make_store
from moviesync.stores.base import RUNS, Document, Store, StoreUnavailable
from moviesync.stores.dry_run import DryRunStore
from moviesync.stores.retrying import RetryingStore

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.sources.discover.checkpoint import Checkpoint
    from moviesync.sources.discover.plan import CrawlPlan

logger = logging.getLogger(__name__)

LEAST_BEAT = 0.1
"""Least seconds between two heartbeats; without a pause they would keep the store from its work."""
_LAST_BEAT = 5.0
"""Seconds for which the end of a run waits for a heartbeat that is under way."""


class StoreSession:
    """Opens the store before the first request, and closes it after the last write.

    If the store fails in between, its calls wait for it, and nothing is sent to the sites. A run that is
    refused (setting ``REFUSED``) opens nothing.

    In between it keeps a document of the collection ``runs``: which spider ran with which arguments,
    from when to when, how it ended (``finished`` is null while it runs, and after a kill), what
    it has done so far, and every ``beat`` seconds a sign of life.
    """

    checkpoint: Checkpoint | None = None
    """How far the source of titles is, if the run has one."""
    plan: CrawlPlan | None = None
    """What this run still asks the source for."""

    def __init__(
        self, crawler: Crawler, store: Store, *, patience: float | None, beat: float, refused: str | None
    ):
        """``patience``: seconds to wait for a store that fails; ``None``: no wait."""
        self._crawler = crawler
        self.bare = store
        """The store without that wait, for calls that may simply fail, such as a heartbeat."""
        self.store = store
        """Open from the signal ``spider_opened`` on."""
        self._beat = beat
        self._refused = refused
        self._run: Document | None = None
        self._ended = asyncio.Event()
        self._heart: asyncio.Task[None] | None = None
        if patience is not None:
            self._stopping = asyncio.Event()
            crawler.signals.connect(self._stopping.set, signal=stopping)
            self.store = RetryingStore(
                store, patience, outage=self._outage, gave_up=self._gave_up, stopping=self._stopping
            )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        dry_run = settings.getbool("DRY_RUN")
        extension = cls(
            crawler,
            DryRunStore() if dry_run else make_store(settings),
            patience=None if dry_run else settings.getfloat("STORE_PATIENCE"),
            beat=settings.getfloat("RUN_HEARTBEAT"),
            refused=settings["REFUSED"],
        )
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    async def spider_opened(self, spider: Spider) -> None:
        if self._refused:
            # Outside ``scrapy crawl``, only the log says why.
            logger.error("The crawl does not begin: %s", self._refused)
            raise CrawlStopped(self._refused)
        arguments = self._crawler.settings.getdict("SPIDER_ARGUMENTS")
        run = runs.begun(spider.name, arguments, __version__, now())
        try:
            await self.bare.open()
            await self.bare.save(RUNS, [run])
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        self._run = run
        self._heart = asyncio.create_task(self._keep_beating(run))
        mirrors = self._crawler.get_extension(Mirrors)
        assert mirrors
        mirrors.stored = partial(self.store.positives, mirrors.kind.collection)
        logger.info("Storing in %s", self.store.address)

    async def _keep_beating(self, run: Document) -> None:
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended.wait(), max(self._beat, LEAST_BEAT))
            if self._ended.is_set():
                return
            with suppress(StoreUnavailable):
                await self.bare.save(RUNS, [run | self._so_far()])

    def _so_far(self) -> Document:
        return {"heartbeat": now(), "counters": runs.counters(self._crawler.stats.get_stats())}

    def _outage(self, begins: bool) -> None:
        gate = self._crawler.get_extension(Gate)
        assert gate
        for site in SITES:
            if begins:
                gate.hold(site, Hold.STORE)
            else:
                gate.release(site, Hold.STORE)

    def _gave_up(self, line: str) -> None:
        stopping = self._crawler.get_extension(Stopping)
        assert stopping
        stopping.close(line)

    async def spider_closed(self, reason: str) -> None:
        self._ended.set()
        if self._heart:
            # Not cancelled at once: a heartbeat that is sent could still arrive, after the last write.
            await asyncio.wait({self._heart}, timeout=_LAST_BEAT)
            self._heart.cancel()
        if self._run:
            try:
                ended = {"finished": now(), "reason": reason}
                await self.store.save(RUNS, [self._run | self._so_far() | ended])
            except StoreUnavailable as error:
                logger.warning("The end of this run is not recorded: %s", error)
        await self.bare.close()
