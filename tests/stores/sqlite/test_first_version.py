"""A file of the first version, as it was made then: opened for writing it is brought up to date, for reading it is
left as it is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from moviesync.stores.base import HISTORY, SYNC, Counts, Document, Store
from moviesync.stores.sqlite.store import SQLiteStore
from tests.places import HOST, HOUR, NOW, SQLitePlace, found, stored

MOMENT = "2026-11-23T10:00:00.123Z"
TITLES = (
    "(_id INTEGER PRIMARY KEY, tmdbId INTEGER, title TEXT, year INTEGER, vidsrcAvailable INTEGER, "
    "lastChecked TEXT, tmdbData TEXT, firstSeen TEXT, lastSeen TEXT, checkError TEXT)"
)
SCHEMA = [
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE progress (_id TEXT PRIMARY KEY, document TEXT)",
    "CREATE TABLE runs (_id TEXT PRIMARY KEY, document TEXT)",
    *(
        statement.replace("{table}", table)
        for table in ("movies", "shows")
        for statement in (
            f'CREATE TABLE "{{table}}" {TITLES}',
            'CREATE INDEX "{table}_unchecked" ON "{table}" (_id) '
            "WHERE vidsrcAvailable IS NULL AND checkError IS NULL",
            'CREATE INDEX "{table}_by_age" ON "{table}" (lastChecked, _id, vidsrcAvailable, checkError)',
            'CREATE INDEX "{table}_failed" ON "{table}" (vidsrcAvailable, _id, checkError) '
            "WHERE checkError IS NOT NULL",
        )
    ),
]
DOCUMENT: Document = {
    "_id": 603,
    "tmdbId": 603,
    "title": "The Matrix",
    "year": 1999,
    "vidsrcAvailable": True,
    "lastChecked": NOW,
    "tmdbData": {"id": 603},
    "firstSeen": NOW,
    "lastSeen": NOW,
}
INDEXES = {f"{table}_{name}" for table in ("movies", "shows") for name in ("unchecked", "verdicts", "failed")}

OPENING = """
import os, signal, sys
from pathlib import Path
from sqlite3 import Connection
from moviesync.stores.sqlite import schema

class Dying(Connection):
    left = 0

    def execute(self, *arguments):
        Dying.left -= 1
        if Dying.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments)

connect = schema.sqlite3.connect
schema.sqlite3.connect = lambda *given, **named: connect(*given, **named, factory=Dying)
old, folder = map(Path, sys.argv[1:])
for count in range(1000):
    file = folder / f"{count}.db"
    file.write_bytes(old.read_bytes())
    child = os.fork()
    if not child:
        Dying.left = count
        schema.connect(str(file), readonly=False)
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""
"""Opens copies of a file: the first is killed before the first statement, the next before the second, up to one that
is not killed."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "movies.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in SCHEMA:
            connection.execute(statement)
        row = (603, 603, "The Matrix", 1999, 1, MOMENT, '{"id":603}', MOMENT, MOMENT, None)
        connection.execute(f"INSERT INTO movies VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


def allow(path: Path, mode: int, *, folder: int) -> None:
    path.chmod(mode)
    path.parent.chmod(folder)


def made(path: Path) -> set[str]:
    """Tables and indexes of a file, without those that SQLite makes itself."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        return {name for (name,) in names}


async def is_as_it_was(store: Store) -> None:
    assert await store.title("movies", 603) == DOCUMENT
    assert await store.counts("movies") == Counts(total=1, available=1)
    assert await store.evidence("movies") == {"page": 0, "info": 0, "list": 0, "none": 1}
    assert await store.positives("movies", 9) == []
    assert await store.asked_since("movies", [603], NOW) == set()
    assert await store.stale("movies", before=NOW + HOUR, after=None, limit=9) == [(NOW, 603)]
    assert await store.latest("movies", 9) == await store.found("movies", "matrix", 9) == [DOCUMENT]
    assert await store.saved(SYNC) == []


async def is_brought_up_to_date(path: Path) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    await is_as_it_was(store)
    await store.write([], [found(available=False, at=NOW + HOUR)])
    assert (await stored(store))["statusSince"] == NOW + HOUR
    await store.close()
    assert [flip["_id"] for flip in SQLitePlace(path).flips()] == [f"movies 603 {MOMENT}"]
    assert made(path) == INDEXES | {"movies", "shows", "progress", "runs", SYNC, HISTORY, "history_by_at"}


async def test_opened_for_writing(path: Path) -> None:
    await is_brought_up_to_date(path)


async def test_opened_by_two_at_once(path: Path) -> None:
    stores = [SQLiteStore(str(path)) for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    for store in stores:
        await is_as_it_was(store)
        await store.close()
    await is_brought_up_to_date(path)


async def test_opened_for_reading(path: Path) -> None:
    before = content(path)
    store = SQLiteStore(str(path))
    await store.open(readonly=True)
    await is_as_it_was(store)
    await store.close()
    assert content(path) == before
    assert list(path.parent.iterdir()) == [path]


async def test_an_opening_that_is_killed_is_finished_by_the_next(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    opening = await asyncio.create_subprocess_exec(sys.executable, "-c", OPENING, str(path), str(folder))
    assert await asyncio.wait_for(opening.wait(), 60) == 0
    copies = sorted(folder.glob("*.db"))
    assert len(copies) > 20
    for copy in copies:
        reader = SQLiteStore(str(copy))
        await reader.open(readonly=True)
        await is_as_it_was(reader)
        await reader.close()
        await is_brought_up_to_date(copy)


async def test_read_where_nothing_may_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(path, 0o444, folder=0o555)
    if os.geteuid() == 0:
        # Root may write everywhere.
        monkeypatch.setattr(os, "access", lambda *_: False)
    store = SQLiteStore(str(path))
    await store.open(readonly=True)
    await is_as_it_was(store)
    assert list(path.parent.iterdir()) == [path]
    await store.close()
    allow(path, 0o644, folder=0o755)


async def test_read_where_nothing_may_be_written_beside_a_crawl(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl, reader = SQLiteStore(str(path)), SQLiteStore(str(path))
    await crawl.open()
    monkeypatch.setattr(os, "access", lambda *_: False)
    await reader.open(readonly=True)
    await crawl.write([], [found(available=False, at=NOW + HOUR)])
    assert await reader.counts("movies") == Counts(total=1, unavailable=1)
    await reader.close()
    await crawl.close()


async def test_read_where_nothing_may_be_written_before_a_crawl(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    reader = SQLiteStore(str(path))
    await reader.open(readonly=True)
    await is_as_it_was(reader)
    # Somebody else's; it begins after the file was opened, and may have ended when it is asked again.
    for available, at in ((False, NOW + HOUR), (True, NOW + 2 * HOUR)):
        crawl = SQLiteStore(str(path))
        await crawl.open()
        await crawl.write([], [found(available=available, at=at)])
        if available:
            await crawl.close()
        assert await stored(reader) == DOCUMENT | {
            "vidsrcAvailable": available,
            "lastChecked": at,
            "statusSince": at,
            "evidence": {"by": "page", "host": HOST},
        }
        await crawl.close()
    await reader.close()
