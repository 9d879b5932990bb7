"""What the collections of a MongoDB database are indexed by."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from moviesync.stores.base import Document

FAILED: Document = {"checkError": {"$type": "object"}}
"""Titles whose last check gave no verdict."""

INDEXES = [
    IndexModel([("vidsrcAvailable", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("lastChecked", ASCENDING), ("_id", ASCENDING)]),
    IndexModel(
        [("vidsrcAvailable", ASCENDING), ("_id", ASCENDING), ("checkError.at", ASCENDING)],
        partialFilterExpression=FAILED,
    ),
]
