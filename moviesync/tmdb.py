"""All that is known about TMDB's API v3: addresses, pages, errors.

https://developer.themoviedb.org/reference/discover-movie
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from moviesync.items import Title
from moviesync.kinds import Kind
from moviesync.window import Window

OK = 200
UNAUTHORIZED = 401
SERVER_ERROR = 500
INVALID_PAGE = 22
"""``status_code`` of "Invalid page: Pages start at 1 and max at 500"."""

_INT64 = 2**63
_MOST_DIGITS = 1000
_CAP_IN_WORDS = re.compile(r"(?:max at|less than or equal to) (\d{1,9})")


class MalformedPage(ValueError):
    """An answer of TMDB that is no discover page; the text says in what way."""


@dataclass(frozen=True)
class DiscoverPage:
    """A discover page as far as it could be read."""

    titles: list[Title]
    total_pages: int | None
    """``None`` where the answer does not say."""
    total_results: int | None
    days: list[date]
    """The days of release that its titles name."""
    undated: int
    """Titles without such a day."""
    problems: list[str]
    """One line for each item that could not be read, or not wholly."""


def discover_url(base_url: str, kind: Kind, window: Window, page: int) -> str:
    """The address of one page of a window.

    >>> from moviesync.kinds import MOVIE
    >>> discover_url("https://api.themoviedb.org/3", MOVIE, Window("movies", last=date(1990, 1, 1)), 2)
    ... # doctest: +NORMALIZE_WHITESPACE
    'https://api.themoviedb.org/3/discover/movie?page=2&sort_by=primary_release_date.asc&include_video=true&primary_release_date.lte=1990-01-01'
    """
    parameters = {"page": str(page), "sort_by": f"{kind.date_parameter}.{window.order}"}
    parameters.update(kind.parameters)
    if window.first:
        parameters[f"{kind.date_parameter}.gte"] = window.first.isoformat()
    if window.last:
        parameters[f"{kind.date_parameter}.lte"] = window.last.isoformat()
    if not window.dated:
        parameters.update(kind.undated_parameters)
    return f"{base_url}/{kind.discover_path}?{urlencode(parameters)}"


def read_page(status: int, body: bytes, kind: Kind, seen: datetime) -> DiscoverPage:
    """Read the answer to a request for a discover page; raises MalformedPage where it is none.

    Items that cannot be read are left out and named in ``problems``; fields that are not
    known stay in ``Title.data``.
    """
    if status != OK:
        code = error_code(body)
        raise MalformedPage(f"HTTP {status}" + (f", code {code}" if code is not None else ""))
    answer = _parse(body)
    items = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise MalformedPage("no list of results")
    titles, days, problems = dict[int, Title](), list[date](), list[str]()
    for position, item in enumerate(items):
        tmdb_id = item.get("id") if isinstance(item, dict) else None
        if type(tmdb_id) is not int or not 0 < tmdb_id < _INT64:
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
    """The last page that TMDB shows of a query, where this answer refuses ``page`` for being past it.

    >>> refused_page(400, b'{"status_code":22,"status_message":"Pages start at 1 and max at 500."}', 501)
    500
    >>> refused_page(422, b'{"errors":["page must be less than or equal to 500"]}', 501)
    500
    """
    if status not in {400, 422}:
        return None
    try:
        answer = _parse(body)
    except MalformedPage:
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


def is_well(status: int) -> bool:
    """Whether an answer with this status shows that the API works, whatever it says."""
    return status < SERVER_ERROR and status not in {403, 408, 429}


def error_code(body: bytes) -> int | None:
    """TMDB's own number for an error, where the answer names one.

    Its words are left alone: they can repeat the request, key included.
    https://developer.themoviedb.org/docs/errors

    >>> error_code(b'{"success":false,"status_code":7,"status_message":"Invalid API key."}')
    7
    """
    try:
        answer = _parse(body)
    except MalformedPage:
        return None
    code = answer.get("status_code") if isinstance(answer, dict) else None
    return code if type(code) is int else None


def _parse(body: bytes) -> Any:
    text = body.decode("utf-8-sig", "replace")
    try:
        answer = json.loads(text, parse_constant=lambda _: None, parse_float=_float, parse_int=_int)
        if "\\ud" in text.lower():
            # A lone "\\ud800" is JSON, but no text that a store takes.
            answer = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    except ValueError as error:
        raise MalformedPage(f"no JSON ({error})") from None
    except RecursionError:
        raise MalformedPage("JSON nested too deeply") from None
    return answer


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def _int(digits: str) -> int | None:
    # Python refuses to read integers of some thousand digits, for the time that takes.
    return int(digits) if len(digits) < _MOST_DIGITS else None


def _total(answer: dict[str, Any], name: str) -> int | None:
    value = answer.get(name)
    return value if type(value) is int and value >= 0 else None


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
