"""How the dashboard asks a store: for hours, with little patience, and seldom."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest

from moviesync.dashboard import reading
from moviesync.dashboard.reading import Question, Reader
from moviesync.stores import make_store
from moviesync.stores.base import Store, StoreUnavailable
from moviesync.stores.mongo.store import MongoStore
from tests.places import movie


async def test_a_server_that_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://127.0.0.1:{silent.getsockname()[1]}"
        reader = Reader(lambda: MongoStore(uri), is_file=False, patience=0.2)
        with pytest.raises(StoreUnavailable, match=r"no answer within 0\.2 s"):
            await asyncio.wait_for(reader.ask(lambda store: store.counts("movies")), 10)
        await reader.close()


async def test_a_question_under_way_does_not_hold_up_the_end(tmp_path: Path) -> None:
    settings = {"SQLITE_PATH": str(tmp_path / "movies.db")}
    store = make_store(settings)
    await store.open()
    await store.write([movie(number, title="a" * 200) for number in range(1000)], [])
    await store.close()
    reader = Reader(lambda: make_store(settings), is_file=True, patience=0.1)

    async def slow(store: Store) -> None:
        # Some minutes of comparing.
        endless = "SELECT count(*) FROM movies a, movies b, movies c WHERE instr(a.title, b.title || c.title)"
        await store._call(lambda connection: connection.execute(endless).fetchall())  # type: ignore[attr-defined]

    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await reader.ask(slow)
    assert time.monotonic() - begun < 5
    await reader.close()


async def test_an_answer_serves_many_pages_for_as_long_as_it_was_costly() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return asked

    question = Question(ask, share=0.01)
    assert await asyncio.gather(*(question.answer() for _ in range(5))) == [1] * 5
    assert question.rests > 4.9


async def test_a_failure_serves_many_pages_too() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        raise StoreUnavailable("gone")

    question = Question(ask, share=0.1)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="gone"):
            await question.answer()
    assert asked == 1
    assert 0 < question.rests <= reading.REST
