"""What a crawl asks of its store, timed; in a process of its own, as is the filling of a large one.

``SQLITE_PATH=… python -m benchmarks.questions fill 1000000`` (or ``MONGODB_URI=…``) writes so many titles through
the store's own write; ``… ask 1000000 40`` then prints, as JSON, the milliseconds of each question, asked 40 times.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from random import Random
from statistics import median
from typing import NoReturn, TypeVar

from moviesync.demo.catalogue import Catalogue
from moviesync.items import Title, Verdict
from moviesync.kinds import MOVIE
from moviesync.stores import make_store
from moviesync.stores.base import Store

Answer = TypeVar("Answer")

COLLECTION = MOVIE.collection
DUE_EVERY = 10
"""One title of so many has no verdict yet."""
AVAILABLE_EVERY = 12
FIRST_CHECK = datetime(2026, 1, 1, tzinfo=timezone.utc)
CHECKS_LAST = timedelta(days=300)
BATCH = 1000

WRITTEN = 200
NEW = 20
"""Of those that are written, the titles that the store did not know."""
PAGE = 20
NEXT = 100
LONGEST = 5.0
"""Seconds after which a question is repeated no more, but it is at least so often:"""
LEAST = 5


class Filling:
    """What a store is filled with: titles by number.

    Their ids are even, so that there is room for new ones between them.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._rows = list(Catalogue.recorded(MOVIE).rows.values())

    def title(self, tmdb_id: int) -> Title:
        row = self._rows[tmdb_id % len(self._rows)] | {"id": tmdb_id}
        return Title(COLLECTION, tmdb_id, row["title"], 1999, row, FIRST_CHECK)

    def verdict(self, tmdb_id: int) -> Verdict:
        # The times of checks lie in another order than the ids.
        at = FIRST_CHECK + CHECKS_LAST * ((tmdb_id * 7_919 % (2 * self.size)) / (2 * self.size))
        return Verdict(COLLECTION, tmdb_id, tmdb_id // 2 % AVAILABLE_EVERY == 1, "page", at)

    def is_due(self, number: int) -> bool:
        return number % DUE_EVERY == 0

    def portions(self) -> Iterator[tuple[list[Title], list[Verdict]]]:
        numbers = iter(range(1, self.size + 1))
        while batch := list(islice(numbers, BATCH)):
            titles = [self.title(2 * number) for number in batch]
            yield titles, [self.verdict(2 * number) for number in batch if not self.is_due(number)]


async def fill(store: Store, filling: Filling) -> None:
    for titles, verdicts in filling.portions():
        if await store.write(titles, verdicts):
            raise RuntimeError("the store refused a title")


class Questions:
    """Each method asks once and gives the nanoseconds that the store took, about other titles each time."""

    def __init__(self, store: Store, filling: Filling) -> None:
        self._store = store
        self._filling = filling
        self._random = Random()  # noqa: S311 - which titles, no secret
        self._last_id = 0
        self._last_check: tuple[datetime, int] | None = None

    async def write(self) -> int:
        filling = self._filling
        known = [number for number in self._numbers(2 * WRITTEN) if not filling.is_due(number)]
        ids = [2 * number for number in known[: WRITTEN - NEW]]
        ids += [2 * number + 1 for number in self._numbers(WRITTEN - len(ids))]
        titles, verdicts = [filling.title(one) for one in ids], [filling.verdict(one) for one in ids]
        refused, took = await _timed(self._store.write(titles, verdicts))
        if refused:
            raise RuntimeError("the store refused a title")
        return took

    async def up_to_date(self) -> int:
        ids = [2 * number for number in self._numbers(PAGE)]
        question = self._store.up_to_date(COLLECTION, ids, checked_since=None, failed_since=FIRST_CHECK)
        return (await _timed(question))[1]

    async def unchecked(self) -> int:
        """Goes on where the last answer ended, as a crawl does, and at the end begins anew."""
        after = self._last_id
        question = self._store.unchecked(COLLECTION, failed_before=None, after=after, limit=NEXT)
        answer, took = await _timed(question)
        if len(answer) == NEXT:
            self._last_id = answer[-1]
            return took
        self._last_id = 0
        return await self.unchecked() if after else _nothing()

    async def stale(self) -> int:
        """As ``unchecked``."""
        after, before = self._last_check, FIRST_CHECK + CHECKS_LAST
        answer, took = await _timed(self._store.stale(COLLECTION, before=before, after=after, limit=NEXT))
        if len(answer) == NEXT:
            self._last_check = answer[-1]
            return took
        self._last_check = None
        return await self.stale() if after else _nothing()

    def _numbers(self, count: int) -> list[int]:
        return [self._random.randrange(1, self._filling.size + 1) for _ in range(count)]


async def _timed(question: Awaitable[Answer]) -> tuple[Answer, int]:
    started = time.perf_counter_ns()
    answer = await question
    return answer, time.perf_counter_ns() - started


def _nothing() -> NoReturn:
    raise RuntimeError("the store does not hold what it was filled with")


async def milliseconds(question: Callable[[], Awaitable[int]], repeats: int) -> float:
    """The median of the repetitions of a question."""
    times: list[int] = []
    started = time.monotonic()
    while len(times) < LEAST or (len(times) < repeats and time.monotonic() - started < LONGEST):
        times.append(await question())
    return median(times) / 1e6


async def ask(store: Store, filling: Filling, repeats: int) -> dict[str, float]:
    """Milliseconds that each question takes."""
    questions = Questions(store, filling)
    return {
        "write of 200 titles and verdicts": await milliseconds(questions.write, repeats),
        "up_to_date, of twenty": await milliseconds(questions.up_to_date, repeats),
        "unchecked, the next hundred": await milliseconds(questions.unchecked, repeats),
        "stale, the next hundred": await milliseconds(questions.stale, repeats),
    }


async def main() -> None:
    what, size, *repeats = sys.argv[1:]
    filling = Filling(int(size))
    store = make_store({"SQLITE_PATH": "moviesync.db", **os.environ})
    await store.open()
    try:
        if what == "fill":
            await fill(store, filling)
        else:
            print(json.dumps(await ask(store, filling, int(repeats[0]))))
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
