"""Item pipeline: everything a crawl finds goes into the store, many items to a write."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem, NotConfigured

from moviesync.core.stopping import Stopping
from moviesync.extensions.storesession import StoreSession
from moviesync.history import stats as names
from moviesync.items import Batch, Verdict
from moviesync.log.sampling import LogSampler
from moviesync.stores.base import Refused, StoreUnavailable
from moviesync.stores.documents import parts

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector
    from typing_extensions import Self

logger = logging.getLogger(__name__)

Item = Batch | Verdict
VERDICT_STATS = {True: names.AVAILABLE, False: names.UNAVAILABLE, None: names.UNKNOWN}
"""Stats of the stored verdicts; checks without a verdict, by their reason."""


class StorePipeline:
    """``process_item`` returns when the write that holds the item is acknowledged.

    A write goes out when ``batch_size`` titles are waiting, or ``linger`` seconds after the
    first of them came. One write is under way at a time, so items are stored in the order in
    which they came: a title before its verdict, and the checkpoint of a batch after its titles.
    """

    def __init__(
        self,
        session: StoreSession,
        stopping: Stopping,
        stats: StatsCollector,
        *,
        batch_size: int,
        linger: float,
    ):
        self._session = session
        self._store = session.store
        self._stopping = stopping
        self._stats = stats
        self._batch_size = batch_size
        self._linger = linger
        self._sampler = LogSampler(logger)
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._titles_waiting = 0
        self._full = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        session, stopping = crawler.get_extension(StoreSession), crawler.get_extension(Stopping)
        if session is None or stopping is None:
            raise NotConfigured
        return cls(
            session,
            stopping,
            crawler.stats,
            batch_size=crawler.settings.getint("BATCH_SIZE"),
            linger=crawler.settings.getfloat("GROUP_COMMIT_LINGER"),
        )

    async def process_item(self, item: Item) -> Item:
        """Raises DropItem if the item is not in the store: it refused a verdict, or is gone for good."""
        if self._closed:
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
                refused = await self._write([item for item, _ in batch])
            except StoreUnavailable as error:
                self._give_up(batch, str(error))
                break
            except Exception as error:
                # Without this, a wait for an acknowledgement would never end.
                logger.exception("Items could not be written")
                self._give_up(batch, f"a mistake in moviesync: {error!r}")
                break
            for item, acknowledged in batch:
                if acknowledged.done():
                    continue
                if reason := refused.get(id(item)):
                    acknowledged.set_exception(DropItem(reason))
                else:
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

    async def _write(self, items: list[Item]) -> dict[int, str]:
        """Write items; returns the reasons of those that the store refused, by the ``id`` of the item."""
        batches = [item for item in items if isinstance(item, Batch)]
        titles = [title for batch in batches for title in batch.titles]
        verdicts = [verdict for item in items for verdict in _verdicts(item)]
        # A batch is one item, and can have more titles than a write.
        refused: list[Refused] = []
        for part in parts(titles, self._batch_size):
            refused += await self._store.write(part, [])
        for some in parts(verdicts, self._batch_size):
            refused += await self._store.write([], some)
        self._log_refused(refused)
        if self._session.checkpoint:
            await self._session.checkpoint.mark(batch.checkpoint for batch in batches if batch.checkpoint)
        stats = self._stats
        stats.inc_value(names.PAGES, sum(_is_page(batch) for batch in batches))
        if batches and self._session.plan:
            stats.set_value(names.PAGES_LEFT, self._session.plan.pages_left)
        stats.inc_value(names.TITLES, len(titles))
        stats.set_value(names.NEW, self._store.inserted)
        reasons = {id(one.item): one.reason for one in refused}
        for verdict in verdicts:
            if id(verdict) in reasons:
                continue
            reason = verdict.reason if verdict.available is None else ""
            stats.inc_value(VERDICT_STATS[verdict.available] + reason)
            if reason:
                line = "%s %d: no verdict (%s); it stays due, and the next run asks again"
                self._sampler.log(logging.WARNING, reason, line, verdict.collection, verdict.tmdb_id, reason)
        return reasons

    def _log_refused(self, refused: list[Refused]) -> None:
        for one in refused:
            self._stats.inc_value(names.REFUSED)
            place = (one.item.collection, one.item.tmdb_id)
            self._sampler.log(logging.ERROR, "refused", "%s %d is not stored: %s", *place, one.reason)

    def _give_up(self, batch: list[tuple[Item, asyncio.Future[None]]], line: str) -> None:
        for _, acknowledged in (*batch, *self._waiting):
            if not acknowledged.done():
                acknowledged.set_exception(DropItem("the store takes no more writes"))
        self._waiting.clear()
        self._closed = True
        self._stopping.close(line)


def _is_page(batch: Batch) -> bool:
    """Whether a batch is a page that was walked: not the mark of one that cannot be read, nor verdicts alone."""
    return bool(batch.titles) if batch.checkpoint is None else batch.checkpoint.readable


def _size(item: Item) -> int:
    return max(1, len(item.titles), len(item.verdicts)) if isinstance(item, Batch) else 1


def _verdicts(item: Item) -> Sequence[Verdict]:
    return item.verdicts if isinstance(item, Batch) else [item]
