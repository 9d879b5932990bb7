"""TMDB's discover: the address of a page, what an answer holds, and when a page is refused.

https://developer.themoviedb.org/reference/discover-movie
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from moviesync.items import LARGEST_ID, Title
from moviesync.kinds import Kind
from moviesync.tmdb.api import INVALID_PAGE, OK, MalformedAnswer, error_code, read_json

PAGE_CAP = 500
"""Pages that TMDB shows of one query: "Pages start at 1 and max at 500"."""
PAGE_SIZE = 20
"""Titles on a page."""

_CAP_IN_WORDS = re.compile(r"(?:max at|less than or equal to) (\d{1,9})")


@dataclass(frozen=True)
class DiscoverPage:
    """A discover page as far as it could be read."""

    titles: list[Title]
    total_pages: int | None
    """``None`` if the answer does not say."""
    total_results: int | None
    days: list[date]
    """The days of release that its titles name."""
    undated: int
    """Titles without such a day."""
    problems: list[str]
    """One line for each item that could not be read, or not wholly."""


def discover_url(
    base_url: str,
    kind: Kind,
    page: int,
    *,
    first: date | None = None,
    last: date | None = None,
    order: str = "asc",
) -> str:
    """The address of a page of the titles released from ``first`` to ``last``, both included.

    ``order`` of their dates: ``asc`` or ``desc``. Without dates, undated titles are shown, too.

    >>> from moviesync.kinds import MOVIE
    >>> discover_url("https://api.themoviedb.org/3", MOVIE, 2, last=date(1990, 1, 1))
    ... # doctest: +NORMALIZE_WHITESPACE
    'https://api.themoviedb.org/3/discover/movie?page=2&sort_by=primary_release_date.asc&include_video=true&primary_release_date.lte=1990-01-01'
    """
    parameters = {"page": str(page), "sort_by": f"{kind.date_parameter}.{order}"}
    parameters.update(kind.parameters)
    if first:
        parameters[f"{kind.date_parameter}.gte"] = first.isoformat()
    if last:
        parameters[f"{kind.date_parameter}.lte"] = last.isoformat()
    if not (first or last):
        parameters.update(kind.undated_parameters)
    return f"{base_url}/{kind.discover_path}?{urlencode(parameters)}"


def read_page(status: int, body: bytes, kind: Kind, seen: datetime) -> DiscoverPage:
    """Read the answer to a request for a discover page; raises MalformedAnswer if it is not one.

    Items that cannot be read are left out and named in ``problems``; fields that are not
    known stay in ``Title.data``.
    """
    if status != OK:
        code = error_code(body)
        raise MalformedAnswer(f"HTTP {status}" + (f", code {code}" if code is not None else ""))
    answer = read_json(body)
    items = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise MalformedAnswer("no list of results")
    titles, days, problems = dict[int, Title](), list[date](), list[str]()
    for position, item in enumerate(items):
        tmdb_id = item.get("id") if isinstance(item, dict) else None
        if type(tmdb_id) is not int or not 0 < tmdb_id <= LARGEST_ID:
            problems.append(f"item {position} has no usable id ({tmdb_id!r:.40})")
            continue
        if tmdb_id in titles:
            continue
        if day := _day(item.get(kind.date_field)):
            days.append(day)
        name = item.get(kind.title_field)
        if not isinstance(name, str):
            problems.append(f"item {position} ({tmdb_id}) has no title that is text")
            name = ""
        titles[tmdb_id] = Title(kind.collection, tmdb_id, name, day.year if day else None, item, seen)
    return DiscoverPage(
        titles=list(titles.values()),
        total_pages=_total(answer, "total_pages"),
        total_results=_total(answer, "total_results"),
        days=days,
        undated=len(titles) - len(days),
        problems=problems,
    )


def refused_page(status: int, body: bytes, page: int) -> int | None:
    """The last page that TMDB shows of a query, if this answer refuses ``page`` as past it; else ``None``.

    >>> refused_page(400, b'{"status_code":22,"status_message":"Pages start at 1 and max at 500."}', 501)
    500
    >>> refused_page(422, b'{"errors":["page must be less than or equal to 500"]}', 501)
    500
    """
    if status not in {400, 422}:
        return None
    try:
        answer = read_json(body)
    except MalformedAnswer:
        return None
    if not isinstance(answer, dict):
        return None
    errors = answer.get("errors")
    words = f"{answer.get('status_message')} {errors}"
    if answer.get("status_code") != INVALID_PAGE and not (isinstance(errors, list) and "page" in words):
        return None
    named = _CAP_IN_WORDS.search(words)
    cap = int(named.group(1)) if named else page - 1
    return min(cap, page - 1) or None


def _total(answer: dict[str, Any], name: str) -> int | None:
    value = answer.get(name)
    return value if type(value) is int and value >= 0 else None


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
