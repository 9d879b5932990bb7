"""The plan alone: which pages it asks for, and what follows from each answer."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

import pytest

from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE, exit_code
from moviesync.exceptions import CrawlStopped
from moviesync.items import Batch, Mark
from moviesync.kinds import MOVIE
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.plan import CrawlPlan
from moviesync.sources.discover.window import Window
from moviesync.stores.base import Store
from moviesync.stores.sqlite.store import SQLiteStore
from moviesync.tmdb.discover import PAGE_SIZE
from tests.traveller import Server, daily, new_walk, travel

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
ROOT = "movies | without dates asc"
AHEAD = 4
CAP = 3


def answer(titles: int, pages: int | None = None, first: int = 1, **changes: Any) -> bytes:
    """A discover page with so many titles of a window with so many pages."""
    results = [
        {"id": first + number, "title": "A film", "release_date": "1999-03-31"} for number in range(titles)
    ]
    total = None if pages is None else pages * PAGE_SIZE
    return json.dumps({"results": results, "total_pages": pages, "total_results": total, **changes}).encode()


class Crawl:
    """Answers the pages that a plan asks for, some after it has asked for more, as a catalogue would."""

    def __init__(self, plan: CrawlPlan, checkpoint: Checkpoint, server: Server) -> None:
        self.plan = plan
        self.checkpoint = checkpoint
        self.server = server
        self.shown: list[tuple[str, int]] = []
        self.requests = 0
        self.in_all: list[int | None] = []
        """After each answer: the pages that are walked, and those that are left."""
        self._waiting = deque[tuple[Window, int]]()

    async def run(self) -> None:
        async for window, number in self.plan.pages(self.checkpoint, self):
            self.requests += 1
            self._waiting.append((window, number))

    async def room_for_page(self) -> None:
        while len(self._waiting) >= AHEAD:
            await self._answer()

    async def pages_done(self) -> None:
        while self._waiting:
            await self._answer()

    async def _answer(self) -> None:
        window, number = self._waiting.popleft()
        batch = self.plan.answer(window.key, number, *self._page(window, number), seen=NOW)
        if batch:
            self.shown.append((window.key, number))
            await self.checkpoint.mark(filter(None, [batch.checkpoint]))
        left = self.plan.pages_left
        self.in_all.append(None if left is None else len(self.shown) + left)

    def _page(self, window: Window, number: int) -> tuple[int, bytes]:
        server = self.server
        if (window.key, number) in server.lost:
            return 500, b""
        if number > server.cap:
            return 400, b'{"status_code": 22}'
        titles = server.select(window)
        items: list[dict[str, Any]] = [
            {"id": title + 1, "title": f"Film {title}"}
            for title in titles[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        ]
        for item in items:
            if item["id"] <= len(server.days):
                item["release_date"] = server.days[item["id"] - 1].isoformat()
        pages = max(1, -(-len(titles) // PAGE_SIZE))
        return 200, json.dumps(
            {"results": items, "total_pages": pages, "total_results": len(titles)}
        ).encode()


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = SQLiteStore(":memory:")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def checkpoint(store: Store) -> Checkpoint:
    checkpoint = Checkpoint(store, "movies", None, None, now=NOW)
    assert await checkpoint.load("new", anew_if_finished=False)
    checkpoint.walk.cap = CAP
    return checkpoint


@pytest.fixture
def plan(checkpoint: Checkpoint) -> CrawlPlan:
    """A plan whose first window has been given out."""
    plan = CrawlPlan(MOVIE, checkpoint.walk)
    next(iter(checkpoint.walk))
    return plan


def catalogue() -> Server:
    return Server(daily("2000-01-01", 300), undated=20, cap=CAP)


@pytest.mark.parametrize(("start", "most"), [(1, None), (1, 1), (1, 2), (1, 9), (5, None), (9, 4), (2, 1)])
async def test_the_pages_are_those_of_the_walk(checkpoint: Checkpoint, start: int, most: int | None) -> None:
    plan = CrawlPlan(MOVIE, checkpoint.walk, start_page=start, max_pages=most)
    crawl = Crawl(plan, checkpoint, catalogue())
    await crawl.run()
    expected = travel(new_walk(catalogue()), catalogue(), start_page=start, most=most)
    assert crawl.shown == expected.shown
    assert (plan.left_over, plan.walk.complete) == ("", start == 1 and most is None)
    if most is not None:
        assert plan.pages_left == 0


async def test_what_could_not_be_had_is_asked_for_by_the_next_run(
    store: Store, checkpoint: Checkpoint
) -> None:
    server = catalogue()
    server.lost = {(ROOT, 2), (ROOT, 3)}
    crawl = Crawl(CrawlPlan(MOVIE, checkpoint.walk), checkpoint, server)
    await crawl.run()
    assert crawl.plan.left_over == (
        "2 pages of TMDB could not be had (HTTP 500): the same command asks for them again"
    )
    later = Checkpoint(store, "movies", None, None, now=NOW)
    assert await later.load("continue", anew_if_finished=False)
    lost, server.lost = server.lost, set()
    crawl = Crawl(CrawlPlan(MOVIE, later.walk), later, server)
    await crawl.run()
    assert (set(crawl.shown), crawl.plan.left_over, later.walk.complete) == (lost, "", True)


async def test_a_start_past_the_end_is_wrong_usage(checkpoint: Checkpoint) -> None:
    plan = CrawlPlan(MOVIE, checkpoint.walk, start_page=99)
    with pytest.raises(CrawlStopped) as stopped:
        await Crawl(plan, checkpoint, catalogue()).run()
    reason = stopped.value.reason
    assert reason == f"-a start_page=99 is past the end: the walk has {plan.walk.pages} pages"
    assert exit_code(reason) == WRONG_USAGE


async def test_a_first_page_that_cannot_be_had_stops_the_run(checkpoint: Checkpoint) -> None:
    server = catalogue()
    server.lost = {(ROOT, 1)}
    plan = CrawlPlan(MOVIE, checkpoint.walk)
    with pytest.raises(CrawlStopped) as stopped:
        await Crawl(plan, checkpoint, server).run()
    reason = stopped.value.reason
    assert reason == "TMDB's first page could not be read (HTTP 500): try again later"
    assert exit_code(reason) == CANNOT_WORK


@pytest.mark.parametrize("most", [2, 3])
async def test_pages_that_are_asked_for_and_not_answered_are_left(checkpoint: Checkpoint, most: int) -> None:
    crawl = Crawl(CrawlPlan(MOVIE, checkpoint.walk, max_pages=most), checkpoint, catalogue())
    await crawl.run()
    assert crawl.in_all == [most] * most


def test_a_page_comes_with_its_mark(plan: CrawlPlan) -> None:
    undated = {"id": 9, "title": "Film 9"}
    body = json.loads(answer(2, 2))
    batch = plan.answer(
        ROOT, 1, 200, json.dumps({**body, "results": [*body["results"], undated]}).encode(), seen=NOW
    )
    assert batch
    assert [(title.tmdb_id, title.seen) for title in batch.titles] == [(1, NOW), (2, NOW), (9, NOW)]
    assert batch.checkpoint == Mark(ROOT, 1, undated=1)
    assert (plan.walk.window(ROOT).pages, plan.pages_left) == (2, 2)


def test_a_page_that_shows_a_size_alone_gives_nothing(checkpoint: Checkpoint) -> None:
    plan = CrawlPlan(MOVIE, checkpoint.walk, start_page=2)
    next(iter(checkpoint.walk))
    assert plan.answer(ROOT, 1, 200, answer(20, 3), seen=NOW) is None
    assert plan.walk.window(ROOT).pages == 3
    assert plan.left_over == ""


def test_a_page_of_which_some_titles_are_wanted_is_not_done(checkpoint: Checkpoint) -> None:
    plan = CrawlPlan(MOVIE, checkpoint.walk, start_page=2, start_index=15)
    next(iter(checkpoint.walk))
    assert plan.answer(ROOT, 1, 200, answer(20, 3), seen=NOW) is None
    batch = plan.answer(ROOT, 2, 200, answer(20, 3), seen=NOW)
    assert batch
    assert [title.tmdb_id for title in batch.titles] == [16, 17, 18, 19, 20]
    assert batch.checkpoint is None
    whole = plan.answer(ROOT, 3, 200, answer(20, 3), seen=NOW)
    assert whole
    assert (len(whole.titles), whole.checkpoint) == (20, Mark(ROOT, 3))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(200, b"[", "no JSON"), (200, answer(0, 3), "it is empty"), (200, b"{}", "no list of results")],
)
def test_an_answer_that_cannot_be_read_is_a_gap(
    plan: CrawlPlan, caplog: pytest.LogCaptureFixture, status: int, body: bytes, reason: str
) -> None:
    plan.answer(ROOT, 1, 200, answer(20, 3), seen=NOW)
    assert plan.answer(ROOT, 2, status, body, seen=NOW) == Batch([], Mark(ROOT, 2, readable=False))
    assert f"Page 2 of movies, without dates, could not be read: {reason}" in caplog.text
    assert plan.left_over == ""


@pytest.mark.parametrize(("is_there", "is_gap"), [(True, True), (False, False)])
def test_a_page_without_an_answer_is_a_gap_if_it_will_not_get_better(
    plan: CrawlPlan, is_there: bool, is_gap: bool
) -> None:
    plan.answer(ROOT, 1, 200, answer(20, 3), seen=NOW)
    batch = plan.no_answer(ROOT, 2, "too large", is_there=is_there)
    assert batch == (Batch([], Mark(ROOT, 2, readable=False)) if is_gap else None)
    assert bool(plan.left_over) != is_gap


@pytest.mark.parametrize("body", [b"{}", answer(20), answer(20, 3, total_results="many")])
def test_a_first_page_that_does_not_show_the_size_is_no_gap(plan: CrawlPlan, body: bytes) -> None:
    assert plan.answer(ROOT, 1, 200, body, seen=NOW) is None
    assert plan.left_over
    assert plan.walk.window(ROOT).pages is None


def test_items_that_are_not_as_they_should_be_are_counted(plan: CrawlPlan) -> None:
    body = answer(2, 3, results=[{"id": 1, "title": "A film"}, {"id": "x"}, {"id": 2, "title": None}])
    batch = plan.answer(ROOT, 1, 200, body, seen=NOW)
    assert batch
    assert ([title.tmdb_id for title in batch.titles], plan.unreadable_items) == ([1, 2], 2)
