"""The one event that says that a run is being stopped, in crawls that are stopped in every way there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from moviesync.core.stopping import Stopping, stopping
from moviesync.exceptions import RequestCancelled
from tests.core.crowd import LONG, soon

SETTINGS: dict[str, Any] = {
    "TWISTED_REACTOR_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_ENABLED": False,
    "DOWNLOAD_HANDLERS": {"http": None, "https": None},
    "EXTENSIONS_BASE": {"scrapy.extensions.closespider.CloseSpider": 0},
    "EXTENSIONS": {Stopping: 0},
}
REQUESTS = 3
all_wait = object()
"""Signal: the requests of the spider wait."""


class Pause:
    """Downloader middleware: each request waits for PAUSE seconds, and Scrapy waits for it at a stop."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._waiting = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Pause:
        return cls(crawler)

    async def process_request(self, request: Request) -> Response:
        self._waiting += 1
        if self._waiting == REQUESTS:
            self._crawler.signals.send_catch_log(all_wait)
        try:
            await extension(self._crawler).pause(self._crawler.settings.getfloat("PAUSE"))
        except RequestCancelled:
            self._crawler.stats.inc_value("cancelled")
            raise
        self._crawler.stats.inc_value("answered")
        return Response(request.url)


class TinySpider(Spider):
    name = "tiny"

    async def start(self) -> AsyncIterator[Any]:
        for number in range(REQUESTS):
            yield Request(f"http://tiny.test/{number}")

    async def parse(self, response: Response, **_: Any) -> None:
        await extension(self.crawler).pause(self.settings.getfloat("PAUSE"))
        self.crawler.stats.inc_value("parsed")


def extension(crawler: Crawler) -> Stopping:
    found = crawler.get_extension(Stopping)
    assert found
    return found


class Run:
    """A real crawl of nothing, and what it says of its end."""

    def __init__(self, spider: type[Spider] = TinySpider, **settings: Any) -> None:
        given = {**SETTINGS, "DOWNLOADER_MIDDLEWARES": {Pause: 1}, "PAUSE": LONG, **settings}
        self._runner = AsyncCrawlerRunner(given)
        self.crawler = self._runner.create_crawler(spider)
        self.all_wait = asyncio.Event()
        self.said: list[str] = []
        for handler, signal in (
            (self._waits, all_wait),
            (self._stops, stopping),
            (self._closed, signals.spider_closed),
        ):
            self.crawler.signals.connect(handler, signal=signal)

    def _waits(self) -> None:
        self.all_wait.set()

    def _stops(self) -> None:
        self.said.append("stopping")

    def _closed(self, reason: str) -> None:
        self.said.append(reason)

    def start(self) -> asyncio.Task[None]:
        return self._runner.crawl(self.crawler)

    def stat(self, name: str) -> int:
        return int(self.crawler.stats.get_value(name, 0))


Way = Callable[[Crawler], Awaitable[Any]]


async def close(crawler: Crawler) -> None:
    extension(crawler).close("the disk is full: make room")


WAYS: dict[str, Way] = {
    "closespider_foreign": lambda crawler: crawler.engine.close_spider_async(reason="closespider_foreign"),
    "shutdown": lambda crawler: crawler.stop_async(),
    "the disk is full: make room": close,
}


@pytest.mark.parametrize(("reason", "way"), WAYS.items(), ids=["foreign", "ctrl-c", "own"])
async def test_what_waits_ends_with_the_run(reason: str, way: Way) -> None:
    run = Run()
    task = run.start()
    await soon(run.all_wait.wait())
    assert not extension(run.crawler).event.is_set()
    begun = time.monotonic()
    await soon(asyncio.gather(way(run.crawler), task))
    assert time.monotonic() - begun < LONG / 10
    assert (run.stat("cancelled"), run.stat("answered")) == (REQUESTS, 0)
    assert run.said == ["stopping", reason]
    assert extension(run.crawler).event.is_set()


async def test_an_extension_of_scrapy_stops_the_run_as_well() -> None:
    run = Run(CLOSESPIDER_TIMEOUT=1)
    await soon(run.start())
    assert run.stat("cancelled") == REQUESTS
    assert run.said == ["stopping", "closespider_timeout"]


class StoppedSpider(TinySpider):
    async def start(self) -> AsyncIterator[Any]:
        async for request in super().start():
            yield request
        raise CloseSpider("the key is refused")


async def test_a_spider_that_raises_stops_the_run() -> None:
    run = Run(StoppedSpider)
    await soon(run.start())
    assert run.stat("cancelled") == REQUESTS
    assert run.said == ["stopping", "the key is refused"]


async def test_a_stop_while_the_spider_is_being_opened_is_not_forgotten() -> None:
    run = Run()

    async def opened() -> None:
        await run.crawler.stop_async()

    run.crawler.signals.connect(opened, signal=signals.spider_opened)
    await soon(run.start())
    assert run.said == ["stopping", "shutdown"]
    assert (run.stat("cancelled"), run.stat("answered")) == (0, 0)


@pytest.mark.parametrize(
    "full",
    [{}, {"CONCURRENT_REQUESTS": 1}, {"SCRAPER_SLOT_MAX_ACTIVE_SIZE": 1}],
    ids=["none", "downloader", "scraper"],
)
async def test_an_engine_that_is_full_is_not_being_stopped(full: dict[str, Any]) -> None:
    # Longer than the time from one look at the engine to the next.
    run = Run(PAUSE=0.15, **full)
    await soon(run.start())
    assert (run.stat("answered"), run.stat("parsed"), run.stat("cancelled")) == (REQUESTS, REQUESTS, 0)
    assert run.said[-1] == "finished"


async def test_a_pause_lasts_if_nothing_stops_it() -> None:
    alone = Stopping(get_crawler())
    begun = time.monotonic()
    await soon(alone.pause(0.05))
    assert time.monotonic() - begun >= 0.045
    await soon(alone.pause(-1))
    assert not alone.event.is_set()


async def test_a_pause_after_the_stop_ends_at_once_and_the_signal_comes_once() -> None:
    crawler = get_crawler()
    alone, said = Stopping(crawler), list[str]()

    def note() -> None:
        said.append("stopping")

    crawler.signals.connect(note, signal=stopping)
    pauses = [asyncio.create_task(alone.pause(LONG)) for _ in range(2)]
    await asyncio.sleep(0)
    alone.begin()
    alone.begin()
    for pause in (*pauses, alone.pause(LONG), alone.pause(0)):
        with pytest.raises(RequestCancelled):
            await soon(pause)
    assert said == ["stopping"]
