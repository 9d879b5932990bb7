"""How fast each site may be asked, by the settings, and one slot alone."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from scrapy import Request
from scrapy.settings import Settings

from moviesync.core.slots import (
    FOLLOW_UP,
    PROBE,
    SITES,
    TMDB,
    VIDSRC,
    Hold,
    Limits,
    Slot,
    Turn,
    site_limits,
    total_limit,
    without_limits,
)

OWN = {"TMDB_RATE": 40, "VIDSRC_CONCURRENCY": 16}
"""What moviesync sets itself, with AUTOTHROTTLE_ENABLED."""


def settings(**given: Any) -> Settings:
    """Scrapy's settings with its defaults, and these given with ``-s``."""
    settings = Settings({**OWN, "AUTOTHROTTLE_ENABLED": True})
    settings.setdict(given, priority="cmdline")
    return settings


def limits(site: str, **given: Any) -> Limits:
    return site_limits(settings(**given))[site]


def test_every_site_has_limits() -> None:
    assert site_limits(settings()).keys() == SITES.keys()


def test_defaults_of_scrapy_do_not_count() -> None:
    defaults = settings()
    assert 0 < defaults.getint("CONCURRENT_REQUESTS_PER_DOMAIN") < 16
    assert defaults.getint("CONCURRENT_REQUESTS") > 0
    assert 0 < defaults.getfloat("AUTOTHROTTLE_TARGET_CONCURRENCY") < 16
    assert limits(VIDSRC) == Limits(16)
    assert limits(TMDB).concurrency > 1
    assert total_limit(defaults) == 0


@pytest.mark.parametrize("rate", [0.2, 4, 40, 200])
def test_tmdb_has_its_rate(rate: float) -> None:
    """No window of ten seconds has more requests than the rate allows, with one at each of its ends."""
    found = limits(TMDB, TMDB_RATE=rate)
    assert 1 / rate < found.delay <= 1.05 / rate
    assert math.floor(10 / found.delay) + 1 <= max(10 * rate, 1)
    assert found.jitter == 0


@pytest.mark.parametrize("places", [1, 7, 1000])
def test_vidsrc_has_its_concurrency_and_no_delay(places: int) -> None:
    assert limits(VIDSRC, VIDSRC_CONCURRENCY=places) == Limits(places)


def test_a_download_delay_is_for_each_site_if_it_is_the_slower() -> None:
    usual = limits(TMDB).delay
    assert (limits(TMDB, DOWNLOAD_DELAY=0.5).delay, limits(VIDSRC, DOWNLOAD_DELAY=0.5).delay) == (0.5, 0.5)
    assert (limits(TMDB, DOWNLOAD_DELAY=0.01).delay, limits(VIDSRC, DOWNLOAD_DELAY=0.01).delay) == (
        usual,
        0.01,
    )


def test_a_delay_varies_only_if_that_is_set() -> None:
    assert limits(VIDSRC, DOWNLOAD_DELAY=0.5).jitter == 0
    assert limits(VIDSRC, DOWNLOAD_DELAY=0.5, DOWNLOAD_DELAY_JITTER=0.3) == Limits(16, 0.5, 0.3)


@pytest.mark.parametrize("delay", [0, 0.001, 0.3, 5])
def test_no_jitter_makes_the_rate_of_tmdb_faster_than_it_is_set(delay: float) -> None:
    assert limits(TMDB, DOWNLOAD_DELAY=delay, DOWNLOAD_DELAY_JITTER=0.9).jitter == 0


def test_concurrent_requests_per_domain_is_for_each_site() -> None:
    usual = limits(TMDB).concurrency
    assert {limits(site, CONCURRENT_REQUESTS_PER_DOMAIN=3).concurrency for site in SITES} == {3}
    assert limits(TMDB, CONCURRENT_REQUESTS_PER_DOMAIN=1000).concurrency == usual
    assert limits(VIDSRC, CONCURRENT_REQUESTS_PER_DOMAIN=1000).concurrency == 16
    # In Scrapy 0 is no limit.
    assert limits(VIDSRC, CONCURRENT_REQUESTS_PER_DOMAIN=0).concurrency == 16


@pytest.mark.parametrize(("target", "places"), [(4, 4), (2.5, 3), (0.5, 1), (100, 16)])
def test_a_target_of_autothrottle_limits_the_places_of_vidsrc(target: float, places: int) -> None:
    assert limits(VIDSRC, AUTOTHROTTLE_TARGET_CONCURRENCY=target).concurrency == places
    assert limits(TMDB, AUTOTHROTTLE_TARGET_CONCURRENCY=target) == limits(TMDB)
    off = limits(VIDSRC, AUTOTHROTTLE_TARGET_CONCURRENCY=target, AUTOTHROTTLE_ENABLED=False)
    assert off.concurrency == 16


@pytest.mark.parametrize("value", ["5", 5])
def test_concurrent_requests_is_for_both_sites_together(value: object) -> None:
    assert total_limit(settings(CONCURRENT_REQUESTS=value)) == 5
    assert limits(VIDSRC, CONCURRENT_REQUESTS=value).concurrency == 16


def test_scrapy_has_no_limits_once_the_gate_has_them() -> None:
    known = settings()
    for name, value in without_limits().items():
        assert name in known
        assert value == 0 or value >= 1000


def turn(**meta: Any) -> Turn:
    request = Request("http://a.test/", meta=meta)
    return Turn(request, asyncio.get_running_loop().create_future())


def sent(slot: Slot, turns: list[Turn]) -> list[int]:
    """Which of the turns have come, after all that may be sent is."""
    while slot.has_next():
        slot.send_next()
    return [number for number, one in enumerate(turns) if one.comes.done()]


async def test_a_slot_knows_what_waits() -> None:
    slot = Slot(Limits(5))
    turns = [turn(), turn(**{FOLLOW_UP: True}), turn(**{PROBE: True})]
    for one in turns:
        slot.add(one)
    assert list(slot.waiting()) == turns[::-1]
    assert list(slot.waiting(follow_ups=False)) == turns[:1]
    slot.remove(turns[1])
    # One that is gone already.
    slot.remove(turns[1])
    assert list(slot.waiting()) == [turns[2], turns[0]]
    slot.holds |= {Hold.DOWN: None, Hold.STORE: None}
    assert sent(slot, turns) == []
    # Only a site that is down, and for no other reason held, is looked at.
    del slot.holds[Hold.STORE]
    assert sent(slot, turns) == [2]
    slot.holds.clear()
    assert sent(slot, turns) == [0, 2]
    assert slot.active == 2


async def test_a_delay_that_varies_keeps_within_its_bounds() -> None:
    slot = Slot(Limits(5, delay=100, jitter=0.3))
    assert slot.seconds_left() <= 0
    lefts = []
    for _ in range(300):
        slot.add(turn())
        slot.send_next()
        lefts.append(slot.seconds_left())
    assert 69 < min(lefts) < 75
    assert 125 < max(lefts) <= 130


async def test_a_delay_that_does_not_vary_is_exact() -> None:
    slot = Slot(Limits(5, delay=100))
    slot.add(turn())
    slot.send_next()
    assert 90 < slot.seconds_left() <= 100
    slot.delay = 7
    assert slot.seconds_left() <= 7
