"""What holds for the MongoDB store alone: the documents as other programs see them, and how servers fail."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

from moviesync.items import Title, Verdict
from moviesync.stores.base import StoreUnavailable
from moviesync.stores.mongo.address import shown_address
from moviesync.stores.mongo.store import MongoStore
from moviesync.stores.mongo.values import escaped, unescaped
from tests.mongodb import MongoServer, connected

NOW = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=timezone.utc)
HIDDEN = "hunter2"


def movie(tmdb_id: int, title: str = "The Matrix", **data: Any) -> Title:
    return Title("movies", tmdb_id, title, 1999, data, NOW)


@pytest.fixture
async def store(mongodb_uri: str) -> AsyncIterator[MongoStore]:
    store = MongoStore(mongodb_uri)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """The same database, by another program."""
    with connected(mongodb_uri) as client:
        yield client.get_default_database()


async def opening_fails(store: MongoStore) -> str:
    with pytest.raises(StoreUnavailable) as failure:
        await store.open()
    text = str(failure.value)
    assert text.startswith(f"{store.address}: ")
    assert "\n" not in text
    assert HIDDEN not in text
    return text


async def test_types_of_the_document(store: MongoStore, mongodb_uri: str) -> None:
    await store.write([movie(603, id=603)], [Verdict("movies", 603, True, "", NOW)])
    with MongoClient[RawBSONDocument](
        mongodb_uri, document_class=RawBSONDocument, socketTimeoutMS=20_000
    ) as client:
        document = client.get_default_database()["movies"].find_one()
    assert document is not None
    number = (603).to_bytes(4, "little")
    date = int(NOW.timestamp() * 1000).to_bytes(8, "little")
    for field in (
        b"\x10_id\0" + number,
        b"\x10tmdbId\0" + number,
        b"\x02title\0\x0b\0\0\0The Matrix\0",
        b"\x10year\0" + (1999).to_bytes(4, "little"),
        b"\x08vidsrcAvailable\0\x01",
        b"\x09lastChecked\0" + date,
        b"\x09firstSeen\0" + date,
        b"\x09lastSeen\0" + date,
        b"\x03tmdbData\0",
    ):
        assert field in document.raw


async def test_new_document_holds_nulls_and_no_error(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    await store.write([movie(603)], [])
    assert database["movies"].find_one() == {
        "_id": 603,
        "tmdbId": 603,
        "title": "The Matrix",
        "year": 1999,
        "vidsrcAvailable": None,
        "lastChecked": None,
        "tmdbData": {},
        "firstSeen": NOW.replace(tzinfo=None),
        "lastSeen": NOW.replace(tzinfo=None),
    }


async def test_server_never_sees_keys_that_it_may_refuse(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    await store.write([replace(movie(1), data={"$a.b\0": 2**64})], [])
    document = database["movies"].find_one()
    assert document is not None
    assert document["tmdbData"] == {"＄a．b␀": {"＼int": str(2**64)}}  # noqa: RUF001


@pytest.mark.parametrize("key", ["＄", "＼", "＼＄", "＼＼＄", "$＼.", "␀\0", "a$b", "＼int", "int"])  # noqa: RUF001
def test_keys_come_back(key: str) -> None:
    assert unescaped(escaped({key: "1"})) == {key: "1"}
    assert not {"$", ".", "\0"} & set("".join(escaped({key: 1})))


async def test_indexes(store: MongoStore, database: Database[dict[str, Any]]) -> None:
    for collection in ("movies", "shows"):
        indexes = database[collection].index_information().values()
        keys = [[name for name, _ in index["key"]] for index in indexes]
        assert ["vidsrcAvailable", "_id"] in keys
        assert ["lastChecked", "_id"] in keys
        partial = [index for index in indexes if "partialFilterExpression" in index]
        assert [name for name, _ in partial[0]["key"]] == ["vidsrcAvailable", "_id", "checkError.at"]


async def test_document_of_over_16_megabytes_is_refused_alone(store: MongoStore) -> None:
    large = movie(2, overview="x" * (16 * 1024 * 1024))
    refused = await store.write([movie(1), large, movie(3)], [])
    assert [one.item for one in refused] == [large]
    assert (await store.counts("movies")).total == 2


async def test_document_nested_too_deeply_is_refused_alone(store: MongoStore) -> None:
    nested: Any = []
    for _ in range(100):
        nested = [nested]
    refused = await store.write([movie(1), movie(2, nested=nested)], [])
    assert [one.reason for one in refused] == ["nested more than 90 levels deep"]
    assert (await store.counts("movies")).total == 1


async def test_what_the_server_refuses_is_returned_alone(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    database["movies"].create_index("title", unique=True)
    titles = [movie(1, "A"), movie(2, "B"), movie(3, "A"), movie(4, "C")]
    refused = await store.write(titles, [])
    assert [one.item for one in refused] == [titles[2]]
    assert "duplicate key" in refused[0].reason
    assert (await store.counts("movies")).total == 3


async def test_documents_that_python_cannot_hold_are_read(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    far = (2**60).to_bytes(8, "little")
    document = b"\x08vidsrcAvailable\0\x01" + b"\x09lastChecked\0" + far + b"\0"
    raw = RawBSONDocument((len(document) + 4).to_bytes(4, "little") + document)
    database["movies"].update_one({"_id": 1}, {"$set": raw}, upsert=True)
    found = await store.up_to_date("movies", [1], checked_since=None, failed_since=NOW)
    assert found == set()
    assert await store.title("movies", 1) is not None
    assert await store.stale("movies", before=NOW, after=None, limit=5) == []


async def test_documents_with_another_kind_of_id_are_left_alone(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    stale = {"vidsrcAvailable": True, "lastChecked": NOW}
    database["movies"].insert_many([{"_id": "603"}, {"_id": "604"} | stale])
    assert await store.unchecked("movies", failed_before=None, after=0, limit=5) == []
    later = NOW.replace(year=2027)
    assert await store.stale("movies", before=later, after=None, limit=5) == []


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_server_that_is_not_there(closed_port: int) -> None:
    host = f"127.0.0.1:{closed_port}"
    store = MongoStore(f"mongodb://user:{HIDDEN}@{host}/films?serverSelectionTimeoutMS=200")
    text = await opening_fails(store)
    assert store.address == f"mongodb://{host}/films"
    assert "Connect call failed" in text
    assert "is the server running" in text
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.counts("movies")


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://user:{HIDDEN}",
        f"mongodb://user:{HIDDEN}/x@db.example",
        f"mongodb://user:{HIDDEN}?x@db.example/films",
        f"mongodb://user:@{HIDDEN}@db.example",
        f"mongodb://user:{HIDDEN}@db.example:99999",
        f"mongodb://user:{HIDDEN}@",
        f"postgres://user:{HIDDEN}@db.example",
        f"user:{HIDDEN}@db.example",
        f"mongodb+srv://user:{HIDDEN}@db.example:27017",
        f"mongodb://user:{HIDDEN}@db.example/a b",
        f"mongodb://user:{HIDDEN}@db.example/?w=0",
        "db.example:27017",
    ],
)
async def test_address_that_is_none(uri: str) -> None:
    assert "MONGODB_URI" in await opening_fails(MongoStore(uri))


async def test_database_name_that_is_none() -> None:
    assert "MONGODB_DATABASE" in await opening_fails(MongoStore("mongodb://127.0.0.1", "a b"))


@pytest.mark.parametrize(
    ("uri", "database", "address"),
    [
        ("mongodb://localhost", None, "mongodb://localhost/moviesync"),
        ("mongodb://localhost/", "films", "mongodb://localhost/films"),
        (f"mongodb://u:{HIDDEN}@a:1,b:2/films?w=1", None, "mongodb://a:1,b:2/films"),
        (f"mongodb+srv://u:{HIDDEN}@db.example/?w=1", None, "mongodb+srv://db.example/moviesync"),
        (f"mongodb://u:{HIDDEN}@[::1]:27017", None, "mongodb://[::1]:27017/moviesync"),
    ],
)
def test_shown_address(uri: str, database: str | None, address: str) -> None:
    assert shown_address(uri, database) == address


async def test_killed_server_has_what_it_acknowledged(own_mongodb_server: MongoServer) -> None:
    store = MongoStore(f"{own_mongodb_server.uri}/films?serverSelectionTimeoutMS=1500")
    await store.open()
    await store.write([movie(number) for number in range(100)], [])
    own_mongodb_server.kill()
    with pytest.raises(StoreUnavailable, match=re.escape(store.address)):
        await store.write([movie(100)], [])
    with pytest.raises(StoreUnavailable, match=re.escape(store.address)):
        await store.counts("movies")
    own_mongodb_server.start()
    assert (await store.counts("movies")).total == 100
    assert await store.write([movie(100)], []) == []
    await store.close()
