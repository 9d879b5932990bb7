"""The miniature sites, asked over plain connections."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from moviesync.demo.answers import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.discover import Discover
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from moviesync.kinds import KINDS, MOVIE, SHOW, Kind

TODAY = date(2026, 11, 23)


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", timeout: float = 5, **headers: str) -> Got:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def discover(sites: Sites, kind: Kind = MOVIE, **query: object) -> Got:
    parameters = urlencode({name.replace("__", "."): value for name, value in query.items()})
    return ask(f"{sites.tmdb_url}/{kind.discover_path}?{parameters}", Authorization="Bearer demo")


def walk(sites: Sites, kind: Kind = MOVIE, **query: object) -> list[dict[str, Any]]:
    """All rows of one query."""
    rows: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        answer = discover(sites, kind, page=page, **query).json
        rows += answer["results"]
        page, pages = page + 1, answer["total_pages"]
    return rows


@pytest.fixture(scope="module")
def shared() -> Iterator[Sites]:
    """Sites whose knobs nobody turns."""
    with Sites() as sites:
        yield sites


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites() as sites:
        yield sites


def titles(sites: Sites, answer: Answer) -> list[str]:
    """Addresses of the movies with this answer."""
    catalogue = sites.movies
    ids = [tmdb_id for tmdb_id in catalogue.rows if catalogue.answer(tmdb_id) is answer]
    return [f"{sites.vidsrc_url}/embed/movie/{tmdb_id}" for tmdb_id in ids]


def an_id(catalogue: Catalogue, answer: Answer) -> int:
    return next(tmdb_id for tmdb_id in catalogue.rows if catalogue.answer(tmdb_id) is answer)


# The catalogue


def test_recorded_titles() -> None:
    assert len(Catalogue.recorded(MOVIE)) == 876
    assert len(Catalogue.recorded(SHOW)) == 308


@pytest.mark.parametrize("kind", KINDS)
def test_grown_catalogue_is_the_same_every_time(kind: Kind) -> None:
    grown = Catalogue.recorded(kind).grown(3000, today=TODAY)
    assert grown.rows == Catalogue.recorded(kind).grown(3000, today=TODAY).rows
    assert len(grown) == 3000
    assert Catalogue.recorded(kind).ids < grown.ids
    assert Catalogue.recorded(kind).grown(5).ids == set(list(grown.rows)[:5])


def test_grown_catalogue_spreads_over_the_years() -> None:
    rows = Catalogue.recorded(MOVIE).grown(12000, today=TODAY).rows.values()
    days = [row["release_date"] for row in rows if row.get("release_date")]
    undated = [row.get("release_date", "absent") for row in rows if not row.get("release_date")]
    assert min(days) < "1920"
    assert str(TODAY) < max(days) <= str(TODAY + timedelta(days=365))
    assert 0.02 < sum(day > str(TODAY) for day in days) / 12000 < 0.05
    assert 0.003 < len(undated) / 12000 < 0.008
    assert {"", None, "absent"} == set(undated)


def test_shares_of_answers() -> None:
    catalogue = Catalogue.recorded(MOVIE).grown(12000, today=TODAY)
    answers = Counter(catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows)
    assert set(answers) == set(Answer)
    truths = Counter(catalogue.truth(tmdb_id) for tmdb_id in catalogue.rows)
    assert 0.38 < truths[True] / 12000 < 0.42
    assert 0.005 < truths[None] / 12000 < 0.015


def test_every_answer_is_in_the_demo() -> None:
    catalogue = Catalogue.recorded(MOVIE)
    assert {catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows} == set(Answer)


def test_plain_catalogue_for_benchmarks() -> None:
    catalogue = Catalogue.recorded(MOVIE, plain=0.25).grown(8000, today=TODAY)
    answers = Counter(catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows)
    assert set(answers) == {Answer.PLAYER, Answer.GONE}
    assert 0.23 < answers[Answer.PLAYER] / 8000 < 0.27


# TMDB


@pytest.mark.parametrize("kind", KINDS)
def test_discover_shows_every_title_once(shared: Sites, kind: Kind) -> None:
    catalogue = Catalogue.recorded(kind)
    rows = walk(shared, kind, include_video="true")
    assert sorted(row["id"] for row in rows) == sorted(catalogue.ids)
    assert all(row == catalogue.rows[row["id"]] for row in rows)
    assert discover(shared, kind, include_video="true").json["total_results"] == len(catalogue)


def test_videos_are_shown_on_demand_only(shared: Sites) -> None:
    assert discover(shared).json["total_results"] == 876 - 37
    assert not any(row["video"] for row in walk(shared))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_add_up_to_the_dated_titles(shared: Sites, kind: Kind) -> None:
    catalogue = Catalogue.recorded(kind)
    parameter = kind.date_parameter
    found: list[int] = []
    for since, until in [("", "1999-12-31"), ("2000-01-01", "2014-06-30"), ("2014-07-01", "")]:
        ends = {f"{parameter}.gte": since, f"{parameter}.lte": until}
        bounds = {name.replace(".", "__"): day for name, day in ends.items() if day}
        rows = walk(shared, kind, sort_by=f"{parameter}.asc", include_video="true", **bounds)
        days = [row[kind.date_field] for row in rows]
        assert days == sorted(days)
        assert all(since <= day <= (until or "9") for day in days)
        found += [row["id"] for row in rows]
    assert sorted(found) == sorted(i for i, row in catalogue.rows.items() if row[kind.date_field])


def test_undated_titles_come_last(shared: Sites) -> None:
    ascending = walk(shared, sort_by="primary_release_date.asc", include_video="true")
    assert [row["release_date"] for row in ascending[-4:]] == [""] * 4
    descending = walk(shared, sort_by="primary_release_date.desc", include_video="true")
    assert descending == ascending[::-1]


@pytest.mark.parametrize("sort_by", ["popularity.desc", "title.asc", "vote_average.asc", "vote_count.desc"])
def test_sorts(sort_by: str) -> None:
    catalogue = Catalogue.recorded(MOVIE).grown(3000, today=TODAY)
    rows = Discover(catalogue).select(sort_by, "1990-01-01", "2020-12-31", videos=True)
    field, direction = sort_by.split(".")
    values = [row[field].casefold() if field == "title" else row[field] for row in rows]
    assert len(rows) > 100
    assert values == sorted(values, reverse=direction == "desc")


def test_empty_window(shared: Sites) -> None:
    answer = discover(shared, primary_release_date__lte="1800-01-01").json
    assert answer == {"page": 1, "results": [], "total_pages": 1, "total_results": 0}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"page": 0}, 400, 22),
        ({"page": "two"}, 400, 22),
        ({"page": -1}, 400, 22),
        ({"page": 501}, 400, 22),
        ({"primary_release_date__gte": "2020-02-30"}, 400, 23),
        ({"primary_release_date__lte": "20200201"}, 400, 23),
    ],
)
def test_bad_questions(shared: Sites, query: dict[str, object], status: int, code: int) -> None:
    answer = discover(shared, MOVIE, **query)
    assert (answer.status, answer.json["status_code"], answer.json["success"]) == (status, code, False)


def test_cap_of_pages(sites: Sites) -> None:
    assert discover(sites, page=500).json["results"] == []
    sites.knobs.cap = 3
    assert discover(sites, page=3).status == 200
    assert discover(sites, page=3).json["total_pages"] == 42
    assert "max at 3." in discover(sites, page=4).json["status_message"]
    sites.knobs.cap_error = "old"
    answer = discover(sites, page=4)
    assert (answer.status, answer.json) == (422, {"errors": ["page must be less than or equal to 3"]})


def test_keys() -> None:
    with Sites(keys=["another"]) as sites:
        url = f"{sites.tmdb_url}/discover/movie"
        assert ask(url, Authorization="Bearer demo").status == 200
        assert ask(f"{url}?api_key=another").status == 200
        for refused in (ask(url), ask(url, Authorization="Bearer wrong"), ask(f"{url}?api_key=wrong")):
            assert (refused.status, refused.json["status_code"]) == (401, 7)


def test_unknown_paths(shared: Sites) -> None:
    for path in ("movie/603", "tv/1399", "discover/person"):
        answer = ask(f"{shared.tmdb_url}/{path}", Authorization="Bearer demo")
        assert (answer.status, answer.json["status_code"]) == (404, 34)


def test_dates_can_be_ignored(sites: Sites) -> None:
    sites.knobs.ignore_dates = True
    assert discover(sites, primary_release_date__lte="1800-01-01").json["total_results"] == 839


def test_drift_repeats_a_title_and_changes_the_total(sites: Sites) -> None:
    sites.knobs.drift = 2
    first, second = discover(sites, page=1).json, discover(sites, page=2).json
    assert first["results"][-1] == second["results"][0]
    assert (first["total_results"], second["total_results"]) == (839, 840)


def test_bodies_can_be_replaced(sites: Sites) -> None:
    sites.knobs.bodies["movies", 2] = b'{"results": ['
    assert discover(sites, page=2).body == b'{"results": ['
    assert discover(sites, page=3).json["page"] == 3
    assert discover(sites, SHOW, page=2).json["page"] == 2


# VidSrc


@pytest.mark.parametrize(
    ("answer", "head", "get", "text"),
    [
        (Answer.PLAYER, 200, 200, b"player_iframe"),
        (Answer.GONE, 404, 404, b"404 Not Found"),
        (Answer.SOFT_TEXT, 200, 200, b"This media is unavailable at the moment."),
        (Answer.SOFT_TITLE, 200, 200, b"<title>404 Not Found</title>"),
        (Answer.NO_HEAD, 405, 200, b"player_iframe"),
        (Answer.NO_HEAD_GONE, 501, 404, b"404 Not Found"),
        (Answer.MOVED, 302, 302, b""),
        (Answer.MOVED_GONE, 302, 302, b""),
        (Answer.BLOCKED, 403, 403, b"<title>Just a moment...</title>"),
        (Answer.BLOCKED_200, 200, 200, b"<title>Just a moment...</title>"),
        (Answer.ERROR_500, 500, 500, b"500 Internal Server Error"),
    ],
)
def test_answers(shared: Sites, answer: Answer, head: int, get: int, text: bytes) -> None:
    url = titles(shared, answer)[0]
    asked = ask(url, "HEAD")
    assert (asked.status, asked.body) == (head, b"")
    got = ask(url)
    assert got.status == get
    assert text in got.body
    for one in (asked, got):
        assert one.headers.get("cf-mitigated") == ("challenge" if answer is Answer.BLOCKED else None)


@pytest.mark.parametrize(("answer", "status"), [(Answer.MOVED, 200), (Answer.MOVED_GONE, 404)])
def test_redirects_lead_to_another_host(shared: Sites, answer: Answer, status: int) -> None:
    location = ask(titles(shared, answer)[0], "HEAD").headers["Location"]
    assert urlsplit(location).hostname == "localhost"
    assert ask(location, "HEAD").status == status
    assert ask(location).status == status


def test_shows_and_unknown_ids(shared: Sites) -> None:
    show = an_id(shared.shows, Answer.PLAYER)
    assert ask(f"{shared.vidsrc_url}/embed/tv/{show}").status == 200
    for path in ("embed/movie/999999999", "embed/book/1", "embed/movie/x", ""):
        assert ask(f"{shared.vidsrc_url}/{path}").status == 404


@pytest.mark.parametrize(("name", "collection"), [("movie", "movies"), ("tv", "shows")])
def test_lists_of_available_ids(shared: Sites, name: str, collection: str) -> None:
    lines = ask(f"{shared.vidsrc_url}/ids/{name}_tmdb.txt").body.decode().splitlines()
    available = [tmdb_id for tmdb_id, there in shared.truth(collection).items() if there]
    assert lines == [str(tmdb_id) for tmdb_id in sorted(available)]


def test_titles_can_be_replaced(sites: Sites) -> None:
    there, gone = an_id(sites.movies, Answer.PLAYER), an_id(sites.movies, Answer.GONE)
    sites.knobs.per_title = {there: (418, {"X-Tea": "yes"}, b"teapot"), gone: Answer.PLAYER}
    answer = ask(f"{sites.vidsrc_url}/embed/movie/{there}")
    assert (answer.status, answer.headers["X-Tea"], answer.body) == (418, "yes", b"teapot")
    assert ask(f"{sites.vidsrc_url}/embed/movie/{gone}").status == 200
    listed = ask(f"{sites.vidsrc_url}/ids/movie_tmdb.txt").body.split()
    assert str(gone).encode() in listed
    assert str(there).encode() not in listed
    assert (sites.truth("movies")[there], sites.truth("movies")[gone]) == (None, True)


def test_everything_can_be_available(sites: Sites) -> None:
    sites.knobs.always_available = True
    assert b"player_iframe" in ask(f"{sites.vidsrc_url}/embed/movie/999999999").body
    assert set(sites.truth("movies").values()) == {True}


def test_every_head_can_be_refused(sites: Sites) -> None:
    url = titles(sites, Answer.PLAYER)[0]
    sites.knobs.head = 501
    assert (ask(url, "HEAD").status, ask(url).status) == (501, 200)


# Trouble


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


# Start and end


def test_the_end_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with socket.socket() as connection:
        with Sites(knobs=Knobs(vidsrc=SiteKnobs(down="hang"))) as sites:
            connection.connect(("127.0.0.1", urlsplit(sites.vidsrc_url).port))
            connection.sendall(b"GET /embed/movie/603 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert discover(sites).status == 200
        assert connection.recv(1) == b""
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        ask(sites.tmdb_url)


def test_environment_and_ports() -> None:
    with Sites() as sites:
        assert sites.environment() == {
            "TMDB_BASE_URL": sites.tmdb_url,
            "TMDB_ACCESS_TOKEN": "demo",
            "VIDSRC_BASE_URL": sites.vidsrc_url,
        }
        taken = urlsplit(sites.tmdb_url).port or 0
        with pytest.raises(OSError, match="in use"), Sites(tmdb_port=taken):
            pass
    with Sites(tmdb_port=taken) as sites:
        assert urlsplit(sites.tmdb_url).port == taken


@pytest.mark.parametrize("end", ["stdin", "SIGTERM"])
def test_sites_in_a_process_of_their_own(end: str) -> None:
    options = {"movies": 50, "shows": 7, "plain": 1.0, "cap": 2, "vidsrc": {"latency": 0}}
    command = [sys.executable, "-W", "error", "-m", "moviesync.demo", json.dumps(options)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        shows = ask(f"{urls['tmdb_url']}/discover/tv?api_key=demo").json
        assert shows["total_results"] == 7
        assert ask(f"{urls['vidsrc_url']}/_log").json["tmdb"]["requests"] == 1
        if end == "SIGTERM":
            process.send_signal(signal.SIGTERM)
            process.wait(5)
        assert process.communicate(timeout=5) == ("", "")
        assert process.returncode == 0
