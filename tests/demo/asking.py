"""Asking the miniature sites over plain connections."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs, mirrors_alike
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE, Kind
from moviesync.vidsrc.info import info_url
from moviesync.vidsrc.page import page_url


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


def old(**knobs: Any) -> Sites:
    """Sites whose mirrors have pages that tell, and further knobs of mirrors."""
    return Sites(knobs=Knobs(mirrors=mirrors_alike(form="old", **knobs)))


def titles(sites: Sites, answer: Answer) -> list[str]:
    """Addresses of the movies with this answer: their pages at the first mirror."""
    return [page_of(sites, tmdb_id) for tmdb_id in ids(sites.movies, answer)]


def page_of(sites: Sites, tmdb_id: int, kind: Kind = MOVIE, mirror: int = 0) -> str:
    return page_url(sites.mirror_urls[mirror], kind, tmdb_id)


def info_of(sites: Sites, tmdb_id: int, kind: Kind = MOVIE, mirror: int = 0) -> str:
    return info_url(sites.mirror_urls[mirror], kind, tmdb_id)


def a_list(sites: Sites, name: str, mirror: int = 0) -> list[str]:
    """The lines of a list."""
    return ask(f"{sites.mirror_urls[mirror]}/ids/{name}_tmdb.txt").body.decode().splitlines()


def ids(catalogue: Catalogue, answer: Answer) -> list[int]:
    """Those of the titles with this answer."""
    return [tmdb_id for tmdb_id in catalogue.rows if catalogue.answer(tmdb_id) is answer]


def an_id(catalogue: Catalogue, answer: Answer) -> int:
    return ids(catalogue, answer)[0]
