"""The gate alone: sites that are held, requests that are dropped, and a run that is being stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from scrapy import Request

from moviesync.core.gate import Gate
from moviesync.core.slots import FOLLOW_UP, PROBE, SITE, TMDB, VIDSRC, Hold, Limits
from moviesync.exceptions import RequestCancelled, SiteDown
from tests.core.crowd import Crowd, settle, soon


@pytest.fixture
def gate() -> Gate:
    return Gate({VIDSRC: Limits(3), TMDB: Limits(1)})


@pytest.fixture
def crowd(gate: Gate) -> Crowd:
    return Crowd(gate)


async def waits(what: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that has begun to wait, and is still waiting."""
    task = asyncio.create_task(what)
    await settle()
    assert not task.done()
    return task


async def test_a_site_that_is_held_gets_probes_alone(gate: Gate, crowd: Crowd) -> None:
    gate.hold(VIDSRC, Hold.DOWN)
    await crowd.ask("a")
    await crowd.ask("f", **{FOLLOW_UP: True})
    assert crowd.order == []
    await crowd.ask("p", **{PROBE: True})
    assert crowd.order == ["p"]
    # An answer lets nothing through, either.
    await crowd.leave()
    assert crowd.order == ["p"]
    other = Crowd(gate, TMDB)
    await other.ask("x")
    assert other.order == ["x"]
    gate.release(VIDSRC, Hold.DOWN)
    await settle()
    assert crowd.order == ["p", "f", "a"]


async def test_probes_keep_to_the_places_of_a_site(gate: Gate, crowd: Crowd) -> None:
    await crowd.ask(*"abc")
    gate.hold(VIDSRC, Hold.DOWN)
    await crowd.ask("p", **{PROBE: True})
    assert crowd.order == ["a", "b", "c"]
    await crowd.leave()
    assert crowd.order == ["a", "b", "c", "p"]


async def test_a_site_goes_on_when_everyone_has_released_it(gate: Gate, crowd: Crowd) -> None:
    gate.hold(VIDSRC, Hold.STORE)
    gate.hold(VIDSRC, Hold.ASKED_TO_WAIT, until=12.5)
    # A hold for the same reason is the same one.
    gate.hold(VIDSRC, Hold.STORE)
    assert gate.holds(VIDSRC) == {Hold.STORE: None, Hold.ASKED_TO_WAIT: 12.5}
    assert gate.holds(TMDB) == {}
    await crowd.ask("a")
    for why in (Hold.ASKED_TO_WAIT, Hold.DOWN):
        gate.release(VIDSRC, why)
        await settle()
        assert crowd.order == []
    assert gate.holds(VIDSRC) == {Hold.STORE: None}
    gate.release(VIDSRC, Hold.STORE)
    await settle()
    assert crowd.order == ["a"]


async def test_what_an_answer_means_is_known_before_the_next_request_goes(gate: Gate, crowd: Crowd) -> None:
    await crowd.ask(*"abcd")
    gate.leave(crowd._inside.pop())
    gate.hold(VIDSRC, Hold.ASKED_TO_WAIT)
    await settle()
    assert crowd.order == ["a", "b", "c"]


@pytest.mark.parametrize("follow_ups", [True, False])
async def test_what_waits_can_be_dropped_with_its_follow_ups_or_without(
    gate: Gate, crowd: Crowd, follow_ups: bool
) -> None:
    other = Crowd(gate, TMDB)
    for site in (VIDSRC, TMDB):
        gate.hold(site, Hold.DOWN)
    begun = await crowd.ask("f", "g", **{FOLLOW_UP: True})
    fresh = await crowd.ask(*"abc")
    elsewhere = await other.ask("x")
    gate.drop(VIDSRC, SiteDown("VidSrc is down"), follow_ups=follow_ups)
    dropped = [*begun, *fresh] if follow_ups else fresh
    for task in dropped:
        with pytest.raises(SiteDown, match="VidSrc is down"):
            await soon(task)
    for site in (VIDSRC, TMDB):
        gate.release(site, Hold.DOWN)
    await soon(asyncio.gather(*elsewhere))
    await settle()
    assert crowd.order == ([] if follow_ups else ["f", "g"])
    # Nothing that was dropped has kept a place.
    await crowd.leave(crowd.inside)
    await crowd.ask(*"xyz")
    assert crowd.inside == 3


async def test_a_stop_ends_what_waits_and_lets_follow_ups_through(gate: Gate, crowd: Crowd) -> None:
    await crowd.ask(*"xyz")
    fresh = await crowd.ask("a")
    (begun,) = await crowd.ask("f", **{FOLLOW_UP: True})
    gate.stop()
    (late,) = await crowd.ask("b")
    for task in (*fresh, late):
        with pytest.raises(RequestCancelled):
            await soon(task)
    await crowd.leave()
    await soon(begun)
    await crowd.leave(3)
    (later,) = await crowd.ask("g", **{FOLLOW_UP: True})
    await soon(later)
    assert crowd.order == ["x", "y", "z", "f", "g"]


@pytest.mark.parametrize("meta", [{}, {FOLLOW_UP: True}, {PROBE: True}])
@pytest.mark.parametrize("stops_first", [True, False])
async def test_a_stop_ends_all_that_waits_for_a_site_that_is_held(
    gate: Gate, crowd: Crowd, meta: dict[str, bool], stops_first: bool
) -> None:
    await crowd.ask(*"xyz")
    if stops_first and meta.get(FOLLOW_UP):
        gate.stop()
        waiting = await crowd.ask("a", **meta)
        gate.hold(VIDSRC, Hold.ASKED_TO_WAIT)
    else:
        waiting = await crowd.ask("a", **meta)
        gate.hold(VIDSRC, Hold.ASKED_TO_WAIT)
        gate.stop()
    waiting += await crowd.ask("b", **meta)
    for task in waiting:
        with pytest.raises(RequestCancelled):
            await soon(task)
    await crowd.leave(3)
    assert crowd.order == ["x", "y", "z"]


async def test_a_stop_leaves_requests_to_other_addresses_alone(gate: Gate) -> None:
    gate.stop()
    crowd = Crowd(gate, "elsewhere")
    await soon(asyncio.gather(*await crowd.ask("a")))
    assert crowd.order == ["a"]


@pytest.mark.parametrize("answers_first", [True, False])
async def test_quiet_waits_for_what_is_under_way_and_for_other_holders(
    gate: Gate, crowd: Crowd, answers_first: bool
) -> None:
    gate.hold(VIDSRC, Hold.DOWN)
    await soon(gate.quiet(VIDSRC, besides=Hold.DOWN))
    gate.release(VIDSRC, Hold.DOWN)
    await crowd.ask(*"ab")
    gate.hold(VIDSRC, Hold.DOWN)
    gate.hold(VIDSRC, Hold.STORE)
    waiting = await waits(gate.quiet(VIDSRC, besides=Hold.DOWN))
    await soon(gate.quiet(TMDB, besides=Hold.DOWN))
    await crowd.leave()
    for last in (False, True):
        assert not waiting.done()
        if answers_first == last:
            gate.release(VIDSRC, Hold.STORE)
            await settle()
        else:
            await crowd.leave()
    await soon(waiting)


@pytest.mark.parametrize("before", [True, False])
async def test_quiet_ends_with_the_run(gate: Gate, crowd: Crowd, before: bool) -> None:
    if before:
        gate.stop()
        waiting = asyncio.create_task(gate.quiet(VIDSRC, besides=Hold.DOWN))
    else:
        await crowd.ask("a")
        waiting = await waits(gate.quiet(VIDSRC, besides=Hold.DOWN))
        gate.stop()
    with pytest.raises(RequestCancelled):
        await soon(waiting)


async def test_a_site_that_refuses_ends_what_waits_and_what_comes_but_no_probe() -> None:
    gate = Gate({VIDSRC: Limits(1), TMDB: Limits(1)})
    first = await gate.enter(Request("http://v.test/1", meta={SITE: VIDSRC}))
    waits = asyncio.ensure_future(gate.enter(Request("http://v.test/2", meta={SITE: VIDSRC})))
    await settle()
    gate.hold(VIDSRC, Hold.DOWN, refuse=lambda: SiteDown("VidSrc is down"))
    errors = []
    for late in (
        waits,
        gate.enter(Request("http://v.test/3", meta={SITE: VIDSRC, FOLLOW_UP: True})),
        gate.enter(Request("http://v.test/4", meta={SITE: VIDSRC})),
    ):
        with pytest.raises(SiteDown) as raised:
            await soon(late)
        errors.append(raised.value)
    # One for each: an error keeps the requests that it was raised for.
    assert len(set(map(id, errors))) == 3
    gate.leave(first)
    probe = await soon(gate.enter(Request("http://v.test/5", meta={SITE: VIDSRC, PROBE: True})))
    gate.leave(probe)
    gate.leave(await soon(gate.enter(Request("http://t.test/1", meta={SITE: TMDB}))))
    gate.release(VIDSRC, Hold.DOWN)
    assert await soon(gate.enter(Request("http://v.test/6", meta={SITE: VIDSRC})))
