"""A question that reads every title, asked only if its answer may have changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from moviesync.clock import Backoff
from moviesync.dashboard.reading import Question

Answer = TypeVar("Answer")

FIRST_WAIT, LONGEST_WAIT = 60.0, 900.0
"""Seconds between two questions while the titles keep changing; each wait is twice the one before."""


class SeldomQuestion(Generic[Answer]):
    """Its last answer is used as long as the store's counts stay the same.

    While they change it is asked again, more and more rarely; once they stop, at the next look.
    ``share`` is the part of the time that the store may be busy with it in any case.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[Answer]], counts: Callable[[], Awaitable[object]], *, share: float
    ) -> None:
        self._question = Question(ask, share=share)
        self._counts = counts
        self._waits = Backoff(FIRST_WAIT, LONGEST_WAIT)
        self._due = 0.0
        self._seen: object = None
        """The counts at the last look."""
        self._answered: object = None
        """The counts at the last answer."""
        self._answer: Answer | None = None
        self._lock = asyncio.Lock()

    async def answer(self) -> Answer:
        """The last answer, or a new one; raises StoreUnavailable."""
        async with self._lock:
            counts = await self._counts()
            # If it is the same object, the counts were not read again.
            still = counts is not self._seen and counts == self._seen
            self._seen = counts
            if self._answer is None or (counts != self._answered and self._may_ask(still=still)):
                self._answer = await self._question.answer()
                self._answered = counts
                if still:
                    self._waits.reset()
                self._due = time.monotonic() + self._waits.next()
            return self._answer

    def _may_ask(self, *, still: bool) -> bool:
        return not self._question.rests and (still or time.monotonic() >= self._due)
