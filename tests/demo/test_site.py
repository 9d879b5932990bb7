"""The miniature sites in trouble, and what they note."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from tests.demo.asking import ask, discover, titles


def outcome(url: str, method: str = "GET", timeout: float = 5) -> str:
    try:
        return str(ask(url, method, timeout).status)
    except IncompleteRead:
        return "cut"
    except (ConnectionError, HTTPException):
        return "reset"
    except TimeoutError:
        return "hang"


def faulty(seed: int) -> list[str]:
    faults = SiteKnobs(fault_share=0.5, fault_seed=seed, hang=0)
    with Sites(knobs=Knobs(vidsrc=faults)) as sites:
        return [outcome(url) for url in titles(sites, Answer.PLAYER)[:40] for _ in range(2)]


def test_faults_depend_on_the_seed() -> None:
    outcomes = faulty(1)
    assert outcomes == faulty(1) != faulty(2)
    assert set(outcomes) == {"200", "500", "502", "503", "429", "reset", "cut"}


def test_faults_strike_tmdb_too(sites: Sites) -> None:
    sites.knobs.tmdb = SiteKnobs(fault_share=1, fault_kinds=("503",))
    answer = discover(sites)
    assert (answer.status, answer.json["status_code"]) == (503, 46)
    sites.knobs.tmdb.fault_kinds = ("cut",)
    with pytest.raises(IncompleteRead):
        discover(sites)


@pytest.mark.parametrize(
    ("down", "met"), [("500", "500"), ("challenge", "403"), ("hang", "hang"), ("reset", "reset")]
)
def test_a_site_that_is_down(sites: Sites, down: Any, met: str) -> None:
    sites.knobs.vidsrc.down = down
    assert outcome(titles(sites, Answer.PLAYER)[0], timeout=0.1) == met
    assert discover(sites).status == 200
    sites.knobs.vidsrc.down = None
    assert outcome(titles(sites, Answer.PLAYER)[0]) == "200"


def test_rate(sites: Sites) -> None:
    sites.knobs.tmdb = SiteKnobs(rate=3)
    assert [discover(sites).status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert "Retry-After" not in discover(sites).headers
    assert sites.early("tmdb", slack=0) == []
    sites.knobs.tmdb.retry_after = 7
    assert discover(sites).headers["Retry-After"] == "7"
    sites.knobs.tmdb.retry_after_date = True
    until = parsedate_to_datetime(discover(sites).headers["Retry-After"]).timestamp()
    assert 6 < until - time.time() <= 8
    assert len(sites.early("tmdb", slack=0)) == 1


def test_log_and_peak(sites: Sites) -> None:
    sites.knobs.vidsrc.latency = 0.1
    urls = titles(sites, Answer.PLAYER)[:6]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda url: ask(url, "HEAD"), urls))
    ask(urls[0])
    discover(sites, page=2)
    assert sites.peak == {"vidsrc": 6, "tmdb": 1}
    assert sites.asked("vidsrc", "HEAD") == Counter(urlsplit(url).path for url in urls)
    assert sites.asked("vidsrc")[urlsplit(urls[0]).path] == 2
    last = sites.log[-1]
    assert (last.site, last.method, last.path, last.status) == ("tmdb", "GET", "/3/discover/movie", 200)
    assert last.query == {"page": "2"}
    assert all(asked.finished - asked.started >= 0.09 for asked in sites.log[:-1])
    summary = ask(f"{sites.vidsrc_url}/_log").json
    assert summary["vidsrc"] == {
        "requests": 7,
        "methods": {"HEAD": 6, "GET": 1},
        "statuses": {"200": 7},
        "peak": 6,
    }
    sites.clear()
    assert (sites.log, sites.asked("tmdb")) == ([], Counter())
