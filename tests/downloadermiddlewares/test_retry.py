"""A site that asks to wait is left alone, what fails is tried again, and the limits hold all the while."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import Fault, Knobs, SiteKnobs, mirrors_alike
from moviesync.demo.server import Sites
from tests.crawls import CONTROLS, ONE_AVAILABLE, Folder, films, ids_asked, until
from tests.processes import Process

FILMS = 40
QUICK: tuple[Fault, ...] = ("500", "502", "reset", "cut", "hang")
"""Faults after which the site as a whole is not left alone."""
SLACK = 0.15
"""Seconds that an answer may take to arrive, and to be read."""


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites(films(FILMS)) as sites:
        yield sites


@contextmanager
def crawl(folder: Folder, *arguments: str, code: int, within: float) -> Iterator[Process]:
    """A crawl that ends with this exit code within so many seconds after the context."""
    with folder.start("crawl", "tmdb_vidsrc", *arguments) as process:
        yield process
        process.ended(code, within=within)


def statuses(sites: Sites, site: str) -> list[int]:
    return [asked.status for asked in list(sites.log) if asked.site == site]


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_no_request_to_vidsrc_before_the_told_time(folder: Folder, sites: Sites, as_date: bool) -> None:
    sites.knobs.vidsrc = SiteKnobs(rate=25, retry_after=2, retry_after_date=as_date)
    folder.crawl()
    assert 429 in statuses(sites, "vidsrc")
    assert sites.early("vidsrc", SLACK) == []
    assert folder.verdicts() == sites.truth("movies")


def test_while_tmdb_waits_vidsrc_is_asked(folder: Folder, sites: Sites) -> None:
    sites.knobs.tmdb = SiteKnobs(rate=1, retry_after=2)
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    # The titles of the first page take half a second.
    folder.crawl("-a", "concurrency=2")
    waits = [asked for asked in sites.log if asked.site == "tmdb" and asked.retry_after]
    assert waits
    assert sites.early("tmdb", SLACK) == []
    meanwhile = [
        asked
        for asked in sites.log
        if asked.site == "vidsrc" and any(0.1 < asked.started - told.finished < 1.9 for told in waits)
    ]
    assert len(meanwhile) > 5
    assert folder.verdicts() == sites.truth("movies")


@pytest.mark.parametrize("begun", [False, True])
def test_while_vidsrc_waits_tmdb_is_asked_and_a_ctrl_c_ends_the_run(tmp_path: Path, begun: bool) -> None:
    with Sites(films(200)) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        if begun:
            folder.crawl("-a", "max_pages=1")
            sites.clear()
        before = len(folder.verdicts()) if begun else 0
        sites.knobs.vidsrc = SiteKnobs(rate=0, retry_after=600)
        with crawl(folder, code=0, within=5) as process:
            # In an empty store the first page waits until it is known that VidSrc can be believed, or the run is
            # paused. In another the walk goes on.
            until(process, lambda: statuses(sites, "tmdb").count(200) >= (5 if begun else 1))
            until(process, lambda: statuses(sites, "vidsrc") == [429])
            process.send_signal(signal.SIGINT)
        assert statuses(sites, "vidsrc") == [429]
        found = len(folder.verdicts())
        assert found >= before + 80 if begun else set(folder.verdicts().values()) <= {None}
        truth = sites.truth("movies")
        failed = folder.rows("SELECT _id FROM movies WHERE checkError IS NOT NULL")
        assert {truth[tmdb_id] for tmdb_id in failed} <= {None}
        sites.knobs.vidsrc = SiteKnobs()
        folder.crawl()
        assert folder.verdicts() == sites.truth("movies")


def test_without_a_told_time_the_gaps_grow(folder: Folder, sites: Sites) -> None:
    sites.knobs.vidsrc = SiteKnobs(rate=0)
    with crawl(folder, "-a", "concurrency=1", "-a", "max_pages=1", code=0, within=30) as process:
        until(process, lambda: len(statuses(sites, "vidsrc")) >= 3)
        sites.knobs.vidsrc = SiteKnobs()
    times = [asked.started for asked in sites.log if asked.site == "vidsrc"]
    gaps = [later - earlier for earlier, later in pairwise(times[:4])]
    assert gaps[0] >= 1
    assert all(later > 1.4 * earlier for earlier, later in pairwise(gaps))
    assert folder.verdicts().items() <= sites.truth("movies").items()


@pytest.mark.parametrize("site", ["tmdb", "vidsrc"])
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_long_retry_after_ends_the_run(folder: Folder, sites: Sites, site: str, as_date: bool) -> None:
    setattr(sites.knobs, site, SiteKnobs(rate=0, retry_after=7200, retry_after_date=as_date))
    last = folder.crawl(code=1).stderr.splitlines()[-1]
    assert {"tmdb": "TMDB", "vidsrc": "VidSrc"}[site] in last
    told = re.search(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC", last)
    assert told, last
    back = datetime.strptime(told[1], "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
    assert abs(back - datetime.now(timezone.utc) - timedelta(hours=2)) < timedelta(minutes=2)
    assert set(folder.verdicts().values()) <= {None}
    assert folder.rows("SELECT _id FROM movies WHERE checkError IS NOT NULL") == []


@pytest.mark.parametrize("seconds", [600, 7200])
def test_what_is_under_way_when_a_long_wait_begins_does_not_hold_up_the_end(
    tmp_path: Path, seconds: int
) -> None:
    """HEADs that are answered after the end began need a GET that nobody will send."""
    hanging = SiteKnobs(fault_share=0.2, fault_kinds=("hang",), hang=1.5)
    knobs = Knobs(vidsrc=hanging, mirrors=mirrors_alike(form="old"))
    with Sites(films(200, plain=1), knobs=knobs) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        short = seconds < 900
        with crawl(folder, "-a", "concurrency=40", code=0 if short else 1, within=8) as process:
            until(process, lambda: sites.running >= 6)
            # Holds for requests to come; those that hang get their answer.
            sites.knobs.vidsrc = SiteKnobs(rate=0, retry_after=seconds)
            until(process, lambda: 429 in statuses(sites, "vidsrc"))
            if short:
                process.send_signal(signal.SIGINT)
        assert {asked.status for asked in list(sites.log)[-3:]} == {200}
        assert set(folder.verdicts().values()) <= {None, True}


@pytest.mark.parametrize("times", [0, 5])
def test_a_title_that_always_fails_is_asked_so_many_times_and_stays_due(
    folder: Folder, sites: Sites, times: int
) -> None:
    failing = min(sites.movies.ids - CONTROLS)
    path = f"/info/movie/{failing}.json"
    sites.knobs.per_title = {failing: Answer.ERROR_500}
    options = ("-s", "RETRY_WAIT=0.05") if times == 5 else ("-s", f"RETRY_TIMES={times}")
    errors = folder.crawl(*options).stderr
    assert sites.asked("vidsrc")[path] == times + 1
    tries = [asked.started for asked in sites.log if asked.path == path]
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert all(gap >= 0.05 * 2**number for number, gap in enumerate(gaps))
    query = f"SELECT vidsrcAvailable, lastChecked, checkError FROM movies WHERE _id = {failing}"  # noqa: S608
    ((verdict, checked, error),) = folder.rows(query)
    assert (verdict, checked) == (None, None)
    assert json.loads(error)["reason"] == "HTTP 500"
    at = datetime.strptime(json.loads(error)["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert timedelta() <= datetime.now(timezone.utc) - at < timedelta(minutes=1)
    told = next(line for line in errors.splitlines() if "titles checked: " in line)
    assert "HTTP 500: " in told
    assert f"movies {failing}: no verdict (HTTP 500); it stays due, and the next run asks again" in errors
    sites.clear()
    sites.knobs.per_title = {failing: Answer.GONE}
    folder.crawl()
    assert ids_asked(sites)[failing] == 1
    assert folder.verdicts()[failing] is False


def test_a_title_that_is_due_before_a_mirror_is_found_is_tried_no_more_often(
    folder: Folder, sites: Sites
) -> None:
    """Its request is made before it is known where to, and handed on when that is known."""
    truth = sites.truth("movies")
    failing = min(tmdb_id for tmdb_id in sites.movies.ids - CONTROLS if truth[tmdb_id] is False)
    folder.crawl()
    sites.clear()
    sites.knobs.per_title = {failing: Answer.ERROR_500}
    folder.crawl("-s", "RETRY_TIMES=3", "-a", "recheck_days=0")
    assert ids_asked(sites)[failing] == 4


def test_tmdb_is_never_asked_faster_than_its_rate(tmp_path: Path) -> None:
    faults = SiteKnobs(fault_share=0.3, fault_kinds=QUICK, hang=0.2)
    with Sites(films(876, plain=0), knobs=Knobs(tmdb=faults, per_title={**ONE_AVAILABLE})) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "20"})
        folder.crawl()
        times = sorted(asked.started for asked in sites.log if asked.site == "tmdb")
        assert folder.verdicts() == sites.truth("movies")
    assert len(times) > 50
    for window in (1, 2):
        most = max(sum(start <= one < start + window for one in times) for start in times)
        # The network lets a request catch up with the one before.
        assert most <= 20 * window + 1
    assert times[-1] - times[0] >= (len(times) - 1) / 20


def test_vidsrc_is_never_asked_more_at_once_than_set(tmp_path: Path) -> None:
    faults = SiteKnobs(latency=0.02, fault_share=0.3, fault_kinds=QUICK, hang=0.1)
    with Sites(films(120), knobs=Knobs(vidsrc=faults, mirrors=mirrors_alike(form="old"))) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        folder.crawl("-a", "concurrency=5")
        assert sites.peak["vidsrc"] == 5
        assert sites.asked("vidsrc").total() > 150
        for tmdb_id, verdict in folder.verdicts().items():
            assert verdict in {None, sites.truth("movies")[tmdb_id]}
