"""Reading a store for hours, even if it fails at times, with few questions however many pages watch."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from moviesync.stores.base import Store, StoreUnavailable

Answer = TypeVar("Answer")

FILE_KEPT = 1.0
"""Seconds after which a file is opened again: it may have been made, removed or replaced meanwhile."""
REST, LONGEST_REST = 1.0, 60.0
"""Least and most seconds for which an answer is kept; after a failure, the least."""


class Reader:
    """A store, open for reading, that answers one question at a time.

    After a failure the store is opened again, so that one that comes back is found. A question fails
    after ``patience`` seconds.
    """

    def __init__(self, make: Callable[[], Store], *, is_file: bool, patience: float) -> None:
        self._make = make
        self._kept = FILE_KEPT if is_file else math.inf
        self._patience = patience
        self._until = 0.0
        self._store: Store | None = None
        self._lock = asyncio.Lock()

    async def ask(self, question: Callable[[Store], Awaitable[Answer]]) -> Answer:
        """The answer; raises StoreUnavailable, also if none comes in time."""
        async with self._lock:
            try:
                return await asyncio.wait_for(self._asked(question), self._patience)
            except asyncio.TimeoutError:
                await self._let_go()
                raise StoreUnavailable(f"the store gave no answer within {self._patience:g} s") from None
            except StoreUnavailable:
                await self._let_go()
                raise

    async def close(self) -> None:
        """Close the store, even if a question is under way."""
        await self._let_go()

    async def _asked(self, question: Callable[[Store], Awaitable[Answer]]) -> Answer:
        if self._store is None or time.monotonic() > self._until:
            before, self._store = self._store, self._make()
            try:
                await self._store.open(readonly=True)
            finally:
                if before is not None:
                    await before.close()
            self._until = time.monotonic() + self._kept
        return await question(self._store)

    async def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            await store.close()


class Question(Generic[Answer]):
    """A question whose last answer serves all pages for a while: the more it cost, the longer.

    ``share`` is the part of the time that the store may be busy with it.
    """

    def __init__(self, ask: Callable[[], Awaitable[Answer]], *, share: float) -> None:
        self._ask = ask
        self._share = share
        self._due = 0.0
        self._answer: Answer | None = None
        self._failure = ""
        self._lock = asyncio.Lock()

    @property
    def rests(self) -> float:
        """Seconds until it is asked again."""
        return max(0.0, self._due - time.monotonic())

    async def answer(self) -> Answer:
        """The last answer, or a new one; raises StoreUnavailable."""
        async with self._lock:
            if not self.rests:
                await self._renew()
        if self._failure:
            raise StoreUnavailable(self._failure)
        return self._answer  # type: ignore[return-value]

    async def _renew(self) -> None:
        begun, rest = time.monotonic(), REST
        try:
            self._answer, self._failure = await self._ask(), ""
            rest = min(max(REST, (time.monotonic() - begun) / self._share), LONGEST_REST)
        except StoreUnavailable as error:
            self._failure = str(error)
        self._due = time.monotonic() + rest
