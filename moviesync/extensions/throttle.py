"""Extension: AutoThrottle for a site whose usual answer is 404."""

from __future__ import annotations

from scrapy.core.downloader import Slot
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from moviesync.vidsrc import GONE, REFUSED_METHOD

# Answers that are as good a sign of the site's health as a page is.
HEALTHY = GONE | REFUSED_METHOD | {301, 302, 303, 307, 308}


class SiteThrottle(AutoThrottle):
    """AutoThrottle lowers its delay on a 200 alone, as error pages come fast; here they are the rule."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if response.status in HEALTHY:
            response = response.replace(status=200)
        super()._adjust_delay(slot, latency, response)
