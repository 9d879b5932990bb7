"""Downloader middleware: when a request is tried again, and how long a site is left alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request, signals
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

from moviesync.core.slots import SITES, jitter
from moviesync.exceptions import UNUSABLE_ANSWERS, CloseReason, failure_reason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.core.handler import StrictDownloader
    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

SITE_WAITS = frozenset({429, 503})
"""Statuses that concern the whole site and not the one request."""
RETRIED = frozenset({408, 500, 502, 504, 520, 521, 522, 523, 524}) | SITE_WAITS
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds that a site is left alone that does not say for how long."""
LONGEST_PAUSE = 15 * 60
"""Seconds of ``Retry-After`` beyond which the run ends, for its user to come back later."""
LONG_WAIT = 10.0
"""Seconds of a wait that is told in any case."""
CALM = 10
"""So many answers take back one doubling of the waits."""
MARGIN = 0.05
"""Seconds added to a wait that a site asked for, so that no clock is too early."""
HELD = "told to wait"
_YEAR = 366 * 24 * 3600.0


@dataclass
class _Site:
    until: float = 0.0
    """``time.monotonic`` before which it is not asked."""
    told: float = -LONGEST_WAIT
    """``time.monotonic`` when a wait of it was told last."""
    doublings: float = 0.0
    """How often the next wait of no told length is doubled; answers take it back."""


class Retry:
    """Retries, in place of Scrapy's RetryMiddleware, with an eye on the whole site.

    A 429 or 503 stops its site until ``Retry-After`` has passed, or, where there is none, for
    exponentially growing times with jitter; other requests of the site wait in the slot's queue,
    in no place of its concurrency. What failed otherwise is tried again by itself, after ``RETRY_WAIT``
    seconds, twice as many before each further try; it takes no place at the site, though it counts as
    under way. There are ``RETRY_TIMES`` tries more.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """

    def __init__(self, crawler: Crawler, *, retry_times: int, retry_wait: float):
        self._crawler = crawler
        self._retry_times = retry_times
        self._retry_wait = retry_wait
        self._sites = {slot: _Site() for slot in SITES}
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        middleware = cls(
            crawler, retry_times=settings.getint("RETRY_TIMES"), retry_wait=settings.getfloat("RETRY_WAIT")
        )
        crawler.signals.connect(middleware.response_downloaded, signal=signals.response_downloaded)
        return middleware

    def response_downloaded(self, response: Response, request: Request) -> None:
        # On this signal, as the slot sends its next request before process_response is called.
        slot = request.meta.get("download_slot", "")
        site = self._sites.get(slot)
        if site is None:
            return
        if response.status in SITE_WAITS:
            self._wait(slot, site, response)
        else:
            site.doublings = max(0.0, site.doublings - 1 / CALM)

    def process_response(
        self, request: Request, response: Response
    ) -> Request | Response | Awaitable[Request]:
        if response.status not in RETRIED:
            return response
        again = self._retry(request, f"HTTP {response.status}")
        if again is None:
            return response
        # The slot of a site that asks to wait is held, and so is this request.
        return again if response.status in SITE_WAITS else self._later(again)

    def process_exception(self, request: Request, exception: Exception) -> Awaitable[Request] | None:
        if isinstance(exception, UNUSABLE_ANSWERS):
            return None
        again = self._retry(request, failure_reason(exception))
        return self._later(again) if again else None

    def _retry(self, request: Request, reason: str) -> Request | None:
        if request.meta.get("dont_retry"):
            return None
        return get_retry_request(
            request,
            spider=cast("TmdbVidsrcSpider", self._crawler.spider),
            reason=reason,
            max_retry_times=self._retry_times,
            priority_adjust=0,
            give_up_log_level=logging.DEBUG,
        )

    async def _later(self, again: Request) -> Request:
        longest = min(self._retry_wait * 2 ** (again.meta["retry_times"] - 1), LONGEST_WAIT)
        await self._downloader.pause(longest * jitter())
        return again

    def _wait(self, slot: str, site: _Site, response: Response) -> None:
        seconds = retry_after(response.headers.get("Retry-After"), datetime.now(timezone.utc))
        if seconds is not None and seconds > LONGEST_PAUSE:
            back = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            line = f"{SITES[slot]} asks to be left alone until {back:%Y-%m-%d %H:%M} UTC (Retry-After): come back then"
            self._do(self._crawler.engine.close_spider_async(reason=CloseReason(line)))
        if seconds is None:
            if time.monotonic() < site.until:
                # One of those that were under way when the wait began.
                return
            longest = min(FIRST_WAIT * 2**site.doublings, LONGEST_WAIT)
            seconds = min(longest * jitter(), LONGEST_WAIT)
            site.doublings += 1
        until = time.monotonic() + seconds + MARGIN
        if until > site.until:
            site.until = until
            self._tell(slot, site, response.status, seconds)
            self._downloader.hold(slot, HELD, until=until)
            self._do(self._release(slot, site, until))

    def _tell(self, slot: str, site: _Site, status: int, seconds: float) -> None:
        # A site that answers every few seconds so is told once a minute; the closing lines count them all.
        moment = time.monotonic()
        worth_a_line = seconds >= LONG_WAIT or moment >= site.told + LONGEST_WAIT
        if worth_a_line:
            site.told = moment
        level = logging.INFO if worth_a_line else logging.DEBUG
        logger.log(level, "%s answers HTTP %d: asked again in %.1f s", SITES[slot], status, seconds)

    async def _release(self, slot: str, site: _Site, until: float) -> None:
        await asyncio.sleep(until - time.monotonic())
        if site.until == until:
            self._downloader.release(slot, HELD)

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _downloader(self) -> StrictDownloader:
        return cast("StrictDownloader", self._crawler.engine.downloader)


def retry_after(header: bytes | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, as a number or an HTTP date; ``None`` where it says nothing.

    >>> now = datetime(2026, 11, 23, 10, 0, 0, tzinfo=timezone.utc)
    >>> retry_after(b"120", now), retry_after(b"Mon, 23 Nov 2026 10:00:30 GMT", now), retry_after(b"soon", now)
    (120.0, 30.0, None)
    """
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text), _YEAR)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return min(max(0.0, (moment - now).total_seconds()), _YEAR)
