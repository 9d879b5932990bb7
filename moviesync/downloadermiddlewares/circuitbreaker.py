"""Downloader middleware: a site that is down is left alone, and in the end given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from scrapy import Request, signals
from scrapy.http import Response

from moviesync.checks.mirrors import Mirrors, Outcome, lost
from moviesync.checks.response import FINDING, HANDED_ON, is_well
from moviesync.clock import Backoff, jitter
from moviesync.core.gate import Gate
from moviesync.core.retryafter import SiteWait
from moviesync.core.slots import PROBE, SITE, SITES, TMDB, VIDSRC, Hold
from moviesync.core.stopping import Stopping
from moviesync.exceptions import (
    UNUSABLE_ANSWERS,
    RequestCancelled,
    SiteDown,
    TooManyRedirects,
    failure_reason,
)
from moviesync.kinds import kind_of
from moviesync.reports.tables import format_duration
from moviesync.tmdb import api
from moviesync.tmdb.discover import discover_url

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two looks at a site that is down."""
LIES_PATIENCE = 15.0
"""Seconds after which a run ends if VidSrc answers, and its answers mean nothing: a page for maintenance may pass."""
FAILURES = 400
"""From this status on, an answer says that something failed."""
NO_ADVICE = "set VIDSRC_BASE_URL to another address; scrapy doctor shows what each answers"


@dataclass
class Site:
    """One site: how its answers are read, and how one sees whether it works."""

    name: str
    is_well: Callable[[Request, Response], bool | None]
    """True: an answer shows that the site works; False: that it does not; ``None``: neither."""
    look: Callable[[Site], Awaitable[Outcome]]
    """Asks it; notes in ``last_failure`` what it answers if it is not well."""
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
    row: no connection, 5xx, 429, a block page, answers that mean nothing. While it is down it is asked for little at a
    time, with growing waits: TMDB for the first discover page, the mirrors of VidSrc for titles whose answer is
    known, so a site that only fails for some titles is found to be well at once. The signal ``lost`` of Mirrors
    has the same effect. If the site is not back after ``SITE_PATIENCE`` seconds, the run ends; if no mirror can be
    believed, at once before the first check, and later after ``LIES_PATIENCE``. With ``-a on_vidsrc_down=walk``
    the walk goes on without VidSrc: its requests end with SiteDown at once, and the titles stay due.
    """

    def __init__(
        self, gate: Gate, stopping: Stopping, mirrors: Mirrors, sites: list[Site], *, patience: float
    ):
        self._gate = gate
        self._stopping = stopping
        self._sites = {site.name: site for site in sites}
        self._waits = {site.name: SiteWait(site.name, gate, stopping) for site in sites}
        self._patience = patience
        self._mirrors = mirrors

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        gate, stopping = crawler.get_extension(Gate), crawler.get_extension(Stopping)
        mirrors = crawler.get_extension(Mirrors)
        assert gate
        assert stopping
        assert mirrors
        settings = crawler.settings
        sites = [
            Site(
                TMDB,
                lambda request, response: api.is_well(response.status),
                partial(_first_page, crawler),
                "try again later",
                # Fewer than the tries of one page, so that the site is given up before the page.
                most_failures=5,
            ),
            Site(
                VIDSRC,
                is_well,
                partial(_search, mirrors),
                "its domain may have moved; set VIDSRC_BASE_URL, or try again later",
                # With the requests under way at 16 places, and those sent before it is noticed,
                # VidSrc gets under 50.
                most_failures=12,
                left_out=settings["ON_VIDSRC_DOWN"] == "walk",
            ),
        ]
        middleware = cls(gate, stopping, mirrors, sites, patience=settings.getfloat("SITE_PATIENCE"))
        crawler.signals.connect(middleware.response_downloaded, signal=signals.response_downloaded)
        crawler.signals.connect(middleware.mirror_lost, signal=lost)
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
            means_nothing = site.name == VIDSRC and response.status < FAILURES
            finding = request.meta.get(FINDING) if means_nothing else None
            self._failed(site, finding.reason if finding else f"HTTP {response.status}")

    def process_exception(self, request: Request, exception: Exception) -> None:
        site = self._sites.get(request.meta.get(SITE, ""))
        if site is None or request.meta.get(PROBE) or request.meta.get(HANDED_ON):
            return
        endless = isinstance(exception, TooManyRedirects)
        if endless or not isinstance(exception, UNUSABLE_ANSWERS):
            self._failed(site, failure_reason(exception))

    def mirror_lost(self, why: str) -> None:
        site = self._sites[VIDSRC]
        site.last_failure = why
        self._leave_alone(site)

    def _failed(self, site: Site, reason: str) -> None:
        site.failures += 1
        site.last_failure = reason
        if site.failures < site.most_failures or site.watch is not None:
            return
        if site.name == VIDSRC:
            self._mirrors.lose(reason, lies=False)
        else:
            self._leave_alone(site)

    def _leave_alone(self, site: Site) -> None:
        if site.watch is None:
            self._gate.hold(site.name, Hold.DOWN)
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
        was_well = site.name != VIDSRC or self._mirrors.session > 0
        spent = 0.0
        while True:
            await self._gate.quiet(site.name, besides=Hold.DOWN)
            begun, told = time.monotonic(), self._waits[site.name].told
            outcome = await site.look(site)
            if outcome is Outcome.WELL:
                break
            wait = backoff.next()
            asked_for = self._waits[site.name].told - told
            spent += max(0.0, time.monotonic() - begun - asked_for) + wait
            lies = outcome is Outcome.LIES
            patience = min(self._patience, LIES_PATIENCE if was_well else 0.0) if lies else self._patience
            if spent > patience and not site.left_out:
                self._stopping.close(await self._last_line(site, lies=lies))
                return
            if site.left_out:
                self._gate.hold(site.name, Hold.DOWN, refuse=partial(SiteDown, f"{name} is down"))
            state = "cannot be believed" if lies else "is down"
            logger.warning("%s %s (%s): asked again in %.0f s", name, state, site.last_failure, wait)
            await self._stopping.pause(wait * jitter())
        site.failures, site.watch = 0, None
        if spent:
            logger.info("%s is back after %s", name, format_duration(time.monotonic() - since))
        self._gate.release(site.name, Hold.DOWN)

    async def _last_line(self, site: Site, *, lies: bool) -> str:
        if not lies:
            return f"{SITES[site.name]} has been down for {self._patience:g} s ({site.last_failure}): {site.advice}"
        by_list = (
            "-a verdicts=list takes VidSrc's list instead, or " if await self._mirrors.list_passes() else ""
        )
        return f"VidSrc cannot be believed: {by_list}{NO_ADVICE}"


async def _first_page(crawler: Crawler, site: Site) -> Outcome:
    settings = crawler.settings
    url = discover_url(settings["TMDB_BASE_URL"], kind_of(settings["COLLECTION"]), 1)
    request = Request(url, meta={SITE: TMDB, PROBE: True, "dont_retry": True})
    try:
        response = await crawler.engine.download_async(request)
    except RequestCancelled:
        raise
    except Exception as error:  # whatever it was, the site did not answer
        site.last_failure = failure_reason(error)
        return Outcome.DOWN
    site.last_failure = f"HTTP {response.status}"
    return Outcome.WELL if site.is_well(request, response) is not False else Outcome.DOWN


async def _search(mirrors: Mirrors, site: Site) -> Outcome:
    outcome = await mirrors.search()
    if mirrors.answers:
        site.last_failure = "; ".join(f"{host}: {answer}" for host, answer in mirrors.answers.items())
    return outcome
