"""Whatever VidSrc answers: no exception, no verdict without evidence, and no page that holds up the others."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moviesync.vidsrc import info, page
from moviesync.vidsrc.answer import LARGEST, Answer, Finding
from tests.vidsrc.answers import CHALLENGES, ELSEWHERE, HTML, INFO, PAGE, PLAYER, SOFT

SLOW = 5
"""Seconds for 2 MB; what grows with the square of the size takes hours."""
CODECS = ["hex", "base64", "zlib", "bz2", "uu", "quopri", "rot13", "undefined", "idna", "punycode", "utf-7"]
CODECS += [
    "unicode_escape",
    "raw_unicode_escape",
    "utf-8",
    "utf-16",
    "utf-32",
    "latin-1",
    "big5",
    "x",
    "é",
    "\0",
    "",
]
NUMBERS = ["&#" + "1" * 5000 + ";", "&#x" + "f" * 5000 + ";", "&#" + "0" * 5000, "&#-1;", "&#xd800;", "&"]
FILM = {"status_code": 200, "title": "The Matrix", "tmdb_id": "603"}
INFOS = [json.dumps(content).encode() for content in (FILM, {"status_code": "404"}, {"error": "not found"})]
METAS = [f"<html><meta charset={name}>{{}}</html>" for name in CODECS]
METAS += [
    f"<html><meta http-equiv=content-type content='text/html; charset={name}'>{{}}</html>" for name in CODECS
]

examples = settings(
    max_examples=500, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A body that VidSrc may send, with some bytes changed, cut out or put in, and perhaps packed."""
    inner = draw(st.sampled_from([PLAYER, SOFT, *CHALLENGES, *INFOS, b""]) | st.binary(max_size=60))
    if draw(st.booleans()):
        marked = draw(st.sampled_from(METAS)).format(draw(st.sampled_from(NUMBERS)) + inner.decode("latin-1"))
        inner = marked.encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])), "replace")
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(inner)))
        stop = start + draw(st.sampled_from([0, 0, 1, 2, 7, 40, len(inner)]))
        inner = inner[:start] + draw(st.binary(max_size=6)) + inner[stop:]
    return draw(st.sampled_from([inner, inner, gzip.compress(inner), zlib.compress(inner)]))


TYPES = [f"{kind}; charset={name}" for name in CODECS for kind in ("text/html", "application/json")]
PACKINGS = ["gzip", "deflate", "br", "identity", "gzip, gzip", "gzip,"]
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(TYPES) | st.text(max_size=20),
        "content-encoding": st.sampled_from(PACKINGS) | st.text(max_size=10),
    },
) | st.dictionaries(st.sampled_from(["cf-mitigated", "server"]), st.text(max_size=5))
STATUSES = st.sampled_from([200, 200, 404, 410, 405, 403, 501, 0]) | st.integers(-1, 999)
ADDRESSES = st.sampled_from([PAGE, INFO, *ELSEWHERE, "", "http://[::1"]) | st.text(max_size=20)


@examples
@given(STATUSES, st.sampled_from([PAGE, INFO]), st.none() | ADDRESSES, HEADERS, st.none() | bodies())
def test_no_verdict_without_evidence(
    status: int, asked: str, url: str | None, headers: dict[str, str], body: bytes | None
) -> None:
    answer = Answer(status, asked, asked if url is None else url, headers, body)
    for finding in (page.judge_head(answer), page.judge(answer), info.judge(answer)):
        if finding is None:
            continue
        assert finding.reason
        assert len(finding.reason) < 60
        if finding.available is not None:
            assert "cf-mitigated" not in headers
            assert url not in ELSEWHERE
        if finding.available:
            assert status == 200
            assert body
        if finding.available is False:
            assert status in {200, 404, 410}


JSON = st.recursive(
    st.sampled_from(
        [None, True, 200, "200", 404, "404", 603, "603", "-1", 2**63, "", float("nan"), 1e308, "error"]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["status_code", "error", "tmdb_id", "message"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@examples
@given(JSON, st.sampled_from([200, 404]))
def test_any_json_is_an_info_or_none(content: object, status: int) -> None:
    finding = info.judge(Answer(status, INFO, INFO, {}, json.dumps(content).encode()))
    if finding.available:
        assert status == 200
        assert isinstance(content, dict)
        assert content["status_code"] in (200, "200")
    if finding.available is False and status == 200:
        assert isinstance(content, dict)
        assert content.get("error") or content["status_code"] in (404, "404")


@pytest.mark.parametrize("depth", [100, 300, 500, 800, 900, 950, 990, 5_000, 200_000])
@pytest.mark.parametrize("value", ["[", '{"a":'])
@pytest.mark.parametrize("name", ["status_code", "error", "tmdb_id", "quality"])
def test_an_info_of_any_depth(depth: int, value: str, name: str) -> None:
    deep = value * depth + "1" + {"[": "]", '{"a":': "}"}[value] * depth
    body = json.dumps({**FILM, name: "here"}).replace('"here"', deep).encode()
    finding = info.judge(Answer(200, INFO, INFO, {}, body))
    assert finding.available is None or name == "quality"


PIECES = [
    "<title",
    "<title>",
    "<title ",
    "</title",
    "<script",
    "<script>",
    "<script ",
    "</script>",
    "<style>",
    "<!--",
]
PIECES += [
    "-->",
    "<!",
    "<",
    ">",
    "<a>",
    " <a>",
    "<a ",
    "</html",
    "</html ",
    "<html ",
    "<body",
    "<!doctype",
    "<meta ",
]
PIECES += [
    "<meta charset=",
    "<?xml ",
    "&",
    "&a",
    "&#",
    "&#1",
    "&#x",
    "&#x0",
    "&amp;",
    "&amp",
    "&" + "a" * 33,
    " ",
    "\0",
]
PIECES += [
    "[",
    '{"a":',
    '"a',
    "1",
    "-",
    "\\u",
    "xn--",
    "404 not found",
    "this media is ",
    "\x1b$B",
    "a",
    "\r",
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_page_takes_longer_than_its_size(piece: str) -> None:
    body = piece.encode() * (LARGEST // len(piece) - 1) + b"\xff"
    # Read twice, as it is not UTF-8.
    headers = {"content-type": "text/html; charset=gb18030"}
    begun = time.process_time()
    page.judge(Answer(200, PAGE, PAGE, headers, body))
    info.judge(Answer(200, INFO, INFO, headers, body))
    assert time.process_time() - begun < SLOW


@pytest.mark.parametrize("number", [*NUMBERS, "&#11111111111;", "&lt", "&amp;"])
def test_a_page_full_of_characters_with_numbers(number: str) -> None:
    body = f"<html><p>{number * (LARGEST // len(number) - 20)}</p></html>".encode()
    begun = time.process_time()
    finding = page.judge(Answer(200, PAGE, PAGE, HTML, body))
    assert time.process_time() - begun < SLOW
    assert finding == Finding(None, "characters not understood")


DEEP = [b"<div>" * 200, b"<div>" * 3_000, b"<p>" * 20_000]
DEEP += [b"\0", b"</html>", b"<a b='" + b"c" * 90_000 + b"'>"]


@pytest.mark.parametrize("before", DEEP)
def test_no_page_hides_what_it_says(before: bytes) -> None:
    body = before + b"This media is unavailable at the moment."
    assert page.judge(Answer(200, PAGE, PAGE, HTML, body)) == Finding(False, "no page")
