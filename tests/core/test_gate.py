"""The gate alone: the limits of each site, and the order in which requests go there."""

from __future__ import annotations

import asyncio
import time

import pytest
from scrapy import Request, signals
from scrapy.utils.test import get_crawler

from moviesync.core.gate import Gate
from moviesync.core.slots import FOLLOW_UP, PROBE, SITE, TMDB, VIDSRC, Limits
from moviesync.core.stopping import stopping
from moviesync.exceptions import RequestCancelled
from tests.core.crowd import LONG, Crowd, settle, soon

SPACING = 0.03


@pytest.fixture
def gate() -> Gate:
    """Three places at VidSrc, and one at TMDB."""
    return Gate({VIDSRC: Limits(3), TMDB: Limits(1)})


@pytest.fixture
def crowd(gate: Gate) -> Crowd:
    return Crowd(gate)


async def test_the_concurrency_is_kept_and_used(crowd: Crowd) -> None:
    tasks = await crowd.ask(*"abcdefghij")
    for left in range(8):
        assert (crowd.inside, crowd.order) == (3, list("abcdefghij"[: 3 + left]))
        await crowd.leave()
    await crowd.leave(2)
    await soon(asyncio.gather(*tasks))
    # All places are free again.
    await crowd.ask(*"klmn")
    assert crowd.inside == 3


async def test_places_that_get_free_together_are_taken_together(crowd: Crowd) -> None:
    await crowd.ask(*"abcdefg")
    await crowd.leave(3)
    assert (crowd.inside, crowd.order) == (3, list("abcdef"))


async def test_a_place_at_one_site_is_none_at_the_other(gate: Gate, crowd: Crowd) -> None:
    await crowd.ask(*"abcd")
    other = Crowd(gate, TMDB)
    await other.ask(*"xy")
    assert (crowd.order, other.order) == (["a", "b", "c"], ["x"])
    await other.leave()
    assert (crowd.order, other.order) == (["a", "b", "c"], ["x", "y"])
    assert (gate.concurrency(VIDSRC), gate.concurrency(TMDB)) == (3, 1)


async def test_a_request_to_none_of_the_sites_has_no_limit(gate: Gate) -> None:
    for meta in ({}, {SITE: "elsewhere"}):
        for _ in range(5):
            slot = await soon(gate.enter(Request("http://a.test/", meta=meta)))
            assert slot is None
            gate.leave(slot)


async def test_requests_are_spaced_by_the_delay() -> None:
    crowd = Crowd(Gate({VIDSRC: Limits(8, SPACING)}))
    begun = time.monotonic()
    tasks = await crowd.ask(*"abcdef")
    assert crowd.order == ["a"]
    # Answers change nothing.
    for task in tasks:
        await soon(task)
        await crowd.leave()
    assert crowd.order == list("abcdef")
    assert all(at >= begun + number * SPACING for number, at in enumerate(crowd.times))


async def test_time_in_which_nothing_was_sent_is_not_caught_up() -> None:
    crowd = Crowd(Gate({VIDSRC: Limits(8, SPACING)}))
    await crowd.ask("a")
    await asyncio.sleep(3 * SPACING)
    begun = time.monotonic()
    await asyncio.gather(*await crowd.ask(*"bcd"))
    assert all(at >= begun + number * SPACING for number, at in enumerate(crowd.times[1:]))


async def test_the_delay_is_kept_if_the_places_are_the_limit() -> None:
    crowd = Crowd(Gate({VIDSRC: Limits(1, SPACING)}))
    begun = time.monotonic()
    _, second, third = await crowd.ask(*"abc")
    await crowd.leave()
    await soon(second)
    await crowd.leave()
    await soon(third)
    assert all(at >= begun + number * SPACING for number, at in enumerate(crowd.times))


async def test_probes_go_first_then_follow_ups(crowd: Crowd) -> None:
    await crowd.ask(*"xyz")
    await crowd.ask(*"ab")
    await crowd.ask(*"fg", **{FOLLOW_UP: True})
    await crowd.ask("p", **{PROBE: True})
    await crowd.ask("c")
    for _ in range(6):
        await crowd.leave()
    assert crowd.order == list("xyzpfgabc")


async def test_the_total_limit_holds_for_both_sites_together() -> None:
    gate = Gate({VIDSRC: Limits(4), TMDB: Limits(4)}, total=5)
    crowd, other = Crowd(gate), Crowd(gate, TMDB)
    tasks = await crowd.ask(*"abcdef") + await other.ask(*"uvwxyz")
    assert (crowd.inside, other.inside) == (4, 1)
    for _ in range(2):
        await crowd.leave()
        assert crowd.inside + other.inside == 5
    while not all(task.done() for task in tasks):
        await (crowd if crowd.inside else other).leave()
        assert crowd.inside + other.inside <= 5
        assert max(crowd.inside, other.inside) <= 4
    assert (crowd.order, other.order) == (list("abcdef"), list("uvwxyz"))


async def test_what_gets_free_at_one_site_lets_the_other_go_on() -> None:
    gate = Gate({VIDSRC: Limits(4), TMDB: Limits(4)}, total=1)
    crowd, other = Crowd(gate), Crowd(gate, TMDB)
    await crowd.ask("a")
    await other.ask("x")
    assert other.order == []
    await crowd.leave()
    assert other.order == ["x"]


async def test_a_request_that_is_cancelled_while_it_waits_takes_no_place(crowd: Crowd) -> None:
    await crowd.ask(*"xyz")
    first, _ = await crowd.ask(*"ab")
    first.cancel()
    await crowd.leave()
    assert crowd.order == list("xyzb")


async def test_a_request_that_is_cancelled_as_its_turn_comes_gives_its_place_back(crowd: Crowd) -> None:
    await crowd.ask(*"xyz")
    first, _ = await crowd.ask(*"ab")
    crowd.gate.leave(crowd._inside.pop())
    # Its turn has come now, and it has not run since.
    await asyncio.sleep(0)
    first.cancel()
    await settle()
    assert first.cancelled()
    assert (crowd.inside, crowd.order) == (3, list("xyzb"))


async def test_a_slower_pace_holds_at_once_for_what_waits(gate: Gate) -> None:
    gate = Gate({VIDSRC: Limits(8, SPACING), TMDB: Limits(8, 3 * SPACING)})
    crowd, clock = Crowd(gate), Crowd(gate, TMDB)
    await crowd.ask(*"ab")
    gate.slow_down(VIDSRC, LONG)
    _, later = await clock.ask("x", "y")
    await soon(later)
    assert crowd.order == ["a"]


async def test_a_faster_pace_holds_at_once_for_what_waits(gate: Gate, crowd: Crowd) -> None:
    gate.slow_down(VIDSRC, LONG)
    tasks = await crowd.ask(*"abc")
    assert crowd.order == ["a"]
    gate.slow_down(VIDSRC, SPACING)
    await soon(asyncio.gather(*tasks))
    gate.slow_down(VIDSRC, 0)
    await crowd.leave(3)
    await crowd.ask(*"def")
    assert crowd.order == list("abcdef")


@pytest.mark.parametrize(
    ("asked", "delay", "slowed"), [(0, 0.5, False), (0.2, 0.5, False), (0.5, 0.5, False), (2, 2, True)]
)
async def test_no_delay_is_below_the_limits(asked: float, delay: float, slowed: bool) -> None:
    gate = Gate({VIDSRC: Limits(3, 0.5), TMDB: Limits(1)})
    assert (gate.delay(VIDSRC), gate.is_slowed(VIDSRC)) == (0.5, False)
    gate.slow_down(VIDSRC, asked)
    assert (gate.delay(VIDSRC), gate.is_slowed(VIDSRC)) == (delay, slowed)
    assert (gate.delay(TMDB), gate.is_slowed(TMDB)) == (0, False)
    gate.slow_down(VIDSRC, 0)
    assert (gate.delay(VIDSRC), gate.is_slowed(VIDSRC)) == (0.5, False)


async def test_nothing_is_sent_once_the_engine_has_stopped() -> None:
    gate = Gate({VIDSRC: Limits(8, SPACING)})
    clock = Crowd(Gate({VIDSRC: Limits(8, 3 * SPACING)}))
    crowd = Crowd(gate)
    await crowd.ask(*"ab")
    gate.engine_stopped()
    _, later = await clock.ask("x", "y")
    await soon(later)
    assert crowd.order == ["a"]


async def test_a_crawler_makes_one_and_takes_the_limits_from_scrapy() -> None:
    own = {"moviesync.core.gate.Gate": 0}
    limits = {"TMDB_RATE": 40, "VIDSRC_CONCURRENCY": 2, "CONCURRENT_REQUESTS": 3, "DOWNLOAD_DELAY": 0.5}
    crawler = get_crawler(settings_dict={"EXTENSIONS": own, **limits})
    gate = crawler.get_extension(Gate)
    assert gate
    assert (gate.concurrency(VIDSRC), gate.delay(VIDSRC)) == (2, 0.5)
    settings = crawler.settings
    assert (settings.getint("CONCURRENT_REQUESTS"), settings.getfloat("DOWNLOAD_DELAY")) == (0, 0)
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") > 1000
    crowd = Crowd(gate)
    first, second = await crowd.ask(*"ab")
    crawler.signals.send_catch_log(stopping)
    with pytest.raises(RequestCancelled):
        await soon(second)
    assert first.done()
    crawler.signals.send_catch_log(signals.engine_stopped)
