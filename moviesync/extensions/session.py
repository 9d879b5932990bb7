"""Extension: the life of the store in a run, and the run's entry in the history."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from scrapy import signals

from moviesync import __version__
from moviesync.clock import now
from moviesync.exceptions import RunStopped
from moviesync.stores.base import RUNS, Store, StoreUnavailable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)


class StoreSession:
    """Opens the store before the first request, closes it after the last write.

    In between there is a document of the collection ``runs``: who ran with which arguments,
    from when to when, and how it ended (``finished`` is null while it runs, and after a kill).
    """

    def __init__(self, store: Store):
        self._store = store
        self._run: dict[str, Any] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(cast("TmdbVidsrcSpider", crawler.spider).store)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    async def spider_opened(self, spider: TmdbVidsrcSpider) -> None:
        started = now()
        run = {
            "_id": f"{started:%Y-%m-%dT%H:%M:%S} {uuid4().hex[:8]}",
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
        logger.info("Storing in %s", self._store.address)

    async def spider_closed(self, spider: TmdbVidsrcSpider, reason: str) -> None:
        if self._run:
            try:
                await self._store.save(RUNS, [{**self._run, "finished": now(), "reason": str(reason)}])
            except StoreUnavailable as error:
                logger.warning("The end of this run is not recorded: %s", error)
        await self._store.close()
