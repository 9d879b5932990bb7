"""The contract of ``moviesync.stores.base``, held against every store on real servers: what documents hold."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from moviesync.stores.base import PROGRESS, RUNS, SYNC, Document, Store
from tests.places import NOW, movie, stored, up_to_date, verdict


async def test_values_come_back_as_they_went(store: Store) -> None:
    data = {
        "$set": {"a.b": 1, ".": 2, "": 3, "\0": 4, "nested": [{"$gt": [1]}]},
        "＄．␀＼": "fullwidth",  # noqa: RUF001
        "＼＄": {"＼int": "1"},  # noqa: RUF001
        "beyond": [2**63, -(2**63) - 1, 2**63 - 1, -(2**63), 10**40],
        "float": 1.0,
        "like a date": "2026-11-23T10:00:00.123Z",
        "text": 'Amélie 🎬 \0 \\ "',
        "nothing": None,
        "empty": [[], {}],
        "lists": [[1, [2, [[]], {"a": [[3]]}]], {"＼list": [[4]]}, {"＼＼list": 5}],  # noqa: RUF001
    }
    await store.write([movie(title="1984 \0", data=data)], [])
    document = await stored(store)
    assert document["tmdbData"] == data
    assert types(document["tmdbData"]) == types(data)
    assert document["title"] == "1984 \0"


async def test_floats_that_are_not_finite_come_back(store: Store) -> None:
    data = {"inf": [math.inf, {"minus": -math.inf}], "nan": math.nan}
    assert await store.write([movie(data=data)], []) == []
    found = (await stored(store))["tmdbData"]
    assert math.isnan(found.pop("nan"))
    assert found == {"inf": data["inf"]}


async def test_moments_are_utc_and_cut_to_milliseconds(store: Store) -> None:
    seen = datetime(2026, 11, 23, 12, 0, 0, 123999, tzinfo=timezone(timedelta(hours=2)))
    await store.write([movie(seen=seen)], [verdict(at=seen)])
    document = await stored(store)
    for name in ("firstSeen", "lastSeen", "lastChecked", "statusSince"):
        assert document[name] == NOW
        assert document[name].tzinfo is timezone.utc
    assert await up_to_date(store, 603, checked=seen) == {603}


@pytest.mark.parametrize("collection", [PROGRESS, RUNS, SYNC])
async def test_saved_documents(store: Store, collection: str) -> None:
    documents: list[Document] = [
        {
            "_id": "movies 2",
            "pages": 500,
            "pagesDone": [[1, 3], [7, 7]],
            "at": NOW,
            "within": [{"at": NOW}],
            "none": None,
        },
        {"_id": "movies 1", "a.b/$c": 1.5, "big": 2**70, "yes": True},
        {"_id": "shows 1"},
        {"_id": "%_.*é"},
    ]
    await store.save(collection, documents)
    await store.save(collection, [])
    by_id = sorted(documents, key=lambda document: str(document["_id"]))
    assert await store.saved(collection) == by_id
    assert await store.saved(collection, prefix="movies") == by_id[1:3]
    assert await store.saved(collection, prefix="%_.*é") == by_id[:1]
    assert await store.saved(collection, prefix=".") == []
    assert await store.saved(collection, last=2) == by_id[2:]
    assert await store.saved(collection, last=9) == by_id
    assert await store.saved(collection, last=0) == []
    assert await store.saved(collection, prefix="movies", last=1) == by_id[2:3]
    assert types(await store.saved(collection)) == types(by_id)

    await store.save(collection, [{"_id": "movies 2", "pages": 1}])
    assert await store.saved(collection, prefix="movies 2") == [{"_id": "movies 2", "pages": 1}]

    await store.forget(collection, prefix="movies")
    assert [document["_id"] for document in await store.saved(collection)] == ["%_.*é", "shows 1"]
    await store.forget(collection, prefix="")
    assert await store.saved(collection) == []


def types(value: Any) -> Any:
    """The types of a value and of all within it: ``1 == 1.0 == True``, so equality is not enough."""
    if isinstance(value, dict):
        return {key: types(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [types(inner) for inner in value]
    return type(value)
