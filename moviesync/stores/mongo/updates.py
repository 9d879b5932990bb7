"""The facts of a crawl as MongoDB updates, and how the server answers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import bson
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, WriteError

from moviesync.items import Title, Verdict
from moviesync.stores.base import NOT_HELD, Document, Refused
from moviesync.stores.documents import UNSTORABLE, Item, short_line
from moviesync.stores.mongo.address import UNWELL_CODES
from moviesync.stores.mongo.schema import Titles
from moviesync.stores.mongo.values import UNCHECKED, escaped

LARGEST_UPDATE = 16 * 1024 * 1024 - 16 * 1024
"""Bytes of one update: a document has at most 16 MiB, and holds other fields too."""


class Update(NamedTuple):
    """What is to be done to one document."""

    key: Document
    change: Document
    upsert: bool = False


@dataclass
class Sent:
    """The result of sending some items."""

    refused: list[Refused] = field(default_factory=list)
    new: int = 0
    """Documents that did not exist before."""
    matched: int = 0
    """Documents that existed before."""


def upsert(item: Title) -> Update:
    """A title's facts; a new document starts unchecked. Raises if BSON cannot hold them."""
    fields = {
        "tmdbId": item.tmdb_id,
        "title": item.title,
        "year": item.year,
        "tmdbData": escaped(item.data),
        "lastSeen": item.seen,
    }
    at_first = {**dict.fromkeys(UNCHECKED), "firstSeen": item.seen}
    return Update({"_id": item.tmdb_id}, {"$set": _encoded(fields), "$setOnInsert": at_first}, upsert=True)


def verdict_update(item: Verdict) -> Update:
    """The update for a check of a stored title: its verdict, or the reason why it has none.

    Raises if BSON cannot hold it.
    """
    if item.available is None:
        error = {"reason": item.reason, "at": item.at}
        return Update({"_id": item.tmdb_id}, {"$set": _encoded({"checkError": error})})
    verdict = {"vidsrcAvailable": item.available, "lastChecked": item.at}
    return Update({"_id": item.tmdb_id}, {"$set": _encoded(verdict), "$unset": {"checkError": ""}})


async def write_titles(collection: Titles, items: Sequence[Title]) -> Sent:
    return await _write_each(collection, items, upsert)


async def write_verdicts(collection: Titles, items: Sequence[Verdict]) -> list[Refused]:
    sent = await _write_each(collection, items, verdict_update)
    if len(sent.refused) + sent.matched == len(items):
        return sent.refused
    already = {id(one.item) for one in sent.refused}
    left = [item for item in items if id(item) not in already]
    ids = [item.tmdb_id for item in left]
    held = {one["_id"] async for one in collection.find({"_id": {"$in": ids}}, ["_id"])}
    return sent.refused + [Refused(item, NOT_HELD) for item in left if item.tmdb_id not in held]


async def _write_each(
    collection: Titles, items: Sequence[Item], update_for: Callable[[Item], Update]
) -> Sent:
    refused, sendable, updates = [], [], []
    for item in items:
        try:
            updates.append(update_for(item))
            sendable.append(item)
        except (BSONError, *UNSTORABLE) as error:  # noqa: PERF203 - the other titles are still to go in
            refused.append(Refused(item, short_line(error)))
    sent = await _send(collection, sendable, updates) if updates else Sent()
    sent.refused = refused + sent.refused
    return sent


async def _send(collection: Titles, items: Sequence[Item], updates: Sequence[Update]) -> Sent:
    requests = [UpdateOne(one.key, one.change, upsert=one.upsert) for one in updates]
    try:
        result = await collection.bulk_write(requests, ordered=False)
    except BulkWriteError as error:
        details = error.details
        failures = details["writeErrors"]
        if details["writeConcernErrors"] or any(one["code"] in UNWELL_CODES for one in failures):
            raise
        refused = [Refused(items[one["index"]], short_line(one["errmsg"])) for one in failures]
        return Sent(refused, details["nUpserted"], details["nMatched"])
    except KeyError:
        # FerretDB leaves ``nModified`` out of a reply that refuses something, and the driver needs it.
        return await _send_singly(collection, items, updates)
    return Sent([], result.upserted_count, result.matched_count)


async def _send_singly(collection: Titles, items: Sequence[Item], updates: Sequence[Update]) -> Sent:
    """Send it all again, one by one; what was stored the first time counts as matched."""
    sent = Sent()
    for item, update in zip(items, updates, strict=True):
        try:
            result = await collection.update_one(update.key, update.change, upsert=update.upsert)
        except WriteError as error:  # noqa: PERF203 - one may fail, the others are still to go in
            if error.code in UNWELL_CODES:
                raise
            sent.refused.append(Refused(item, short_line((error.details or {}).get("errmsg", error))))
        else:
            sent.new += result.upserted_id is not None
            sent.matched += result.matched_count
    return sent


def _encoded(fields: Document) -> RawBSONDocument:
    """The fields as bytes, so that what cannot be stored fails here, and not in a bulk write.

    Some servers close the connection if something is too large.
    """
    content = bson.encode(fields)
    if len(content) > LARGEST_UPDATE:
        raise ValueError(f"{len(content)} bytes, more than a document may have")
    return RawBSONDocument(content)
