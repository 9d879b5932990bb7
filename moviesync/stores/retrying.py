"""Waiting for a store that does not answer for a while."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from moviesync.stores.base import Store, StoreUnavailable

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds from a failure to the next try; each wait is twice the one before."""
_WATCH = 0.2

_CALLS = ("write", "up_to_date", "unchecked", "stale", "title", "counts", "save", "saved", "forget")


class Patience:
    """Tries calls of a store that fail with StoreUnavailable again, for ``seconds`` from the first failure.

    ``outage(True)`` is called when an outage begins and ``outage(False)`` when it is over.
    When the time is up, or ``stopping`` says that the run ends anyway, the calls raise what they
    raised last; from then on every call fails at once where it fails.
    """

    def __init__(self, seconds: float, *, outage: Callable[[bool], None], stopping: Callable[[], bool]):
        self._seconds = seconds
        self._outage = outage
        self._stopping = stopping
        self._since: float | None = None
        self._waiting = 0
        """Calls that have failed and are tried again."""

    def lend_to(self, store: Store) -> None:
        """Make every call of ``store`` but opening and closing a patient one."""
        for name in _CALLS:
            setattr(store, name, self._patient(getattr(store, name)))

    def _patient(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(call)
        async def patient_call(*args: Any, **kwargs: Any) -> Any:
            try:
                return await call(*args, **kwargs)
            except StoreUnavailable as error:
                failure = error
            self._waiting += 1
            wait = FIRST_WAIT
            while True:
                await self._wait(wait, failure)
                try:
                    result = await call(*args, **kwargs)
                except StoreUnavailable as error:
                    failure = error
                    wait = min(2 * wait, LONGEST_WAIT)
                else:
                    self._waiting -= 1
                    self._well()
                    return result

        return patient_call

    async def _wait(self, seconds: float, error: StoreUnavailable) -> None:
        """Let ``seconds`` pass; raises ``error`` where there is no waiting any more."""
        if self._since is None:
            self._since = time.monotonic()
            self._outage(True)
            logger.warning("%s; trying again for %g s, and asking the sites nothing", error, self._seconds)
        until = time.monotonic() + seconds
        if until > self._since + self._seconds:
            raise error
        while (left := until - time.monotonic()) > 0:
            if self._stopping():
                raise error
            await asyncio.sleep(min(left, _WATCH))

    def _well(self) -> None:
        # Reads can go well where writes do not: the outage is over when nothing waits any more.
        if self._since is not None and not self._waiting:
            logger.info("The store is back after %.1f s", time.monotonic() - self._since)
            self._since = None
            self._outage(False)


