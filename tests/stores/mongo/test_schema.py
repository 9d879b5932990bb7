"""The indexes of the MongoDB store, in new databases and in those of earlier versions."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest
from pymongo.errors import OperationFailure

from moviesync.stores.base import Store
from moviesync.stores.mongo.schema import OUTDATED
from tests.mongodb import Collections
from tests.places import NOW, MongoPlace, Place, movie, stored, unchecked, verdict

INDEXES = [
    ["_id"],
    ["checkError"],
    ["lastChecked", "_id", "vidsrcAvailable", "evidence.by"],
    ["title", "_id"],
    ["vidsrcAvailable", "_id", "year"],
]


def fields(database: Collections, collection: str) -> list[list[str]]:
    indexes = database[collection].index_information().values()
    assert all("partialFilterExpression" not in index for index in indexes)
    return sorted([name for name, _ in index["key"]] for index in indexes)


async def test_indexes(store: Store, database: Collections, place: Place) -> None:
    for collection in ("movies", "shows"):
        assert fields(database, collection) == INDEXES
    assert fields(database, "history") == [["_id"], ["at"]]
    again = place.store()
    await again.open()
    assert fields(database, "movies") == INDEXES
    await again.close()


async def test_indexes_that_are_missing_are_made(store: Store, database: Collections, place: Place) -> None:
    await store.write([movie()], [verdict()])
    database["movies"].drop_index("title_1__id_1")
    again = place.store()
    await again.open()
    assert fields(database, "movies") == INDEXES
    await again.close()


async def test_a_database_of_an_earlier_version(database: Collections, place: Place) -> None:
    movies = database["movies"]
    movies.insert_one({"_id": 1, "vidsrcAvailable": None, "checkError": {"reason": "timeout", "at": NOW}})
    key = ["vidsrcAvailable", "_id"]
    movies.create_index(key)
    try:
        movies.create_index(
            [*key, "checkError.at"], partialFilterExpression={"checkError": {"$type": "object"}}
        )
    except OperationFailure:
        # FerretDB has none of these; so an index that is no more than named like it takes its place.
        movies.create_index([*key, "checkError.at"])
    movies.create_index(["lastChecked", "_id"])
    assert set(OUTDATED) < set(movies.index_information())
    store = place.store()
    await store.open(readonly=True)
    assert await store.failures("movies") == {"timeout": 1}
    assert await store.years("movies") == [(None, 0, 0, 1)]
    assert await store.evidence("movies") == {"page": 0, "info": 0, "list": 0, "none": 0}
    await store.close()
    assert set(OUTDATED) < set(movies.index_information())
    await store.open()
    assert fields(database, "movies") == INDEXES
    assert (await store.counts("movies")).failed == 1
    assert await unchecked(store, before=NOW) == []
    assert (await stored(store, 1))["lastChecked"] is None
    await store.close()


OPENING = """
import asyncio, os, signal, sys
from moviesync.stores.mongo import schema
from moviesync.stores.mongo.store import MongoStore

async def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(schema, sys.argv[2], killed)
asyncio.run(MongoStore(sys.argv[1]).open())
"""
"""Opens a store for writing, and is killed as it is about to do one step."""


@pytest.mark.parametrize("step", ["_drop", "_make_indexes"])
async def test_an_opening_that_is_killed_is_finished_by_the_next(
    database: Collections, place: MongoPlace, step: str
) -> None:
    for name in ("movies", "shows"):
        database[name].insert_one({"_id": 1, "vidsrcAvailable": True, "lastChecked": NOW})
    # In one alone: the Java server drops no database in which it has dropped two indexes of one name.
    database["movies"].create_index(["lastChecked", "_id"])
    opening = await asyncio.create_subprocess_exec(sys.executable, "-c", OPENING, place.uri, step)
    assert await asyncio.wait_for(opening.wait(), 30) == -signal.SIGKILL
    store = place.store()
    await store.open()
    for name in ("movies", "shows"):
        assert fields(database, name) == INDEXES
        assert (await store.counts(name)).available == 1
    await store.close()
