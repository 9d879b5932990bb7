"""Answers as VidSrc may give them, for the tests of its judges."""

from __future__ import annotations

from collections.abc import Mapping

from moviesync.vidsrc.answer import Answer

PAGE = "https://vidsrc.example/embed/movie/603"
INFO = "https://vidsrc.example/info/movie/603.json"
ELSEWHERE = [
    "https://vidsrc.example/",
    "https://vidsrc.example/login?next=/embed/movie/603",
    "https://vidsrc.example/404",
    "https://parked.example/",
]
SAYS_NOTHING = [301, 302, 304, 400, 401, 403, 408, 425, 429, 451, 500, 502, 503, 504, 520, 522, 599]
PLAYER = (
    b"<!DOCTYPE html>\n<html><head><title>The Matrix</title></head><body><iframe></iframe></body></html>\n"
)
SOFT = b"<html><body><p>This media is unavailable at the moment.</p></body></html>"
CHALLENGE = b"<html><head><title>Just a moment...</title></head></html>"
CHALLENGES = [
    CHALLENGE,
    b"<title>\n Just  a moment...\n</title>",
    "<TITLE>JUST A MOMENT…</TITLE>".encode(),
    b"<title>Just a moment&hellip;</title>",
    b"<title>Attention Required! | Cloudflare</title>",
    b"<script>window._cf_chl_opt={cvId:'3'};</script>",
    CHALLENGE + b"This media is unavailable at the moment.",
    CHALLENGE.decode().encode("utf-16"),
]
MITIGATED = {"cf-mitigated": "challenge"}
HTML = {"content-type": "text/html; charset=utf-8"}


def page(
    status: int, body: bytes | None = None, headers: Mapping[str, str] = HTML, *, url: str = PAGE
) -> Answer:
    """An answer to a request for the page of a title; without a body, to a HEAD."""
    return Answer(status, PAGE, url, headers, body)


def info(status: int, body: bytes, headers: Mapping[str, str] | None = None, *, url: str = INFO) -> Answer:
    """An answer to a request for the info of a title."""
    return Answer(status, INFO, url, headers or {"content-type": "application/json"}, body)
