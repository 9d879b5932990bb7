"""Waiting for a store that does not answer for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from moviesync.clock import Backoff
from moviesync.items import Title, Verdict
from moviesync.stores.base import Counts, Document, Refused, Store, StoreUnavailable

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds from a failure to the next try."""


class RetryingStore(Store):
    """A store whose calls, if they fail with StoreUnavailable, are tried again.

    That goes on for ``seconds`` from the first failure. ``outage(True)`` is called when an outage
    begins and ``outage(False)`` when it is over. When the time is up, or when ``stopping`` is set,
    the calls raise what they raised last; from then on every call that fails does so at once. ``gave_up``
    gets that error as one line if the time is up: the store is gone for good.
    Opening and closing are tried once.
    """

    def __init__(
        self,
        store: Store,
        seconds: float,
        *,
        outage: Callable[[bool], None],
        gave_up: Callable[[str], None],
        stopping: asyncio.Event,
    ) -> None:
        self.address = store.address
        self._store = store
        self._seconds = seconds
        self._outage = outage
        self._gave_up = gave_up
        self._stopping = stopping
        self._since: float | None = None
        self._waiting = 0
        """Calls that have failed and are tried again."""
        self._given_up = False

    async def open(self, *, readonly: bool = False) -> None:
        await self._store.open(readonly=readonly)

    async def close(self) -> None:
        await self._store.close()

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        refused = await self._patiently(lambda: self._store.write(titles, verdicts))
        self.inserted = self._store.inserted
        return refused

    async def up_to_date(
        self,
        collection: str,
        ids: Sequence[int],
        *,
        checked_since: datetime | None,
        failed_since: datetime,
    ) -> set[int]:
        return await self._patiently(
            lambda: self._store.up_to_date(
                collection, ids, checked_since=checked_since, failed_since=failed_since
            )
        )

    async def unchecked(
        self, collection: str, *, failed_before: datetime | None, after: int, limit: int
    ) -> list[int]:
        return await self._patiently(
            lambda: self._store.unchecked(collection, failed_before=failed_before, after=after, limit=limit)
        )

    async def stale(
        self,
        collection: str,
        *,
        before: datetime,
        after: tuple[datetime, int] | None,
        limit: int,
        failed_before: datetime | None = None,
    ) -> list[tuple[datetime, int]]:
        return await self._patiently(
            lambda: self._store.stale(
                collection, before=before, after=after, limit=limit, failed_before=failed_before
            )
        )

    async def ids(self, collection: str, *, after: int, limit: int) -> list[int]:
        return await self._patiently(lambda: self._store.ids(collection, after=after, limit=limit))

    async def asked_since(self, collection: str, ids: Sequence[int], since: datetime) -> set[int]:
        return await self._patiently(lambda: self._store.asked_since(collection, ids, since))

    async def positives(self, collection: str, limit: int) -> list[int]:
        return await self._patiently(lambda: self._store.positives(collection, limit))

    async def title(self, collection: str, tmdb_id: int) -> Document | None:
        return await self._patiently(lambda: self._store.title(collection, tmdb_id))

    async def counts(self, collection: str) -> Counts:
        return await self._patiently(lambda: self._store.counts(collection))

    async def failures(self, collection: str) -> dict[str, int]:
        return await self._patiently(lambda: self._store.failures(collection))

    async def evidence(self, collection: str) -> dict[str, int]:
        return await self._patiently(lambda: self._store.evidence(collection))

    async def checked(self, collection: str, moments: Sequence[datetime]) -> list[int]:
        return await self._patiently(lambda: self._store.checked(collection, moments))

    async def years(self, collection: str) -> list[tuple[int | None, int, int, int]]:
        return await self._patiently(lambda: self._store.years(collection))

    async def latest(self, collection: str, limit: int) -> list[Document]:
        return await self._patiently(lambda: self._store.latest(collection, limit))

    async def found(self, collection: str, text: str, limit: int) -> list[Document]:
        return await self._patiently(lambda: self._store.found(collection, text, limit))

    async def batch(self, collection: str, *, state: str | None, after: int, limit: int) -> list[Document]:
        return await self._patiently(
            lambda: self._store.batch(collection, state=state, after=after, limit=limit)
        )

    async def save(self, collection: str, documents: Sequence[Document]) -> None:
        await self._patiently(lambda: self._store.save(collection, documents))

    async def saved(self, collection: str, *, prefix: str = "", last: int | None = None) -> list[Document]:
        return await self._patiently(lambda: self._store.saved(collection, prefix=prefix, last=last))

    async def forget(self, collection: str, *, prefix: str) -> None:
        await self._patiently(lambda: self._store.forget(collection, prefix=prefix))

    async def _patiently(self, call: Callable[[], Awaitable[Result]]) -> Result:
        try:
            result = await call()
        except StoreUnavailable as error:
            self._waiting += 1
            try:
                result = await self._again(call, error)
            except StoreUnavailable as last:
                self._given_up = True
                if not self._stopping.is_set():
                    self._gave_up(str(last))
                raise
            finally:
                self._waiting -= 1
        self._well()
        return result

    async def _again(self, call: Callable[[], Awaitable[Result]], failure: StoreUnavailable) -> Result:
        waits = Backoff(FIRST_WAIT, LONGEST_WAIT)
        while True:
            await self._wait(waits.next(), failure)
            try:
                return await call()
            except StoreUnavailable as error:
                failure = error

    async def _wait(self, seconds: float, failure: StoreUnavailable) -> None:
        """Let ``seconds`` pass; raises ``failure`` if there is no time left, or the run is being stopped."""
        if self._since is None:
            self._since = time.monotonic()
            self._outage(True)
            logger.warning("%s; trying again for %g s, and asking the sites nothing", failure, self._seconds)
        if time.monotonic() + seconds > self._since + self._seconds:
            raise failure
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except asyncio.TimeoutError:
            return
        raise failure

    def _well(self) -> None:
        # Reads can go well while writes do not: the outage is over when nothing waits any more.
        if self._since is not None and not self._waiting and not self._given_up:
            logger.info("The store is back after %.1f s", time.monotonic() - self._since)
            self._since = None
            self._outage(False)
