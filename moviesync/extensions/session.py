"""Extension: the life of the store in a run, and the run's entry in the history."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from scrapy import signals

from moviesync import __version__
from moviesync.clock import now
from moviesync.exceptions import RunStopped
from moviesync.limits import TMDB_SLOT, VIDSRC_SLOT
from moviesync.middlewares.canary import STAT as CANARY_STAT
from moviesync.middlewares.canary import WARNING as CANARY_WARNING
from moviesync.stores.base import RUNS, Store, StoreUnavailable
from moviesync.stores.documents import iso
from moviesync.stores.patience import Patience

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.downloader import StrictDownloader
    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)


class StoreSession:
    """Opens the store before the first request, closes it after the last write.

    Where the store fails in between, its calls wait for it and the sites are asked nothing.

    In between there is a document of the collection ``runs``: who ran with which arguments,
    from when to when, and how it ended (``finished`` is null while it runs, and after a kill).
    """

    def __init__(self, crawler: Crawler, store: Store, *, patience: float):
        self._crawler = crawler
        self._store = store
        self._patience = Patience(patience, outage=self._outage, stopping=lambda: not crawler.engine.running)
        self._run: dict[str, Any] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        store = cast("TmdbVidsrcSpider", crawler.spider).store
        extension = cls(crawler, store, patience=crawler.settings.getfloat("STORE_PATIENCE"))
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    async def spider_opened(self, spider: TmdbVidsrcSpider) -> None:
        started = now()
        run = {
            "_id": f"{iso(started)} {uuid4().hex[:8]}",
            "spider": spider.name,
            "arguments": spider.args.model_dump(mode="json", exclude_defaults=True),
            "version": __version__,
            "started": started,
            "finished": None,
            "reason": None,
        }
        try:
            await self._store.open()
            await self._store.save(RUNS, [run])
        except StoreUnavailable as error:
            raise RunStopped(str(error)) from None
        self._run = run
        if not spider.args.dry_run:
            self._patience.lend_to(self._store)
        logger.info("Storing in %s", self._store.address)

    def _warnings(self) -> list[str]:
        return [CANARY_WARNING] if self._crawler.stats.get_value(CANARY_STAT) else []

    async def engine_started(self) -> None:
        # Scrapy forgets a Ctrl-C that came while the store was being opened.
        if not self._crawler.crawling:
            await self._crawler.engine.stop_async()

    def _outage(self, begins: bool) -> None:
        downloader = cast("StrictDownloader", self._crawler.engine.downloader)
        for slot in (TMDB_SLOT, VIDSRC_SLOT):
            (downloader.hold if begins else downloader.release)(slot, "the store does not answer")

    async def spider_closed(self, spider: TmdbVidsrcSpider, reason: str) -> None:
        if self._run:
            try:
                ended = {"finished": now(), "reason": str(reason), "warnings": self._warnings()}
                await self._store.save(RUNS, [{**self._run, **ended}])
            except StoreUnavailable as error:
                logger.warning("The end of this run is not recorded: %s", error)
        await self._store.close()
