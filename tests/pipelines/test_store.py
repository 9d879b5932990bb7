"""The pipeline on a real SQLite file: what goes into one write, in which order, and what is noted after it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from moviesync.core.exitcodes import exit_code
from moviesync.core.stopping import Stopping
from moviesync.items import Batch, Mark, Title, Verdict
from moviesync.pipelines.store import StorePipeline
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.window import Window
from moviesync.stores.base import PROGRESS, Document, Refused
from moviesync.stores.sqlite.store import SQLiteStore

AT = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
FOR_EVER = 600.0


class Recorder(SQLiteStore):
    """The store, which also notes what it was given: how many titles and verdicts, or which pages."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.calls: list[Any] = []

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        refused = await super().write(titles, verdicts)
        self.calls.append((len(titles), len(verdicts)))
        return refused

    async def save(self, collection: str, documents: Sequence[Document]) -> None:
        await super().save(collection, documents)
        self.calls.append([document.get("pagesDone") for document in documents])


class Ends(Stopping):
    """Notes for which reasons the run is to be stopped, as there is none."""

    def __init__(self) -> None:
        super().__init__(get_crawler())
        self.reasons: list[str] = []

    def close(self, reason: str) -> None:
        self.reasons.append(reason)


class Run:
    """What a pipeline writes to: the store, the checkpoint of a walk that has begun, and real stats."""

    def __init__(self, store: Recorder) -> None:
        self.store = store
        self.checkpoint = Checkpoint(store, "movies", None, None, now=AT)
        self.session: Any = SimpleNamespace(store=store, checkpoint=self.checkpoint, plan=None)
        self._ends = Ends()
        self.reasons = self._ends.reasons
        self._stats = get_crawler().stats

    async def begin(self) -> None:
        assert await self.checkpoint.load("new", anew_if_finished=False)
        windows = iter(self.checkpoint.walk)
        self.window = next(windows)
        # More than one query shows, so there is another.
        self.window.pages, self.window.results = 1000, 20_000
        self.other = next(windows)
        self.store.calls.clear()

    def pipeline(self, *, batch_size: int = 200, linger: float = 0.001) -> StorePipeline:
        return StorePipeline(self.session, self._ends, self._stats, batch_size=batch_size, linger=linger)

    @property
    def stats(self) -> dict[str, Any]:
        return self._stats.get_stats()


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    store = Recorder(str(tmp_path / "films.db"))
    await store.open()
    run = Run(store)
    await run.begin()
    yield run
    await store.close()


def title(tmdb_id: int) -> Title:
    return Title("movies", tmdb_id, f"Film {tmdb_id}", 1999, {"id": tmdb_id}, AT)


def page(window: Window, number: int, titles: int = 20) -> Batch:
    first = 1 + 100 * number
    return Batch([title(tmdb_id) for tmdb_id in range(first, first + titles)], Mark(window.key, number))


def verdict(tmdb_id: int, *, available: bool | None = True) -> Verdict:
    return Verdict("movies", tmdb_id, available, "timeout" if available is None else "a player", AT)


async def give(pipeline: StorePipeline, *items: Batch | Verdict) -> list[Any]:
    """What became of items that come at once: each itself, or what was raised for it."""
    given = [pipeline.process_item(item) for item in items]
    return await asyncio.wait_for(asyncio.gather(*given, return_exceptions=True), 10)


def outside(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path / "films.db")) as connection:
        connection.execute(statement)


async def test_titles_go_before_verdicts_and_the_mark_after_both(run: Run) -> None:
    others = [verdict(102, available=False), verdict(103, available=None)]
    items: list[Batch | Verdict] = [verdict(101), page(run.window, 1), *others]
    assert await give(run.pipeline(), *items) == items
    assert run.store.calls == [(20, 0), (0, 3), [[[1, 1]]]]
    # The verdict that came before its title was of one that came with the same write.
    assert [(await run.store.title("movies", n) or {})["vidsrcAvailable"] for n in (101, 102, 103)] == [
        True,
        False,
        None,
    ]
    assert run.window.done == {1}
    assert run.stats == {
        "store/pages": 1,
        "store/titles": 20,
        "store/new": 20,
        "verdicts/available": 1,
        "verdicts/unavailable": 1,
        "verdicts/unknown/timeout": 1,
    }


async def test_no_write_has_more_titles_than_the_batch_size(run: Run) -> None:
    await give(run.pipeline(batch_size=5), page(run.window, 1), page(run.window, 2, titles=7))
    assert run.store.calls == [(5, 0), (5, 0), (5, 0), (5, 0), [[[1, 1]]], (5, 0), (2, 0), [[[1, 2]]]]


async def test_pages_of_one_write_are_marked_together(run: Run) -> None:
    await give(run.pipeline(), page(run.window, 1), page(run.other, 1), page(run.window, 3))
    assert run.store.calls == [(60, 0), [[[1, 1], [3, 3]], [[1, 1]]]]


async def test_a_batch_without_a_checkpoint_is_stored_and_its_page_is_not_done(run: Run) -> None:
    await give(run.pipeline(), Batch([title(1), title(2)], None))
    assert run.store.calls == [(2, 0)]
    assert run.window.done == set()
    assert run.stats == {"store/pages": 1, "store/titles": 2, "store/new": 2}


async def test_a_page_that_cannot_be_read_is_marked_so_and_counts_for_none(run: Run) -> None:
    await give(run.pipeline(), page(run.window, 1), Batch([], Mark(run.window.key, 2, readable=False)))
    assert run.store.calls == [(20, 0), [[[1, 1]]]]
    assert (run.window.done, run.window.unreadable) == ({1}, {2})
    (saved,) = await run.store.saved(PROGRESS, prefix=run.window.key)
    assert saved["unreadable"] == [2]
    assert run.stats["store/pages"] == 1


async def test_a_run_without_a_walk_stores_verdicts(run: Run) -> None:
    run.session.checkpoint = None
    await give(run.pipeline(), Batch([title(1)], None), verdict(1))
    assert run.store.calls == [(1, 0), (0, 1)]


async def test_a_full_batch_does_not_linger(run: Run) -> None:
    pipeline = run.pipeline(batch_size=2, linger=FOR_EVER)
    await give(pipeline, *map(verdict, range(1, 7)))
    assert run.store.calls == [(0, 2), (0, 2), (0, 2)]


async def test_what_comes_while_a_write_lingers_goes_with_it(run: Run) -> None:
    pipeline = run.pipeline(linger=0.1)
    began = time.monotonic()
    first = asyncio.create_task(give(pipeline, verdict(1)))
    await asyncio.sleep(0)
    await give(pipeline, verdict(2), verdict(3))
    assert time.monotonic() - began >= 0.09
    await first
    assert run.store.calls == [(0, 3)]


async def test_the_pipeline_goes_on_after_a_pause(run: Run) -> None:
    pipeline = run.pipeline()
    for tmdb_id in (1, 2):
        await give(pipeline, verdict(tmdb_id))
    assert run.store.calls == [(0, 1), (0, 1)]


async def test_a_refused_title_fails_alone_and_its_page_is_done(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    one = Batch([title(1), title(2**70), title(2)], Mark(run.window.key, 1))
    assert await give(run.pipeline(), one) == [one]
    assert [await run.store.title("movies", n) is not None for n in (1, 2)] == [True, True]
    assert run.window.done == {1}
    assert run.stats["store/refused"] == 1
    assert f"movies {2**70} is not stored: " in caplog.text
    assert run.reasons == []


async def test_a_refused_verdict_counts_for_none(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    items: list[Batch | Verdict] = [Batch([title(1)], None), verdict(1), verdict(2), verdict(2**70)]
    batch, stored, *refused = await give(run.pipeline(), *items)
    assert [batch, stored] == items[:2]
    # So that no feed has a line for them.
    assert [type(outcome) for outcome in refused] == [DropItem, DropItem]
    assert (run.stats["store/refused"], run.stats["verdicts/available"]) == (2, 1)
    assert "movies 2 is not stored: " in caplog.text


async def test_an_unexpected_exception_ends_the_run(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    pipeline = run.pipeline(batch_size=20)
    # Nothing that a window holds should be like this.
    run.window.results = cast("Any", object())
    outcomes = await give(pipeline, page(run.window, 1), page(run.window, 2), verdict(5))
    assert [type(outcome) for outcome in outcomes] == [DropItem] * 3
    assert run.window.done == set()
    (reason,) = run.reasons
    assert (exit_code(reason), "object has no form in JSON" in reason) == (1, True)
    assert "Items could not be written" in caplog.text
    (late,) = await give(pipeline, verdict(6))
    assert isinstance(late, DropItem)


async def test_a_page_is_marked_only_after_its_titles_are_in(run: Run, tmp_path: Path) -> None:
    outside(tmp_path, "ALTER TABLE movies RENAME TO elsewhere")
    (outcome,) = await give(run.pipeline(), page(run.window, 1))
    assert isinstance(outcome, DropItem)
    assert await run.store.saved(PROGRESS, prefix=run.window.key) == []
    assert run.window.done == set()
    assert "films.db: no such table: movies" in run.reasons[0]


async def test_a_page_whose_mark_cannot_be_saved_is_not_marked_in_memory(run: Run, tmp_path: Path) -> None:
    outside(tmp_path, "ALTER TABLE progress RENAME TO elsewhere")
    run.window.unreadable.add(1)
    outcomes = await give(run.pipeline(), page(run.window, 1), verdict(101))
    assert [type(outcome) for outcome in outcomes] == [DropItem] * 2
    assert await run.store.title("movies", 101) is not None
    assert (run.window.done, run.window.undated, run.window.unreadable) == (set(), 0, {1})
    assert (len(run.reasons), run.reasons[0].startswith("sqlite:")) == (1, True)
    assert run.stats == {}
