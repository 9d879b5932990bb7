"""Spider middleware: no check of a title whose verdict is in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy_deltafetch import DeltaFetch

from moviesync.clock import now
from moviesync.exceptions import CrawlStopped
from moviesync.stores.base import StoreUnavailable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider


class StoreDeltaFetch(DeltaFetch):  # type: ignore[misc]
    """scrapy-deltafetch with the store as its memory: same settings, meta keys and stats.

    A title is seen when its verdict is in the store and young enough, or when its check failed
    in this run. With ``DELTAFETCH_RESET`` only what this run has found counts. The store is
    asked once a response.

    https://github.com/scrapy-plugins/scrapy-deltafetch
    """

    def __init__(self, crawler: Crawler, *, reset: bool, recheck_after: timedelta | None):
        self._crawler = crawler
        self._started = now()
        self._checked_since: datetime | None = None
        if reset:
            self._checked_since = self._started
        elif recheck_after is not None:
            self._checked_since = self._started - recheck_after

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        if not settings.getbool("DELTAFETCH_ENABLED"):
            raise NotConfigured
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        days = spider.args.recheck_days
        return cls(
            crawler,
            reset=settings.getbool("DELTAFETCH_RESET"),
            recheck_after=None if days is None else timedelta(days=days),
        )

    def process_spider_output(self, response: Response, result: Any) -> Any:
        raise NotImplementedError("callbacks are asynchronous")

    async def process_spider_output_async(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        checks: dict[int, Request] = {}
        async for output in result:
            if isinstance(output, Request) and self._is_enabled_for_request(output):
                checks[int(output.meta["deltafetch_key"])] = output
            else:
                yield output
        if not checks:
            return
        spider = cast("TmdbVidsrcSpider", self._crawler.spider)
        try:
            seen = await spider.store.up_to_date(
                spider.kind.collection,
                list(checks),
                checked_since=self._checked_since,
                failed_since=self._started,
            )
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        self._crawler.stats.inc_value("deltafetch/skipped", len(seen))
        for key, request in checks.items():
            if key not in seen:
                yield request

    def _is_enabled_for_request(self, request: Request) -> bool:
        return "deltafetch_key" in request.meta and super()._is_enabled_for_request(request)
