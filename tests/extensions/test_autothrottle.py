"""AutoThrottle as it is here: no limit while VidSrc is fast, and less of a burden when it is slow."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterable
from typing import Any

import pytest
from scrapy import Request, signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.spider import DefaultSpider
from scrapy.utils.test import get_crawler

from moviesync.core.gate import Gate
from moviesync.core.slots import SITE, TMDB, VIDSRC
from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from moviesync.extensions.autothrottle import AutoThrottle, Throttle
from tests.crawls import ONE_AVAILABLE, Folder
from tests.processes import Process

PLACES = 16
USUAL = 0.1


@pytest.fixture
def throttle() -> Throttle:
    return Throttle(PLACES)


def answers(throttle: Throttle, latencies: Iterable[float]) -> float:
    """The delay after answers that took so long."""
    return [throttle.delay(latency) for latency in latencies][-1]


def rate(delay: float, latency: float) -> float:
    """Requests a second that a site gets for which there is always one to send."""
    fastest = PLACES / latency
    return min(fastest, 1 / delay) if delay else fastest


def slow_start(throttle: Throttle) -> float:
    assert answers(throttle, [USUAL] * 100) == 0
    delay = answers(throttle, [2 * USUAL] * 40)
    assert delay > 0
    return delay


def test_a_fast_site_is_not_slowed_down(throttle: Throttle) -> None:
    assert {throttle.delay(latency) for latency in [0.002, 0.004, 0.003, 0.009] * 100} == {0}


def test_a_site_whose_latency_doubles_gets_less_than_half(throttle: Throttle) -> None:
    assert rate(slow_start(throttle), 2 * USUAL) < 0.5 * PLACES / USUAL
    # It lasts: what is slow does not become the usual.
    assert rate(answers(throttle, [2 * USUAL] * 2000), 2 * USUAL) < 0.5 * PLACES / USUAL


def test_a_site_that_slows_down_bit_by_bit_gets_less_too(throttle: Throttle) -> None:
    delay = answers(throttle, [USUAL * (1 + number / 1000) for number in range(1500)])
    assert rate(delay, 2 * USUAL) < 0.5 * PLACES / USUAL


def test_a_site_that_recovers_has_no_delay(throttle: Throttle) -> None:
    slow_start(throttle)
    assert answers(throttle, [USUAL] * 30) == 0


def test_a_site_that_was_slow_at_the_start_and_is_not_any_more(throttle: Throttle) -> None:
    answers(throttle, [2 * USUAL] * 60)
    assert answers(throttle, [USUAL] * 60) == 0
    assert rate(answers(throttle, [2 * USUAL] * 40), 2 * USUAL) < 0.5 * PLACES / USUAL


@pytest.mark.parametrize("later", [USUAL, 0.9])
def test_a_site_that_takes_seconds_from_the_first_answer_on_is_slowed_down_until_it_recovers(
    throttle: Throttle, later: float
) -> None:
    for _ in range(2 * PLACES):
        assert rate(throttle.delay(2.0), 2.0) <= 0.5 * PLACES / 2.0
    # Its usual latency is not known yet, and two seconds are not taken for it.
    assert answers(throttle, [later] * 3) == 0


def test_one_slow_answer_is_no_slow_site(throttle: Throttle) -> None:
    answers(throttle, [USUAL] * 100)
    assert throttle.delay(5 * USUAL) == 0


@pytest.mark.parametrize(("target", "in_flight"), [(4, 4), (0.5, 0.5), (PLACES, PLACES), (100, PLACES)])
def test_a_target_is_kept_at_the_usual_latency_and_undercut_at_a_higher_one(
    target: float, in_flight: float
) -> None:
    throttle = Throttle(PLACES, target=target)
    delay = answers(throttle, [USUAL] * 100)
    assert delay == pytest.approx(USUAL / in_flight)
    assert answers(throttle, [2 * USUAL] * 40) >= 2 * delay


class Opened:
    """The extension in a crawler with a gate, and the answers that it hears of."""

    def __init__(self, **settings: Any) -> None:
        own = {"moviesync.core.gate.Gate": 0, "moviesync.extensions.autothrottle.AutoThrottle": 1}
        limits = {"TMDB_RATE": 40, "VIDSRC_CONCURRENCY": PLACES, "AUTOTHROTTLE_START_DELAY": 0}
        self._crawler = get_crawler(
            settings_dict={
                "EXTENSIONS_BASE": own,
                "AUTOTHROTTLE_ENABLED": True,
                "AUTOTHROTTLE_MAX_DELAY": 60,
                **limits,
                **settings,
            }
        )
        self._spider = DefaultSpider.from_crawler(self._crawler)
        self._send(signals.spider_opened)

    @property
    def delay(self) -> float:
        gate = self._crawler.get_extension(Gate)
        assert gate
        return gate.delay(VIDSRC)

    def answer(self, latencies: Iterable[float], status: int = 404, site: str = VIDSRC) -> None:
        for latency in latencies:
            meta = {SITE: site, "download_latency": latency}
            request = Request("http://127.0.0.1/embed/movie/603", method="HEAD", meta=meta)
            response = Response(request.url, status=status, request=request)
            self._send(signals.response_downloaded, response=response, request=request)

    def _send(self, signal: object, **arguments: Any) -> None:
        results = self._crawler.signals.send_catch_log(signal, spider=self._spider, **arguments)
        assert {result for _, result in results} == {None}


@pytest.mark.parametrize("status", [200, 302, 404, 405, 410, 501])
def test_the_delay_of_the_gate_follows_healthy_answers(status: int) -> None:
    opened = Opened()
    opened.answer([0.002, 0.004, 0.003, 0.009] * 25, status)
    assert opened.delay == 0
    opened.answer([USUAL] * 10, status)
    assert opened.delay > 0
    opened.answer([0.002] * 10, status)
    assert opened.delay == 0


@pytest.mark.parametrize(
    ("site", "status"), [(VIDSRC, 403), (VIDSRC, 429), (VIDSRC, 500), (VIDSRC, 503), (TMDB, 200)]
)
@pytest.mark.parametrize("latency", [0.0001, 30.0])
def test_errors_and_another_site_say_nothing(site: str, status: int, latency: float) -> None:
    opened = Opened()
    opened.answer([latency] * 200, status, site)
    opened.answer([USUAL] * 100)
    assert opened.delay == 0
    opened.answer([2 * USUAL] * 40)
    delay = opened.delay
    assert delay > 0
    opened.answer([latency] * 200, status, site)
    assert opened.delay == delay


def test_a_site_is_never_given_up() -> None:
    opened = Opened(AUTOTHROTTLE_MAX_DELAY=12.5)
    opened.answer([USUAL] * 60)
    opened.answer([25.0] * 500)
    assert opened.delay == 12.5


def test_the_start_delay_holds_until_the_first_answer() -> None:
    opened = Opened(AUTOTHROTTLE_START_DELAY=3)
    assert opened.delay == 3
    opened.answer([30.0], status=500)
    assert opened.delay == 3
    opened.answer([USUAL])
    assert opened.delay == 0


def test_a_target_of_the_settings_is_kept() -> None:
    opened = Opened(AUTOTHROTTLE_TARGET_CONCURRENCY=4.0)
    opened.answer([USUAL])
    assert opened.delay == pytest.approx(USUAL / 4)


def test_each_answer_gets_a_line_if_that_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    opened = Opened(AUTOTHROTTLE_DEBUG=True)
    opened.answer([2.0])
    assert "VidSrc: latency 2000 ms, delay 250 ms (before: 0 ms)" in caplog.text


def test_it_can_be_switched_off() -> None:
    with pytest.raises(NotConfigured):
        AutoThrottle.from_crawler(get_crawler(settings_dict={"AUTOTHROTTLE_ENABLED": False}))


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
    sites.knobs.per_title = {**dict.fromkeys(sites.movies.ids, Answer.GONE), **ONE_AVAILABLE}
    folder.crawl("-a", "concurrency=10", "-a", "max_pages=15")
    times = sorted(asked.started for asked in sites.log if asked.site == "vidsrc")
    assert len(times) > 280
    # At 200 a second, if nothing but the places is in the way.
    assert times[-1] - times[0] < 2 * len(times) / 200
