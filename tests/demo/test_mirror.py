"""What a mirror of VidSrc does besides telling the truth."""

from __future__ import annotations

import gzip
import time
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any
from urllib.parse import urlsplit

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.lies import Lie
from moviesync.demo.lying import LIES
from moviesync.demo.server import Sites
from moviesync.kinds import SHOW
from tests.demo.asking import a_list, an_id, ask, info_of, page_of

ABSENT = 999999999


def outcome(url: str, method: str = "GET") -> str:
    """Status and target of what an address answers, or what becomes of the connection."""
    try:
        got = ask(url, method, timeout=0.3)
    except IncompleteRead:
        return "cut"
    except (ConnectionError, HTTPException):
        return "reset"
    except TimeoutError:
        return "hang"
    return " ".join(filter(None, [str(got.status), got.headers.get("Location")]))


def outcomes(sites: Sites) -> list[str]:
    """What the first mirror answers to HEAD and GET of pages, to info and to a list."""
    there = an_id(sites.movies, Answer.PLAYER)
    return [
        outcome(page_of(sites, there), "HEAD"),
        outcome(page_of(sites, there)),
        outcome(page_of(sites, ABSENT), "HEAD"),
        outcome(page_of(sites, ABSENT)),
        outcome(info_of(sites, there)),
        outcome(info_of(sites, ABSENT)),
        outcome(f"{sites.vidsrc_url}/ids/movie_tmdb.txt"),
    ]


TRUTH_OLD = ["200", "200", "404", "404", "404", "404", "200"]
TRUTH_TODAY = ["200", "200", "200", "200", "200", "404", "200"]

EVERYTHING = {
    Lie.ALL_GONE: "404",
    Lie.SAME_PAGE: "200",
    Lie.MAINTENANCE: "200",
    Lie.EMPTY: "200",
    Lie.NO_CONTENT: "204",
    Lie.TO_ROOT: "302 /",
    Lie.CHALLENGE: "403",
    Lie.ERROR_500: "500",
    Lie.SOFT_404: "200",
}
HEADS = {
    Lie.HEAD_404: "404",
    Lie.HEAD_HANGS: "hang",
    Lie.HEAD_DROPPED: "reset",
    Lie.HEAD_400: "400",
    Lie.HEAD_403: "403",
    Lie.HEAD_500: "500",
}
REST_OLD = {
    Lie.PLAYER: ["200", "200", "200", "200", "404", "404", "200"],
    Lie.INFO: TRUTH_OLD,
    Lie.NO_INFO: TRUTH_OLD,
    Lie.PARTIAL: ["206", "206", "404", "404", "404", "404", "206"],
    Lie.CUT: ["200", "cut", "404", "cut", "cut", "cut", "cut"],
}
REST_TODAY = {
    Lie.PLAYER: TRUTH_TODAY,
    Lie.INFO: ["200", "200", "200", "200", "200", "200", "200"],
    Lie.NO_INFO: ["200", "200", "200", "200", "404", "404", "200"],
    Lie.PARTIAL: ["206", "206", "206", "206", "206", "404", "206"],
    Lie.CUT: ["200", "cut", "200", "cut", "cut", "cut", "cut"],
}


def heads(said: str, truth: list[str]) -> list[str]:
    return [said, truth[1], said, *truth[3:]]


def expected(truth: list[str], rest: dict[Lie, list[str]]) -> dict[Lie, list[str]]:
    everything = {lie: [said] * len(truth) for lie, said in EVERYTHING.items()}
    return {**everything, **{lie: heads(said, truth) for lie, said in HEADS.items()}, **rest}


@pytest.mark.parametrize(("lie", "said"), expected(TRUTH_OLD, REST_OLD).items())
def test_lies_of_an_old_mirror(sites: Sites, lie: Lie, said: list[str]) -> None:
    own = sites.knobs.mirrors[0]
    own.form = "old"
    assert outcomes(sites) == TRUTH_OLD
    truth = sites.truth("movies")
    own.lie = lie
    assert outcomes(sites) == said
    assert sites.truth("movies") == truth
    own.lie = None
    assert outcomes(sites) == TRUTH_OLD


@pytest.mark.parametrize(("lie", "said"), expected(TRUTH_TODAY, REST_TODAY).items())
def test_lies_of_a_mirror_of_today(sites: Sites, lie: Lie, said: list[str]) -> None:
    assert outcomes(sites) == TRUTH_TODAY
    sites.knobs.mirrors[0].lie = lie
    assert outcomes(sites) == said
    assert ask(info_of(sites, ABSENT, mirror=1)).status == 404


def test_every_lie_is_told() -> None:
    assert set(LIES) == set(Lie) == {*expected(TRUTH_OLD, REST_OLD), Lie.TO_LOGIN, Lie.COOKIE_WALL}


@pytest.mark.parametrize(
    ("lie", "text"),
    [
        (Lie.SAME_PAGE, b"This domain is for sale"),
        (Lie.MAINTENANCE, b"<title>Maintenance</title>"),
        (Lie.CHALLENGE, b"<title>Just a moment...</title>"),
        (Lie.SOFT_404, b"<title>404 Not Found</title>"),
        (Lie.EMPTY, b""),
        (Lie.NO_CONTENT, b""),
    ],
)
def test_pages_that_are_the_same_for_everything(sites: Sites, lie: Lie, text: bytes) -> None:
    sites.knobs.mirrors[0].lie = lie
    urls = [info_of(sites, ABSENT), page_of(sites, 603), f"{sites.vidsrc_url}/ids/tv_tmdb.txt"]
    (body,) = {ask(url).body for url in urls}
    assert text in body
    assert bool(body) is bool(text)
    assert ("cf-mitigated" in ask(urls[0]).headers) == (lie is Lie.CHALLENGE)


def test_redirects_of_everything(sites: Sites) -> None:
    own = sites.knobs.mirrors[0]
    own.lie = Lie.TO_ROOT
    assert outcome(f"{sites.vidsrc_url}/") == "200"
    own.lie = Lie.TO_LOGIN
    assert outcome(page_of(sites, 603)) == "302 /login?next=/embed/movie/603"
    assert outcome(f"{sites.vidsrc_url}/login?next=/embed/movie/603") == "200"
    own.lie = Lie.COOKIE_WALL
    assert outcome(info_of(sites, 603)) == "302 /info/movie/603.json"
    assert outcome(f"{sites.vidsrc_url}/x?y=1", "HEAD") == "302 /x?y=1"


def test_info_for_everything_names_what_was_asked(sites: Sites) -> None:
    own = sites.knobs.mirrors[0]
    own.lie = Lie.INFO
    assert ask(info_of(sites, ABSENT)).json["tmdb_id"] == ABSENT
    own.lie, own.info_form = Lie.NO_INFO, "code"
    assert ask(info_of(sites, an_id(sites.movies, Answer.PLAYER))).json["status_code"] == 404


def test_a_lie_has_a_beginning_and_an_end(sites: Sites) -> None:
    first, second, _ = sites.knobs.mirrors
    first.lie, first.lie_from, first.lie_for = Lie.ALL_GONE, 3, 2
    second.lie, second.lie_from = Lie.MAINTENANCE, 1
    urls = [page_of(sites, 603, mirror=number) for number in (0, 1)]
    assert [outcome(urls[0]) for _ in range(7)] == ["200"] * 3 + ["404"] * 2 + ["200"] * 2
    assert [b"Maintenance" in ask(urls[1]).body for _ in range(3)] == [False, True, True]
    first.lie_from = 1
    assert [outcome(urls[0]) for _ in range(4)] == ["200", "404", "404", "200"]


@pytest.mark.parametrize(
    ("down", "met"), [("500", "500"), ("challenge", "403"), ("hang", "hang"), ("reset", "reset")]
)
def test_one_mirror_is_down(sites: Sites, down: Any, met: str) -> None:
    sites.knobs.mirrors[1].down = down
    assert [outcome(page_of(sites, 603, mirror=number)) for number in range(3)] == ["200", met, "200"]
    sites.knobs.mirrors[1].down = None
    assert outcome(page_of(sites, 603, mirror=1)) == "200"


def test_answers_can_be_packed(sites: Sites) -> None:
    there = an_id(sites.movies, Answer.PLAYER)
    urls = [page_of(sites, there), info_of(sites, there), f"{sites.vidsrc_url}/ids/tv_tmdb.txt"]
    plain = [ask(url).body for url in urls]
    sites.knobs.mirrors[0].packed = True
    packed = [ask(url) for url in urls]
    assert {got.headers["Content-Encoding"] for got in packed} == {"gzip"}
    assert [gzip.decompress(got.body) for got in packed] == plain
    assert ask(urls[0], "HEAD").headers["Content-Length"] == str(len(packed[0].body))
    assert a_list(sites, "tv", mirror=1) == plain[2].decode().splitlines()


@pytest.mark.parametrize("form", ["today", "old"])
def test_one_title_drips(sites: Sites, form: Any) -> None:
    own = sites.knobs.mirrors[0]
    own.form, own.drip = form, frozenset({an_id(sites.movies, Answer.PLAYER)})
    dripping, other = an_id(sites.movies, Answer.PLAYER), an_id(sites.shows, Answer.PLAYER)
    address = info_of if form == "today" else page_of
    url = urlsplit(address(sites, dripping))
    connection = HTTPConnection(url.netloc, timeout=5)
    started = time.monotonic()
    connection.request("GET", url.path)
    response = connection.getresponse()
    assert int(response.headers["Content-Length"]) > 100
    assert len(response.read(2)) == 2
    assert 1.5 < time.monotonic() - started < 4
    connection.close()
    assert outcome(address(sites, other, SHOW)) == "200"
    assert outcome(page_of(sites, dripping), "HEAD") == "200"
