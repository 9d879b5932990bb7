"""AutoThrottle as it is here: in nobody's way while VidSrc is fast, and less of a burden when it is slow."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable

import pytest
from scrapy import Request, Spider
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import Settings

from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from moviesync.extensions.autothrottle import AutoThrottle
from tests.crawls import Folder
from tests.processes import Process

CONCURRENCY = 16
USUAL = 0.1


@pytest.fixture
def slot() -> Slot:
    return Slot(CONCURRENCY, 0, 0)


@pytest.fixture
def throttle() -> AutoThrottle:
    settings = {"AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 0, "TELNETCONSOLE_ENABLED": False}
    throttle = AutoThrottle.from_crawler(Crawler(Spider, Settings(settings)))
    throttle.mindelay, throttle.maxdelay = 0, 60
    return throttle


def answers(throttle: AutoThrottle, slot: Slot, latencies: Iterable[float], status: int = 404) -> None:
    request = Request("http://127.0.0.1/embed/movie/603", method="HEAD")
    for latency in latencies:
        throttle._adjust_delay(slot, latency, Response(request.url, status=status, request=request))


def rate(slot: Slot, latency: float) -> float:
    """Requests a second that a slot with something to send sends."""
    fastest = slot.concurrency / latency
    return min(fastest, 1 / slot.delay) if slot.delay else fastest


def slow_start(throttle: AutoThrottle, slot: Slot) -> None:
    answers(throttle, slot, [USUAL] * 100)
    assert slot.delay == 0
    answers(throttle, slot, [2 * USUAL] * 40)
    assert slot.delay > 0


@pytest.mark.parametrize("status", [200, 302, 404, 405, 410, 501])
def test_a_fast_site_is_not_slowed_down(throttle: AutoThrottle, slot: Slot, status: int) -> None:
    answers(throttle, slot, [0.002, 0.004, 0.003, 0.009] * 100, status)
    assert slot.delay == 0


def test_a_site_whose_latency_doubles_gets_less_than_half(throttle: AutoThrottle, slot: Slot) -> None:
    slow_start(throttle, slot)
    assert rate(slot, 2 * USUAL) < 0.5 * CONCURRENCY / USUAL
    # It lasts: what is slow does not become the usual.
    answers(throttle, slot, [2 * USUAL] * 2000)
    assert rate(slot, 2 * USUAL) < 0.5 * CONCURRENCY / USUAL


def test_a_site_that_slows_down_bit_by_bit_gets_less_too(throttle: AutoThrottle, slot: Slot) -> None:
    answers(throttle, slot, [USUAL * (1 + number / 1000) for number in range(1500)])
    assert rate(slot, 2 * USUAL) < 0.5 * CONCURRENCY / USUAL


def test_a_site_is_never_given_up(throttle: AutoThrottle, slot: Slot) -> None:
    answers(throttle, slot, [USUAL] * 60)
    answers(throttle, slot, [25.0] * 500)
    assert 0 < slot.delay <= 60


def test_a_site_that_recovers_has_no_delay(throttle: AutoThrottle, slot: Slot) -> None:
    slow_start(throttle, slot)
    answers(throttle, slot, [USUAL] * 30)
    assert slot.delay == 0


def test_a_site_that_was_slow_at_the_start_and_is_not_any_more(throttle: AutoThrottle, slot: Slot) -> None:
    answers(throttle, slot, [2 * USUAL] * 60)
    answers(throttle, slot, [USUAL] * 60)
    assert slot.delay == 0
    answers(throttle, slot, [2 * USUAL] * 40)
    assert rate(slot, 2 * USUAL) < 0.5 * CONCURRENCY / USUAL


def test_one_slow_answer_is_no_slow_site(throttle: AutoThrottle, slot: Slot) -> None:
    answers(throttle, slot, [USUAL] * 100)
    answers(throttle, slot, [5 * USUAL])
    assert slot.delay == 0


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize("latency", [0.0001, 30.0])
def test_errors_tell_nothing(throttle: AutoThrottle, slot: Slot, status: int, latency: float) -> None:
    answers(throttle, slot, [latency] * 200, status)
    slow_start(throttle, slot)
    delay = slot.delay
    answers(throttle, slot, [latency] * 200, status)
    assert slot.delay == delay


def requests_in(sites: Sites, seconds: float) -> int:
    since = time.monotonic() - seconds
    return sum(asked.site == "vidsrc" and asked.started > since for asked in list(sites.log))


def reaches(process: Process, sites: Sites, lowest: float, highest: float) -> float:
    """Wait until the requests of the last second are within these bounds, and return how many they are."""
    begun = time.monotonic()
    while time.monotonic() < begun + 15:
        assert process.poll() is None
        found = requests_in(sites, 1)
        # What was asked before the knob was turned does not count.
        if time.monotonic() > begun + 1 and lowest <= found <= highest:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{found} requests in a second")


def test_a_crawl_follows_the_site(folder: Folder, sites: Sites) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.1)
    with folder.start("crawl", "tmdb_vidsrc", "-a", "concurrency=10") as process:
        usual = reaches(process, sites, 70, 101)
        sites.knobs.vidsrc = SiteKnobs(latency=0.2)
        # Fewer than the half that the latency alone would leave.
        reaches(process, sites, 1, 0.45 * usual)
        sites.knobs.vidsrc = SiteKnobs(latency=0.1)
        reaches(process, sites, 0.8 * usual, 101)
        process.send_signal(signal.SIGINT)
        process.ended(0, within=20)
    assert sites.peak["vidsrc"] == 10


def test_a_crawl_of_a_site_that_answers_404_is_not_slowed_down(folder: Folder, sites: Sites) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids, Answer.GONE)
    folder.crawl("-a", "concurrency=10", "-a", "max_pages=15")
    times = sorted(asked.started for asked in sites.log if asked.site == "vidsrc")
    assert len(times) > 280
    # At 200 a second, if nothing but the places is in the way.
    assert times[-1] - times[0] < 2 * len(times) / 200
