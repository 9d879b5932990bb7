"""A look at the place of a store of each kind, and that it changes nothing there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pymongo import MongoClient

from moviesync.stores import look_at_store
from moviesync.stores.base import Document, Store
from moviesync.stores.looking import Look, Whose
from tests.places import MongoPlace, Place, SQLitePlace
from tests.stores.sqlite.test_first_version import SCHEMA


async def look(place: Place) -> Look:
    if isinstance(place, MongoPlace):
        return await look_at_store({"MONGODB_URI": place.uri})
    assert isinstance(place, SQLitePlace)
    return await look_at_store({"SQLITE_PATH": str(place.path)})


async def test_nothing_is_there(place: Place) -> None:
    assert await look(place) == Look(place.store().address, Whose.NOBODYS)
    assert place.is_empty()


async def test_a_store_of_ours_also_while_it_is_open(place: Place, store: Store) -> None:
    assert await look(place) == Look(place.store().address, Whose.OURS)
    await store.close()
    assert await look(place) == Look(place.store().address, Whose.OURS)


async def test_collections_of_another_program(mongodb_uri: str) -> None:
    with MongoClient[Document](mongodb_uri) as client:
        client.get_default_database()["books"].insert_one({})
        assert (await look(MongoPlace(mongodb_uri))).whose is Whose.OTHERS
        client.get_default_database()["movies"].insert_one({})
        assert (await look(MongoPlace(mongodb_uri))).whose is Whose.FIRST_VERSION


def content(folder: Path) -> dict[str, bytes]:
    """The files of a folder, without those that hold locks alone."""
    return {file.name: file.read_bytes() for file in folder.glob("*.db*") if not file.name.endswith("-shm")}


def copy(folder: Path, to: Path) -> None:
    to.mkdir()
    for file in folder.glob("*.db*"):
        (to / file.name).write_bytes(file.read_bytes())


async def test_a_file_of_the_first_version(tmp_path: Path) -> None:
    path = tmp_path / "movies.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
    before = content(tmp_path)
    assert before.keys() == {path.name}
    assert (await look(SQLitePlace(path))).whose is Whose.FIRST_VERSION
    assert content(tmp_path) == before


async def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "movies.db"
    path.touch()
    assert (await look(SQLitePlace(path))).whose is Whose.NOBODYS


async def test_what_a_killed_crawl_has_left_stays(tmp_path: Path) -> None:
    path = tmp_path / "movies.db"
    store = SQLitePlace(path).store()
    await store.open()
    copies = tmp_path / "copies"
    copy(tmp_path, copies)
    await store.close()
    before = content(copies)
    assert "movies.db-wal" in before
    assert (await look(SQLitePlace(copies / path.name))).whose is Whose.OURS
    assert content(copies) == before


async def test_a_file_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    path = tmp_path / "new" / "movies.db"
    assert (await look(SQLitePlace(path))).not_writable == f"{tmp_path} may not be written"


async def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    assert (await look(SQLitePlace(tmp_path))).trouble
    (tmp_path / "file").touch()
    found = await look(SQLitePlace(tmp_path / "file" / "movies.db"))
    assert found.not_writable == f"{tmp_path / 'file'} is not a folder"
