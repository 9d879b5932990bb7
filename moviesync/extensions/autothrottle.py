"""Extension: fewer requests to VidSrc while it is slow."""

from __future__ import annotations

import logging
from collections import deque
from statistics import median_high
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import NotConfigured

from moviesync.core.gate import Gate
from moviesync.core.priorities import is_set
from moviesync.core.slots import SITE, VIDSRC
from moviesync.vidsrc.answer import GONE, REFUSED_METHOD

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self

logger = logging.getLogger(__name__)

HEALTHY = GONE | REFUSED_METHOD | {200, 301, 302, 303, 307, 308}
"""Answers that show how fast the site is; errors come faster or slower than it works."""
RECENT = 9
"""Answers whose median is the latency as it is now; the last three, if they are quicker."""
RECOVERS = 4
"""The latency as it is now is at most this many times the latest answer's, so that a site that is well again
need not wait for the next few answers."""
USUAL = 50
"""Answers whose median is a usual latency."""
QUICK = 1.0
"""Seconds. A site that takes longer is slow, even if it was never faster."""
SLOW, SLOWER_BY = 1.5, 0.015
"""A site is slow if answers take this many times as long as usual, and at least this many seconds longer."""


class Throttle:
    """The delay that goes with the latency of a site.

    Scrapy's AutoThrottle aims at a fixed number of requests in flight, and lowers its delay only
    on a 200, while most answers of VidSrc are 404. Here the number in flight shrinks as the latency grows: at
    twice the usual latency half of the places are used, and so a quarter of the requests a second are sent.
    At the usual latency there is no delay, and the places are the limit. The usual latency is the lowest
    one that the site has kept up for ``USUAL`` answers, and never more than ``QUICK``.
    """

    def __init__(self, places: int, *, target: float | None = None):
        """``target``: requests in flight at the usual latency, if that is to be less than ``places``."""
        self._in_flight = float(places) if target is None else min(target, places)
        self._always = target is not None
        self._latest = deque[float](maxlen=RECENT)
        self._block: list[float] = []
        self._usual = QUICK

    def delay(self, latency: float) -> float:
        """Seconds from one request to the next, after an answer that took ``latency`` seconds."""
        self._latest.append(latency)
        self._block.append(latency)
        if len(self._block) == USUAL:
            self._usual = min(self._usual, median_high(self._block))
            self._block.clear()
        recent = min(median_high(self._latest), median_high(list(self._latest)[-3:]), RECOVERS * latency)
        if recent > max(SLOW * self._usual, self._usual + SLOWER_BY):
            return recent / max(min(1.0, self._in_flight), self._in_flight * self._usual / recent)
        return recent / self._in_flight if self._always else 0.0


class AutoThrottle:
    """In place of Scrapy's: same settings (``AUTOTHROTTLE_ENABLED``, ``AUTOTHROTTLE_START_DELAY``,
    ``AUTOTHROTTLE_MAX_DELAY``, ``AUTOTHROTTLE_TARGET_CONCURRENCY``, ``AUTOTHROTTLE_DEBUG``), for VidSrc
    alone. TMDB has a fixed rate."""

    def __init__(self, *, target: float | None, start_delay: float, max_delay: float, debug: bool):
        self._target = target
        self._start_delay = start_delay
        self._max_delay = max_delay
        self._debug = debug
        self._gate: Gate
        self._throttle: Throttle

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        if not settings.getbool("AUTOTHROTTLE_ENABLED"):
            raise NotConfigured
        name = "AUTOTHROTTLE_TARGET_CONCURRENCY"
        extension = cls(
            target=settings.getfloat(name) if is_set(settings, name) else None,
            start_delay=settings.getfloat("AUTOTHROTTLE_START_DELAY"),
            max_delay=settings.getfloat("AUTOTHROTTLE_MAX_DELAY"),
            debug=settings.getbool("AUTOTHROTTLE_DEBUG"),
        )
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.response_downloaded, signal=signals.response_downloaded)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        gate = spider.crawler.get_extension(Gate)
        assert gate
        self._gate = gate
        self._throttle = Throttle(gate.concurrency(VIDSRC), target=self._target)
        gate.slow_down(VIDSRC, self._start_delay)

    def response_downloaded(self, response: Response, request: Request) -> None:
        if request.meta.get(SITE) != VIDSRC or response.status not in HEALTHY:
            return
        latency = request.meta.get("download_latency")
        if latency is None:
            # An answer from a file, as in ``scrapy check``.
            return
        before = self._gate.delay(VIDSRC)
        self._gate.slow_down(VIDSRC, min(self._throttle.delay(latency), self._max_delay))
        if self._debug:
            delay = self._gate.delay(VIDSRC)
            line = "VidSrc: latency %.0f ms, delay %.0f ms (before: %.0f ms)"
            logger.info(line, 1000 * latency, 1000 * delay, 1000 * before)
