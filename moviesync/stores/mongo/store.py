"""The store on a MongoDB server, version 4.4 or newer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from pymongo import DESCENDING, AsyncMongoClient, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from moviesync.items import Title, Verdict
from moviesync.stores.base import HISTORY, Counts, Document, Refused, Store, StoreUnavailable
from moviesync.stores.documents import by_collection, parts
from moviesync.stores.mongo import aggregates, queries
from moviesync.stores.mongo.address import DEFAULT_DATABASE, explanation, shown_address
from moviesync.stores.mongo.client import make_client
from moviesync.stores.mongo.schema import make_all_indexes
from moviesync.stores.mongo.updates import write_titles
from moviesync.stores.mongo.values import escaped, unescaped
from moviesync.stores.mongo.verdicts import write_verdicts

Result = TypeVar("Result")

FEW_AT_ONCE, MANY_AT_ONCE = 50, 100_000
"""Documents in one write to FerretDB, and to MongoDB. FerretDB uses a connection to its own database for each
of them; it has a hundred, and waits for ever if it needs one more."""


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
                    await make_all_indexes(self._opened())
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
                    refused += await write_verdicts(
                        self._collection(collection), self._collection(HISTORY), checked
                    )
        return refused

    async def up_to_date(
        self,
        collection: str,
        ids: Sequence[int],
        *,
        checked_since: datetime | None,
        failed_since: datetime,
    ) -> set[int]:
        return await self._ask(queries.up_to_date, collection, ids, checked_since, failed_since)

    async def unchecked(
        self, collection: str, *, failed_before: datetime | None, after: int, limit: int
    ) -> list[int]:
        return await self._ask(queries.unchecked, collection, failed_before, after, limit)

    async def stale(
        self,
        collection: str,
        *,
        before: datetime,
        after: tuple[datetime, int] | None,
        limit: int,
        failed_before: datetime | None = None,
    ) -> list[tuple[datetime, int]]:
        return await self._ask(queries.stale, collection, before, after, limit, failed_before)

    async def ids(self, collection: str, *, after: int, limit: int) -> list[int]:
        return await self._ask(queries.ids, collection, after, limit)

    async def asked_since(self, collection: str, ids: Sequence[int], since: datetime) -> set[int]:
        return await self._ask(queries.asked_since, collection, ids, since)

    async def positives(self, collection: str, limit: int) -> list[int]:
        return await self._ask(queries.positives, collection, limit)

    async def title(self, collection: str, tmdb_id: int) -> Document | None:
        return await self._ask(queries.title, collection, tmdb_id)

    async def counts(self, collection: str) -> Counts:
        return await self._ask(aggregates.counts, collection)

    async def failures(self, collection: str) -> dict[str, int]:
        return await self._ask(aggregates.failures, collection)

    async def evidence(self, collection: str) -> dict[str, int]:
        return await self._ask(aggregates.evidence, collection)

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

    def _opened(self) -> AsyncDatabase[Document]:
        if self._database is None:
            raise StoreUnavailable(f"{self.address}: the store is not open")
        return self._database

    def _collection(self, name: str) -> AsyncCollection[Document]:
        return self._opened()[name]

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


def _begins_with(prefix: str) -> Document:
    return {"_id": {"$regex": f"^{re.escape(prefix)}"}}
