"""The store on a MongoDB server, version 4.4 or newer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from moviesync.items import Title, Verdict
from moviesync.kinds import COLLECTIONS
from moviesync.stores.base import Counts, Document, Refused, Store, StoreUnavailable
from moviesync.stores.documents import by_collection, is_up_to_date, parts, storable_ids
from moviesync.stores.mongo import aggregates
from moviesync.stores.mongo.address import DEFAULT_DATABASE, explanation, shown_address
from moviesync.stores.mongo.client import make_client
from moviesync.stores.mongo.schema import FAILED, make_indexes
from moviesync.stores.mongo.updates import write_titles, write_verdicts
from moviesync.stores.mongo.values import escaped, title_of, unescaped

Result = TypeVar("Result")

FEW_AT_ONCE, MANY_AT_ONCE = 50, 100_000
"""Documents in one write to FerretDB, and to MongoDB. FerretDB uses a connection to its own database for each
of them; it has a hundred, and waits for ever if it needs one more."""
EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


class MongoStore(Store):
    """The catalogue in one database: ``database``, else the one that the URI names, else ``moviesync``."""

    def __init__(self, uri: str, database: str | None = None) -> None:
        self.address = shown_address(uri, database)
        self._uri = uri
        self._name = database
        self._client: AsyncMongoClient[Document] | None = None
        self._database: AsyncDatabase[Document] | None = None
        self._readonly = False
        self._at_once = MANY_AT_ONCE
        """Documents of one write."""

    async def open(self, *, readonly: bool = False) -> None:
        self._readonly = readonly
        try:
            with self._errors():
                await self._connect()
                if not readonly:
                    for collection in COLLECTIONS:
                        await make_indexes(self._collection(collection))
        except StoreUnavailable:
            await self.close()
            raise

    async def close(self) -> None:
        client, self._client, self._database = self._client, None, None
        if client is not None:
            await client.close()

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        self._check_writable()
        refused: list[Refused] = []
        with self._errors():
            for collection, some_titles in by_collection(titles).items():
                for part in parts(some_titles, self._at_once):
                    sent = await write_titles(self._collection(collection), part)
                    self.inserted += sent.new
                    refused += sent.refused
            for collection, some_verdicts in by_collection(verdicts).items():
                for checked in parts(some_verdicts, self._at_once):
                    refused += await write_verdicts(self._collection(collection), checked)
        return refused

    async def up_to_date(
        self,
        collection: str,
        ids: Sequence[int],
        *,
        checked_since: datetime | None,
        failed_since: datetime,
    ) -> set[int]:
        fields = ["vidsrcAvailable", "lastChecked", "checkError"]
        with self._errors():
            cursor = self._collection(collection).find({"_id": {"$in": storable_ids(ids)}}, fields)
            return {
                int(document["_id"])
                async for document in cursor
                if is_up_to_date(document, checked_since=checked_since, failed_since=failed_since)
            }

    async def unchecked(
        self, collection: str, *, failed_before: datetime | None, after: int, limit: int
    ) -> list[int]:
        # To MongoDB a limit of 0 means no limit.
        if limit < 1:
            return []
        query: Document = {"vidsrcAvailable": None, "_id": {"$gt": after}}
        query |= _failed(failed_before)
        with self._errors():
            cursor = self._collection(collection).find(query, ["_id"], sort=[("_id", ASCENDING)], limit=limit)
            return [int(document["_id"]) async for document in cursor]

    async def stale(
        self,
        collection: str,
        *,
        before: datetime,
        after: tuple[datetime, int] | None,
        limit: int,
        failed_before: datetime | None = None,
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
        with self._errors():
            cursor = self._collection(collection).find(query, ["lastChecked"], sort=order, limit=limit)
            return [(document["lastChecked"], int(document["_id"])) async for document in cursor]

    async def title(self, collection: str, tmdb_id: int) -> Document | None:
        with self._errors():
            for number in storable_ids([tmdb_id]):
                document = await self._collection(collection).find_one({"_id": number})
                if document is not None:
                    return title_of(document)
        return None

    async def counts(self, collection: str) -> Counts:
        return await self._ask(aggregates.counts, collection)

    async def failures(self, collection: str) -> dict[str, int]:
        return await self._ask(aggregates.failures, collection)

    async def checked(self, collection: str, moments: Sequence[datetime]) -> list[int]:
        return await self._ask(aggregates.checked, collection, moments)

    async def years(self, collection: str) -> list[tuple[int | None, int, int, int]]:
        return await self._ask(aggregates.years, collection)

    async def latest(self, collection: str, limit: int) -> list[Document]:
        return await self._ask(aggregates.latest, collection, limit)

    async def found(self, collection: str, text: str, limit: int) -> list[Document]:
        return await self._ask(aggregates.found, collection, text, limit)

    async def batch(self, collection: str, *, state: str | None, after: int, limit: int) -> list[Document]:
        return await self._ask(aggregates.batch, collection, state, after, limit)

    async def save(self, collection: str, documents: Sequence[Document]) -> None:
        self._check_writable()
        saves = [ReplaceOne({"_id": one["_id"]}, escaped(one), upsert=True) for one in documents]
        with self._errors():
            for some in parts(saves, self._at_once):
                await self._collection(collection).bulk_write(some, ordered=False)

    async def saved(self, collection: str, *, prefix: str = "", last: int | None = None) -> list[Document]:
        if last is not None and last < 1:
            return []
        with self._errors():
            found = self._collection(collection).find(
                _begins_with(prefix), sort=[("_id", DESCENDING)], limit=last or 0
            )
            return [unescaped(document) for document in reversed(await found.to_list())]

    async def forget(self, collection: str, *, prefix: str) -> None:
        self._check_writable()
        with self._errors():
            await self._collection(collection).delete_many(_begins_with(prefix))

    async def _connect(self) -> None:
        self._client = client = make_client(self._uri)
        if self._name:
            self._database = client[self._name]
        else:
            self._database = client.get_default_database(DEFAULT_DATABASE)
        about = await self._database.command("buildInfo")
        self._at_once = FEW_AT_ONCE if "ferretdbVersion" in about else MANY_AT_ONCE

    def _collection(self, name: str) -> AsyncCollection[Document]:
        if self._database is None:
            raise StoreUnavailable(f"{self.address}: the store is not open")
        return self._database[name]

    async def _ask(
        self, question: Callable[..., Awaitable[Result]], collection: str, *arguments: Any
    ) -> Result:
        with self._errors():
            return await question(self._collection(collection), *arguments)

    def _check_writable(self) -> None:
        if self._readonly:
            raise StoreUnavailable(f"{self.address}: opened for reading only")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except PyMongoError as error:
            # Without the cause: its text may hold parts of the URI.
            raise StoreUnavailable(f"{self.address}: {explanation(error, self._uri)}") from None


def _failed(before: datetime | None) -> Document:
    if before is None:
        return {"checkError": None}
    return FAILED | {"$nor": [{"checkError.at": {"$gte": before}}]}


def _begins_with(prefix: str) -> Document:
    return {"_id": {"$regex": f"^{re.escape(prefix)}"}}
