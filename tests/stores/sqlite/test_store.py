"""What holds for the SQLite store alone: the file as other programs see it, and how opening it fails."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from moviesync.items import Evidence, Title, Verdict
from moviesync.stores.base import RUNS, Counts, StoreUnavailable
from moviesync.stores.sqlite.store import SQLiteStore

NOW = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=timezone.utc)
TITLE = Title("movies", 603, "The Matrix", 1999, {"title": "Amélie"}, NOW)
VERDICT = Verdict("movies", 603, True, "", NOW, Evidence("list", "vidsrc.sh"), {"1": [1, 2]})
COLUMNS = {
    "_id": "INTEGER",
    "tmdbId": "INTEGER",
    "title": "TEXT",
    "year": "INTEGER",
    "vidsrcAvailable": "INTEGER",
    "lastChecked": "TEXT",
    "statusSince": "TEXT",
    "evidence": "TEXT",
    "tmdbData": "TEXT",
    "firstSeen": "TEXT",
    "lastSeen": "TEXT",
    "episodes": "TEXT",
    "checkError": "TEXT",
}
FLIP = ["_id", "collection", "tmdbId", "from", "to", "at", "evidence"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "movies.db"


@pytest.fixture
def empty_file(path: Path) -> Path:
    path.touch()
    return path


@pytest.fixture
def text_file(path: Path) -> Path:
    path.write_text("no database at all " * 100)
    return path


@pytest.fixture
async def other(path: Path) -> AsyncIterator[sqlite3.Connection]:
    """Another program's connection to a file that the store has made."""
    await fill(path)
    with closing(sqlite3.connect(path)) as connection:
        yield connection


async def fill(path: Path) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    failure = Verdict("movies", 603, None, "timeout", NOW)
    await store.write([TITLE], [VERDICT, failure])
    await store.save(RUNS, [{"_id": "run", "started": NOW, "pages": 1}])
    await store.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def opening_fails(path: Path | str, *, readonly: bool = False) -> str:
    with pytest.raises(StoreUnavailable) as failure:
        await SQLiteStore(str(path)).open(readonly=readonly)
    text = str(failure.value)
    assert text.startswith(f"sqlite:{path}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("table", ["movies", "shows"])
async def test_columns(other: sqlite3.Connection, table: str) -> None:
    columns = {name: kind for _, name, kind, *_ in other.execute(f"PRAGMA table_info({table})")}
    assert list(columns.items()) == list(COLUMNS.items())


async def test_values_are_what_other_programs_read(other: sqlite3.Connection) -> None:
    other.row_factory = sqlite3.Row
    row = dict(other.execute("SELECT * FROM movies").fetchone())
    moment = "2026-11-23T10:00:00.123Z"
    assert row == {
        "_id": 603,
        "tmdbId": 603,
        "title": "The Matrix",
        "year": 1999,
        "vidsrcAvailable": 1,
        "lastChecked": moment,
        "statusSince": moment,
        "evidence": '{"by":"list","host":"vidsrc.sh"}',
        "tmdbData": '{"title":"Amélie"}',
        "firstSeen": moment,
        "lastSeen": moment,
        "episodes": '{"1":[1,2]}',
        "checkError": json.dumps({"reason": "timeout", "at": moment}, separators=(",", ":")),
    }


async def test_new_title_has_nulls(other: sqlite3.Connection, path: Path) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    await store.write([Title("shows", 1, "Lost", None, {}, NOW)], [])
    await store.close()
    columns = "year, vidsrcAvailable, lastChecked, statusSince, evidence, episodes, checkError"
    assert set(other.execute(f"SELECT {columns} FROM shows").fetchone()) == {None}  # noqa: S608


async def test_flips_have_columns(other: sqlite3.Connection, path: Path) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    await store.write([], [replace(VERDICT, available=False, at=NOW.replace(hour=11))])
    await store.close()
    cursor = other.execute("SELECT * FROM history")
    assert [name for name, *_ in cursor.description] == FLIP
    begun, at = "2026-11-23T10:00:00.123Z", "2026-11-23T11:00:00.123Z"
    evidence = '{"by":"list","host":"vidsrc.sh"}'
    assert cursor.fetchall() == [(f"movies 603 {begun}", "movies", 603, 1, 0, at, evidence)]


async def test_saved_documents_are_json(other: sqlite3.Connection) -> None:
    name, text = other.execute("SELECT _id, document FROM runs").fetchone()
    assert name == "run"
    assert json.loads(text) == {"_id": "run", "started": "2026-11-23T10:00:00.123Z", "pages": 1}


async def test_file_is_in_wal_mode(other: sqlite3.Connection) -> None:
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_memory_store_works_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SQLiteStore(":memory:")
    await store.open()
    await store.write([TITLE], [])
    assert await store.counts("movies") == Counts(total=1, unchecked=1)
    await store.close()
    assert files_in(tmp_path) == []


async def test_readonly_leaves_the_file_as_it_is(path: Path) -> None:
    await fill(path)
    before = content(path)
    store = SQLiteStore(str(path))
    await store.open(readonly=True)
    assert await store.title("movies", 603)
    await store.close()
    assert content(path) == before
    assert files_in(path.parent) == [path]


async def test_readonly_of_a_file_without_tables(empty_file: Path) -> None:
    store = SQLiteStore(str(empty_file))
    await store.open(readonly=True)
    assert await store.counts("movies") == Counts()
    await store.close()
    assert content(empty_file) == b""


async def test_locked_file(other: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moviesync.stores.sqlite.schema.BUSY_TIMEOUT_S", 0.05)
    store = SQLiteStore(str(path))
    await store.open()
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"movies\.db: database is locked \(another program"):
        await store.write([TITLE], [])
    other.execute("ROLLBACK")
    assert await store.write([TITLE], []) == []
    await store.close()


@pytest.mark.parametrize("readonly", [False, True])
async def test_file_that_is_no_database(text_file: Path, readonly: bool) -> None:
    text = await opening_fails(text_file, readonly=readonly)
    assert "file is not a database (move it away" in text


async def test_path_that_is_a_folder(tmp_path: Path) -> None:
    assert "unable to open database file (check" in await opening_fails(tmp_path)


async def test_folder_that_cannot_be_made(empty_file: Path) -> None:
    assert "Not a directory" in await opening_fails(empty_file / "below" / "movies.db")


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize(
    ("table", "missing"),
    [("movies (_id INTEGER PRIMARY KEY, title TEXT)", "tmdbId"), ("runs (_id TEXT PRIMARY KEY)", "document")],
)
async def test_table_of_another_layout(path: Path, table: str, missing: str, readonly: bool) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE {table}")
    before = content(path)
    text = await opening_fails(path, readonly=readonly)
    assert f"has no column {missing} (another program or version made it" in text
    assert content(path) == before


async def test_table_with_another_key(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE movies (" + ", ".join(COLUMNS) + ")")
    assert "table movies has no column _id of the type INTEGER PRIMARY KEY" in await opening_fails(path)
