"""Spider middleware: no check of a title whose verdict is in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy_deltafetch import DeltaFetch

from moviesync.clock import now
from moviesync.exceptions import CrawlStopped
from moviesync.extensions.storesession import StoreSession
from moviesync.history import stats as names
from moviesync.stores.base import Store, StoreUnavailable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector
    from typing_extensions import Self


class StoreDeltaFetch(DeltaFetch):  # type: ignore[misc]
    """scrapy-deltafetch with the store as its memory: same settings, meta keys and stats.

    A title is seen when its verdict is in the store and young enough, or when its check failed
    in this run. With ``DELTAFETCH_RESET`` only what this run has found counts. The store is
    asked once a response.

    https://github.com/scrapy-plugins/scrapy-deltafetch
    """

    def __init__(
        self,
        store: Store,
        collection: str,
        stats: StatsCollector,
        *,
        reset: bool,
        recheck_after: timedelta | None,
    ):
        self._store = store
        self._collection = collection
        self._stats = stats
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
        session, days = crawler.get_extension(StoreSession), settings["RECHECK_DAYS"]
        if session is None:
            raise NotConfigured
        return cls(
            session.store,
            settings["COLLECTION"],
            crawler.stats,
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
        try:
            seen = await self._store.up_to_date(
                self._collection,
                list(checks),
                checked_since=self._checked_since,
                failed_since=self._started,
            )
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        self._stats.inc_value(names.UP_TO_DATE, len(seen))
        for key, request in checks.items():
            if key not in seen:
                yield request

    def _is_enabled_for_request(self, request: Request) -> bool:
        return "deltafetch_key" in request.meta and super()._is_enabled_for_request(request)
