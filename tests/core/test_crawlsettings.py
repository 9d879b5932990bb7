"""CRAWL_SETTINGS are for moviesync's spiders alone, and give way to what a user has set."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings

from moviesync import settings as project
from moviesync.core.crawlsettings import without_a_run
from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

GATE = "moviesync.core.gate.Gate"
OWN = "tests.core.crowd.Crowd"


def settings(**given: Any) -> Settings:
    found = Settings()
    found.setmodule(project, priority="project")
    found.setdict(given, priority="project")
    return found


def of_a_crawl(spider: type[Spider], **given: Any) -> Settings:
    return Crawler(spider, settings(**given)).settings


def test_they_are_for_our_spiders_alone() -> None:
    assert of_a_crawl(Spider).getint("DOWNLOAD_TIMEOUT") == 180
    assert of_a_crawl(TmdbVidsrcSpider).getint("DOWNLOAD_TIMEOUT") == 30


@pytest.mark.parametrize("priority", ["project", "cmdline"])
def test_what_a_user_has_set_stays(priority: str) -> None:
    given = settings()
    given.set("DOWNLOAD_TIMEOUT", 60, priority=priority)
    assert Crawler(TmdbVidsrcSpider, given).settings.getint("DOWNLOAD_TIMEOUT") == 60


def test_settings_of_a_spider_made_from_ours_stay() -> None:
    class Own(TmdbVidsrcSpider):
        custom_settings = {"RETRY_TIMES": 1, "AUTOTHROTTLE_ENABLED": False}  # noqa: RUF012 - as Scrapy has it

    found = of_a_crawl(Own)
    assert (found.getint("RETRY_TIMES"), found.getbool("AUTOTHROTTLE_ENABLED")) == (1, False)
    assert GATE in found.getdict("EXTENSIONS")


@pytest.mark.parametrize("priority", ["project", "cmdline"])
def test_components_of_a_user_are_added_to_ours_or_switch_them_off(priority: str) -> None:
    given = settings()
    throttle = "moviesync.extensions.autothrottle.AutoThrottle"
    given.set("EXTENSIONS", {OWN: 1, throttle: None}, priority=priority)
    process = given.copy()
    crawler = Crawler(TmdbVidsrcSpider, given)
    # As a process does when it begins the crawl.
    crawler.settings.update(process)
    found = crawler.settings.getdict("EXTENSIONS")
    assert (found[OWN], found[throttle], found[GATE]) == (1, None, -60)


def test_without_a_run_nothing_of_a_run_is_there_and_other_spiders_are_as_they_were() -> None:
    given = settings()
    without_a_run(given)
    ours = Crawler(TmdbVidsrcSpider, given).settings
    off = {name for name, order in ours.getdict("EXTENSIONS").items() if order is None}
    assert {"moviesync.extensions.storesession.StoreSession", "moviesync.log.file.LogFile"} <= off
    assert "moviesync.checks.controls.Controls" in off
    assert (
        ours.getdict("DOWNLOADER_MIDDLEWARES")["moviesync.downloadermiddlewares.mirror.MirrorInUse"] is None
    )
    assert not any("moviesync" in name for name in Crawler(Spider, given).settings.getdict("EXTENSIONS"))
