"""Downloader middleware: a site that is down is left alone, and in the end given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from scrapy import Request, signals
from scrapy.http import Response

from moviesync.checks.response import is_well
from moviesync.clock import Backoff, jitter
from moviesync.core.gate import Gate
from moviesync.core.retryafter import SiteWait
from moviesync.core.slots import PROBE, SITE, SITES, TMDB, VIDSRC, Hold
from moviesync.core.stopping import Stopping
from moviesync.exceptions import UNUSABLE_ANSWERS, RequestCancelled, SiteDown, failure_reason
from moviesync.kinds import kind_of
from moviesync.reports.tables import format_duration
from moviesync.tmdb import api
from moviesync.tmdb.discover import discover_url
from moviesync.vidsrc.page import NO_TITLE, page_url

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two looks at a site that is down."""


@dataclass
class Site:
    """One site: how its answers are read, and what it is asked to see whether it works."""

    name: str
    probe_url: str
    is_well: Callable[[Request, Response], bool | None]
    """True: an answer shows that the site works; False: that it does not; ``None``: neither."""
    advice: str
    most_failures: int
    """After this many in a row the site counts as down."""
    left_out: bool = False
    """The run goes on without it while it is down."""
    failures: int = 0
    """In a row."""
    last_failure: str = ""
    watch: asyncio.Task[None] | None = None
    """Runs while the site counts as down."""


class CircuitBreaker:
    """Reads each answer of a site, before its next request is sent, and holds the site if need be.

    A site that asks to wait is held for that long. A site counts as down after some failures in a
    row: no connection, 5xx, 429, a block page. While it is down it is asked for one page at a time, with
    growing waits: TMDB for the first discover page, VidSrc for a page that belongs to no title, so a site
    that only fails for some titles is found to be well at once. If it is not back after
    ``SITE_PATIENCE`` seconds, the run ends. With ``-a on_vidsrc_down=walk`` the walk goes on without
    VidSrc: its requests end with SiteDown at once, and the titles stay due.
    """

    def __init__(
        self, crawler: Crawler, gate: Gate, stopping: Stopping, sites: list[Site], *, patience: float
    ):
        self._crawler = crawler
        self._gate = gate
        self._stopping = stopping
        self._sites = {site.name: site for site in sites}
        self._waits = {site.name: SiteWait(site.name, gate, stopping) for site in sites}
        self._patience = patience

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        gate, stopping = crawler.get_extension(Gate), crawler.get_extension(Stopping)
        assert gate
        assert stopping
        settings = crawler.settings
        kind = kind_of(settings["COLLECTION"])
        sites = [
            Site(
                TMDB,
                discover_url(settings["TMDB_BASE_URL"], kind, 1),
                lambda request, response: api.is_well(response.status),
                "try again later",
                # Fewer than the tries of one page, so that the site is given up before the page.
                most_failures=5,
            ),
            Site(
                VIDSRC,
                page_url(settings["VIDSRC_BASE_URL"], kind, NO_TITLE),
                is_well,
                "its domain may have moved; set VIDSRC_BASE_URL, or try again later",
                # With the requests under way at 16 places, and those sent before it is noticed,
                # VidSrc gets under 50.
                most_failures=12,
                left_out=settings["ON_VIDSRC_DOWN"] == "walk",
            ),
        ]
        middleware = cls(crawler, gate, stopping, sites, patience=settings.getfloat("SITE_PATIENCE"))
        crawler.signals.connect(middleware.response_downloaded, signal=signals.response_downloaded)
        return middleware

    def response_downloaded(self, response: Response, request: Request) -> None:
        site = self._sites.get(request.meta.get(SITE, ""))
        if site is None:
            return
        self._waits[site.name].note(response)
        if request.meta.get(PROBE):
            return
        well = site.is_well(request, response)
        if well:
            site.failures = 0
        elif well is False:
            self._failed(site, f"HTTP {response.status}")

    def process_exception(self, request: Request, exception: Exception) -> None:
        site = self._sites.get(request.meta.get(SITE, ""))
        if site and not request.meta.get(PROBE) and not isinstance(exception, UNUSABLE_ANSWERS):
            self._failed(site, failure_reason(exception))

    def _failed(self, site: Site, reason: str) -> None:
        site.failures += 1
        site.last_failure = reason
        if site.failures >= site.most_failures and site.watch is None:
            refuse = partial(SiteDown, f"{SITES[site.name]} is down") if site.left_out else None
            self._gate.hold(site.name, Hold.DOWN, refuse=refuse)
            site.watch = asyncio.create_task(self._watch_with_the_run(site))

    async def _watch_with_the_run(self, site: Site) -> None:
        # No look at a site may outlast the run: Scrapy would wait for it, and nobody answers it any more.
        with suppress(RequestCancelled):
            await self._watch(site)

    async def _watch(self, site: Site) -> None:
        """Look whether the site is back, with growing waits; end the run when patience ends.

        Patience is for a site that fails. Time that it asked for, or that the store was away, does not count.
        """
        name, since, backoff = SITES[site.name], time.monotonic(), Backoff(FIRST_WAIT, LONGEST_WAIT)
        spent = 0.0
        while True:
            await self._gate.quiet(site.name, besides=Hold.DOWN)
            begun = time.monotonic()
            if await self._is_back(site):
                break
            wait = backoff.next()
            spent += time.monotonic() - begun + wait
            if spent > self._patience and not site.left_out:
                line = f"{name} has been down for {self._patience:g} s ({site.last_failure}): {site.advice}"
                self._stopping.close(line)
                return
            logger.warning("%s is down (%s): asked again in %.0f s", name, site.last_failure, wait)
            await self._stopping.pause(wait * jitter())
        site.failures, site.watch = 0, None
        if spent:
            logger.info("%s is back after %s", name, format_duration(time.monotonic() - since))
        self._gate.release(site.name, Hold.DOWN)

    async def _is_back(self, site: Site) -> bool:
        request = Request(site.probe_url, meta={SITE: site.name, PROBE: True, "dont_retry": True})
        try:
            response = await self._crawler.engine.download_async(request)
        except RequestCancelled:
            raise
        except Exception as error:  # whatever it was, the site did not answer
            site.last_failure = failure_reason(error)
            return False
        site.last_failure = f"HTTP {response.status}"
        return site.is_well(request, response) is not False
