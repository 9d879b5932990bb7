"""What the tests of all stores share: places for a store, and titles to put there."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from moviesync.items import PAGE, Evidence, Title, Verdict
from moviesync.stores.base import Document, Store
from moviesync.stores.documents import iso, moment_or_same
from moviesync.stores.mongo.store import MongoStore
from moviesync.stores.sqlite.store import SQLiteStore

NOW = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
HOST = "vidsrc.sh"
DATA = {
    "id": 603,
    "title": "The Matrix",
    "genre_ids": [28, 878],
    "popularity": 85.5,
    "video": False,
    "a": None,
}
NEVER = datetime(9999, 1, 1, tzinfo=timezone.utc)


HAND_WRITTEN: dict[int, Document] = {
    1: {},
    2: {"vidsrcAvailable": "yes", "lastChecked": "yesterday", "checkError": "once"},
    3: {"vidsrcAvailable": 2, "title": 7, "tmdbData": "{", "firstSeen": 1, "checkError": {}},
    4: {"vidsrcAvailable": True, "lastChecked": "2026-99-99T10:00:00.000Z"},
    5: {"vidsrcAvailable": True, "lastChecked": 5},
    6: {"vidsrcAvailable": None, "checkError": {"reason": 1, "at": "yesterday"}},
    7: {"vidsrcAvailable": False, "lastChecked": None},
}


class Place(ABC):
    """Somewhere a store can be, and what another program does there."""

    @abstractmethod
    def store(self) -> Store: ...

    @abstractmethod
    def insert(self, collection: str, document: Document) -> None:
        """Write by hand; values are the place's own."""

    @abstractmethod
    def remove(self, collection: str, tmdb_id: int, field: str) -> None:
        """Take a field out of a title's document."""

    @abstractmethod
    def moment(self, moment: datetime) -> Any:
        """As the place keeps it."""

    @abstractmethod
    def flips(self) -> list[Document]:
        """The documents of ``history`` as they are there, the earliest first."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether nothing at all has been made there."""


class SQLitePlace(Place):
    def __init__(self, path: Path) -> None:
        self.path = path

    def store(self) -> Store:
        return SQLiteStore(str(self.path))

    def insert(self, collection: str, document: Document) -> None:
        values = {
            name: json.dumps(value) if isinstance(value, dict) else value for name, value in document.items()
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"INSERT INTO {collection} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608

    def remove(self, collection: str, tmdb_id: int, field: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f"UPDATE {collection} SET {field} = NULL WHERE _id = ?", [tmdb_id])  # noqa: S608

    def moment(self, moment: datetime) -> Any:
        return iso(moment)

    def flips(self) -> list[Document]:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT * FROM history ORDER BY at").fetchall()
        found = [{name: row[name] for name in row.keys() if row[name] is not None} for row in rows]  # noqa: SIM118
        for flip in found:
            flip |= {"from": bool(flip["from"]), "to": bool(flip["to"]), "at": moment_or_same(flip["at"])}
            if "evidence" in flip:
                flip["evidence"] = json.loads(flip["evidence"])
        return found

    def is_empty(self) -> bool:
        return not self.path.exists()


class MongoPlace(Place):
    def __init__(self, uri: str) -> None:
        self.uri = uri

    def store(self) -> Store:
        return MongoStore(self.uri)

    def insert(self, collection: str, document: Document) -> None:
        with MongoClient[Document](self.uri) as client:
            client.get_default_database()[collection].insert_one(document)

    def remove(self, collection: str, tmdb_id: int, field: str) -> None:
        with MongoClient[Document](self.uri) as client:
            client.get_default_database()[collection].update_one({"_id": tmdb_id}, {"$unset": {field: ""}})

    def moment(self, moment: datetime) -> Any:
        return moment

    def flips(self) -> list[Document]:
        with MongoClient[Document](self.uri, tz_aware=True, tzinfo=timezone.utc) as client:
            return list(client.get_default_database()["history"].find(sort=[("at", 1)]))

    def is_empty(self) -> bool:
        with MongoClient[Document](self.uri) as client:
            return client.get_default_database().list_collection_names() == []


def movie(tmdb_id: int = 603, **changes: Any) -> Title:
    facts: dict[str, Any] = {
        "title": "The Matrix",
        "year": 1999,
        "data": DATA,
        "seen": NOW,
        "collection": "movies",
    }
    return Title(tmdb_id=tmdb_id, **(facts | changes))


def verdict(tmdb_id: int = 603, available: bool | None = True, **changes: Any) -> Verdict:
    return replace(Verdict("movies", tmdb_id, available, "blocked", NOW), **changes)


def found(tmdb_id: int = 603, available: bool = True, by: str = PAGE, **changes: Any) -> Verdict:
    """A verdict that says what it rests on."""
    return verdict(tmdb_id, available, evidence=Evidence(by, HOST), **changes)


async def stored(store: Store, tmdb_id: int = 603) -> Document:
    document = await store.title("movies", tmdb_id)
    assert document is not None
    return document


async def up_to_date(
    store: Store, *ids: int, checked: datetime | None = None, failed: datetime = NEVER
) -> set[int]:
    return await store.up_to_date("movies", ids, checked_since=checked, failed_since=failed)


async def unchecked(
    store: Store, before: datetime | None = None, after: int = 0, limit: int = 100
) -> list[int]:
    return await store.unchecked("movies", failed_before=before, after=after, limit=limit)
