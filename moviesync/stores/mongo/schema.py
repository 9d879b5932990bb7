"""The indexes of the collections in a MongoDB database.

Only plain indexes: not every server has partial ones.
"""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from moviesync.stores.base import Document

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
BY_AGE = _index("lastChecked", "_id")
"""The oldest verdicts for a recheck, the latest ones, and how many came in a minute."""
BY_ERROR = _index("checkError")
"""The failed titles and their number, without reading the others. The whole
field, so that an error written by hand counts, whatever it holds."""
BY_TITLE = _index("title", "_id")
"""A search reads the titles here; of the documents it reads those that it shows. The id is here too,
as it decides between titles of one length."""

INDEXES = (BY_STATE, BY_AGE, BY_ERROR, BY_TITLE)
STATE_INDEX = _name(BY_STATE)
OUTDATED = ("vidsrcAvailable_1__id_1", "vidsrcAvailable_1__id_1_checkError.at_1")
"""Indexes of earlier versions: each write would pay for them, and no question needs them any more."""
INDEX_NOT_FOUND = 27


async def make_indexes(titles: Titles) -> None:
    """Make the indexes that are missing; then drop those that they replace."""
    # Some servers crash if an existing index is created again.
    there = await titles.index_information()
    if missing := [index for index in INDEXES if _name(index) not in there]:
        await titles.create_indexes(missing)
    for name in OUTDATED:
        if name in there:
            await _drop(titles, name)


async def _drop(titles: Titles, name: str) -> None:
    try:
        await titles.drop_index(name)
    except OperationFailure as error:
        # Another crawl, which was opened at the same time, may have dropped it.
        if error.code != INDEX_NOT_FOUND:
            raise
