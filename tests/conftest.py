"""Fixtures of all tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from moviesync.stores.base import Store
from tests.crawls import Folder
from tests.mongodb import MongoServer, MongoUnavailable, with_database
from tests.required import lacking
from tests.stores import MongoPlace, Place, SQLitePlace


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """The URI of a server for all tests: the one that ``MOVIESYNC_TEST_MONGODB_URI`` names, or our own."""
    if uri := os.environ.get("MOVIESYNC_TEST_MONGODB_URI"):
        yield uri
        return
    with _running(MongoServer()) as server:
        yield server.uri


@pytest.fixture
def own_mongodb_server(tmp_path: Path) -> Iterator[MongoServer]:
    """A server that a test may kill and start again; it keeps its data."""
    with _running(MongoServer(tmp_path / "mongodb")) as server:
        yield server


@pytest.fixture
def mongodb_uri(mongodb_server: str) -> Iterator[str]:
    """The URI of a database that is this test's own, and gone after it."""
    name = f"moviesync_test_{uuid.uuid4().hex}"
    uri = with_database(mongodb_server, name)
    yield uri
    with MongoClient[dict[str, object]](uri) as client:
        client.drop_database(name)


@contextmanager
def _running(server: MongoServer) -> Iterator[MongoServer]:
    """Skips where there is no server; fails there where ``MOVIESYNC_REQUIRE`` holds ``mongodb``."""
    try:
        with server:
            yield server
    except MongoUnavailable as error:
        lacking("mongodb", str(error))


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Both miniature sites with 300 of their films and all 308 shows."""
    films = Catalogue.recorded(MOVIE).rows.values()
    with Sites(Catalogue(MOVIE, list(films)[:300])) as sites:
        yield sites


@pytest.fixture
def folder(tmp_path: Path, sites: Sites) -> Folder:
    """A folder in which commands ask the miniature sites, as fast as they answer."""
    return Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})


@pytest.fixture(params=["sqlite", "mongodb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a store of each kind can be, and nothing is yet."""
    if request.param == "sqlite":
        return SQLitePlace(tmp_path / "new folder" / "movies.db")
    return MongoPlace(request.getfixturevalue("mongodb_uri"))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    """An empty store of each kind, open."""
    store = place.store()
    await store.open()
    yield store
    await store.close()
