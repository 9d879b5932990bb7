"""Asking the miniature sites over plain connections."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE, Kind


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", timeout: float = 5, **headers: str) -> Got:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def discover(sites: Sites, kind: Kind = MOVIE, **query: object) -> Got:
    parameters = urlencode({name.replace("__", "."): value for name, value in query.items()})
    return ask(f"{sites.tmdb_url}/{kind.discover_path}?{parameters}", Authorization="Bearer demo")


def walk(sites: Sites, kind: Kind = MOVIE, **query: object) -> list[dict[str, Any]]:
    """All rows of one query."""
    rows: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        answer = discover(sites, kind, page=page, **query).json
        rows += answer["results"]
        page, pages = page + 1, answer["total_pages"]
    return rows


def titles(sites: Sites, answer: Answer) -> list[str]:
    """Addresses of the movies with this answer."""
    catalogue = sites.movies
    ids = [tmdb_id for tmdb_id in catalogue.rows if catalogue.answer(tmdb_id) is answer]
    return [f"{sites.vidsrc_url}/embed/movie/{tmdb_id}" for tmdb_id in ids]


def an_id(catalogue: Catalogue, answer: Answer) -> int:
    return next(tmdb_id for tmdb_id in catalogue.rows if catalogue.answer(tmdb_id) is answer)
