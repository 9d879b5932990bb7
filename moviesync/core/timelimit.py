"""How long the requests of one check may take in all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy import Request

TIME_LIMIT = "time_limit"
"""Request meta: a ``TimeLimit``, shared by all requests of a check: its redirects, its further tries, and those
that confirm it."""


class TimeLimit:
    """The seconds that are left. Time in which a request waits for its turn does not count."""

    def __init__(self, seconds: float):
        self.left = seconds

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    @contextmanager
    def running(self, request: Request, usual: float) -> Iterator[None]:
        """Let a request take the time that is left, and not more than ``usual`` seconds."""
        request.meta["download_timeout"] = max(
            0.001, min(self.left, request.meta.get("download_timeout", usual))
        )
        started = time.monotonic()
        try:
            yield
        finally:
            self.left -= time.monotonic() - started
