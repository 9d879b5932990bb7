"""The scheduler alone: what it hands out, what it refuses, and what wakes those who wait for room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timezone
from typing import Any

import pytest
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from moviesync.core.scheduler import (
    BATCHES_AHEAD,
    CHECKS_AHEAD,
    HELD,
    PAGES_AHEAD,
    REMEMBERED,
    Scheduler,
    only_held,
)
from moviesync.exceptions import NotCovered
from moviesync.items import Verdict
from moviesync.tmdb.discover import PAGE_SIZE

CONCURRENCY = 3
UNDER_WAY = 2 * CONCURRENCY + HELD
WINDOW = "movies | without dates asc"


def check(tmdb_id: int) -> Request:
    return Request(f"http://vidsrc.test/{tmdb_id}", cb_kwargs={"tmdb_id": tmdb_id})


def page(number: int) -> Request:
    return Request(f"http://tmdb.test/?page={number}", cb_kwargs={"window": WINDOW, "number": number})


def answer(request: Request) -> Response:
    return Response(request.url, request=request)


def title(request: Request) -> int:
    return int(request.cb_kwargs["tmdb_id"])


def handed_out(scheduler: Scheduler) -> list[Request]:
    """Everything that the engine would get now."""
    return list(iter(scheduler.next_request, None))


async def waits(room: Awaitable[None]) -> asyncio.Future[None]:
    """A task that has begun to wait, and is still waiting."""
    task = asyncio.ensure_future(room)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    return task


@pytest.fixture
def stats() -> StatsCollector:
    return get_crawler().stats


@pytest.fixture
async def scheduler(stats: StatsCollector) -> Scheduler:
    return Scheduler(CONCURRENCY, stats, SignalManager())


async def test_at_most_twice_the_concurrency_and_the_held_are_handed_out_and_unstored(
    scheduler: Scheduler,
) -> None:
    for tmdb_id in range(1, UNDER_WAY + 15):
        assert scheduler.enqueue_request(check(tmdb_id))
    assert [title(request) for request in handed_out(scheduler)] == list(range(1, UNDER_WAY + 1))
    assert scheduler.has_pending_requests()
    # What has an answer is still under way until the store has its verdict.
    scheduler.request_done(answer(check(4)))
    assert [title(request) for request in handed_out(scheduler)] == [UNDER_WAY + 1]
    scheduler.request_done(answer(check(1)))
    scheduler.request_done(answer(check(2)))
    assert [title(request) for request in handed_out(scheduler)] == [UNDER_WAY + 2, UNDER_WAY + 3]


async def test_every_check_is_handed_out_in_the_end(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, 501):
        scheduler.enqueue_request(check(tmdb_id))
    seen: list[int] = []
    while batch := handed_out(scheduler):
        assert len(batch) <= UNDER_WAY
        seen += map(title, batch)
        for request in batch:
            scheduler.request_done(answer(request))
    assert seen == list(range(1, 501))
    assert not scheduler.has_pending_requests()


async def test_pages_go_before_checks_and_past_their_limit(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, UNDER_WAY + 5):
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(page(2))
    assert [request.cb_kwargs.get("number") for request in handed_out(scheduler)] == [1, 2]


async def test_a_title_that_waits_or_is_under_way_or_was_just_stored_is_refused(
    scheduler: Scheduler, stats: StatsCollector
) -> None:
    assert scheduler.enqueue_request(check(7))
    assert not scheduler.enqueue_request(check(7))
    assert scheduler.next_request()
    assert not scheduler.enqueue_request(check(7))
    scheduler.request_done(answer(check(7)))
    assert not scheduler.enqueue_request(check(7))
    assert handed_out(scheduler) == []
    assert stats.get_value("scheduler/repeated") == 3


async def test_a_check_that_came_to_nothing_can_be_scheduled_again(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(check(7))
    handed_out(scheduler)
    scheduler.check_dropped(7)
    assert scheduler.dropped == 1
    assert scheduler.enqueue_request(check(7))
    assert len(handed_out(scheduler)) == 1


async def test_the_ids_that_are_remembered_are_bounded(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, 3 * REMEMBERED + 1):
        assert scheduler.enqueue_request(check(tmdb_id))
        assert handed_out(scheduler)
        scheduler.request_done(answer(check(tmdb_id)))
    assert len(scheduler._checks) == len(scheduler._stored) == REMEMBERED
    assert scheduler.enqueue_request(check(1))
    assert not scheduler.enqueue_request(check(3 * REMEMBERED))


async def test_a_verdict_that_comes_twice_counts_once(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(check(7))
    handed_out(scheduler)
    for _ in range(2):
        scheduler.request_done(answer(check(7)))
    for tmdb_id in range(100, 120 + UNDER_WAY):
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY


async def test_room_for_check_wakes_up_with_a_verdict(scheduler: Scheduler) -> None:
    most = UNDER_WAY + CHECKS_AHEAD
    for tmdb_id in range(1, most + 1):
        await asyncio.wait_for(scheduler.room_for_check(), 5)
        scheduler.enqueue_request(check(tmdb_id))
    handed_out(scheduler)
    waiting = await waits(scheduler.room_for_check())
    scheduler.request_done(answer(check(1)))
    await asyncio.wait_for(waiting, 5)


async def test_room_for_page_wakes_up_with_a_page(scheduler: Scheduler) -> None:
    for number in range(1, PAGES_AHEAD + 1):
        await asyncio.wait_for(scheduler.room_for_page(), 5)
        scheduler.enqueue_request(page(number))
    waiting = await waits(scheduler.room_for_page())
    scheduler.request_done(answer(page(2)))
    await asyncio.wait_for(waiting, 5)


async def test_room_for_page_counts_the_checks_that_pages_may_bring(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, UNDER_WAY + CHECKS_AHEAD - PAGE_SIZE + 1):
        scheduler.enqueue_request(check(tmdb_id))
    await asyncio.wait_for(scheduler.room_for_page(), 5)
    scheduler.enqueue_request(page(1))
    waiting = await waits(scheduler.room_for_page())
    scheduler.request_done(answer(check(1)))
    await asyncio.wait_for(waiting, 5)


async def test_pages_done_wakes_up_with_the_last_page_however_it_ended(scheduler: Scheduler) -> None:
    await asyncio.wait_for(scheduler.pages_done(), 5)
    for number in (1, 2, 3):
        scheduler.enqueue_request(page(number))
    waiting = await waits(scheduler.pages_done())
    scheduler.request_done(answer(page(1)))
    failure: Any = Failure(ValueError())  # type: ignore[no-untyped-call]
    failure.request = page(2)
    scheduler.request_done(failure)
    assert not waiting.done()
    scheduler.page_done(WINDOW, 3)
    await asyncio.wait_for(waiting, 5)


async def test_all_done_waits_for_pages_and_checks(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(check(7))
    waiting = await waits(scheduler.all_done())
    scheduler.request_done(answer(page(1)))
    assert not waiting.done()
    scheduler.request_done(answer(check(7)))
    await asyncio.wait_for(waiting, 5)


async def test_when_only_held_checks_are_left_their_controls_are_asked_for(stats: StatsCollector) -> None:
    manager, told = SignalManager(), 0

    def tell() -> None:
        nonlocal told
        told += 1

    manager.connect(tell, signal=only_held)
    scheduler = Scheduler(CONCURRENCY, stats, manager)
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(check(7))
    scheduler.enqueue_request(check(8))
    handed_out(scheduler)
    waiting = await waits(scheduler.all_done())
    scheduler.request_done(answer(page(1)))
    scheduler.note_held(1)
    await asyncio.sleep(0)
    assert told == 0
    scheduler.note_held(2)
    await asyncio.sleep(0)
    assert told == 1
    scheduler.request_done(answer(check(7)))
    scheduler.request_done(answer(check(8)))
    await asyncio.wait_for(waiting, 5)


async def test_room_for_batch_wakes_up_with_an_item_that_belongs_to_no_request(scheduler: Scheduler) -> None:
    for _ in range(BATCHES_AHEAD):
        await asyncio.wait_for(scheduler.room_for_batch(), 5)
    waiting = await waits(scheduler.room_for_batch())
    scheduler.request_done(answer(page(1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    scheduler.request_done(None)
    await asyncio.wait_for(waiting, 5)
    # All that is under way counts, batches too.
    all_done = await waits(scheduler.all_done())
    for _ in range(BATCHES_AHEAD):
        scheduler.request_done(None)
    await asyncio.wait_for(all_done, 5)


async def test_what_belongs_to_neither_a_page_nor_a_check_ends_nothing(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(check(7))
    for response in (None, Response("http://a.test/"), answer(Request("http://a.test/")), answer(page(2))):
        scheduler.request_done(response)
    scheduler.page_done("movies | 1999-01-01..1999-12-31 asc", 1)
    waiting = await waits(scheduler.pages_done())
    scheduler.request_done(answer(page(1)))
    await asyncio.wait_for(waiting, 5)
    waiting = await waits(scheduler.all_done())
    scheduler.request_done(answer(check(7)))
    await asyncio.wait_for(waiting, 5)


async def test_two_who_wait_are_both_woken(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(page(1))
    waiting = [await waits(scheduler.pages_done()), await waits(scheduler.all_done())]
    scheduler.page_done(WINDOW, 1)
    for task in waiting:
        await asyncio.wait_for(task, 5)


@pytest.fixture
def crawler() -> Crawler:
    settings = {"EXTENSIONS": {"moviesync.core.gate.Gate": 0}, "TMDB_RATE": 40}
    return get_crawler(settings_dict={**settings, "VIDSRC_CONCURRENCY": CONCURRENCY})


async def test_a_crawler_makes_one_for_its_concurrency(crawler: Crawler) -> None:
    scheduler = Scheduler.from_crawler(crawler)
    last = UNDER_WAY + 15
    for tmdb_id in [*range(1, last + 1), last]:
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY
    assert crawler.stats.get_value("scheduler/repeated") == 1


async def test_a_check_whose_verdict_is_not_covered_can_be_scheduled_again(crawler: Crawler) -> None:
    scheduler = Scheduler.from_crawler(crawler)
    scheduler.enqueue_request(check(7))
    (request,) = handed_out(scheduler)
    item = Verdict("movies", 7, True, "", datetime(2026, 11, 23, tzinfo=timezone.utc))
    dropped = {"item": item, "exception": NotCovered(), "response": answer(request)}
    crawler.signals.send_catch_log(signals.item_dropped, spider=None, **dropped)
    assert scheduler.dropped == 1
    assert scheduler.enqueue_request(check(7))


@pytest.mark.parametrize(
    ("signal", "arguments"),
    [
        (signals.item_scraped, {"item": "stored"}),
        (signals.item_dropped, {"item": "lost", "exception": ValueError()}),
        (signals.item_error, {"item": "lost", "failure": None}),
        (signals.spider_error, {"failure": None}),
    ],
)
async def test_a_request_is_done_with_its_item_or_with_an_error(
    crawler: Crawler, signal: object, arguments: dict[str, Any]
) -> None:
    scheduler = Scheduler.from_crawler(crawler)
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(check(7))
    waiting = await waits(scheduler.all_done())
    for request in handed_out(scheduler):
        crawler.signals.send_catch_log(signal, response=answer(request), spider=None, **arguments)
    await asyncio.wait_for(waiting, 5)
