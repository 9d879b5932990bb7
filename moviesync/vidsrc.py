"""All that is known about VidSrc: where the page of a title is, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from moviesync.kinds import Kind

GONE = frozenset({404, 410})
REFUSED_METHOD = frozenset({405, 501})
OK = range(200, 300)

# A page that is there and says that the title is not; seen with status 200.
_SOFT_404_TEXT = re.compile(rb"this\s+media\s+is\s+unavailable\s+at\s+the\s+moment", re.IGNORECASE)
_SOFT_404_TITLE = re.compile(rb"<title[^>]*>\s*404\s+not\s+found\s*</title", re.IGNORECASE)
# Cloudflare's pages for visitors it does not trust; they say nothing about the title.
# https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
_CHALLENGE = re.compile(
    rb"<title[^>]*>\s*(just\s+a\s+moment(\.\.\.|\xe2\x80\xa6|&hellip;)|attention\s+required!)"
    rb"|_cf_chl_opt|/cdn-cgi/challenge-platform/",
    re.IGNORECASE,
)


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


def judge_head(status: int, headers: Mapping[str, str]) -> Finding | None:
    """What the answer to a HEAD says; ``None``: a GET has to look at the page.

    A 200 proves nothing, as pages of absent titles come with it too; a 404 does.
    """
    if _challenged(headers):
        return _unknown(status, blocked=True)
    if status in GONE:
        return ABSENT
    if status in OK or status in REFUSED_METHOD:
        return None
    return _unknown(status)


def judge_get(status: int, headers: Mapping[str, str], body: bytes, *, head_status: int) -> Finding:
    """What the answer to a GET says, after a HEAD that was answered with ``head_status``."""
    if _challenged(headers) or _CHALLENGE.search(body):
        return _unknown(status, blocked=True)
    if status in GONE:
        return ABSENT
    if status in OK:
        return ABSENT if _SOFT_404_TEXT.search(body) or _SOFT_404_TITLE.search(body) else AVAILABLE
    if status in REFUSED_METHOD and head_status in OK:
        return AVAILABLE
    return _unknown(status)


def _challenged(headers: Mapping[str, str]) -> bool:
    return any(name.lower() == "cf-mitigated" for name in headers)


def _unknown(status: int, *, blocked: bool = False) -> Finding:
    return Finding(None, f"blocked (HTTP {status})" if blocked else f"HTTP {status}")
