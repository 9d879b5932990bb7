"""What an answer means where VidSrc is asked for the info of a title."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from moviesync.kinds import MOVIE, SHOW
from moviesync.vidsrc.answer import LARGEST, Answer, Finding
from moviesync.vidsrc.info import info_url, judge
from tests.vidsrc.answers import CHALLENGES, ELSEWHERE, MITIGATED, SAYS_NOTHING, SOFT, info

AVAILABLE = Finding(True, "info")
ABSENT = Finding(False, "no info")
NOT_JSON = Finding(None, "not JSON")
NO_INFO = Finding(None, "not the JSON of an info")
TROUBLE = Finding(None, "an error of the site")
OTHER = Finding(None, "info of another title")
FILM = {
    "status_code": 200,
    "title": "The Matrix",
    "year": "1999",
    "imdb_id": "tt0133093",
    "tmdb_id": "603",
    "quality": "1080p",
    "embed_url": "https://vidsrc.example/embed/movie/tt0133093",
    "embed_url_tmdb": "https://vidsrc.example/embed/movie/603",
}
NOT_THERE = {"status_code": 404, "error": "not found"}
BODY, NO_BODY = json.dumps(FILM).encode(), json.dumps(NOT_THERE).encode()


def said(content: object, status: int = 200) -> Finding:
    return judge(info(status, json.dumps(content).encode()))


def test_info_url() -> None:
    assert info_url("http://127.0.0.1:8000/v", MOVIE, 603) == "http://127.0.0.1:8000/v/info/movie/603.json"
    assert info_url("https://vidsrc.sh", SHOW, 1399) == "https://vidsrc.sh/info/tv/1399.json"


@pytest.mark.parametrize("code", [200, "200", " 200 "])
@pytest.mark.parametrize("tmdb_id", [603, "603", None, "", "-1", -1])
def test_a_title_that_is_there(code: object, tmdb_id: object) -> None:
    assert said({**FILM, "status_code": code, "tmdb_id": tmdb_id}) == AVAILABLE
    assert said({"status_code": code}) == AVAILABLE


@pytest.mark.parametrize("error", [None, "", False, 0, [], {}])
def test_an_error_that_is_none(error: object) -> None:
    assert said({**FILM, "error": error}) == AVAILABLE
    assert said({"error": error}) == NO_INFO


def test_a_show_that_is_there() -> None:
    url = "https://vidsrc.example/info/tv/1399.json"
    content = {"status_code": "200", "tmdb_id": 1399, "seasons": [{"season": "1", "episodes": ["1", "2"]}]}
    assert judge(Answer(200, url, url, {}, json.dumps(content).encode())) == AVAILABLE


@pytest.mark.parametrize(
    "content",
    [
        NOT_THERE,
        {"status_code": 404},
        {"status_code": "404", "message": "Not found"},
        {**FILM, "status_code": "404"},
        {"error": "not found"},
        {"error": "No movie with this id in the database"},
        {"error": "This media is unavailable at the moment."},
        {"error": "404 Not Found"},
        {"error": "HTTP 410"},
        {"error": "Film 550 not found"},
        {"error": True},
        {"error": 404},
        {"error": {"code": 404, "message": "not found"}},
        {"error": ["not found"]},
        {"error": True, "message": "no such title"},
    ],
)
def test_a_title_that_is_not_there(content: dict[str, Any]) -> None:
    assert said(content) == ABSENT
    assert said(content, 404) == said(content, 410) == ABSENT


@pytest.mark.parametrize(
    "content",
    [
        *({"error": text} for text in ("Too many requests", "Rate limit exceeded", "rate-limited")),
        *({"error": text} for text in ("Internal Server Error", "down for maintenance", "database error")),
        *({"error": text} for text in ("The request timed out", "timeout")),
        {"error": "SQLSTATE[HY000]: could not connect"},
        {"error": "403 Forbidden"},
        {"error": "429"},
        {"error": 503},
        {"error": "HTTP 500"},
        {"error": "error code: 1020 (access denied)"},
        {"error": "Unauthorized"},
        {"error": "invalid token"},
        {"error": "Please try again later"},
        {"error": True, "message": "Server busy"},
        {"error": {"code": 500, "message": "oops"}},
        {"error": [{"a": 1}]},
        {"error": 1.5},
        {**FILM, "error": "not found"},
        {"status_code": "200", "error": True},
    ],
)
@pytest.mark.parametrize("status", [200, 404, 410])
def test_an_error_of_the_site_says_nothing(content: dict[str, Any], status: int) -> None:
    assert said(content, status) == TROUBLE


@pytest.mark.parametrize("code", [0, 1, 199, 201, 403, "429", 500, "503", -404, 40_400])
@pytest.mark.parametrize("status", [200, 404])
def test_another_status_code_says_nothing(code: object, status: int) -> None:
    assert said({**FILM, "status_code": code}, status) == Finding(None, f"status_code {code}")
    assert said({"status_code": code, "error": "not found"}, status) == Finding(None, f"status_code {code}")


@pytest.mark.parametrize(
    "code",
    [
        *(10**30, -(10**30), 200.0, 404.0),
        *("200.0", "2_00", "0x194", "٤٠٤", "²", "200 OK", "OK", "", "9" * 5000),
        None,
        True,
        [200],
        {},
    ],
)
def test_a_status_code_that_is_no_number(code: object) -> None:
    assert said({**FILM, "status_code": code}) == NO_INFO


@pytest.mark.parametrize(
    "tmdb_id",
    [
        *("604", "6030", "0", "tt0133093", "9" * 5000),
        *(604, 60, 3, 0, 10**300, 603.5),
        True,
        [603],
        {"id": 603},
    ],
)
def test_the_info_of_another_title_says_nothing(tmdb_id: object) -> None:
    assert said({**FILM, "tmdb_id": tmdb_id}) == OTHER


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (b"", Finding(None, "empty answer")),
        (b" \n", Finding(None, "empty answer")),
        (b"<html><body><h1>The Matrix</h1></body></html>", NOT_JSON),
        (SOFT, NOT_JSON),
        (BODY[:-1], NOT_JSON),
        (BODY + b"}", NOT_JSON),
        (BODY + BODY, NOT_JSON),
        (b"callback(" + BODY + b")", NOT_JSON),
        (b"\xff" + BODY, NOT_JSON),
        (BODY.replace(b"Matrix", b"\xe9\xe8"), NOT_JSON),
        (b'{"status_code":200,"a":' + b"1" * 5000 + b"}", NOT_JSON),
        (b"[" * 200_000 + b"]" * 200_000, NOT_JSON),
        (b'{"status_code":200,"a":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001, NOT_JSON),
        (b"\0" * 50, NOT_JSON),
        *((body, NO_INFO) for body in (b"null", b"200", b'"200"', b"NaN", b"[]", b"{}")),
        *((b"[" + body + b"]", NO_INFO) for body in (BODY, NO_BODY)),
        (b'{"result": [], "pages": 1}', NO_INFO),
        (b'{"title": "The Matrix", "tmdb_id": "603"}', NO_INFO),
        (b'{"status": 404, "message": "not found"}', NO_INFO),
    ],
)
def test_what_is_no_info(body: bytes, finding: Finding) -> None:
    assert judge(info(200, body)) == finding
    assert judge(info(200, body, {"content-type": "text/html; charset=hex"})) == finding
    assert judge(info(404, body)) == judge(info(410, body)) == ABSENT


def test_an_info_that_is_cut_short_anywhere_says_nothing() -> None:
    for whole in (BODY, NO_BODY):
        for length in range(len(whole)):
            assert judge(info(200, whole[:length])).available is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encodings_of_json_are_read(encoding: str) -> None:
    assert judge(info(200, BODY.decode().encode(encoding))) == AVAILABLE
    assert judge(info(200, NO_BODY.decode().encode(encoding))) == ABSENT


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 1e308, 10**400, "\ud800", [[[[[[1]]]]]]])
def test_other_fields_may_hold_anything(value: object) -> None:
    assert said({**FILM, "quality": value}) == AVAILABLE


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=UTF-8", "text/plain", "", "x"])
def test_the_type_of_an_info_does_not_matter(kind: str) -> None:
    assert judge(info(200, BODY, {"content-type": kind})) == AVAILABLE
    assert judge(info(200, NO_BODY, {"content-type": kind})) == ABSENT


@pytest.mark.parametrize("status", [201, 202, 203, 204, 206, 299, 405, 501, *SAYS_NOTHING])
def test_another_status_says_nothing(status: int) -> None:
    for body in (BODY, NO_BODY, b""):
        assert judge(info(status, body)) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize("status", [404, 410])
def test_a_title_that_is_and_is_not_there(status: int) -> None:
    assert judge(info(status, BODY)) == Finding(None, f"HTTP {status} with status_code 200")


@pytest.mark.parametrize("status", [200, 404, 410, 503])
@pytest.mark.parametrize("url", [*ELSEWHERE, "https://vidsrc.example/info/movie/604.json"])
def test_an_info_from_elsewhere_says_nothing(status: int, url: str) -> None:
    for body in (BODY, NO_BODY):
        assert judge(info(status, body, url=url)) == Finding(None, "redirected elsewhere")


def test_an_info_from_another_host() -> None:
    url = "https://new.example/info/movie/603.json"
    assert judge(info(200, BODY, url=url)) == AVAILABLE
    assert judge(info(404, b"", url=url)) == ABSENT


@pytest.mark.parametrize("status", [200, 404])
def test_a_challenge_says_nothing(status: int) -> None:
    blocked = Finding(None, f"blocked (HTTP {status})")
    assert judge(info(status, BODY, MITIGATED)) == judge(info(status, NO_BODY, MITIGATED)) == blocked
    for body in CHALLENGES:
        assert judge(info(status, body)) == blocked
        assert judge(info(status, gzip.compress(body), {"content-encoding": "gzip"})) == blocked


def test_a_packed_info() -> None:
    headers = {"content-encoding": "gzip"}
    assert judge(info(200, gzip.compress(BODY), headers)) == AVAILABLE
    assert judge(info(200, gzip.compress(NO_BODY), headers)) == ABSENT
    assert judge(info(200, gzip.compress(BODY)[:-1], headers)) == Finding(None, "answer cut short")
    assert judge(info(200, BODY, headers)) == Finding(None, "encoding not understood")
    assert judge(info(200, gzip.compress(BODY + b" " * LARGEST), headers)) == Finding(
        None, "answer too large"
    )
    assert judge(info(200, BODY + b" " * LARGEST)) == Finding(None, "answer too large")
    assert judge(info(404, BODY, headers)) == ABSENT
