"""How fast each site is asked, as Scrapy's settings say it."""

from __future__ import annotations

import random
from typing import Any

TMDB_SLOT = "tmdb"
VIDSRC_SLOT = "vidsrc"
SITES = {TMDB_SLOT: "TMDB", VIDSRC_SLOT: "VidSrc"}
"""The slots of the downloader, and whom they are for."""


def probe_slot(slot: str) -> str:
    """The slot of the one request that sees whether a site is back while its own slot is held."""
    return f"{slot} probe"


def jitter() -> float:
    """A factor for a wait, so that not all who wait come back at one moment."""
    return random.uniform(1, 1.25)  # noqa: S311 - no secret


# Requests spaced by exactly 1/rate can meet rate * 10 + 1 times in ten seconds, and the network
# lets some of them catch up with the one before.
_SPACING = 1.025
_TMDB_CONCURRENCY = 8


def site_limits(tmdb_rate: float, vidsrc_concurrency: int) -> dict[str, Any]:
    """Settings under which TMDB gets at most ``tmdb_rate`` requests a second, and VidSrc at most
    ``vidsrc_concurrency`` at once. Both are slots by name, as both sites may live on one host."""
    return {
        "DOWNLOAD_SLOTS": {
            TMDB_SLOT: {"concurrency": _TMDB_CONCURRENCY, "delay": _SPACING / tmdb_rate, "jitter": 0},
            VIDSRC_SLOT: {"concurrency": vidsrc_concurrency, "delay": 0, "jitter": 0},
        },
        # No limit: the slots rule, and the scheduler gives a slot no more than it can soon send.
        "CONCURRENT_REQUESTS": 0,
        # Only the size of the connection pool of each host.
        "CONCURRENT_REQUESTS_PER_DOMAIN": vidsrc_concurrency + _TMDB_CONCURRENCY,
    }
