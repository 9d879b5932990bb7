"""Pages that are cut short, packed, or written in characters that are none."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from moviesync.vidsrc.answer import LARGEST, Finding
from moviesync.vidsrc.page import judge
from tests.vidsrc.answers import CHALLENGE, HTML, PLAYER, SOFT, page

AVAILABLE = Finding(True, "page")
ABSENT = Finding(False, "no page")
CUT = Finding(None, "answer cut short")
ODD = Finding(None, "characters not understood")


@pytest.mark.parametrize(
    "body", [PLAYER.strip(), SOFT, b"<html><head><script>'<p>'</script><!-- > --></head></html>"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_page_that_is_cut_short_anywhere_proves_nothing(body: bytes, encoding: str) -> None:
    body, headers = body.decode().encode(encoding), {"content-type": f"text/html; charset={encoding}"}
    assert judge(page(200, body, headers)).available is not None
    for length in range(len(body)):
        assert judge(page(200, body[:length], headers)).available is None, body[:length]


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    ],
)
def test_a_packed_page(encoding: str, packed: Callable[[bytes], bytes]) -> None:
    headers = {**HTML, "content-encoding": encoding}
    assert judge(page(200, packed(PLAYER), headers)) == AVAILABLE
    assert judge(page(200, packed(SOFT), headers)) == ABSENT
    assert judge(page(200, packed(CHALLENGE), headers)) == Finding(None, "blocked (HTTP 200)")
    assert judge(page(200, packed(PLAYER)[:-1], headers)) == CUT
    assert judge(page(200, packed(PLAYER + b" " * LARGEST), headers)) == Finding(None, "answer too large")
    assert judge(page(200, PLAYER, headers)) == Finding(None, "encoding not understood")
    assert judge(page(503, PLAYER, headers)) == Finding(None, "HTTP 503")
    assert judge(page(404, PLAYER, headers)) == ABSENT


def test_a_page_that_is_too_large() -> None:
    assert judge(page(200, PLAYER + b" " * LARGEST)) == Finding(None, "answer too large")


@pytest.mark.parametrize(
    "name", ["latin-1", "windows-1251", "Shift_JIS", "gb2312", "big5", "euc-kr", "koi8-r", "ascii"]
)
def test_the_encodings_of_pages_are_read(name: str) -> None:
    for headers in (
        {"content-type": f"text/html; charset={name}"},
        {"content-type": f'text/html;charset="{name}"'},
    ):
        assert judge(page(200, PLAYER, headers)) == AVAILABLE
        assert judge(page(200, SOFT, headers)) == ABSENT
    meta = f"<html><head><meta charset='{name}'></head>".encode()
    assert judge(page(200, meta + PLAYER, {"content-type": "text/html"})) == AVAILABLE


NO_ENCODINGS = [
    "hex",
    "base64",
    "bz2",
    "zlib",
    "uu",
    "quopri",
    "rot13",
    "undefined",
    "idna",
    "punycode",
    "utf-7",
]
NO_ENCODINGS += [
    "unicode_escape",
    "raw_unicode_escape",
    "charmap",
    "mbcs",
    "cp037",
    "utf-32",
    "x",
    "aliases",
    "é",
    "_",
]


@pytest.mark.parametrize("name", NO_ENCODINGS)
@pytest.mark.parametrize("body", [PLAYER, SOFT, PLAYER + b"\\N{A}\\x%ZZ+ADw-\xff" * 1000])
def test_an_encoding_that_no_page_has(name: str, body: bytes) -> None:
    assert judge(page(200, body, {"content-type": f"text/html; charset={name}"})) == ODD
    assert judge(page(404, body, {"content-type": f"text/html; charset={name}"})) == ABSENT
    if not name.isascii():
        return
    for meta in (
        f"<meta charset={name}>",
        f"<meta http-equiv=content-type content='text/html; charset={name}'>",
    ):
        marked = b"<html><head>" + meta.encode() + b"</head>" + body
        assert judge(page(200, marked, {"content-type": "text/html"})) == ODD
        assert judge(page(200, marked)) != ODD


@pytest.mark.parametrize("number", ["&#" + "1" * 5000 + ";", "&#x" + "f" * 5000, "&#" + "0" * 5000 + "65;"])
def test_a_character_with_thousands_of_digits(number: str) -> None:
    body = f"<html><head><title>{number}</title></head><body>{number}</body></html>".encode()
    assert judge(page(200, body)) == ODD
    assert judge(page(404, body)) == ABSENT


def test_a_character_beyond_all_characters() -> None:
    assert (
        judge(
            page(
                200, PLAYER + b"<p>&#1111111111;&#xfffffffff;&#0;&#xd800;&#0000000000065;&#65abcdefabcdef</p>"
            )
        )
        == AVAILABLE
    )
