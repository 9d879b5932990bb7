"""What people ask of the MongoDB store, as plain functions of a collection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from moviesync.stores.base import Counts, Document
from moviesync.stores.documents import is_storable
from moviesync.stores.grouping import by_reason, by_year
from moviesync.stores.mongo.schema import FAILED, FAILED_INDEX
from moviesync.stores.mongo.values import unescaped

Titles = AsyncCollection[Document]

STATES: dict[str | None, Document] = {
    "available": {"vidsrcAvailable": True},
    "unavailable": {"vidsrcAvailable": False},
    "unchecked": {"vidsrcAvailable": {"$nin": [True, False]}},
    None: {},
}
# A list of texts counts as text as well.
TEXT: Document = {"$type": "string", "$not": {"$type": "array"}}
LENGTH = "__length"
"""A field that documents have while they are put in order."""


async def counts(titles: Titles) -> Counts:
    # The hint keeps the server from reading the documents themselves.
    total = await titles.count_documents({}, hint=[("_id", ASCENDING)])
    available = await titles.count_documents({"vidsrcAvailable": True})
    unavailable = await titles.count_documents({"vidsrcAvailable": False})
    failed = await titles.count_documents(FAILED, **await _hint(titles))
    return Counts(total, available, unavailable, total - available - unavailable, failed)


async def failures(titles: Titles) -> dict[str, int]:
    groups = await _aggregated(
        titles, {"$match": FAILED}, _count_by("$checkError.reason"), **await _hint(titles)
    )
    return by_reason((group["_id"], group["count"]) for group in groups)


async def checked(titles: Titles, moments: Sequence[datetime]) -> list[int]:
    return [
        await titles.count_documents({"lastChecked": {"$gte": first, "$lt": last}})
        for first, last in pairwise(moments)
    ]


async def years(titles: Titles) -> list[tuple[int | None, int, int, int]]:
    groups = await _aggregated(titles, _count_by({"year": "$year", "verdict": "$vidsrcAvailable"}))
    return by_year(
        (group["_id"].get("year"), group["_id"].get("verdict"), group["count"]) for group in groups
    )


async def latest(titles: Titles, limit: int) -> list[Document]:
    query = {"lastChecked": {"$type": "date"}, "vidsrcAvailable": {"$in": [True, False]}}
    return await _documents(titles, query, [("lastChecked", DESCENDING), ("_id", DESCENDING)], limit)


async def found(titles: Titles, text: str, limit: int) -> list[Document]:
    if limit < 1 or not is_storable(text):
        return []
    # A regular expression of BSON ends at a NUL.
    pattern = re.escape(text).replace("\0", r"\x00")
    documents = await _aggregated(
        titles,
        {"$match": {"title": TEXT}},
        {"$match": {"title": {"$regex": pattern, "$options": "i"}}},
        {"$addFields": {LENGTH: {"$strLenCP": "$title"}}},
        {"$sort": {LENGTH: ASCENDING, "_id": ASCENDING}},
        {"$limit": limit},
        {"$project": {LENGTH: 0}},
    )
    return [unescaped(document) for document in documents]


async def batch(titles: Titles, state: str | None, after: int, limit: int) -> list[Document]:
    query = STATES[state] | {"_id": {"$gt": after}}
    return await _documents(titles, query, [("_id", ASCENDING)], limit)


async def _documents(
    titles: Titles, query: Document, order: list[tuple[str, int]], limit: int
) -> list[Document]:
    # To the server a limit of 0 means that there is none.
    if limit < 1:
        return []
    return [unescaped(document) async for document in titles.find(query, sort=order, limit=limit)]


async def _aggregated(titles: Titles, *stages: Document, **options: Any) -> list[Document]:
    return await (await titles.aggregate(list(stages), **options)).to_list()


async def _hint(titles: Titles) -> dict[str, Any]:
    """Options with which a question about failed titles reads no others.

    By itself a server takes an index only for a question about its first field; it takes no hint
    at an index that is not there, as in a database that is only read.
    """
    return {"hint": FAILED_INDEX} if FAILED_INDEX in await titles.index_information() else {}


def _count_by(group: Any) -> Document:
    return {"$group": {"_id": group, "count": {"$sum": 1}}}
