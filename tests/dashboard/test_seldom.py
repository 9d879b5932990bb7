"""A question that reads every title: asked again only if something has changed, and more and more rarely."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from moviesync.clock import Backoff
from moviesync.dashboard import reading, seldom
from moviesync.dashboard.seldom import SeldomQuestion
from moviesync.stores.base import Counts, Store, StoreUnavailable
from moviesync.stores.sqlite.store import SQLiteStore
from tests.places import movie, verdict

Years = list[tuple[int | None, int, int, int]]


class Watched:
    """The years of a store, and how often it was asked for them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0
        self.question = SeldomQuestion(self._years, self._counts, share=1)

    async def _years(self) -> Years:
        self.asked += 1
        return await self._store.years("movies")

    async def _counts(self) -> Counts:
        return await self._store.counts("movies")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = SQLiteStore(str(tmp_path / "movies.db"))
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def years(store: Store, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """With nothing kept for its cost."""
    for name in ("REST", "LONGEST_REST"):
        monkeypatch.setattr(reading, name, 0.0)
    return Watched(store)


async def test_it_is_asked_once_while_nothing_changes(years: Watched, store: Store) -> None:
    await store.write([movie()], [verdict()])
    for _ in range(5):
        assert await years.question.answer() == [(1999, 1, 0, 0)]
    assert years.asked == 1


async def test_what_changes_all_the_time_is_left_for_later(years: Watched, store: Store) -> None:
    for number in range(1, 9):
        await store.write([movie(number)], [])
        assert await years.question.answer() == [(1999, 0, 0, 1)]
    assert years.asked == 1


async def test_what_has_come_to_rest_is_asked_for_once(years: Watched, store: Store) -> None:
    await years.question.answer()
    await store.write([movie()], [])
    assert await years.question.answer() == []
    for _ in range(3):
        assert await years.question.answer() == [(1999, 0, 0, 1)]
    assert years.asked == 2


async def test_what_changes_all_the_time_is_asked_for_at_waits_that_grow(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "REST", 0.0)
    monkeypatch.setattr(seldom, "FIRST_WAIT", 0.02)
    monkeypatch.setattr(seldom, "LONGEST_WAIT", 10.0)
    years = Watched(store)
    begun, number = time.monotonic(), 0
    while years.asked < 5:
        number += 1
        await store.write([movie(number)], [])
        await years.question.answer()
    waits = Backoff(0.02, 10.0)
    assert time.monotonic() - begun >= sum(waits.next() for _ in range(4))


async def test_a_failure_is_told_and_the_question_asked_again(
    years: Watched, store: Store, tmp_path: Path
) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable, match="not open"):
        await years.question.answer()
    await store.open()
    assert await years.question.answer() == []
