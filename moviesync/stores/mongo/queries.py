"""What a crawl asks of the MongoDB store, as plain functions of a collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.cursor import AsyncCursor

from moviesync.items import ASKED
from moviesync.stores.base import Document
from moviesync.stores.documents import is_up_to_date, storable_ids, was_asked_since
from moviesync.stores.mongo.schema import FAILED, Titles
from moviesync.stores.mongo.values import title_of

EARLIEST = datetime.min.replace(tzinfo=timezone.utc)

# To the server a limit of 0 means no limit, so none of these questions is asked with one.


async def up_to_date(
    titles: Titles, ids: Sequence[int], checked_since: datetime | None, failed_since: datetime
) -> set[int]:
    return {
        int(document["_id"])
        async for document in _by_ids(titles, ids, ["vidsrcAvailable", "lastChecked", "checkError"])
        if is_up_to_date(document, checked_since=checked_since, failed_since=failed_since)
    }


async def unchecked(titles: Titles, failed_before: datetime | None, after: int, limit: int) -> list[int]:
    if limit < 1:
        return []
    query: Document = {"vidsrcAvailable": None, "_id": {"$gt": after}}
    query |= _failed(failed_before)
    cursor = titles.find(query, ["_id"], sort=[("_id", ASCENDING)], limit=limit)
    return [int(document["_id"]) async for document in cursor]


async def stale(
    titles: Titles,
    before: datetime,
    after: tuple[datetime, int] | None,
    limit: int,
    failed_before: datetime | None,
) -> list[tuple[datetime, int]]:
    if limit < 1:
        return []
    moment, number = after or (EARLIEST, 0)
    query = {
        "lastChecked": {"$gte": moment, "$lt": before},
        "$or": [{"lastChecked": {"$gt": moment}}, {"_id": {"$gt": number}}],
        "vidsrcAvailable": {"$in": [True, False]},
        "_id": {"$type": "number"},
    } | _failed(failed_before)
    order = [("lastChecked", ASCENDING), ("_id", ASCENDING)]
    cursor = titles.find(query, ["lastChecked"], sort=order, limit=limit)
    return [(document["lastChecked"], int(document["_id"])) async for document in cursor]


async def ids(titles: Titles, after: int, limit: int) -> list[int]:
    if limit < 1:
        return []
    cursor = titles.find({"_id": {"$gt": after}}, ["_id"], sort=[("_id", ASCENDING)], limit=limit)
    return [int(document["_id"]) async for document in cursor]


async def asked_since(titles: Titles, ids: Sequence[int], since: datetime) -> set[int]:
    return {
        int(document["_id"])
        async for document in _by_ids(titles, ids, ["vidsrcAvailable", "lastChecked", "evidence"])
        if was_asked_since(document, since)
    }


async def positives(titles: Titles, limit: int) -> list[int]:
    if limit < 1:
        return []
    query = {
        "lastChecked": {"$type": "date"},
        "_id": {"$type": "number"},
        "vidsrcAvailable": True,
        "evidence.by": {"$in": list(ASKED)},
    }
    latest_first = [("lastChecked", DESCENDING), ("_id", DESCENDING)]
    cursor = titles.find(query, ["_id"], sort=latest_first, limit=limit)
    return [int(document["_id"]) async for document in cursor]


async def title(titles: Titles, tmdb_id: int) -> Document | None:
    for number in storable_ids([tmdb_id]):
        document = await titles.find_one({"_id": number})
        if document is not None:
            return title_of(document)
    return None


def _by_ids(titles: Titles, ids: Sequence[int], fields: list[str]) -> AsyncCursor[Document]:
    return titles.find({"_id": {"$in": storable_ids(ids)}}, fields)


def _failed(before: datetime | None) -> Document:
    if before is None:
        return {"checkError": None}
    return FAILED | {"$nor": [{"checkError.at": {"$gte": before}}]}
