"""Extension: how far a run is, as a bar on a terminal and as regular lines in the log."""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
import time
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, TextIO

from scrapy import signals
from scrapy.settings import BaseSettings
from scrapy.utils.log import get_scrapy_root_handler

from moviesync import __version__
from moviesync.core.gate import Gate
from moviesync.core.slots import SITES, Hold
from moviesync.extensions.storesession import StoreSession
from moviesync.history import stats as names
from moviesync.reports import pace
from moviesync.reports.closing import titles_checked
from moviesync.stores.base import Store, StoreUnavailable

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector
    from typing_extensions import Self

    from moviesync.reports.progressbar import Bar

logger = logging.getLogger(__name__)

DRAWN_EVERY = 0.5
"""Seconds between two updates of the bar."""
HOLDS = {Hold.DOWN: "down", Hold.STORE: "waits for the store"}
"""The words that say why nothing is sent to a site, if it is not known for how long."""


class LogStats:
    """In place of Scrapy's LogStats, which counts requests of both sites as pages.

    Every ``log_every`` seconds (``LOGSTATS_INTERVAL``) there is a line in the log; with ``bar`` the
    terminal shows the same all the time. All is read from the stats when it is shown; there is no work
    for each title. ``rechecks``: the run checks titles with a verdict again, and their number is not known.
    """

    def __init__(
        self,
        stats: StatsCollector,
        collection: str,
        *,
        log_every: float,
        bar: bool,
        checks: bool,
        rechecks: bool,
    ):
        self._stats = stats
        self._collection = collection
        self._log_every = log_every
        self._with_bar = bar
        self._checks = checks
        self._rechecks = rechecks
        self._gate: Gate
        self._pace = pace.Pace()
        self._due: int | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        extension = cls(
            crawler.stats,
            settings["COLLECTION"],
            log_every=settings.getfloat("LOGSTATS_INTERVAL"),
            bar=settings.getbool("PROGRESS_BAR") and _on_terminal(settings),
            checks=settings["VERDICTS"] != "none",
            rechecks=settings["RECHECK_DAYS"] is not None,
        )
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        settings = spider.crawler.settings
        if settings["REFUSED"]:
            return
        given = settings.getdict("SPIDER_ARGUMENTS")
        options = "".join(f" -a {name}={shlex.quote(str(value))}" for name, value in given.items())
        logger.info("moviesync %s: scrapy crawl %s%s", __version__, spider.name, options)

    def engine_started(self, sender: Crawler) -> None:
        gate, session = sender.get_extension(Gate), sender.get_extension(StoreSession)
        assert gate
        self._gate = gate
        if session:
            self._tasks = [asyncio.create_task(self._count_due(session.bare))]
        if self._with_bar or self._log_every:
            self._tasks.append(asyncio.create_task(self._show()))

    async def spider_closed(self) -> None:
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("The progress of the run is not shown", exc_info=result)

    async def _count_due(self, store: Store) -> None:
        with suppress(StoreUnavailable):
            self._due = (await store.counts(self._collection)).unchecked if self._checks else 0

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
                    logger.info("%s", pace.format_line(self._pace, self._states()))
                if bar:
                    text = pace.fitting(self._pace, self._states(), bar.room)
                    bar.draw(self._pace.snapshot.share, text)
        finally:
            # Also if a second Ctrl-C cuts the run off.
            if bar:
                bar.close()

    def _bar(self) -> Bar:
        # Imported here, as its package takes time, and only a bar needs it.
        from moviesync.reports.progressbar import Bar

        return Bar(sys.stderr, get_scrapy_root_handler())

    def _snapshot(self) -> pace.Snapshot:
        stats = self._stats.get_stats()
        checked, pages_left = titles_checked(stats), stats.get(names.PAGES_LEFT)
        return pace.Snapshot(
            pages=stats.get(names.PAGES, 0),
            checked=checked,
            pages_left=pages_left,
            checks_left=pace.checks_left(
                due=self._due or 0,
                on_pages=stats.get(names.TITLES, 0),
                up_to_date=stats.get(names.UP_TO_DATE, 0) if self._checks else stats.get(names.TITLES, 0),
                repeated=stats.get(names.REPEATED, 0),
                checked=checked,
                pages_left=pages_left,
            ),
            whole=pages_left is not None and self._due is not None and not self._rechecks,
        )

    def _states(self) -> dict[str, str]:
        return {name: self._state(site) for site, name in SITES.items()}

    def _state(self, site: str) -> str:
        holds = self._gate.holds(site)
        # A site that says how long to wait may count as down as well.
        if known := [until for until in holds.values() if until is not None]:
            return f"waits {max(1, ceil(max(known) - time.monotonic()))} s"
        if holds:
            return HOLDS[next(iter(holds))]
        return "slow" if self._gate.is_slowed(site) else pace.WELL


def _on_terminal(settings: BaseSettings) -> bool:
    """Whether standard error is a terminal, and nothing else is written to that terminal."""
    output = settings.getbool("DRY_RUN") or any(
        str(uri).startswith("stdout:") for uri in settings.getdict("FEEDS")
    )
    return _is_terminal(sys.stderr) and not (output and _is_terminal(sys.stdout))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
