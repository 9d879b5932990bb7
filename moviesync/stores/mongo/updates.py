"""The facts of a crawl as MongoDB updates, and how the server answers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, WriteError

from moviesync.items import Title, Verdict
from moviesync.stores.base import Document, Refused
from moviesync.stores.documents import UNSTORABLE, Item, episodes_form, evidence_form, short_line
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


class Ready(NamedTuple):
    """Items and their updates, which can be sent."""

    items: list[Any]
    updates: list[Update]


@dataclass
class Sent:
    """The result of sending some items."""

    refused: list[Refused] = field(default_factory=list)
    new: int = 0
    """Documents that did not exist before."""


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


def verdict_update(item: Verdict, since: datetime) -> Update:
    """The update for a verdict of a stored title. Raises if BSON cannot hold it."""
    fields: Document = {"vidsrcAvailable": item.available, "lastChecked": item.at, "statusSince": since}
    gone = {"checkError": ""}
    if item.evidence:
        fields["evidence"] = evidence_form(item.evidence)
    else:
        gone["evidence"] = ""
    if item.episodes:
        fields["episodes"] = escaped(episodes_form(item.episodes))
    elif item.episodes is not None:
        gone["episodes"] = ""
    return Update({"_id": item.tmdb_id}, {"$set": _encoded(fields), "$unset": gone})


def failure_update(item: Verdict) -> Update:
    """The update for a check of a stored title that gave no verdict. Raises if BSON cannot hold it."""
    error = {"reason": item.reason, "at": item.at}
    return Update({"_id": item.tmdb_id}, {"$set": _encoded({"checkError": error})})


async def write_titles(collection: Titles, items: Sequence[Title]) -> Sent:
    ready, refused = prepared(items, upsert)
    sent = await send(collection, ready)
    sent.refused = refused + sent.refused
    return sent


def prepared(items: Sequence[Item], update_for: Callable[[Item], Update]) -> tuple[Ready, list[Refused]]:
    """The items with their updates, and those for which ``update_for`` raises, as BSON cannot hold them."""
    ready, refused = Ready([], []), []
    for item in items:
        try:
            ready.updates.append(update_for(item))
            ready.items.append(item)
        except (BSONError, *UNSTORABLE) as error:  # noqa: PERF203 - the other titles are still to go in
            refused.append(Refused(item, short_line(error)))
    return ready, refused


async def send(collection: Titles, ready: Ready) -> Sent:
    items, updates = ready
    if not items:
        return Sent()
    requests = [UpdateOne(one.key, one.change, upsert=one.upsert) for one in updates]
    try:
        result = await collection.bulk_write(requests, ordered=False)
    except BulkWriteError as error:
        details = error.details
        failures = details["writeErrors"]
        if details["writeConcernErrors"] or any(one["code"] in UNWELL_CODES for one in failures):
            raise
        refused = [Refused(items[one["index"]], short_line(one["errmsg"])) for one in failures]
        return Sent(refused, details["nUpserted"])
    except KeyError:
        # FerretDB leaves ``nModified`` out of a reply that refuses something, and the driver needs it.
        return await _send_singly(collection, ready)
    return Sent([], result.upserted_count)


async def _send_singly(collection: Titles, ready: Ready) -> Sent:
    """Send it all again, one by one; what was stored the first time does not count as new."""
    sent = Sent()
    for item, update in zip(*ready, strict=True):
        try:
            result = await collection.update_one(update.key, update.change, upsert=update.upsert)
        except WriteError as error:  # noqa: PERF203 - one may fail, the others are still to go in
            if error.code in UNWELL_CODES:
                raise
            sent.refused.append(Refused(item, short_line((error.details or {}).get("errmsg", error))))
        else:
            sent.new += result.upserted_id is not None
    return sent


def _encoded(fields: Document) -> RawBSONDocument:
    """The fields as bytes, so that what cannot be stored fails here, and not in a bulk write.

    Some servers close the connection if something is too large.
    """
    content = bson.encode(fields)
    if len(content) > LARGEST_UPDATE:
        raise ValueError(f"{len(content)} bytes, more than a document may have")
    return RawBSONDocument(content)
