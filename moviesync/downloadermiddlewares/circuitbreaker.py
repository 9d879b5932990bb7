"""Downloader middleware: a site that is down is left alone, and at last given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from scrapy import Request, signals
from scrapy.http import Response

from moviesync.checks.response import is_well
from moviesync.core.slots import SITES, TMDB_SLOT, VIDSRC_SLOT, jitter, probe_slot
from moviesync.exceptions import UNUSABLE_ANSWERS, CloseReason, RequestCancelled, SiteDown, failure_reason
from moviesync.reports.pace import duration
from moviesync.tmdb import api
from moviesync.tmdb.discover import discover_url
from moviesync.vidsrc import page as vidsrc

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.core.handler import StrictDownloader
    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two looks at a site that is down."""
HELD = "down"


@dataclass
class _Site:
    """One site: how its answers are read, and what it is asked to see whether it is there."""

    slot: str
    probe_url: str
    is_well: Callable[[Response], bool | None]
    """Whether an answer shows that the site works; ``None``: it shows neither."""
    advice: str
    most_failures: int
    """After so many in a row it is taken for down."""
    left_out: bool = False
    """The run goes on without it while it is down."""
    failures: int = 0
    """In a row."""
    last_failure: str = ""
    watch: asyncio.Task[None] | None = None
    """Runs while the site is taken for down."""


class CircuitBreaker:
    """Takes a site for down after some failures in a row: no connection, 5xx, 429, a block page.

    While it is down it is asked for one page at a time, with growing waits: TMDB for the first
    discover page, VidSrc for a page that is none of a title,
    so a site that merely fails for some titles is seen to be well at once. Where it is not back
    after ``SITE_PATIENCE`` seconds, the run ends. With ``-a on_vidsrc_down=walk`` the walk goes
    on without VidSrc: its requests end with SiteDown at once, and the titles stay due.
    """

    def __init__(self, crawler: Crawler, sites: list[_Site], *, patience: float):
        self._crawler = crawler
        self._sites = {site.slot: site for site in sites}
        self._patience = patience

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        sites = [
            _Site(
                TMDB_SLOT,
                discover_url(settings["TMDB_BASE_URL"], spider.kind, 1),
                lambda response: api.is_well(response.status),
                "try again later",
                # Fewer than one page is tried, so that the page is not given up before the site.
                most_failures=5,
            ),
            _Site(
                VIDSRC_SLOT,
                vidsrc.page_url(settings["VIDSRC_BASE_URL"], spider.kind, vidsrc.NO_TITLE),
                is_well,
                "its domain may have moved; set VIDSRC_BASE_URL, or try again later",
                # With the requests that are under way by then at 16 places, and those sent before it is seen,
                # VidSrc gets under 50.
                most_failures=12,
                left_out=spider.args.on_vidsrc_down == "walk",
            ),
        ]
        middleware = cls(crawler, sites, patience=settings.getfloat("SITE_PATIENCE"))
        crawler.signals.connect(middleware.response_downloaded, signal=signals.response_downloaded)
        return middleware

    def process_request(self, request: Request) -> None:
        site = self._site(request)
        if site and site.watch and site.left_out:
            raise SiteDown(f"{SITES[site.slot]} is down")

    def response_downloaded(self, response: Response, request: Request) -> None:
        site = self._site(request)
        if site is None:
            return
        # Scrapy sets it later; it tells whether there is a body to look at.
        response.request = request
        well = site.is_well(response)
        if well:
            site.failures = 0
        elif well is False:
            self._failed(site, f"HTTP {response.status}")

    def process_exception(self, request: Request, exception: Exception) -> None:
        site = self._site(request)
        if site and not isinstance(exception, UNUSABLE_ANSWERS):
            self._failed(site, failure_reason(exception))

    def _site(self, request: Request) -> _Site | None:
        return self._sites.get(request.meta.get("download_slot", ""))

    def _failed(self, site: _Site, reason: str) -> None:
        site.failures += 1
        site.last_failure = reason
        if site.failures >= site.most_failures and site.watch is None:
            self._downloader.hold(site.slot, HELD)
            site.watch = asyncio.create_task(self._watch_with_the_run(site))
            if site.left_out:
                self._downloader.drop(site.slot, SiteDown(f"{SITES[site.slot]} is down"))

    async def _watch_with_the_run(self, site: _Site) -> None:
        # No look at a site may outlast the run: Scrapy would wait for it, and nobody answers it any more.
        with suppress(RequestCancelled):
            await self._watch(site)

    async def _watch(self, site: _Site) -> None:
        """Look whether the site is back, with growing waits; end the run when patience ends."""
        name, since, wait = SITES[site.slot], time.monotonic(), FIRST_WAIT
        while not await self._answers(site):
            if time.monotonic() + wait > since + self._patience and not site.left_out:
                line = f"{name} has been down for {self._patience:g} s ({site.last_failure}): {site.advice}"
                await self._crawler.engine.close_spider_async(reason=CloseReason(line))
                return
            logger.warning("%s is down (%s): asked again in %.0f s", name, site.last_failure, wait)
            await self._downloader.pause(wait * jitter())
            wait = min(2 * wait, LONGEST_WAIT)
        site.failures, site.watch = 0, None
        if wait > FIRST_WAIT:
            logger.info("%s is back after %s", name, duration(time.monotonic() - since))
        self._downloader.release(site.slot, HELD)

    async def _answers(self, site: _Site) -> bool:
        await self._downloader.quiet(site.slot, besides=HELD)
        slot = self._downloader.slots.get(site.slot)
        # The page counts in the site's rate, though it goes past the slot that is held.
        await self._downloader.pause(slot.lastseen + slot.delay - time.monotonic() if slot else 0)
        if slot:
            slot.lastseen = time.monotonic()
        request = Request(site.probe_url, meta={"download_slot": probe_slot(site.slot), "dont_retry": True})
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # whatever it was, the site did not answer
            site.last_failure = failure_reason(error)
            return False
        site.last_failure = f"HTTP {response.status}"
        return site.is_well(response) is not False

    @property
    def _downloader(self) -> StrictDownloader:
        return cast("StrictDownloader", self._crawler.engine.downloader)
