"""What the miniature sites were asked."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """One request that a site has dealt with; the times are those of ``time.monotonic``."""

    started: float
    finished: float
    site: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    """0 where the client got no status: the connection was reset, or the client left."""
    retry_after: float | None = None
    """Seconds that this answer told the client to wait."""


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
        """Requests that are being dealt with."""
        return self._running.total()

    def finish(self, asked: Asked) -> None:
        """Note a request that ran."""
        self._running[asked.site] -= 1
        self.requests.append(asked)

    def paths(self, site: str, method: str | None = None) -> Counter[str]:
        """Count how often each path of a site was asked for, by one method or by any."""
        return Counter(
            asked.path
            for asked in list(self.requests)
            if asked.site == site and method in {None, asked.method}
        )

    def early(self, site: str, slack: float = 0.05) -> list[Asked]:
        """Return the requests that came although an answer had told the client to wait.

        What was under way when that answer went out does not count: ``slack`` is the time in seconds
        that it may take to arrive.
        """
        requests = [asked for asked in list(self.requests) if asked.site == site]
        waits = [(told.finished, told.finished + told.retry_after) for told in requests if told.retry_after]
        return [asked for asked in requests if any(told + slack < asked.started < end for told, end in waits)]

    def summary(self) -> dict[str, Any]:
        """Return the number of requests of each site, by method and by status, and its peak."""
        return {
            site: {
                "requests": sum(asked.site == site for asked in self.requests),
                "methods": Counter(asked.method for asked in self.requests if asked.site == site),
                "statuses": Counter(asked.status for asked in self.requests if asked.site == site),
                "peak": self.peak[site],
            }
            for site in ("tmdb", "vidsrc")
        }

    def clear(self) -> None:
        """Forget what was; requests that still run count in the new peak."""
        self.requests.clear()
        self.peak = Counter(self._running)
