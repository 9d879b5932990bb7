"""Calls of a store that fails for a while: which are tried again, for how long, and what ends the wait."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from moviesync.stores import retrying
from moviesync.stores.base import RUNS, Counts, StoreUnavailable
from moviesync.stores.retrying import RetryingStore
from moviesync.stores.sqlite import schema
from moviesync.stores.sqlite.store import SQLiteStore
from tests.places import NOW, found, movie, stored, unchecked, up_to_date, verdict

SOON = 20
"""Seconds within which what is waited for comes."""


class Outages:
    """Notes when an outage begins and ends."""

    def __init__(self) -> None:
        self.seen: list[bool] = []
        self.began = asyncio.Event()
        self.given_up: list[str] = []

    @property
    def heard(self) -> dict[str, Any]:
        """What a store calls, as its arguments."""
        return {"outage": self, "gave_up": self.gave_up}

    def gave_up(self, line: str) -> None:
        self.given_up.append(line)

    def __call__(self, begins: bool) -> None:
        self.seen.append(begins)
        if begins:
            self.began.set()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the file. One that is locked fails at once, and is tried again soon."""
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_S", 0.0)
    monkeypatch.setattr(retrying, "FIRST_WAIT", 0.01)
    return tmp_path / "movies.db"


@pytest.fixture
def outages() -> Outages:
    return Outages()


@pytest.fixture
def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def store(path: Path, outages: Outages, stopping: asyncio.Event) -> AsyncIterator[RetryingStore]:
    store = RetryingStore(
        SQLiteStore(str(path)), SOON, outage=outages, gave_up=outages.gave_up, stopping=stopping
    )
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def other(path: Path, store: RetryingStore) -> Iterator[sqlite3.Connection]:
    """Another program, which holds the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def fails(call: Awaitable[object]) -> float:
    """Seconds until it does."""
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable, match="locked"):
        await asyncio.wait_for(call, SOON)
    return time.monotonic() - begun


async def test_a_store_that_is_well_answers_as_it_is(store: RetryingStore, outages: Outages) -> None:
    assert store.address.startswith("sqlite:")
    assert await store.write([movie(1), movie(2), movie(3)], [verdict(1), verdict(2, None)]) == []
    assert store.inserted == 3
    assert await up_to_date(store, 1, 2, 3, failed=NOW) == {1, 2}
    assert await unchecked(store) == [3]
    assert await store.stale("movies", before=NOW, after=None, limit=9) == []
    assert await store.counts("movies") == Counts(total=3, available=1, unchecked=2, failed=1)
    assert await store.failures("movies") == {"blocked": 1}
    assert await store.ids("movies", after=1, limit=9) == [2, 3]
    await store.write([], [found(1)])
    assert await store.asked_since("movies", [1, 2], NOW) == {1}
    assert await store.positives("movies", 9) == [1]
    assert await store.evidence("movies") == {"page": 1, "info": 0, "list": 0, "none": 0}
    assert await store.checked("movies", [NOW, NOW.replace(year=2027)]) == [1]
    assert await store.years("movies") == [(1999, 1, 0, 2)]
    first = await stored(store, 1)
    assert await store.latest("movies", 1) == [first]
    assert await store.found("movies", "matrix", 1) == [first]
    assert await store.batch("movies", state="available", after=0, limit=9) == [first]
    await store.save(RUNS, [{"_id": "1"}, {"_id": "2"}])
    await store.forget(RUNS, prefix="1")
    assert await store.saved(RUNS) == [{"_id": "2"}]
    assert outages.seen == []


async def test_calls_are_tried_again_until_the_store_is_back(
    store: RetryingStore, other: sqlite3.Connection, outages: Outages
) -> None:
    calls = [asyncio.create_task(store.write([movie(number)], [])) for number in (1, 2)]
    await asyncio.wait_for(outages.began.wait(), SOON)
    # A read goes well, and ends no outage.
    assert await store.counts("movies") == Counts()
    assert outages.seen == [True]
    other.execute("ROLLBACK")
    assert await asyncio.wait_for(asyncio.gather(*calls), SOON) == [[], []]
    assert outages.seen == [True, False]
    assert store.inserted == 2


async def test_when_the_run_stops_the_wait_ends_at_once(
    store: RetryingStore,
    other: sqlite3.Connection,
    outages: Outages,
    stopping: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retrying, "FIRST_WAIT", SOON / 2)
    call = asyncio.create_task(store.save(RUNS, [{"_id": "1"}]))
    await asyncio.wait_for(outages.began.wait(), SOON)
    stopping.set()
    assert await fails(call) < SOON / 4
    # So does that of a call that fails from then on.
    assert await fails(store.save(RUNS, [{"_id": "1"}])) < SOON / 4
    assert outages.seen == [True]


async def test_when_the_time_is_up_every_failure_is_one_at_once(
    path: Path, other: sqlite3.Connection, outages: Outages, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RetryingStore(
        SQLiteStore(str(path)), 0.1, outage=outages, gave_up=outages.gave_up, stopping=asyncio.Event()
    )
    await store.open(readonly=True)
    readonly = store.write([movie()], [])
    with pytest.raises(StoreUnavailable, match=r"read.?only"):
        await readonly
    monkeypatch.setattr(retrying, "FIRST_WAIT", SOON)
    with pytest.raises(StoreUnavailable, match=r"read.?only"):
        await asyncio.wait_for(store.write([movie()], []), SOON / 2)
    assert await store.counts("movies") == Counts()
    assert outages.seen == [True]
    # So that somebody ends the run: the sites are held, and nothing would release them.
    assert outages.given_up
    assert "only" in outages.given_up[0]
    await store.close()


async def test_a_call_that_is_cancelled_keeps_no_outage_up(
    store: RetryingStore, other: sqlite3.Connection, outages: Outages
) -> None:
    call = asyncio.create_task(store.write([movie()], []))
    await asyncio.wait_for(outages.began.wait(), SOON)
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call
    other.execute("ROLLBACK")
    assert await store.write([movie()], []) == []
    assert outages.seen == [True, False]


async def test_a_store_that_cannot_be_opened_is_not_waited_for(tmp_path: Path, outages: Outages) -> None:
    store = RetryingStore(
        SQLiteStore(str(tmp_path)), SOON, outage=outages, gave_up=outages.gave_up, stopping=asyncio.Event()
    )
    with pytest.raises(StoreUnavailable, match="unable to open"):
        await asyncio.wait_for(store.open(), SOON / 2)
    assert outages.seen == []
