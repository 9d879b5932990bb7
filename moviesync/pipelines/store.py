"""Item pipeline: everything a crawl finds goes into the store, many items to a write."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from scrapy.exceptions import DropItem

from moviesync.exceptions import CloseReason
from moviesync.history.runs import UNKNOWN
from moviesync.items import Page, Verdict
from moviesync.log.sampling import LogSampler
from moviesync.sources.discover.window import Window
from moviesync.stores.base import PROGRESS, Refused, Store, StoreUnavailable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

Item = Page | Verdict
VERDICT_STATS = {True: "verdicts/available", False: "verdicts/unavailable", None: UNKNOWN}
"""Stats of the verdicts that were stored; those that are none, by their reason."""


class StorePipeline:
    """``process_item`` returns when the write that holds the item is acknowledged.

    A write goes out when ``batch_size`` titles are waiting, or ``linger`` seconds after the
    first of them came. One write is under way at a time, so items are stored in the order in
    which they came: a title before its verdict, a page's mark in the ledger after its titles.
    """

    def __init__(self, crawler: Crawler, store: Store, *, batch_size: int, linger: float):
        self._crawler = crawler
        self._store = store
        self._batch_size = batch_size
        self._linger = linger
        self._sampler = LogSampler(logger)
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._titles_waiting = 0
        self._full = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        return cls(
            crawler,
            spider.store,
            batch_size=spider.args.batch_size,
            linger=crawler.settings.getfloat("GROUP_COMMIT_LINGER"),
        )

    async def process_item(self, item: Item) -> Item:
        """Raises DropItem where the store is gone for good and the item is not in it."""
        if self._closing:
            raise DropItem("the store takes no more writes")
        acknowledged = asyncio.get_running_loop().create_future()
        self._waiting.append((item, acknowledged))
        self._titles_waiting += _size(item)
        if self._titles_waiting >= self._batch_size:
            self._full.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await acknowledged
        return item

    async def _write_all(self) -> None:
        while self._waiting:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._full.wait(), self._linger)
            batch = self._take()
            try:
                await self._write([item for item, _ in batch])
            except StoreUnavailable as error:
                self._give_up(batch, str(error))
                break
            except Exception as error:
                # Whoever waits for an acknowledgement would wait for ever.
                logger.exception("A batch could not be written")
                self._give_up(batch, f"a mistake in moviesync: {error!r}")
                break
            for _, acknowledged in batch:
                if not acknowledged.done():
                    acknowledged.set_result(None)
        self._writer = None

    def _take(self) -> list[tuple[Item, asyncio.Future[None]]]:
        """The next batch: as many items as ``batch_size`` titles allow, and at least one."""
        batch = [self._waiting.popleft()]
        size = _size(batch[0][0])
        while self._waiting and size + _size(self._waiting[0][0]) <= self._batch_size:
            batch.append(self._waiting.popleft())
            size += _size(batch[-1][0])
        self._titles_waiting -= size
        if self._titles_waiting < self._batch_size:
            self._full.clear()
        return batch

    async def _write(self, items: list[Item]) -> None:
        pages = [item for item in items if isinstance(item, Page)]
        titles = [title for page in pages for title in page.titles]
        verdicts = [item for item in items if isinstance(item, Verdict)]
        # A page counts as one item, and can have more titles than a batch.
        for start in range(0, len(titles), self._batch_size):
            self._tell(await self._store.write(titles[start : start + self._batch_size], []))
        if verdicts:
            self._tell(await self._store.write([], verdicts))
        await self._save_progress(pages)
        stats = self._crawler.stats
        stats.inc_value("store/pages", sum(page.whole or bool(page.titles) for page in pages))
        stats.inc_value("store/titles", len(titles))
        stats.set_value("store/new", self._store.inserted)
        for verdict in verdicts:
            reason = verdict.reason if verdict.available is None else ""
            stats.inc_value(VERDICT_STATS[verdict.available] + reason)
            if reason:
                line = "%s %d: no verdict (%s); it stays due, and the next run asks again"
                self._sampler.log(logging.WARNING, reason, line, verdict.collection, verdict.tmdb_id, reason)

    async def _save_progress(self, pages: list[Page]) -> None:
        """Mark pages as done in the ledger, and only then in the walk that goes on from it."""
        windows: dict[str, Window] = {}
        for page in pages:
            page.mark_done(windows.setdefault(page.window.key, page.window.copy()))
        if windows:
            await self._store.save(PROGRESS, [window.document() for window in windows.values()])
        for page in pages:
            page.mark_done(page.window)

    def _tell(self, refused: list[Refused]) -> None:
        for one in refused:
            self._crawler.stats.inc_value("store/refused")
            place = (one.item.collection, one.item.tmdb_id)
            self._sampler.log(logging.ERROR, "refused", "%s %d is not stored: %s", *place, one.reason)

    def _give_up(self, batch: list[tuple[Item, asyncio.Future[None]]], line: str) -> None:
        for _, acknowledged in (*batch, *self._waiting):
            if not acknowledged.done():
                acknowledged.set_exception(DropItem("the store takes no more writes"))
        self._waiting.clear()
        self._closing = asyncio.create_task(self._crawler.engine.close_spider_async(reason=CloseReason(line)))


def _size(item: Item) -> int:
    return max(1, len(item.titles)) if isinstance(item, Page) else 1
