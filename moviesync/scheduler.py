"""The queue between the spider and the downloader: short, in memory, and nothing to lose.

What is to be done can always be read from the store, so a request that is waiting here when the
run ends, however it ends, need not be kept: nothing of it is written to JOBDIR.
"""

from __future__ import annotations

from collections import deque

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler


class Scheduler(BaseScheduler):
    """Requests in the order they come, those with a priority above 0 first."""

    def __init__(self) -> None:
        self._first: deque[Request] = deque()
        self._rest: deque[Request] = deque()

    def has_pending_requests(self) -> bool:
        return bool(self._first or self._rest)

    def enqueue_request(self, request: Request) -> bool:
        (self._first if request.priority > 0 else self._rest).append(request)
        return True

    def next_request(self) -> Request | None:
        queue = self._first or self._rest
        return queue.popleft() if queue else None
