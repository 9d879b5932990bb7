"""All that is known about VidSrc: where the page of a title is, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

from w3lib.encoding import html_to_unicode
from w3lib.html import remove_comments, remove_tags, remove_tags_with_content

from moviesync.kinds import Kind

GONE = frozenset({404, 410})
REFUSED_METHOD = frozenset({405, 501})
OK = range(200, 300)
NO_TITLE = 999_999_999
"""A TMDB id that no title has."""

# A page that is there and says that the title is not; seen with status 200.
_SOFT_404_TEXT = "this media is unavailable at the moment"
_SOFT_404_TITLE = "404 not found"
# Cloudflare's pages for visitors it does not trust; they say nothing about the title.
# https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
_CHALLENGE_HEADER = "cf-mitigated"
_CHALLENGE_SCRIPT = "_cf_chl_opt"
_CHALLENGE_TITLES = {"just a moment...", "just a moment…", "attention required! | cloudflare"}

_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


class Finding(NamedTuple):
    """What an answer says of a title."""

    available: bool | None
    """``None``: nothing."""
    reason: str
    """In a word or two, what the finding rests on; stored where it says nothing."""


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
    """The text of a page, as its header or the page itself says it is encoded, and as UTF-8."""

    def __init__(self, headers: Mapping[str, str], body: bytes):
        self._compressed = bool(_header(headers, "content-encoding"))
        _, told = html_to_unicode(_header(headers, "content-type"), body, default_encoding="utf-8")
        self._texts = {told, body.decode("utf-8", "replace")}

    @property
    def is_challenge(self) -> bool:
        return any(_CHALLENGE_SCRIPT in text or _title(text) in _CHALLENGE_TITLES for text in self._texts)

    @property
    def finding(self) -> Finding:
        """What a page with a status of 2xx says."""
        if self._compressed:
            return Finding(None, "encoding not understood")
        absent = any(
            _title(text) == _SOFT_404_TITLE or _SOFT_404_TEXT in _visible(text) for text in self._texts
        )
        return ABSENT if absent else AVAILABLE


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _title(page: str) -> str:
    title = _TITLE.search(page)
    return _plain(title.group(1)) if title else ""


def _visible(page: str) -> str:
    without_scripts = remove_tags_with_content(remove_comments(page), ("script", "style"))
    return _plain(remove_tags(without_scripts))


def _plain(markup: str) -> str:
    return " ".join(unescape(markup).split()).lower()
