"""What people ask of the MongoDB store, as plain functions of a collection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from heapq import nsmallest
from itertools import pairwise
from typing import Any

from pymongo import ASCENDING, DESCENDING

from moviesync.stores.base import Counts, Document
from moviesync.stores.documents import is_storable
from moviesync.stores.grouping import by_evidence, by_reason, by_year
from moviesync.stores.mongo.schema import AGE_INDEX, FAILED, STATE_INDEX, Titles
from moviesync.stores.mongo.values import title_of

STATES: dict[str | None, Document] = {
    "available": {"vidsrcAvailable": True},
    "unavailable": {"vidsrcAvailable": False},
    "unchecked": {"vidsrcAvailable": {"$nin": [True, False]}},
    None: {},
}
MANY = 1000
"""Up to this many titles with a text are all read to find the shortest."""
NEAR = 4
"""The most characters besides the text that a title may have, if more titles than that hold the text."""
BATCH = 10_000
"""Titles that the server sends at a time; they are small."""


async def counts(titles: Titles) -> Counts:
    available = await titles.count_documents({"vidsrcAvailable": True})
    unavailable = await titles.count_documents({"vidsrcAvailable": False})
    failed = await titles.count_documents(FAILED)
    # The server's own count of documents costs nothing. After a crash it may be behind for a while.
    total = max(await titles.estimated_document_count(), available + unavailable)
    return Counts(total, available, unavailable, total - available - unavailable, failed)


async def failures(titles: Titles) -> dict[str, int]:
    groups = await _aggregated(titles, {"$match": FAILED}, _count_by("$checkError.reason"))
    return by_reason((group["_id"], group["count"]) for group in groups)


async def evidence(titles: Titles) -> dict[str, int]:
    judged = {"$match": {"vidsrcAvailable": {"$in": [True, False]}}}
    counting = _count_by("$evidence.by")
    groups = await _aggregated(titles, judged, counting, **await _hint(titles, AGE_INDEX))
    return by_evidence((group["_id"], group["count"]) for group in groups)


async def checked(titles: Titles, moments: Sequence[datetime]) -> list[int]:
    return [
        await titles.count_documents({"lastChecked": {"$gte": first, "$lt": last}})
        for first, last in pairwise(moments)
    ]


async def years(titles: Titles) -> list[tuple[int | None, int, int, int]]:
    counting = _count_by({"year": "$year", "verdict": "$vidsrcAvailable"})
    groups = await _aggregated(titles, counting, **await _hint(titles, STATE_INDEX))
    return by_year(
        (group["_id"].get("year"), group["_id"].get("verdict"), group["count"]) for group in groups
    )


async def latest(titles: Titles, limit: int) -> list[Document]:
    query = {"lastChecked": {"$type": "date"}, "vidsrcAvailable": {"$in": [True, False]}}
    return await _documents(titles, query, [("lastChecked", DESCENDING), ("_id", DESCENDING)], limit)


async def found(titles: Titles, text: str, limit: int) -> list[Document]:
    if limit < 1 or not is_storable(text):
        return []
    # In BSON a regular expression ends at a NUL.
    pattern = re.escape(text).replace("\0", r"\x00")
    enough = max(MANY, limit)
    matching = await _matching(titles, pattern, limit=enough)
    shortest = _lengths(matching)
    if len(matching) == enough:
        # It is in so many titles that the shortest are hardly longer than the text.
        near = _lengths(await _matching(titles, rf"^[\s\S]{{0,{NEAR}}}{pattern}[\s\S]{{0,{NEAR}}}$"))
        shortest = [pair for pair in near if pair[0] <= len(text) + NEAR]
        if len(shortest) < limit:
            shortest = _lengths(await _matching(titles, pattern))
    ids = [number for _, number in nsmallest(limit, shortest)]
    documents = {one["_id"]: one async for one in titles.find({"_id": {"$in": ids}})}
    # One that was deleted in between is left out.
    return [title_of(documents[number]) for number in ids if number in documents]


async def _matching(titles: Titles, pattern: str, *, limit: int = 0) -> list[Document]:
    """Id and title of the titles that match, at most ``limit`` of them; 0 is all.

    Both are in the index of the titles, so no document is read.
    """
    query = {"title": {"$regex": pattern, "$options": "i"}}
    return await titles.find(query, ["title"], limit=limit, batch_size=BATCH).to_list()


def _lengths(matching: list[Document]) -> list[tuple[int, float]]:
    """Length of the title, and id. To the server, a list of texts matches too, and an id may be a text."""
    return [
        (len(one["title"]), one["_id"])
        for one in matching
        if isinstance(one["title"], str) and isinstance(one["_id"], (int, float))
    ]


async def batch(titles: Titles, state: str | None, after: int, limit: int) -> list[Document]:
    query = STATES[state] | {"_id": {"$gt": after}}
    return await _documents(titles, query, [("_id", ASCENDING)], limit)


async def _documents(
    titles: Titles, query: Document, order: list[tuple[str, int]], limit: int
) -> list[Document]:
    # To the server a limit of 0 means no limit.
    if limit < 1:
        return []
    return [title_of(document) async for document in titles.find(query, sort=order, limit=limit)]


async def _aggregated(titles: Titles, *stages: Document, **options: Any) -> list[Document]:
    return await (await titles.aggregate(list(stages), **options)).to_list()


async def _hint(titles: Titles, index: str) -> dict[str, Any]:
    """Options with which an aggregation reads an index and no documents.

    Without a hint, a server uses an index only for a question about its first field. It refuses a hint
    at an index that does not exist, as in a database that has only ever been read.
    """
    return {"hint": index} if index in await titles.index_information() else {}


def _count_by(group: Any) -> Document:
    return {"$group": {"_id": group, "count": {"$sum": 1}}}
