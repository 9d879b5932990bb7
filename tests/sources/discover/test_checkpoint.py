"""The checkpoint in a real store: which walk a run goes on with, from which page, and what is shown of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone

import pytest

from moviesync.items import Mark
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


def checkpoint(
    store: Store, collection: str = "movies", *, first: str = "", last: str = "", now: datetime = NOW
) -> Checkpoint:
    bounds = (date.fromisoformat(day) if day else None for day in (first, last))
    return Checkpoint(store, collection, *bounds, now=now)


async def begun(mine: Checkpoint, choice: str = "continue", *, anew_if_finished: bool = False) -> Walk:
    assert await mine.load(choice, anew_if_finished=anew_if_finished)
    return mine.walk


async def saved(mine: Checkpoint, *, finished: datetime | None = None) -> None:
    """Save how far the walk is, as a crawl does."""
    await mine.mark(Mark(window.key, page) for window in mine.walk.windows for page in window.done)
    opened = (window for window in mine.walk.windows if window.pages is not None)
    await mine.save(*opened, finished=finished)


async def test_a_walk_begins_if_there_is_none(store: Store) -> None:
    walk = await begun(checkpoint(store))
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
    mine = checkpoint(store)
    walk = await begun(mine)
    walk.cap = 3
    before = travel(walk, server, most=stop)
    await saved(mine)
    # A walk goes on with the day it began on.
    resumed = await begun(checkpoint(store, now=NOW + timedelta(days=9)))
    after = travel(resumed, server)
    assert before.shown + after.shown == whole.shown
    assert before.numbers + after.numbers == whole.numbers
    assert resumed.complete
    assert before.requests + after.requests <= whole.requests + 1


async def test_a_lost_page_is_what_is_left_to_do(store: Store) -> None:
    lost = ("movies | without dates asc", 2)
    server = Server(daily("2000-01-01", 100), cap=500, lost={lost})
    mine = checkpoint(store)
    walk = await begun(mine)
    travel(walk, server)
    assert not walk.complete
    await saved(mine)
    server.lost = set()
    assert travel(await begun(checkpoint(store)), server).shown == [lost]


async def test_what_was_learnt_is_kept(store: Store) -> None:
    mine = checkpoint(store)
    walk = await begun(mine)
    walk.cap, walk.dates_ignored = 40, True
    await mine.save()
    resumed = await begun(checkpoint(store))
    assert (resumed.cap, resumed.dates_ignored) == (40, True)
    anew = await begun(checkpoint(store), "new")
    assert (anew.cap, anew.dates_ignored) == (500, False)


async def test_marks_are_saved_together_and_are_there_when_the_walk_goes_on(store: Store) -> None:
    mine = checkpoint(store)
    root = next(iter(await begun(mine)))
    root.pages, root.results = 4, 80
    marks = [Mark(root.key, 1, undated=2), Mark(root.key, 2, readable=False), Mark(root.key, 3, undated=1)]
    await mine.mark(marks)
    assert (root.done, root.unreadable, root.undated) == ({1, 3}, {2}, 3)
    # A page that can be read after all, and one that comes twice.
    await mine.mark([Mark(root.key, 2, undated=1), marks[0]])
    later = next(iter(await begun(checkpoint(store))))
    for window in (root, later):
        assert (window.done, window.unreadable, window.undated) == ({1, 2, 3}, set(), 4)


async def test_a_mark_of_a_window_that_the_walk_does_not_have_saves_nothing(store: Store) -> None:
    mine = checkpoint(store)
    await begun(mine)
    with pytest.raises(KeyError):
        await mine.mark([Mark("movies | 1999-01-01..1999-12-31 asc", 1)])
    assert [document["_id"] for document in await store.saved(PROGRESS)] == ["movies"]


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
    mine = checkpoint(store)
    walk = await begun(mine)
    travel(walk, Server(daily("2000-01-01", 30), cap=500))
    await saved(mine, finished=NOW)
    later = checkpoint(store, now=NOW + age)
    assert await later.load(choice, anew_if_finished=anew_if_finished) == begins
    left = [document["_id"] for document in await store.saved(PROGRESS)]
    assert left == (["movies"] if begins else ["movies", "movies | without dates asc"])


async def test_a_new_walk_leaves_an_unfinished_one(store: Store) -> None:
    server = Server(daily("2000-01-01", 60), cap=500)
    mine = checkpoint(store)
    travel(await begun(mine), server, most=1)
    await saved(mine)
    assert travel(await begun(checkpoint(store), "new"), server).numbers == [1, 2, 3]


async def test_skip_writes_nothing(store: Store) -> None:
    assert not await checkpoint(store).load("skip", anew_if_finished=True)
    assert await store.saved(PROGRESS) == []


async def test_walks_with_other_bounds_and_of_other_collections_are_kept_apart(store: Store) -> None:
    server = Server(daily("2000-01-01", 60), cap=500)
    checkpoints = [
        checkpoint(store),
        checkpoint(store, first="1990-01-01"),
        checkpoint(store, last="2010-01-01"),
        checkpoint(store, first="1990-01-01", last="2010-01-01"),
        checkpoint(store, "shows"),
    ]
    assert len({each.name for each in checkpoints}) == 5
    for each in checkpoints:
        travel(await begun(each), server)
        await saved(each)
    await begun(checkpoint(store), "new")
    left = {document["_id"] for document in await store.saved(PROGRESS)}
    assert "movies | without dates asc" not in left
    assert left >= {"movies 1990-01-01.. | 1990-01-01..2026-11-23 asc", "shows | without dates asc"}
    for each in checkpoints[1:]:
        assert travel(await begun(each), server).requests <= 1


async def test_a_checkpoint_of_another_version_is_begun_anew(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save(PROGRESS, [{"_id": "movies", "version": 0}, {"_id": "movies | old", "pages": 7}])
    walk = await begun(checkpoint(store))
    assert sum(len(window.done) for window in walk.windows) == 0
    assert "another version" in caplog.text
    assert [(d["_id"], d.get("version")) for d in await store.saved(PROGRESS)] == [("movies", VERSION)]


async def test_the_summary_of_another_version_is_empty(store: Store) -> None:
    await store.save(PROGRESS, [{"_id": "movies", "version": 0}])
    assert await summary(store, "movies") == NOTHING


async def test_the_summary_is_that_of_the_latest_walk(store: Store) -> None:
    assert await summary(store, "movies") == NOTHING
    server = Server(daily("2000-01-01", 60), undated=30, cap=500)
    mine = checkpoint(store)
    walk = await begun(mine)
    travel(walk, server, most=2)
    await saved(mine)
    assert await summary(store, "movies") == {**NOTHING, "pages": 5, "pagesDone": 2}
    walk = await begun(mine)
    travel(walk, server)
    await saved(mine, finished=NOW)
    done = {**NOTHING, "pages": 5, "pagesDone": 5, "complete": True}
    assert await summary(store, "movies") == done
    assert await summary(store, "shows") == NOTHING
    await begun(checkpoint(store, first="2026-01-01", now=NOW + MOMENT))
    assert await summary(store, "movies") == NOTHING


async def test_the_summary_has_the_gaps(store: Store) -> None:
    mine = checkpoint(store)
    walk = await begun(mine)
    walk.cap = 3
    travel(walk, Server(daily("2000-01-01", 100), undated=40))
    await saved(mine, finished=NOW)
    found = await summary(store, "movies")
    assert found["gaps"] == walk.gaps() != []
    assert (found["complete"], found["pages"], found["pagesDone"]) == (
        True,
        walk.pages,
        sum(len(window.done) for window in walk.windows),
    )
