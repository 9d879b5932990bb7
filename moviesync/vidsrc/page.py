"""VidSrc's page of a title: where it is, and what it means.

On the VidSrc of today every title has the same page, whether VidSrc has the title or not; only controls show
whether the pages of a mirror mean anything.
"""

from __future__ import annotations

from moviesync.kinds import Kind
from moviesync.vidsrc import markup
from moviesync.vidsrc.answer import (
    GONE,
    REFUSED_METHOD,
    Answer,
    Finding,
    Unpackable,
    blocked,
    proves_nothing,
    unpacked,
)

AVAILABLE = Finding(True, "page")
ABSENT = Finding(False, "no page")

# A page with status 200 that says that the title is not there.
_SOFT_404_TEXT = "this media is unavailable at the moment".replace(" ", "")
_SOFT_404_TITLE = "404 not found"
_SUCCESS = range(200, 300)


def page_url(base_url: str, kind: Kind, tmdb_id: int) -> str:
    """The address of a title's page.

    >>> from moviesync.kinds import MOVIE
    >>> page_url("https://vidsrc.sh", MOVIE, 603)
    'https://vidsrc.sh/embed/movie/603'
    """
    return f"{base_url}/embed/{kind.vidsrc_name}/{tmdb_id}"


def judge_head(answer: Answer) -> Finding | None:
    """What an answer to a HEAD says of its title; ``None``: a GET has to look at the page; never raises.

    A 404 settles it. A 2xx proves nothing, as pages that say "not found" come with it too.
    """
    if answer.status in REFUSED_METHOD and not answer.is_challenge:
        return None
    if answer.status in _SUCCESS and not answer.is_challenge and answer.is_of_title:
        return None
    return proves_nothing(answer) or ABSENT


def judge(answer: Answer) -> Finding:
    """What an answer to a GET says of its title; never raises."""
    unread = None
    try:
        body = unpacked(answer.body or b"", answer.headers.get("content-encoding", ""))
    except Unpackable as error:
        body, unread = b"", Finding(None, str(error))
    page = markup.read(body, answer.headers.get("content-type", ""))
    if page.is_challenge:
        return blocked(answer.status)
    if nothing := proves_nothing(answer):
        return nothing
    if answer.status in GONE:
        return ABSENT
    return unread or _said(page)


def _said(page: markup.Page) -> Finding:
    """What a page with status 200 says."""
    if page.fault:
        return Finding(None, page.fault)
    if any(title == _SOFT_404_TITLE or _SOFT_404_TEXT in text for title, text in page.readings):
        return ABSENT
    return Finding(None, page.lack) if page.lack else AVAILABLE
