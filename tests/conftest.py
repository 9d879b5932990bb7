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
from typing import TypeVar

import pytest

from moviesync.demo.server import Sites
from moviesync.stores.base import Store
from tests import ferretdb
from tests.crawls import STRICT, Folder, films
from tests.ferretdb import FerretServer
from tests.mongodb import MongoServer, MongoUnavailable, connected, with_database
from tests.places import MongoPlace, Place, SQLitePlace
from tests.required import lacking
from tests.warm import Server

COMMAND_FIXTURES = {"folder", "alone", "cold", "odd", "scrapyd", "project"}
"""What a test has that starts commands: ``pytest -m commands`` runs these alone."""
LONGEST_TEARDOWN = 60
"""Seconds, also for each fixture that comes after one that took so long."""
GUARDED_WITH = "hunter2: a/b@c"

AnyServer = TypeVar("AnyServer", bound=MongoServer)


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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build FerretDB if a test needs it: the first time on a machine takes longer than a test may."""
    if any("ferretdb" in f"{item.name} {getattr(item, 'fixturenames', ())}" for item in session.items):
        ferretdb.problem()


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
    with _running(MongoServer(), "mongodb") as server:
        yield server.uri


@pytest.fixture(scope="session")
def ferretdb_server() -> Iterator[str]:
    """The URI of a FerretDB for all tests."""
    with _running(FerretServer(), "ferretdb") as server:
        yield server.uri


@pytest.fixture
def own_mongodb_server(tmp_path: Path) -> Iterator[MongoServer]:
    """A server that a test may kill and start again; it keeps its data."""
    with _running(MongoServer(tmp_path / "mongodb"), "mongodb") as server:
        yield server


@pytest.fixture
def guarded_ferretdb() -> Iterator[FerretServer]:
    """A server that lets in nobody but its one user."""
    with _running(FerretServer(user="films", password=GUARDED_WITH), "ferretdb") as server:
        yield server


@pytest.fixture
def mongodb_uri(mongodb_server: str) -> Iterator[str]:
    """The URI of a database that is this test's own, and gone after it."""
    with _database(mongodb_server) as uri:
        yield uri


@pytest.fixture
def ferretdb_uri(ferretdb_server: str) -> Iterator[str]:
    """As ``mongodb_uri``, on FerretDB."""
    with _database(ferretdb_server) as uri:
        yield uri


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"moviesync_test_{uuid.uuid4().hex}"
    uri = with_database(server, name)
    yield uri
    with connected(uri) as client:
        client.drop_database(name)


@contextmanager
def _running(server: AnyServer, name: str) -> Iterator[AnyServer]:
    """Skips if there is no such server; fails then if ``MOVIESYNC_REQUIRE`` holds its name."""
    try:
        with server:
            yield server
    except MongoUnavailable as error:
        lacking(name, str(error))


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Both miniature sites with 300 of their films and all 308 shows."""
    with Sites(films(300)) as sites:
        yield sites


@pytest.fixture
def folder(tmp_path: Path, sites: Sites) -> Folder:
    """A folder in which commands ask the miniature sites, as fast as they answer."""
    return Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})


@pytest.fixture(params=["sqlite", "mongodb", "ferretdb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for a store of each kind, with nothing in it yet."""
    if request.param == "sqlite":
        return SQLitePlace(tmp_path / "new folder" / "movies.db")
    return MongoPlace(request.getfixturevalue(f"{request.param}_uri"))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    """An empty store of each kind, open."""
    store = place.store()
    await store.open()
    yield store
    await store.close()
