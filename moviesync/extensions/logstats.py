"""Extension: how far a run is, as a bar on a terminal and as a line in the log now and then."""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
import time
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, TextIO, cast

from scrapy import signals
from scrapy.utils.log import get_scrapy_root_handler

from moviesync import __version__
from moviesync.core.slots import SITES
from moviesync.reports import pace
from moviesync.reports.closing import titles_checked
from moviesync.stores.base import StoreUnavailable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.core.handler import StrictDownloader
    from moviesync.reports.progressbar import Bar
    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

DRAWN_EVERY = 0.5
"""Seconds between two pictures of the bar."""


class LogStats:
    """In place of Scrapy's LogStats, whose pages and items are requests of both sites.

    ``log_every`` seconds (``LOGSTATS_INTERVAL``) there is a line in the log; with ``bar`` the
    terminal shows the same all the time. All is read from the stats, the walk and the queue
    when it is shown; nothing is done for a title.
    """

    def __init__(self, crawler: Crawler, *, log_every: float, bar: bool):
        self._crawler = crawler
        self._log_every = log_every
        self._with_bar = bar
        self._pace = pace.Pace()
        self._due: int | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(
            crawler,
            log_every=crawler.settings.getfloat("LOGSTATS_INTERVAL"),
            bar=crawler.settings.getbool("PROGRESS_BAR") and _on_terminal(crawler),
        )
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_opened(self, spider: TmdbVidsrcSpider) -> None:
        given = spider.args.model_dump(mode="json", exclude_defaults=True)
        options = "".join(f" -a {name}={shlex.quote(str(value))}" for name, value in given.items())
        logger.info("moviesync %s: scrapy crawl %s%s", __version__, spider.name, options)

    def engine_started(self) -> None:
        # The store is open from here on.
        self._tasks = [asyncio.create_task(self._count_due())]
        if self._with_bar or self._log_every:
            self._tasks.append(asyncio.create_task(self._show()))

    async def spider_closed(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _count_due(self) -> None:
        with suppress(StoreUnavailable):
            counts = await self._spider.store.counts(self._spider.kind.collection)
            self._due = counts.unchecked

    async def _show(self) -> None:
        bar = self._bar() if self._with_bar else None
        every = DRAWN_EVERY if bar else self._log_every
        logged = time.monotonic()
        self._pace.note(logged, self._snapshot())
        try:
            while True:
                await asyncio.sleep(every)
                now = time.monotonic()
                self._pace.note(now, self._snapshot())
                if self._log_every and now >= logged + self._log_every - every / 2:
                    logged = now
                    logger.info("%s", pace.told(self._pace, self._states()))
                if bar:
                    text = pace.fitting(self._pace, self._states(), bar.room)
                    bar.draw(self._pace.snapshot.share, text)
        finally:
            # Also where a second Ctrl-C cuts the run off.
            if bar:
                bar.close()

    def _bar(self) -> Bar:
        # Here, as its package takes time that only who sees a bar need wait for.
        from moviesync.reports.progressbar import Bar

        return Bar(sys.stderr, get_scrapy_root_handler())

    def _snapshot(self) -> pace.Snapshot:
        stats, spider = self._crawler.stats.get_stats(), self._spider
        checked, pages_left = titles_checked(stats), spider.itinerary.pages_left
        return pace.Snapshot(
            pages=stats.get("store/pages", 0),
            checked=checked,
            pages_left=pages_left,
            checks_left=pace.checks_left(
                due=self._due or 0,
                on_pages=stats.get("store/titles", 0),
                up_to_date=stats.get("deltafetch/skipped", 0),
                repeated=spider.queue.repeated,
                checked=checked,
                pages_left=pages_left,
            ),
            # Nobody counts the verdicts that -a recheck_days makes due.
            whole=pages_left is not None and self._due is not None and spider.args.recheck_days is None,
        )

    def _states(self) -> dict[str, str]:
        return {name: self._state(slot) for slot, name in SITES.items()}

    def _state(self, slot: str) -> str:
        downloader = cast("StrictDownloader", self._crawler.engine.downloader)
        holds = downloader.holds(slot)
        # A site that says for how long it is busy may meanwhile be taken for down as well.
        if told := [until for until in holds.values() if until is not None]:
            return f"waits {max(1, ceil(max(told) - time.monotonic()))} s"
        if holds:
            return next(iter(holds))
        return "slow" if downloader.is_slowed(slot) else pace.WELL

    @property
    def _spider(self) -> TmdbVidsrcSpider:
        return cast("TmdbVidsrcSpider", self._crawler.spider)


def _on_terminal(crawler: Crawler) -> bool:
    """Whether standard error is a terminal, and nothing else is written to that terminal."""
    output = cast("TmdbVidsrcSpider", crawler.spider).args.dry_run or any(
        str(uri).startswith("stdout:") for uri in crawler.settings.getdict("FEEDS")
    )
    return _is_terminal(sys.stderr) and not (output and _is_terminal(sys.stdout))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
