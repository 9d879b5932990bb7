"""Fixtures of all tests."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from moviesync.demo.server import Sites
from moviesync.stores.base import Store
from tests.crawls import STRICT, Folder, films
from tests.mongodb import MongoServer, MongoUnavailable, connected, with_database
from tests.places import MongoPlace, Place, SQLitePlace
from tests.required import lacking
from tests.warm import Server

COMMAND_FIXTURES = {"folder", "alone", "cold", "odd", "scrapyd", "project"}
"""What a test has that starts commands: ``pytest -m commands`` runs these alone."""
LONGEST_TEARDOWN = 60
"""Seconds, also for each fixture that comes after one that took so long."""


def pytest_configure() -> None:
    if sys.platform == "linux":
        Folder.server = Server(*STRICT)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick tests last, to fill up the time in which a slow one ends; those that start commands get their mark."""
    for item in items:
        if COMMAND_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("commands")
    items.sort(key=lambda item: "tmp_path" not in getattr(item, "fixturenames", ()))


def pytest_unconfigure() -> None:
    Folder.end_all()
    if Folder.server:
        Folder.server.end()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """With a time limit of its own, as the one of the test ends with a failure."""

    def late(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"the test's fixtures have not ended after {LONGEST_TEARDOWN} s")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_TEARDOWN, LONGEST_TEARDOWN)
    # Before the sites and stores of a test that failed are gone.
    Folder.end_all()
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


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
    with connected(uri) as client:
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
    with Sites(films(300)) as sites:
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
