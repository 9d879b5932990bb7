"""The facts of a crawl as MongoDB updates."""

from __future__ import annotations

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne

from moviesync.items import Title, Verdict
from moviesync.stores.base import Document
from moviesync.stores.mongo.values import escaped

LARGEST_UPDATE = 16 * 1024 * 1024 - 16 * 1024
"""Bytes of one update: a document has 16 MiB at the most, and other fields stand beside these."""


def upsert(item: Title) -> UpdateOne:
    """A title's facts; a new document starts unchecked. Raises where BSON cannot hold them."""
    fields = {
        "tmdbId": item.tmdb_id,
        "title": item.title,
        "year": item.year,
        "tmdbData": escaped(item.data),
        "lastSeen": item.seen,
    }
    at_first = {"vidsrcAvailable": None, "lastChecked": None, "firstSeen": item.seen}
    update = {"$set": _encoded(fields), "$setOnInsert": at_first}
    return UpdateOne({"_id": item.tmdb_id}, update, upsert=True)


def verdict_update(item: Verdict) -> UpdateOne:
    """A verdict, or why there is none, for a title that is there. Raises where BSON cannot hold it."""
    if item.available is None:
        error = {"reason": item.reason, "at": item.at}
        return UpdateOne({"_id": item.tmdb_id}, {"$set": _encoded({"checkError": error})})
    verdict = {"vidsrcAvailable": item.available, "lastChecked": item.at}
    return UpdateOne({"_id": item.tmdb_id}, {"$set": _encoded(verdict), "$unset": {"checkError": ""}})


def _encoded(fields: Document) -> RawBSONDocument:
    """The fields as bytes, so that what cannot be stored shows here, and not amid a bulk write.

    Some servers close the connection on what is too large.
    """
    content = bson.encode(fields)
    if len(content) > LARGEST_UPDATE:
        raise ValueError(f"{len(content)} bytes, more than a document may have")
    return RawBSONDocument(content)
