"""All that is known about VidSrc: where the page of a title is, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

from w3lib.encoding import html_to_unicode

from moviesync.kinds import Kind

GONE = frozenset({404, 410})
REFUSED_METHOD = frozenset({405, 501})
OK = range(200, 300)
NO_TITLE = 999_999_999
"""A TMDB id that no title has."""

# A page with status 200 that says that the title is not there.
_SOFT_404_TEXT = "this media is unavailable at the moment"
_SOFT_404_TITLE = "404 not found"
# Cloudflare's pages for visitors it does not trust; they say nothing about the title.
# https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
_CHALLENGE_HEADER = "cf-mitigated"
HEADERS = (_CHALLENGE_HEADER, "content-type", "content-encoding")
"""The headers of an answer that ``judge`` looks at."""
_CHALLENGE_SCRIPT = b"_cf_chl_opt"
_CHALLENGE_TITLES = {"just a moment...", "just a moment…", "attention required! | cloudflare"}
_TITLE = re.compile(r"<title\b[^<>]*>", re.IGNORECASE)
_SCRIPT_OR_STYLE = re.compile(r"<(/?)(script|style)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


class Finding(NamedTuple):
    """What an answer says of a title."""

    available: bool | None
    """``None``: nothing."""
    reason: str
    """What the finding rests on, in a word or two; stored if it says nothing."""


AVAILABLE = Finding(True, "page")
ABSENT = Finding(False, "no page")


def page_url(base_url: str, kind: Kind, tmdb_id: int) -> str:
    """The address of a title's page.

    >>> from moviesync.kinds import MOVIE
    >>> page_url("https://vidsrc.xyz", MOVIE, 603)
    'https://vidsrc.xyz/embed/movie/603'
    """
    return f"{base_url}/{kind.embed_path.format(id=tmdb_id)}"


def judge(
    status: int, headers: Mapping[str, str], body: bytes | None = None, *, head_status: int = 0
) -> Finding | None:
    """What an answer says of its title; ``None``: a GET has to look at the page.

    An answer to a HEAD has no ``body``: a 404 settles it, a 200 proves nothing, as pages that
    say "not found" come with it too. An answer to a GET comes after a HEAD that
    was answered with ``head_status``, and always gives a finding.
    """
    page = _Page(headers, body) if body is not None else None
    if _CHALLENGE_HEADER in map(str.lower, headers) or (page and page.is_challenge):
        return Finding(None, f"blocked (HTTP {status})")
    if status in GONE:
        return ABSENT
    if page is None:
        return None if status in OK or status in REFUSED_METHOD else Finding(None, f"HTTP {status}")
    if status in OK:
        return page.finding
    if status in REFUSED_METHOD and head_status in OK:
        return AVAILABLE
    return Finding(None, f"HTTP {status}")


class _Page:
    """A page, decoded as its header or the page itself says, and as UTF-8."""

    def __init__(self, headers: Mapping[str, str], body: bytes):
        self._compressed = _header(headers, "content-encoding").strip().lower() not in {"", "identity"}
        _, declared = html_to_unicode(_header(headers, "content-type"), body, default_encoding="utf-8")
        self._readings = [_read(text) for text in {declared, body.decode("utf-8", "replace")}]
        self.is_challenge = _CHALLENGE_SCRIPT in body or any(
            title in _CHALLENGE_TITLES for title, _ in self._readings
        )

    @property
    def finding(self) -> Finding:
        """What a page with a status of 2xx says."""
        if self._compressed:
            return Finding(None, "encoding not understood")
        absent = any(title == _SOFT_404_TITLE or _SOFT_404_TEXT in text for title, text in self._readings)
        return ABSENT if absent else AVAILABLE


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _read(markup: str) -> tuple[str, str]:
    """The title of a page and the text that it shows, in small letters, with single blanks.

    In one pass, whatever the page is made of: a page of 2 MB must not hold up the others.
    """
    opening = _TITLE.search(markup)
    title = markup[opening.end() :].partition("</")[0] if opening else ""
    shown, last, hidden = [], 0, ""
    for tag in _SCRIPT_OR_STYLE.finditer(markup):
        closes, name = tag.group(1), tag.group(2).lower()
        if not hidden and not closes:
            shown.append(markup[last : tag.start()])
            last, hidden = tag.start(), name
        elif closes and name == hidden:
            last, hidden = tag.end(), ""
    shown.append(markup[last:])
    return _plain(title), _plain(_TAG.sub("", "".join(shown)))


def _plain(text: str) -> str:
    return " ".join(unescape(text).replace("\0", " ").split()).lower()
