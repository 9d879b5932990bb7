"""The ledger in a real store: which walk a run goes on with, from where, and what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone

import pytest

from moviesync.sources.discover.checkpoint import FRESH, VERSION, Checkpoint, summary
from moviesync.sources.discover.walk import Walk
from moviesync.stores.base import PROGRESS, Store
from moviesync.stores.sqlite.store import SQLiteStore
from tests.traveller import Server, daily, travel

NOW = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=timezone.utc)
MOMENT = timedelta(milliseconds=1)
NOTHING = {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = SQLiteStore(":memory:")
    await store.open()
    yield store
    await store.close()


def ledger(
    store: Store, collection: str = "movies", *, first: str = "", last: str = "", now: datetime = NOW
) -> Checkpoint:
    bounds = (date.fromisoformat(day) if day else None for day in (first, last))
    return Checkpoint(store, collection, *bounds, now=now)


async def begun(ledger: Checkpoint, choice: str = "continue", *, anew_if_finished: bool = False) -> Walk:
    walk = await ledger.walk(choice, anew_if_finished=anew_if_finished)
    assert walk is not None
    return walk


async def stored(store: Store, walk: Walk) -> None:
    """Save the windows, as the pipeline does with their pages."""
    await store.save(PROGRESS, [w.document() for w in walk.windows if w.pages is not None])


async def test_a_walk_begins_where_there_is_none(store: Store) -> None:
    walk = await begun(ledger(store))
    assert (walk.name, walk.cap, walk.windows, sum(len(one.done) for one in walk.windows)) == (
        "movies",
        500,
        [],
        0,
    )
    (document,) = await store.saved(PROGRESS)
    assert document == {
        "_id": "movies",
        "version": VERSION,
        "started": NOW,
        "finished": None,
        "today": "2026-11-23",
        "cap": 500,
        "datesIgnored": False,
        "pages": 0,
        "gaps": [],
    }


@pytest.mark.parametrize("stop", [0, 1, 2, 3, 4, 10, 19, 24])
async def test_an_unfinished_walk_goes_on_where_it_stopped(store: Store, stop: int) -> None:
    server = Server(daily("2000-01-01", 300) + daily("2010-01-01", 1, a_day=100))
    whole = travel(Walk("movies", today=NOW.date(), cap=3), server)
    mine = ledger(store)
    walk = await begun(mine)
    walk.cap = 3
    before = travel(walk, server, most=stop)
    await stored(store, walk)
    await mine.save(walk)
    # A walk goes on with the day it began on.
    resumed = await begun(ledger(store, now=NOW + timedelta(days=9)))
    after = travel(resumed, server)
    assert before.shown + after.shown == whole.shown
    assert before.numbers + after.numbers == whole.numbers
    assert resumed.complete
    assert before.requests + after.requests <= whole.requests + 1


async def test_a_lost_page_is_what_is_left_to_do(store: Store) -> None:
    lost = ("movies | without dates asc", 2)
    server = Server(daily("2000-01-01", 100), cap=500, lost={lost})
    walk = await begun(ledger(store))
    travel(walk, server)
    assert not walk.complete
    await stored(store, walk)
    server.lost = set()
    assert travel(await begun(ledger(store)), server).shown == [lost]


async def test_what_was_learnt_is_kept(store: Store) -> None:
    mine = ledger(store)
    walk = await begun(mine)
    walk.cap, walk.dates_ignored = 40, True
    await mine.save(walk)
    resumed = await begun(ledger(store))
    assert (resumed.cap, resumed.dates_ignored) == (40, True)
    anew = await begun(ledger(store), "new")
    assert (anew.cap, anew.dates_ignored) == (500, False)


@pytest.mark.parametrize(
    ("age", "choice", "anew_if_finished", "begins"),
    [
        (timedelta(0), "continue", False, False),
        (FRESH - MOMENT, "continue", False, False),
        (FRESH, "continue", False, True),
        (FRESH + MOMENT, "continue", False, True),
        (timedelta(0), "continue", True, True),
        (timedelta(0), "new", False, True),
        (timedelta(days=9), "skip", True, False),
    ],
)
async def test_after_a_finished_walk(
    store: Store, age: timedelta, choice: str, anew_if_finished: bool, begins: bool
) -> None:
    mine = ledger(store)
    walk = await begun(mine)
    travel(walk, Server(daily("2000-01-01", 30), cap=500))
    await stored(store, walk)
    await mine.save(walk, finished=NOW)
    next_walk = await ledger(store, now=NOW + age).walk(choice, anew_if_finished=anew_if_finished)
    assert (next_walk is not None) == begins
    left = [document["_id"] for document in await store.saved(PROGRESS)]
    assert left == (["movies"] if begins else ["movies", "movies | without dates asc"])


async def test_a_new_walk_leaves_an_unfinished_one(store: Store) -> None:
    walk = await begun(ledger(store))
    travel(walk, Server(daily("2000-01-01", 60), cap=500), most=1)
    await stored(store, walk)
    assert travel(await begun(ledger(store), "new"), Server(daily("2000-01-01", 60), cap=500)).numbers == [
        1,
        2,
        3,
    ]


async def test_skip_writes_nothing(store: Store) -> None:
    assert await ledger(store).walk("skip", anew_if_finished=True) is None
    assert await store.saved(PROGRESS) == []


async def test_walks_with_other_bounds_and_of_other_collections_are_kept_apart(store: Store) -> None:
    server = Server(daily("2000-01-01", 60), cap=500)
    ledgers = [
        ledger(store),
        ledger(store, first="1990-01-01"),
        ledger(store, last="2010-01-01"),
        ledger(store, first="1990-01-01", last="2010-01-01"),
        ledger(store, "shows"),
    ]
    assert len({each.name for each in ledgers}) == 5
    for each in ledgers:
        walk = await begun(each)
        travel(walk, server)
        await stored(store, walk)
    await begun(ledger(store), "new")
    left = {document["_id"] for document in await store.saved(PROGRESS)}
    assert "movies | without dates asc" not in left
    assert left >= {"movies 1990-01-01.. | 1990-01-01..2026-11-23 asc", "shows | without dates asc"}
    for each in ledgers[1:]:
        assert travel(await begun(each), server).requests <= 1


async def test_a_ledger_of_another_version_is_begun_anew(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save(PROGRESS, [{"_id": "movies", "version": 0}, {"_id": "movies | old", "pages": 7}])
    walk = await begun(ledger(store))
    assert sum(len(window.done) for window in walk.windows) == 0
    assert "another version" in caplog.text
    assert [(d["_id"], d.get("version")) for d in await store.saved(PROGRESS)] == [("movies", VERSION)]


async def test_the_summary_of_another_version_is_empty(store: Store) -> None:
    await store.save(PROGRESS, [{"_id": "movies", "version": 0}])
    assert await summary(store, "movies") == NOTHING


async def test_the_summary_tells_of_the_latest_walk(store: Store) -> None:
    assert await summary(store, "movies") == NOTHING
    server = Server(daily("2000-01-01", 60), undated=30, cap=500)
    mine = ledger(store)
    walk = await begun(mine)
    travel(walk, server, most=2)
    await stored(store, walk)
    await mine.save(walk)
    assert await summary(store, "movies") == {**NOTHING, "pages": 5, "pagesDone": 2}
    walk = await begun(mine)
    travel(walk, server)
    await stored(store, walk)
    await mine.save(walk, finished=NOW)
    done = {**NOTHING, "pages": 5, "pagesDone": 5, "complete": True}
    assert await summary(store, "movies") == done
    assert await summary(store, "shows") == NOTHING
    await begun(ledger(store, first="2026-01-01", now=NOW + MOMENT))
    assert await summary(store, "movies") == NOTHING


async def test_the_summary_tells_the_gaps(store: Store) -> None:
    mine = ledger(store)
    walk = await begun(mine)
    walk.cap = 3
    travel(walk, Server(daily("2000-01-01", 100), undated=40))
    await stored(store, walk)
    await mine.save(walk, finished=NOW)
    told = await summary(store, "movies")
    assert told["gaps"] == walk.gaps() != []
    assert (told["complete"], told["pages"], told["pagesDone"]) == (
        True,
        walk.pages,
        sum(len(window.done) for window in walk.windows),
    )
