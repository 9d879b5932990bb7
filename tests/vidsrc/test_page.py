"""What an answer means where VidSrc is asked for the page of a title."""

from __future__ import annotations

import pytest

from moviesync.kinds import MOVIE, SHOW
from moviesync.vidsrc.answer import Finding
from moviesync.vidsrc.page import judge, judge_head, page_url
from tests.vidsrc.answers import CHALLENGES, ELSEWHERE, HTML, MITIGATED, PLAYER, SAYS_NOTHING, SOFT, page

AVAILABLE = Finding(True, "page")
ABSENT = Finding(False, "no page")
CUT = Finding(None, "answer cut short")
NOT_HTML = Finding(None, "not HTML")
EMPTY = Finding(None, "empty page")


def test_page_url() -> None:
    assert page_url("http://127.0.0.1:8000/v", MOVIE, 603) == "http://127.0.0.1:8000/v/embed/movie/603"
    assert page_url("https://vidsrc.xyz", SHOW, 1399) == "https://vidsrc.xyz/embed/tv/1399"


@pytest.mark.parametrize("status", [404, 410])
def test_a_head_that_finds_no_page_settles_it(status: int) -> None:
    assert judge_head(page(status)) == ABSENT


@pytest.mark.parametrize("status", [200, 202, 204, 206, 299, 405, 501])
def test_a_head_that_needs_a_look(status: int) -> None:
    assert judge_head(page(status)) is None


@pytest.mark.parametrize("status", SAYS_NOTHING)
def test_a_head_that_says_nothing(status: int) -> None:
    assert judge_head(page(status)) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize("status", [200, 403, 404, 405, 503])
def test_a_head_that_is_challenged(status: int) -> None:
    assert judge_head(page(status, headers=MITIGATED)) == Finding(None, f"blocked (HTTP {status})")


@pytest.mark.parametrize("status", [200, 204, 404, 410])
@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_head_that_is_answered_elsewhere(status: int, url: str) -> None:
    assert judge_head(page(status, url=url)) == Finding(None, "redirected elsewhere")


@pytest.mark.parametrize("status", [405, 501])
@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_head_that_is_refused_elsewhere_needs_a_look(status: int, url: str) -> None:
    assert judge_head(page(status, url=url)) is None


@pytest.mark.parametrize("status", [201, 202, 203, 204, 206, 299, 405, 501, *SAYS_NOTHING])
def test_a_get_that_says_nothing(status: int) -> None:
    assert judge(page(status, PLAYER)) == Finding(None, f"HTTP {status}")
    assert judge(page(status, SOFT)) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [b"", PLAYER, PLAYER[:40], SOFT, b"\xff\0", b"{}"])
@pytest.mark.parametrize(
    "headers", [{}, HTML, {"content-encoding": "br"}, {"content-type": "text/html; charset=hex"}]
)
def test_a_get_that_finds_no_page(status: int, body: bytes, headers: dict[str, str]) -> None:
    assert judge(page(status, body, headers)) == ABSENT


@pytest.mark.parametrize("status", [200, 206, 404, 410, 500])
@pytest.mark.parametrize("body", [b"", PLAYER, SOFT])
@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_get_that_is_answered_elsewhere(status: int, body: bytes, url: str) -> None:
    assert judge(page(status, body, url=url)) == Finding(None, "redirected elsewhere")


@pytest.mark.parametrize(
    "url", ["https://new.example/embed/movie/603", "https://vidsrc.example/embed/movie/603-the-matrix"]
)
def test_a_get_that_is_answered_by_another_address_of_the_title(url: str) -> None:
    assert judge(page(200, PLAYER, url=url)) == AVAILABLE
    assert judge(page(404, PLAYER, url=url)) == ABSENT


@pytest.mark.parametrize(
    "body",
    [
        PLAYER,
        PLAYER.upper(),
        b"\xef\xbb\xbf\r\n" + PLAYER,
        PLAYER.decode().encode("utf-16"),
        b"<!-- -->" + PLAYER + b"<!-- end --><script>let a = '</p>';</script>",
        b"<html><body><script src='/player.js'></script></body></html>",
        b"<html><head><script>if (a < b) document.write('<title>404 not found</title>')</script></head></html>",
        b"<body><iframe src='/p'></iframe></body>",
        b"<!doctype html><title>The Matrix</title><body><p>1 < 2</body>",
        b"<div><video src='/p'></video></div>",
        b"<html><head><!-->The Matrix<!--[if IE]><!--><b>4</b><!--<![endif]--></head></html>",
        b"<html><!-- <p>This media is unavailable at the moment.</p> --><p>The Matrix</p></html>",
        b"<html><style>p:before{content:'This media is unavailable at the moment'}</style><p>The Matrix</p></html>",
        b"<html><script>const gone = 'This media is unavailable at the moment.';</script><p>The Matrix</p></html>",
    ],
)
def test_a_page_with_a_player(body: bytes) -> None:
    assert judge(page(200, body)) == AVAILABLE


@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML ; charset=utf-8", "application/xhtml+xml"])
def test_a_page_by_its_type(kind: str) -> None:
    assert judge(page(200, PLAYER, {"content-type": kind})) == AVAILABLE
    assert judge(page(200, PLAYER, {})) == AVAILABLE


@pytest.mark.parametrize(
    "body",
    [
        b"This media is unavailable at the moment.",
        SOFT,
        b"<h1>THIS MEDIA IS UNAVAILABLE AT THE MOMENT</h1>",
        b"<div>\n  This media\r\n\tis  unavailable\n at the moment!</div>",
        PLAYER + b" " * 100_000 + b"<b>this media is unavailable at the moment</b>",
        b"<title>404 Not Found</title>",
        b"<TITLE>\n 404\tNOT  FOUND </TITLE >",
        b'<html><title lang="en">404 not found</title><body>nginx</body></html>',
        b"\xff\xfe\x00 This media is unavailable at the moment. \x80",
        SOFT.decode().encode("utf-16"),
        pytest.param(b"This media is&nbsp;unavailable at the moment.", id="entity"),
        pytest.param("This media is\xa0unavailable at the moment.".encode(), id="no-break space"),
        pytest.param(b"This media is <b>unavailable</b> at the moment.", id="tags within"),
        pytest.param(b"<p>This media is<br>unavailable<br/>at the moment.</p>", id="tags for blanks"),
        pytest.param(b"<p>This media is un<b>avail</b>able at the moment.</p>", id="tags in words"),
        pytest.param(b"<p>This media is <!-- not -->unavailable at the moment.</p>", id="comment within"),
        pytest.param(b"<p>&#84;his media is &#x75;navailable at the moment.</p>", id="numbers"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTML])
def test_a_page_that_says_there_is_none(body: bytes, headers: dict[str, str]) -> None:
    assert judge(page(200, body, headers)) == ABSENT


@pytest.mark.parametrize(
    ("body", "headers", "finding"),
    [
        pytest.param(None, HTML, EMPTY, id="no body"),
        pytest.param(b"", HTML, EMPTY, id="empty"),
        pytest.param(b" \r\n\t", HTML, EMPTY, id="blanks"),
        pytest.param(b"\xef\xbb\xbf", HTML, EMPTY, id="a mark"),
        pytest.param(b"<html><head></head><body></body></html>", HTML, EMPTY, id="nothing in it"),
        pytest.param(
            b"<html><title> </title><body>&nbsp;<p>\n</p></body></html>", HTML, EMPTY, id="blanks in it"
        ),
        pytest.param(b"<html><body><!-- player --></body></html>", HTML, EMPTY, id="a comment in it"),
        pytest.param(b"<html><body><!-- <iframe> --></body></html>", HTML, EMPTY, id="a player in a comment"),
        pytest.param(b"OK", HTML, NOT_HTML, id="text"),
        pytest.param(b"1 < 2 > 1", HTML, NOT_HTML, id="no elements"),
        pytest.param(b"<!doctype html>", HTML, CUT, id="a beginning"),
        pytest.param(b'{"error": "<b>sorry</b>"}', HTML, NOT_HTML, id="JSON said to be HTML"),
        pytest.param(b'{"error": "<b>sorry</b>"}', {}, NOT_HTML, id="JSON without a type"),
        pytest.param(b"<rss><title>News</title></rss>", {}, NOT_HTML, id="XML without a type"),
        pytest.param(PLAYER, {"content-type": "application/json"}, NOT_HTML, id="another type"),
        pytest.param(SOFT, {"content-type": "text/plain"}, NOT_HTML, id="another type that says no"),
        pytest.param(b"GIF89a\x01\0\x01\0", {"content-type": "image/gif"}, NOT_HTML, id="an image"),
        pytest.param(SOFT[:-4], HTML, CUT, id="cut where it said no"),
        pytest.param(PLAYER + b"<p", HTML, CUT, id="an open tag"),
        pytest.param(PLAYER + b"<script>'</html>'", HTML, CUT, id="an open script"),
        pytest.param(PLAYER + b"<style>", HTML, CUT, id="an open style"),
        pytest.param(PLAYER + b"<!-- </html>", HTML, CUT, id="an open comment"),
        pytest.param(b"<html><script>'</html>'</script><p>A</p>", HTML, CUT, id="its end in a script"),
        pytest.param(b"<html><!-- </html> --><p>A</p>", HTML, CUT, id="its end in a comment"),
        pytest.param(b"<body><p>A</p>", HTML, CUT, id="no end of the body"),
        pytest.param(
            PLAYER.decode().encode("utf-16"),
            {"content-type": "text/html; charset=utf-8"},
            AVAILABLE,
            id="a mark is stronger than a header",
        ),
    ],
)
def test_a_page_that_is_none(body: bytes | None, headers: dict[str, str], finding: Finding) -> None:
    assert judge(page(200, body, headers)) == finding


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
    assert judge(page(200, body.encode())) == AVAILABLE


@pytest.mark.parametrize("status", [200, 206, 403, 404, 429, 503])
def test_a_challenge_says_nothing(status: int) -> None:
    blocked = Finding(None, f"blocked (HTTP {status})")
    assert judge(page(status, PLAYER, MITIGATED)) == judge(page(status, b"", MITIGATED)) == blocked
    for body in CHALLENGES:
        assert judge(page(status, body)) == judge(page(status, body, {})) == blocked


def test_a_script_of_cloudflares_in_an_ordinary_page_is_no_challenge() -> None:
    script = b'<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'
    assert judge(page(200, PLAYER + script)) == AVAILABLE


def test_other_headers_of_cloudflare_are_no_challenge() -> None:
    headers = {"server": "cloudflare", "cf-ray": "8c1", "cf-cache-status": "HIT"}
    assert judge_head(page(404, headers=headers)) == ABSENT
    assert judge(page(200, PLAYER, headers)) == AVAILABLE
