"""The indexes of the collections in a MongoDB database.

Only plain indexes: not every server has partial ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from moviesync.kinds import COLLECTIONS
from moviesync.stores.base import HISTORY, Document

Titles = AsyncCollection[Document]

FAILED: Document = {"checkError": {"$ne": None}}
"""Titles whose last check gave no verdict."""


def _index(*fields: str) -> IndexModel:
    return IndexModel([(field, ASCENDING) for field in fields])


def _name(index: IndexModel) -> str:
    return str(index.document["name"])


BY_STATE = _index("vidsrcAvailable", "_id", "year")
"""By verdict, then id: the titles without a verdict for a crawl, those of one state for an export, and
the number in each state. With the year it holds all that ``years`` needs."""
BY_AGE = _index("lastChecked", "_id", "vidsrcAvailable", "evidence.by")
"""The oldest verdicts for a recheck, the latest ones, and how many came in a minute. With the rest it holds all
that is needed to count what the verdicts rest on, and to pick those that rest on a page."""
BY_ERROR = _index("checkError")
"""The failed titles and their number, without reading the others. The whole
field, so that an error written by hand counts, whatever it holds."""
BY_TITLE = _index("title", "_id")
"""A search reads the titles here; of the documents it reads those that it shows. The id is here too,
as it decides between titles of one length."""

INDEXES = (BY_STATE, BY_AGE, BY_ERROR, BY_TITLE)
HISTORY_INDEXES = (_index("at"),)
STATE_INDEX, AGE_INDEX = _name(BY_STATE), _name(BY_AGE)
OUTDATED = (
    "vidsrcAvailable_1__id_1",
    "vidsrcAvailable_1__id_1_checkError.at_1",
    "lastChecked_1__id_1",
)
"""Indexes of earlier versions: each write would pay for them, and no question needs them any more."""
INDEX_NOT_FOUND = 27


async def make_all_indexes(database: AsyncDatabase[Document]) -> None:
    """Make the indexes that are missing; then drop those that they replace. A second call finishes what a kill
    has left undone."""
    for name in COLLECTIONS:
        await _make_indexes(database[name], INDEXES)
    await _make_indexes(database[HISTORY], HISTORY_INDEXES)


async def _make_indexes(collection: Titles, indexes: Sequence[IndexModel]) -> None:
    # Some servers crash if an existing index is created again.
    there = await collection.index_information()
    if missing := [index for index in indexes if _name(index) not in there]:
        await collection.create_indexes(missing)
    for name in OUTDATED:
        if name in there:
            await _drop(collection, name)


async def _drop(collection: Titles, name: str) -> None:
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        # Another crawl, which was opened at the same time, may have dropped it.
        if error.code != INDEX_NOT_FOUND:
            raise
