"""What every answer of VidSrc has in common: whose it is, and how it is packed."""

from __future__ import annotations

import gzip
import time
import zlib

import pytest

from moviesync.vidsrc.answer import (
    LARGEST,
    Answer,
    Finding,
    Unpackable,
    names_title,
    proves_nothing,
    unpacked,
)

ASKED = "https://a.example/embed/movie/603"
INFO = "https://a.example/info/movie/603.json"


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        pytest.param(ASKED, ASKED, id="the same"),
        pytest.param(ASKED, "https://b.example/embed/movie/603", id="another host"),
        pytest.param(ASKED, "http://a.example:8080/embed/movie/603", id="another port and scheme"),
        pytest.param("http://a.example:80/v/embed/movie/603", ASKED, id="another base"),
        pytest.param(ASKED, "https://A.Example/Embed/MOVIE/603", id="in capitals"),
        pytest.param(ASKED, ASKED + "/", id="a slash at the end"),
        pytest.param(ASKED, "https://a.example//embed//movie//603//", id="slashes"),
        pytest.param(ASKED, "https://b.example/watch/movie/603-the-matrix", id="a slug"),
        pytest.param(ASKED, "https://b.example/movie/603.html", id="an ending"),
        pytest.param(ASKED, ASKED + "?autoplay=1#top", id="a query and a place"),
        pytest.param(ASKED, "https://a.example/embed/movie?tmdb=603", id="in the query"),
        pytest.param(
            ASKED, "https://a.example/embed/movie/?lang=en&tmdb=603", id="in the query, with others"
        ),
        pytest.param(ASKED, ASKED + "?tmdb=603", id="in both"),
        pytest.param(ASKED, "https://a.example/movie/603-the-matrix?tmdb=603", id="in both, with a slug"),
        pytest.param(INFO, "https://b.example/info/movie/603.json", id="info of another host"),
        pytest.param(INFO, "https://b.example/info/movie/603", id="info without its ending"),
        pytest.param("https://[::1", "https://[::1", id="no address, but the same"),
        pytest.param(
            "https://a.example/embed/movie/404", "https://b.example/movie/404-the-film", id="the title 404"
        ),
    ],
)
def test_an_address_that_names_the_title(asked: str, url: str) -> None:
    assert names_title(asked, url)


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        pytest.param(ASKED, "https://a.example/", id="the root"),
        pytest.param(ASKED, "https://a.example", id="the host"),
        pytest.param(ASKED, "", id="nothing"),
        pytest.param(ASKED, "https://a.example/login?next=/embed/movie/603", id="a login"),
        pytest.param(ASKED, "https://a.example/login?tmdb=603", id="a login with the id"),
        pytest.param(ASKED, "https://a.example/login?tmdb=movie&tmdb=603", id="a login with kind and id"),
        pytest.param(ASKED, "https://a.example/#/embed/movie/603", id="a place in the root"),
        pytest.param(ASKED, "https://a.example/404", id="the page of what is not found"),
        pytest.param(
            "https://a.example/embed/movie/404", "https://a.example/404", id="that page, for the title 404"
        ),
        pytest.param(
            "https://a.example/embed/movie/404", "https://a.example/404.html", id="that page with an ending"
        ),
        pytest.param(
            "https://a.example/embed/movie/404", "https://a.example/error/404", id="that page in a folder"
        ),
        pytest.param(ASKED, "https://a.example/embed/movie/604", id="another title"),
        pytest.param(ASKED, "https://a.example/embed/movie/6030", id="a longer id"),
        pytest.param(ASKED, "https://a.example/embed/movie/60", id="a shorter id"),
        pytest.param(ASKED, "https://a.example/embed/movie/", id="no id"),
        pytest.param(ASKED, "https://a.example/embed/tv/603", id="another kind"),
        pytest.param(ASKED, "https://a.example/embed/tv?tmdb=603", id="another kind in the query"),
        pytest.param(ASKED, "https://a.example/embed/movie?tmdb=604", id="another title in the query"),
        pytest.param(ASKED, ASKED + "?tmdb=604", id="two titles"),
        pytest.param(
            ASKED, "https://a.example/embed/movie/604?tmdb=603", id="two titles, the other way round"
        ),
        pytest.param(ASKED, "https://a.example/embed/movie/tt0133093", id="an IMDb id: whose?"),
        pytest.param(ASKED, "https://[::1", id="no address"),
        pytest.param("https://[::1", ASKED, id="no address asked"),
        pytest.param("https://[::1", "https://[::2", id="no address both"),
        pytest.param(ASKED, "https://a\u2100b.example/embed/movie/603", id="a host that is none"),
    ],
)
def test_an_address_that_does_not(asked: str, url: str) -> None:
    assert not names_title(asked, url)
    assert proves_nothing(Answer(200, asked, url)) == Finding(None, "redirected elsewhere")


@pytest.mark.parametrize("status", [200, 404, 410])
def test_what_may_say_something(status: int) -> None:
    assert proves_nothing(Answer(status, ASKED, ASKED)) is None


@pytest.mark.parametrize(
    "status", [0, 100, 201, 202, 203, 204, 206, 301, 304, 400, 401, 403, 429, 451, 500, 503, 599]
)
def test_what_says_nothing(status: int) -> None:
    assert proves_nothing(Answer(status, ASKED, ASKED)) == Finding(None, f"HTTP {status}")


@pytest.mark.parametrize("status", [200, 302, 403, 404, 503])
@pytest.mark.parametrize("url", [ASKED, "https://a.example/"])
def test_a_challenge_says_nothing(status: int, url: str) -> None:
    answer = Answer(status, ASKED, url, {"cf-mitigated": "challenge"})
    assert proves_nothing(answer) == Finding(None, f"blocked (HTTP {status})")


TEXT = b"<p>The Matrix</p>" * 50
BOMB = b"\0" * (LARGEST + 1)


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        (" Identity , ", TEXT),
        ("gzip", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("GZIP", gzipped(TEXT)),
        ("gzip", gzipped(TEXT) + b"\0" * 20),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT, level=0)),
        ("deflate", zlib.compress(TEXT, level=9)),
        ("deflate", raw_deflate(TEXT)),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
        ("deflate, identity, gzip", gzipped(zlib.compress(TEXT))),
        ("gzip,deflate", raw_deflate(gzipped(TEXT))),
    ],
)
def test_a_body_is_unpacked(encoding: str, body: bytes) -> None:
    assert unpacked(body, encoding) == TEXT


def test_a_body_may_be_as_large_as_the_largest() -> None:
    assert unpacked(BOMB[1:], "") == BOMB[1:]
    assert unpacked(gzipped(BOMB[1:]), "gzip") == BOMB[1:]


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        pytest.param("", BOMB, "answer too large", id="large"),
        pytest.param("gzip", gzipped(BOMB), "answer too large", id="bomb"),
        pytest.param("deflate", zlib.compress(BOMB), "answer too large", id="bomb of zlib"),
        pytest.param("gzip, gzip", gzipped(gzipped(BOMB)), "answer too large", id="bomb in a bomb"),
        pytest.param("gzip", gzipped(TEXT)[:-1], "answer cut short", id="cut by a byte"),
        pytest.param("gzip", gzipped(TEXT)[:12], "answer cut short", id="cut at its head"),
        pytest.param("deflate", zlib.compress(TEXT)[:-1], "answer cut short", id="zlib cut"),
        pytest.param("deflate", raw_deflate(TEXT)[:-1], "answer cut short", id="deflate cut"),
        pytest.param("gzip", b"", "answer cut short", id="nothing"),
        pytest.param("deflate", b"", "answer cut short", id="nothing deflated"),
        pytest.param("gzip", TEXT, "encoding not understood", id="not packed"),
        pytest.param("deflate", TEXT, "encoding not understood", id="not deflated"),
        pytest.param("gzip", zlib.compress(TEXT), "encoding not understood", id="packed in another way"),
        pytest.param("gzip", gzipped(TEXT) * 2, "encoding not understood", id="two pieces"),
        pytest.param("gzip", gzipped(TEXT)[:-8] + b"12345678", "encoding not understood", id="damaged"),
        pytest.param("br", TEXT, "encoding not understood", id="brotli"),
        pytest.param("zstd", TEXT, "encoding not understood", id="zstd"),
        pytest.param("gzip, br", gzipped(TEXT), "encoding not understood", id="brotli outside"),
        pytest.param("br, gzip", gzipped(TEXT), "encoding not understood", id="brotli inside"),
        pytest.param("\udcff", TEXT, "encoding not understood", id="no name"),
        pytest.param(", ".join(["gzip"] * 2000), gzipped(TEXT), "encoding not understood", id="too often"),
    ],
)
def test_a_body_that_cannot_be_read(encoding: str, body: bytes, reason: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Unpackable) as caught:
        unpacked(body, encoding)
    assert str(caught.value) == reason
    assert time.monotonic() - begun < 1
