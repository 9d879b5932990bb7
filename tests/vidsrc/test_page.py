"""The verdict table: what the answers of VidSrc say of a title."""

from __future__ import annotations

import pytest

from moviesync.kinds import MOVIE, SHOW
from moviesync.vidsrc.page import Finding, judge, page_url

PLAYER = b"<html><head><title>The Matrix</title></head><body><iframe></iframe></body></html>"
CHALLENGE = b"<html><head><title>Just a moment...</title></head></html>"
MITIGATED = {"Cf-Mitigated": "challenge"}
AVAILABLE = Finding(True, "page")
ABSENT = Finding(False, "no page")


@pytest.mark.parametrize("status", [404, 410])
def test_a_head_that_finds_no_page_settles_it(status: int) -> None:
    assert judge(status, {}) == ABSENT


@pytest.mark.parametrize("status", [200, 202, 204, 206, 299, 405, 501])
def test_a_head_that_needs_a_look(status: int) -> None:
    assert judge(status, {"Content-Type": "text/html"}) is None


SAYS_NOTHING = [301, 302, 304, 400, 401, 403, 408, 425, 429, 451, 500, 502, 503, 504, 520, 522, 599]


@pytest.mark.parametrize("status", SAYS_NOTHING)
def test_a_head_that_says_nothing(status: int) -> None:
    assert judge(status, {}) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize("status", [200, 403, 404, 405, 503])
@pytest.mark.parametrize("name", ["cf-mitigated", "Cf-Mitigated", "CF-MITIGATED"])
def test_a_head_that_is_challenged(status: int, name: str) -> None:
    assert judge(status, {name: "challenge"}) == Finding(None, f"blocked (HTTP {status})")


@pytest.mark.parametrize("status", SAYS_NOTHING)
@pytest.mark.parametrize("head_status", [200, 405])
def test_a_get_that_says_nothing(status: int, head_status: int) -> None:
    assert judge(status, {}, PLAYER, head_status=head_status) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize(
    ("head_status", "status", "finding"),
    [
        (200, 200, AVAILABLE),
        (405, 200, AVAILABLE),
        (501, 206, AVAILABLE),
        (200, 404, ABSENT),
        (405, 404, ABSENT),
        (501, 410, ABSENT),
        (200, 405, AVAILABLE),
        (204, 501, AVAILABLE),
        (405, 405, Finding(None, "HTTP 405")),
        (405, 501, Finding(None, "HTTP 501")),
        (501, 405, Finding(None, "HTTP 405")),
    ],
)
def test_a_get_after_a_head(head_status: int, status: int, finding: Finding) -> None:
    assert judge(status, {}, PLAYER, head_status=head_status) == finding


@pytest.mark.parametrize(
    "body",
    [
        b"This media is unavailable at the moment.",
        b"<html><body><p>This media is unavailable at the moment.</p></body></html>",
        b"<h1>THIS MEDIA IS UNAVAILABLE AT THE MOMENT</h1>",
        b"<div>\n  This media\r\n\tis  unavailable\n at the moment!</div>",
        PLAYER + b" " * 100_000 + b"<b>this media is unavailable at the moment</b>",
        b"<title>404 Not Found</title>",
        b"<TITLE>\n 404\tNOT  FOUND </TITLE >",
        b'<html><title lang="en">404 not found</title><body>nginx</body></html>',
        b"\xff\xfe\x00 This media is unavailable at the moment. \x80",
    ],
)
@pytest.mark.parametrize("head_status", [200, 405])
def test_a_page_that_says_there_is_none(body: bytes, head_status: int) -> None:
    assert judge(200, {}, body, head_status=head_status) == ABSENT


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"This media is&nbsp;unavailable at the moment.", id="entity"),
        pytest.param("This media is\xa0unavailable at the moment.".encode(), id="no-break space"),
        pytest.param(b"This media is <b>unavailable</b> at the moment.", id="tags within"),
    ],
)
def test_a_page_that_says_there_is_none_in_other_markup(body: bytes) -> None:
    assert judge(200, {}, body, head_status=200) == ABSENT


@pytest.mark.parametrize(
    "title",
    [
        "Just a Moment",
        "just a moment",
        "404",
        "Error 404",
        "404 Not Found Yet",
        "The 404 Not Found",
        "Attention",
        "Unavailable",
        "This Media",
    ],
)
def test_a_film_may_be_called_what_it_likes(title: str) -> None:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    assert judge(200, {}, body.encode(), head_status=200) == AVAILABLE


@pytest.mark.parametrize("status", [200, 403, 404, 429, 503])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (MITIGATED, PLAYER),
        (MITIGATED, b""),
        ({}, CHALLENGE),
        ({}, b"<title>\n Just  a moment...\n</title>"),
        ({}, "<TITLE>JUST A MOMENT…</TITLE>".encode()),
        ({}, b"<title>Just a moment&hellip;</title>"),
        ({}, b"<title>Attention Required! | Cloudflare</title>"),
        ({}, b"<script>window._cf_chl_opt={cvId:'3'};</script>"),
        ({}, CHALLENGE + b"This media is unavailable at the moment."),
    ],
)
def test_a_challenge_says_nothing(status: int, headers: dict[str, str], body: bytes) -> None:
    finding = judge(status, headers, body, head_status=200)
    assert finding == Finding(None, f"blocked (HTTP {status})")


def test_a_script_of_cloudflares_in_an_ordinary_page_is_no_challenge() -> None:
    script = b'<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'
    assert judge(200, {}, PLAYER + script, head_status=200) == AVAILABLE


def test_other_headers_of_cloudflare_are_no_challenge() -> None:
    headers = {"Server": "cloudflare", "CF-Ray": "8c1", "Cf-Cache-Status": "HIT"}
    assert judge(404, headers) == ABSENT
    assert judge(200, headers, PLAYER, head_status=200) == AVAILABLE


def test_page_url() -> None:
    assert page_url("http://127.0.0.1:8000/v", MOVIE, 603) == "http://127.0.0.1:8000/v/embed/movie/603"
    assert page_url("https://vidsrc.xyz", SHOW, 1399) == "https://vidsrc.xyz/embed/tv/1399"
