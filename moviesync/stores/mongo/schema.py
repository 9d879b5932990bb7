"""What the collections of a MongoDB database are indexed by."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from moviesync.stores.base import Document

FAILED: Document = {"checkError": {"$type": "object"}}
"""Titles whose last check gave no verdict."""

_OF_FAILED = IndexModel(
    [("vidsrcAvailable", ASCENDING), ("_id", ASCENDING), ("checkError.at", ASCENDING)],
    partialFilterExpression=FAILED,
)
FAILED_INDEX = str(_OF_FAILED.document["name"])
INDEXES = [
    IndexModel([("vidsrcAvailable", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("lastChecked", ASCENDING), ("_id", ASCENDING)]),
    _OF_FAILED,
]
