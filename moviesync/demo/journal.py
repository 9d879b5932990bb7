"""What the miniature sites were asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """One request that a site has handled; the times are from ``time.monotonic``."""

    started: float
    finished: float
    site: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    """0 if the client got no status: the connection was reset, or the client left."""
    retry_after: float | None = None
    """Seconds that this answer asked the client to wait."""
    host: str = ""
    """Host and port that the client asked."""
    mirror: int = 0
    """The mirror of VidSrc that was asked, counted from 0."""


class Journal:
    """The requests of both sites, in the order in which they finished."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.peak: Counter[str] = Counter()
        """The most requests that a site had at once."""
        self._running: Counter[str] = Counter()

    def start(self, site: str) -> None:
        """Count a request as running."""
        self._running[site] += 1
        self.peak[site] = max(self.peak[site], self._running[site])

    @property
    def running(self) -> int:
        """Requests that are being handled."""
        return self._running.total()

    def finish(self, asked: Asked) -> None:
        """Note a request that ran."""
        self._running[asked.site] -= 1
        self.requests.append(asked)

    def paths(self, site: str, method: str | None = None, mirror: int | None = None) -> Counter[str]:
        """Count how often each path of a site was asked for, by one method or by any, of one mirror or of all."""
        return Counter(
            asked.path
            for asked in list(self.requests)
            if asked.site == site and method in {None, asked.method} and mirror in {None, asked.mirror}
        )

    def early(self, site: str, slack: float = 0.05) -> list[Asked]:
        """Return the requests that came although an answer had asked the client to wait.

        What was under way when that answer went out does not count: ``slack`` is the time in seconds
        that it may take to arrive.
        """
        requests = [asked for asked in list(self.requests) if asked.site == site]
        waits = [(one.finished, one.finished + one.retry_after) for one in requests if one.retry_after]
        return [
            asked for asked in requests if any(begin + slack < asked.started < end for begin, end in waits)
        ]

    def at_once(self, site: str) -> dict[int, float]:
        """Return for how many seconds a site had how many requests at once, from the first to the last."""
        requests = [asked for asked in list(self.requests) if asked.site == site]
        # At the same moment, a request begins before another ends.
        moments = sorted(
            [(asked.started, 0) for asked in requests] + [(asked.finished, 1) for asked in requests]
        )
        seconds, running = defaultdict[int, float](float), 0
        for (moment, ends), (following, _) in pairwise(moments):
            running += -1 if ends else 1
            seconds[running] += following - moment
        return seconds

    def summary(self) -> dict[str, Any]:
        """Return the number of requests of each site, by method and by status, and its peak; and ``times``:
        when its first request came and its last one was answered (``time.monotonic``), and ``at_once``."""
        sites = ("tmdb", "vidsrc")
        counts: dict[str, Any] = {
            site: {
                "requests": sum(asked.site == site for asked in self.requests),
                "methods": Counter(asked.method for asked in self.requests if asked.site == site),
                "statuses": Counter(asked.status for asked in self.requests if asked.site == site),
                "peak": self.peak[site],
            }
            for site in sites
        }
        return counts | {"times": {site: self._times(site) for site in sites}}

    def _times(self, site: str) -> dict[str, Any]:
        return {
            "first": min((asked.started for asked in self.requests if asked.site == site), default=None),
            "last": max((asked.finished for asked in self.requests if asked.site == site), default=None),
            "at_once": self.at_once(site),
        }

    def clear(self) -> None:
        """Forget what was; requests that still run count in the new peak."""
        self.requests.clear()
        self.peak = Counter(self._running)
