"""The scheduler alone: what it hands out, what it refuses, and what wakes whoever waits for room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timezone

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from moviesync.core.scheduler import CHECKS_AHEAD, PAGES_AHEAD, REMEMBERED, Scheduler
from moviesync.core.slots import site_limits
from moviesync.items import Page, Verdict
from moviesync.sources.discover.walk import PAGE_SIZE
from moviesync.sources.discover.window import Window

CONCURRENCY = 3
UNDER_WAY = 2 * CONCURRENCY
WINDOW = Window("movies")
AT = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def check(tmdb_id: int) -> Request:
    return Request(f"http://vidsrc.test/{tmdb_id}", cb_kwargs={"tmdb_id": tmdb_id})


def page(number: int) -> Request:
    return Request(f"http://tmdb.test/?page={number}", cb_kwargs={"window": WINDOW, "number": number})


def verdict(tmdb_id: int, *, available: bool | None = False) -> Verdict:
    return Verdict("movies", tmdb_id, available, "HTTP 404", AT)


def titles(request: Request | None) -> int:
    assert request
    return int(request.cb_kwargs["tmdb_id"])


def handed_out(scheduler: Scheduler) -> list[Request]:
    """Everything that the engine would get now."""
    requests = []
    while request := scheduler.next_request():
        requests.append(request)
    return requests


async def waits(room: Awaitable[None]) -> asyncio.Future[None]:
    """A task that has begun to wait, and is still waiting."""
    task = asyncio.ensure_future(room)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    return task


async def wakes(task: asyncio.Future[None]) -> None:
    await asyncio.wait_for(task, 5)


@pytest.fixture
async def scheduler() -> Scheduler:
    return Scheduler(CONCURRENCY)


async def test_at_most_twice_the_concurrency_is_handed_out_and_unstored(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, 21):
        assert scheduler.enqueue_request(check(tmdb_id))
    assert [titles(request) for request in handed_out(scheduler)] == list(range(1, UNDER_WAY + 1))
    assert scheduler.has_pending_requests()
    # What has an answer is still under way until the store has its verdict.
    scheduler.item_done(verdict(4))
    assert [titles(request) for request in handed_out(scheduler)] == [UNDER_WAY + 1]
    scheduler.item_done(verdict(1, available=None))
    scheduler.item_done(verdict(2))
    assert [titles(request) for request in handed_out(scheduler)] == [UNDER_WAY + 2, UNDER_WAY + 3]


async def test_every_check_is_handed_out_in_the_end(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, 101):
        scheduler.enqueue_request(check(tmdb_id))
    seen: list[int] = []
    while batch := handed_out(scheduler):
        assert len(batch) <= UNDER_WAY
        seen += map(titles, batch)
        for request in batch:
            scheduler.item_done(verdict(titles(request)))
    assert seen == list(range(1, 101))
    assert not scheduler.has_pending_requests()


async def test_pages_go_before_checks_and_past_their_limit(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, 11):
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(page(2))
    assert [request.cb_kwargs.get("number") for request in handed_out(scheduler)] == [1, 2]


async def test_a_title_that_waits_or_is_under_way_or_was_just_stored_is_refused(scheduler: Scheduler) -> None:
    assert scheduler.enqueue_request(check(7))
    assert not scheduler.enqueue_request(check(7))
    assert scheduler.next_request()
    assert not scheduler.enqueue_request(check(7))
    scheduler.item_done(verdict(7))
    assert not scheduler.enqueue_request(check(7))
    assert handed_out(scheduler) == []


async def test_a_title_that_is_tried_again_is_taken(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(check(7))
    (request,) = handed_out(scheduler)
    again = request.replace(meta={"retry_times": 1})
    assert scheduler.enqueue_request(again)
    assert handed_out(scheduler) == [again]
    scheduler.item_done(verdict(7))
    await asyncio.wait_for(scheduler.all_done(), 5)


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
        scheduler.item_done(verdict(tmdb_id))
    assert len(scheduler._checks) == len(scheduler._stored) == REMEMBERED
    assert scheduler.enqueue_request(check(1))
    assert not scheduler.enqueue_request(check(3 * REMEMBERED))


async def test_a_verdict_that_comes_twice_counts_once(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(check(7))
    handed_out(scheduler)
    for _ in range(2):
        scheduler.item_done(verdict(7))
    for tmdb_id in range(100, 120):
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY


async def test_room_for_check_wakes_up_with_a_verdict(scheduler: Scheduler) -> None:
    most = UNDER_WAY + CHECKS_AHEAD
    for tmdb_id in range(1, most + 1):
        await asyncio.wait_for(scheduler.room_for_check(), 5)
        scheduler.enqueue_request(check(tmdb_id))
    handed_out(scheduler)
    waiting = await waits(scheduler.room_for_check())
    scheduler.item_done(verdict(1))
    await wakes(waiting)


async def test_room_for_page_wakes_up_with_a_page(scheduler: Scheduler) -> None:
    for number in range(1, PAGES_AHEAD + 1):
        await asyncio.wait_for(scheduler.room_for_page(), 5)
        scheduler.enqueue_request(page(number))
    waiting = await waits(scheduler.room_for_page())
    scheduler.item_done(Page(WINDOW, 2, []))
    await wakes(waiting)


async def test_room_for_page_counts_the_checks_that_pages_may_bring(scheduler: Scheduler) -> None:
    for tmdb_id in range(1, UNDER_WAY + CHECKS_AHEAD - PAGE_SIZE + 1):
        scheduler.enqueue_request(check(tmdb_id))
    await asyncio.wait_for(scheduler.room_for_page(), 5)
    scheduler.enqueue_request(page(1))
    waiting = await waits(scheduler.room_for_page())
    scheduler.item_done(verdict(1))
    await wakes(waiting)


async def test_pages_done_wakes_up_with_the_last_page_however_it_ended(scheduler: Scheduler) -> None:
    await asyncio.wait_for(scheduler.pages_done(), 5)
    for number in (1, 2, 3):
        scheduler.enqueue_request(page(number))
    waiting = await waits(scheduler.pages_done())
    scheduler.item_done(Page(WINDOW, 1, []))
    request = page(2)
    scheduler.spider_error(Response(request.url, request=request))
    assert not waiting.done()
    scheduler.page_done(WINDOW, 3)
    await wakes(waiting)


async def test_all_done_waits_for_pages_and_checks(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(page(1))
    scheduler.enqueue_request(check(7))
    waiting = await waits(scheduler.all_done())
    scheduler.item_done(Page(WINDOW, 1, []))
    request = check(7)
    scheduler.spider_error(Response(request.url, request=request))
    await wakes(waiting)


async def test_two_who_wait_are_both_woken(scheduler: Scheduler) -> None:
    scheduler.enqueue_request(page(1))
    waiting = [await waits(scheduler.pages_done()), await waits(scheduler.all_done())]
    scheduler.page_done(WINDOW, 1)
    for task in waiting:
        await wakes(task)


async def test_a_crawler_makes_one_for_its_concurrency() -> None:
    scheduler = Scheduler.from_crawler(get_crawler(settings_dict=site_limits(4, CONCURRENCY)))
    for tmdb_id in range(1, 21):
        scheduler.enqueue_request(check(tmdb_id))
    assert len(handed_out(scheduler)) == UNDER_WAY
