"""Downloader middleware: when a request is tried again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request

from moviesync.clock import jitter
from moviesync.core.retryafter import ASKS_TO_WAIT
from moviesync.core.stopping import Stopping
from moviesync.core.timelimit import TIME_LIMIT
from moviesync.exceptions import UNUSABLE_ANSWERS, failure_reason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self

RETRIED = frozenset({408, 500, 502, 504, 520, 521, 522, 523, 524}) | ASKS_TO_WAIT
LONGEST_WAIT = 60.0
"""Seconds between two tries."""


class Retry:
    """In place of Scrapy's RetryMiddleware, which tries again at once.

    A request is tried again after ``wait`` seconds, twice as many before each further try, ``times`` times
    at the most. It takes no place at its site meanwhile. If the site asked to wait, it is held, and the
    request waits for its turn there. All tries are part of one scheduled request, so that a pause waits
    for the whole of it.
    """

    def __init__(self, crawler: Crawler, stopping: Stopping, *, times: int, wait: float):
        self._crawler = crawler
        self._stopping = stopping
        self._times = times
        self._wait = wait

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings, stopping = crawler.settings, crawler.get_extension(Stopping)
        assert stopping
        return cls(
            crawler, stopping, times=settings.getint("RETRY_TIMES"), wait=settings.getfloat("RETRY_WAIT")
        )

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.status not in RETRIED:
            return response
        again = await self._again(
            request, f"HTTP {response.status}", site_waits=response.status in ASKS_TO_WAIT
        )
        return again or response

    async def process_exception(self, request: Request, exception: Exception) -> Response | None:
        if isinstance(exception, UNUSABLE_ANSWERS):
            return None
        return await self._again(request, failure_reason(exception), site_waits=False)

    async def _again(self, request: Request, reason: str, *, site_waits: bool) -> Response | None:
        """The answer to a further try; ``None`` if there is no further try."""
        limit = request.meta.get(TIME_LIMIT)
        if request.meta.get("dont_retry") or (limit and limit.is_over):
            return None
        again = get_retry_request(
            request,
            spider=self._crawler.spider,  # type: ignore[arg-type]
            reason=reason,
            max_retry_times=self._times,
            priority_adjust=0,
            give_up_log_level=logging.DEBUG,
        )
        if again is None:
            return None
        if not site_waits:
            wait = min(self._wait * 2 ** (again.meta["retry_times"] - 1), LONGEST_WAIT)
            await self._stopping.pause(wait * jitter())
        return await self._crawler.engine.download_async(again)
