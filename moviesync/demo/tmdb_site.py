"""TMDB in miniature: discover, as far as a walk over the whole catalogue sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web

from moviesync.demo.catalogue import Catalogue, Row
from moviesync.demo.discover import DEFAULT_ORDER, Discover
from moviesync.demo.journal import Journal
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.site import Site

PAGE_SIZE = 20

ERRORS = {
    401: (7, "Invalid API key: You must be granted a valid key."),
    404: (34, "The resource you requested could not be found."),
    429: (25, "Your request count (#) is over the allowed limit of (40)."),
    500: (11, "Internal error: Something went wrong, contact TMDB."),
    502: (43, "Couldn't connect to the backend server."),
    503: (46, "The API is undergoing maintenance. Try again later."),
}
"""Code and message by HTTP status: https://developer.themoviedb.org/docs/errors"""

INVALID_PAGE = "Invalid page: Pages start at 1 and max at {cap}. They are expected to be an integer."
INVALID_DATE = "Invalid date: Format needs to be YYYY-MM-DD."


class TmdbSite(Site):
    """``/3/discover/movie`` and ``/3/discover/tv``; anything else is 404 with code 34.

    Undated titles are in no window, whatever ``include_null_first_air_dates`` says, and always
    in a query without one.
    """

    name = "tmdb"

    def __init__(
        self, catalogues: Iterable[Catalogue], knobs: Knobs, journal: Journal, keys: Collection[str]
    ) -> None:
        super().__init__(journal)
        self._all = knobs
        self._keys = frozenset(keys)
        self._discover = {
            f"/3/{catalogue.kind.discover_path}": Discover(catalogue) for catalogue in catalogues
        }
        self._shown = 0

    @property
    def knobs(self) -> SiteKnobs:
        return self._all.tmdb

    def error(self, status: int) -> web.Response:
        return _error(status, *ERRORS[status])

    def subject(self, request: web.BaseRequest) -> str:
        query = sorted((name, value) for name, value in request.query.items() if name != "api_key")
        return f"{request.path} {query}"

    def answer(self, request: web.BaseRequest) -> web.Response:
        if not self._knows_key(request):
            return self.error(401)
        discover = self._discover.get(request.path)
        if discover is None or request.method != "GET":
            return self.error(404)
        return self._page(discover, request.query)

    def _knows_key(self, request: web.BaseRequest) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return (scheme.lower() == "bearer" and token in self._keys) or (
            request.query.get("api_key") in self._keys
        )

    def _page(self, discover: Discover, query: Mapping[str, str]) -> web.Response:
        asked = query.get("page", "1")
        page = int(asked) if re.fullmatch(r"[0-9]{1,9}", asked) else 0
        if page < 1 or (page > self._all.cap and self._all.cap_error == "new"):
            return _error(400, 22, INVALID_PAGE.format(cap=self._all.cap))
        if page > self._all.cap:
            return _json({"errors": [f"page must be less than or equal to {self._all.cap}"]}, 422)
        days = [query.get(f"{discover.kind.date_parameter}.{end}", "") for end in ("gte", "lte")]
        if not all(_is_day(day) for day in days if day):
            return _error(400, 23, INVALID_DATE)
        body = self._all.bodies.get((discover.kind.collection, page))
        if body is not None:
            return web.Response(body=body, content_type="application/json", charset="utf-8")
        since, until = ("", "") if self._all.ignore_dates else days
        videos = query.get("include_video") == "true"
        rows = discover.select(query.get("sort_by", DEFAULT_ORDER), since, until, videos=videos)
        results, total = self._slice(rows, page)
        return _json(
            {
                "page": page,
                "results": results,
                "total_pages": max(1, -(-total // PAGE_SIZE)),
                "total_results": total,
            }
        )

    def _slice(self, rows: Sequence[Row], page: int) -> tuple[Sequence[Row], int]:
        start, stop = (page - 1) * PAGE_SIZE, min(page * PAGE_SIZE, len(rows))
        if not self._all.drift or not rows:
            return rows[start:stop], len(rows)
        self._shown += 1
        moves = self._shown // self._all.drift
        return [rows[(i - moves) % len(rows)] for i in range(start, stop)], len(rows) + moves % 2


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _error(status: int, code: int, message: str) -> web.Response:
    return _json({"success": False, "status_code": code, "status_message": message}, status)


def _json(content: Any, status: int = 200) -> web.Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
