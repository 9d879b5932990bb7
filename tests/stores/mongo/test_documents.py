"""The documents of the MongoDB store as other programs see and write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from moviesync.items import Title, Verdict
from moviesync.stores.base import PROGRESS, Store
from tests.mongodb import Collections
from tests.places import MongoPlace

NOW = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=timezone.utc)


def movie(tmdb_id: int, title: str = "The Matrix", **data: Any) -> Title:
    return Title("movies", tmdb_id, title, 1999, data, NOW)


async def test_types_of_the_document(store: Store, place: MongoPlace) -> None:
    await store.write([movie(603, id=603)], [Verdict("movies", 603, True, "", NOW)])
    with MongoClient[RawBSONDocument](
        place.uri, document_class=RawBSONDocument, socketTimeoutMS=20_000
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


# FerretDB leaves out the nulls of a new document, and the store reads them all the same: see its contract.
@pytest.mark.parametrize("place", ["mongodb"], indirect=True)
async def test_new_document_holds_nulls_and_no_error(store: Store, database: Collections) -> None:
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


async def test_server_never_sees_keys_that_it_may_refuse(store: Store, database: Collections) -> None:
    await store.write([replace(movie(1), data={"$a.b\0": 2**64})], [])
    document = database["movies"].find_one()
    assert document is not None
    assert document["tmdbData"] == {"＄a．b␀": {"＼int": str(2**64)}}  # noqa: RUF001


async def test_document_of_over_16_megabytes_is_refused_alone(store: Store) -> None:
    large = movie(2, overview="x" * (16 * 1024 * 1024))
    refused = await store.write([movie(1), large, movie(3)], [])
    assert [one.item for one in refused] == [large]
    assert (await store.counts("movies")).total == 2


async def test_document_nested_too_deeply_is_refused_alone(store: Store) -> None:
    nested: Any = []
    for _ in range(100):
        nested = [nested]
    refused = await store.write([movie(1), movie(2, nested=nested)], [])
    assert [one.reason for one in refused] == ["nested more than 90 levels deep"]
    assert (await store.counts("movies")).total == 1


async def test_what_the_server_refuses_is_returned_alone(store: Store, database: Collections) -> None:
    database["movies"].create_index("title", unique=True)
    titles = [movie(1, "A"), movie(2, "B"), movie(3, "A"), movie(4, "C")]
    refused = await store.write(titles, [])
    assert [one.item for one in refused] == [titles[2]]
    assert "duplicate key" in refused[0].reason
    assert (await store.counts("movies")).total == 3


async def test_documents_that_python_cannot_hold_are_read(store: Store, database: Collections) -> None:
    far = (2**60).to_bytes(8, "little")
    document = b"\x08vidsrcAvailable\0\x01" + b"\x09lastChecked\0" + far + b"\0"
    raw = RawBSONDocument((len(document) + 4).to_bytes(4, "little") + document)
    database["movies"].update_one({"_id": 1}, {"$set": raw}, upsert=True)
    found = await store.up_to_date("movies", [1], checked_since=None, failed_since=NOW)
    assert found == set()
    assert await store.title("movies", 1) is not None
    assert await store.stale("movies", before=NOW, after=None, limit=5) == []


async def test_documents_with_another_kind_of_id_are_left_alone(store: Store, database: Collections) -> None:
    stale = {"vidsrcAvailable": True, "lastChecked": NOW}
    database["movies"].insert_many([{"_id": "603"}, {"_id": "604"} | stale])
    assert await store.unchecked("movies", failed_before=None, after=0, limit=5) == []
    later = NOW.replace(year=2027)
    assert await store.stale("movies", before=later, after=None, limit=5) == []


async def test_no_list_in_a_list_is_stored(store: Store, database: Collections) -> None:
    document = {"_id": "movies 1", "pagesDone": [[1, 3], [7, 7]]}
    await store.save(PROGRESS, [document])
    assert await store.saved(PROGRESS) == [document]
    (stored,) = database[PROGRESS].find()
    assert stored["pagesDone"] == [{"＼list": [1, 3]}, {"＼list": [7, 7]}]  # noqa: RUF001


@pytest.mark.parametrize("place", ["mongodb"], indirect=True)
async def test_lists_in_lists_of_the_first_version_are_read(store: Store, database: Collections) -> None:
    document = {"_id": "movies 1", "pagesDone": [[1, 3], [7, 7]]}
    database[PROGRESS].insert_one(document)
    assert await store.saved(PROGRESS) == [document]
