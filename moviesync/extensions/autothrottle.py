"""Extension: AutoThrottle with a rule for a site whose usual answer is 404."""

from __future__ import annotations

from statistics import median

from scrapy.core.downloader import Slot
from scrapy.extensions import throttle
from scrapy.http import Response

from moviesync.vidsrc.page import GONE, REFUSED_METHOD

HEALTHY = GONE | REFUSED_METHOD | {200, 301, 302, 303, 307, 308}
"""Answers that tell how fast the site is; errors come faster or slower than it works."""
FIRST_ANSWERS = 50
"""So many answers tell the usual latency."""
SLOW, SLOWER_BY = 1.5, 0.015
"""A site is slow whose answers take so many times as long as usual, and at least so many seconds longer."""
WEIGHT = 0.1
"""What the latest answer counts for in the recent latency."""


class AutoThrottle(throttle.AutoThrottle):
    """Adds delay to a slot when its site grows slow, and takes it back when the site recovers.

    AutoThrottle aims at a fixed number of requests in flight, and lowers its delay on a 200 alone.
    Here the number aimed at shrinks as the latency grows: at twice the usual latency half the
    slot's concurrency, and so a quarter of the requests a second; at the usual latency there is
    no delay, and the slot's concurrency is the limit.
    """

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._first: list[float] = []
        self._usual = 0.0
        self._recent = 0.0

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if response.status not in HEALTHY:
            return
        if len(self._first) < FIRST_ANSWERS:
            self._first.append(latency)
            self._usual = self._recent = median(self._first)
            return
        self._recent += WEIGHT * (latency - self._recent)
        self._usual = min(self._usual, self._recent)
        aim = 0.0
        if self._recent > max(SLOW * self._usual, self._usual + SLOWER_BY):
            in_flight = max(1.0, slot.concurrency * self._usual / self._recent)
            aim = min(self._recent / in_flight, self.maxdelay)
        slot.delay = max(self.mindelay, aim)
