"""The embedded store: one SQLite file, with tables that other tools read without help."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from moviesync.items import Title, Verdict
from moviesync.stores.base import Counts, Document, Refused, Store, StoreUnavailable
from moviesync.stores.sqlite import aggregates, queries, updates
from moviesync.stores.sqlite.schema import connect, explanation, is_writable

Result = TypeVar("Result")


class SQLiteStore(Store):
    """The catalogue in the file ``path``; ``:memory:`` keeps it until ``close`` only."""

    def __init__(self, path: str) -> None:
        self.address = f"sqlite:{path}"
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._readonly = False
        self._is_sealed = False
        # One thread: the connection belongs to it, and writes go out in the order they came.
        self._thread: ThreadPoolExecutor | None = None

    async def open(self, *, readonly: bool = False) -> None:
        self._readonly = readonly
        self._is_sealed = readonly and not is_writable(self._path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        try:
            await self._in_thread(self._connect)
        except BaseException:
            # Also if the caller was cancelled meanwhile.
            await self.close()
            raise

    def _connect(self) -> None:
        self._connection = connect(self._path, readonly=self._readonly)

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._readonly and self._connection is not None:
            # A question may take many seconds more, and nobody waits for its answer.
            with suppress(sqlite3.ProgrammingError):
                # Raised for a connection that is just being replaced.
                self._connection.interrupt()
        # In the same thread, so after an opening that is under way.
        await asyncio.get_running_loop().run_in_executor(thread, self._disconnect)
        thread.shutdown()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        refused, inserted = await self._call(updates.write, titles, verdicts)
        self.inserted += inserted
        return refused

    async def up_to_date(
        self,
        collection: str,
        ids: Sequence[int],
        *,
        checked_since: datetime | None,
        failed_since: datetime,
    ) -> set[int]:
        return await self._call(queries.up_to_date, collection, ids, checked_since, failed_since)

    async def unchecked(
        self, collection: str, *, failed_before: datetime | None, after: int, limit: int
    ) -> list[int]:
        return await self._call(queries.unchecked, collection, failed_before, after, limit)

    async def stale(
        self,
        collection: str,
        *,
        before: datetime,
        after: tuple[datetime, int] | None,
        limit: int,
        failed_before: datetime | None = None,
    ) -> list[tuple[datetime, int]]:
        return await self._call(queries.stale, collection, before, after, limit, failed_before)

    async def ids(self, collection: str, *, after: int, limit: int) -> list[int]:
        return await self._call(queries.ids, collection, after, limit)

    async def asked_since(self, collection: str, ids: Sequence[int], since: datetime) -> set[int]:
        return await self._call(queries.asked_since, collection, ids, since)

    async def positives(self, collection: str, limit: int) -> list[int]:
        return await self._call(queries.positives, collection, limit)

    async def title(self, collection: str, tmdb_id: int) -> Document | None:
        return await self._call(queries.title, collection, tmdb_id)

    async def counts(self, collection: str) -> Counts:
        return await self._call(aggregates.counts, collection)

    async def failures(self, collection: str) -> dict[str, int]:
        return await self._call(aggregates.failures, collection)

    async def evidence(self, collection: str) -> dict[str, int]:
        return await self._call(aggregates.evidence, collection)

    async def checked(self, collection: str, moments: Sequence[datetime]) -> list[int]:
        return await self._call(aggregates.checked, collection, moments)

    async def years(self, collection: str) -> list[tuple[int | None, int, int, int]]:
        return await self._call(aggregates.years, collection)

    async def latest(self, collection: str, limit: int) -> list[Document]:
        return await self._call(aggregates.latest, collection, limit)

    async def found(self, collection: str, text: str, limit: int) -> list[Document]:
        return await self._call(aggregates.found, collection, text, limit)

    async def batch(self, collection: str, *, state: str | None, after: int, limit: int) -> list[Document]:
        return await self._call(aggregates.batch, collection, state, after, limit)

    async def save(self, collection: str, documents: Sequence[Document]) -> None:
        await self._call(updates.save, collection, documents)

    async def saved(self, collection: str, *, prefix: str = "", last: int | None = None) -> list[Document]:
        return await self._call(queries.saved, collection, prefix, last)

    async def forget(self, collection: str, *, prefix: str) -> None:
        await self._call(updates.forget, collection, prefix)

    async def _call(self, query: Callable[..., Result], *arguments: Any) -> Result:
        if self._thread is None:
            raise self._not_open()
        return await self._in_thread(lambda: query(self._current(), *arguments))

    def _current(self) -> sqlite3.Connection:
        """The connection for a question."""
        before = self._connection
        if self._is_sealed and before is not None:
            # SQLite takes a file where it may write nothing for one that does not change. Others may change it.
            self._connect()
            before.close()
        if self._connection is None:
            # It was closed while the question waited for its turn.
            raise self._not_open()
        return self._connection

    def _not_open(self) -> StoreUnavailable:
        return StoreUnavailable(f"{self.address}: the store is not open")

    async def _in_thread(self, job: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(f"{self.address}: {explanation(error)}") from error
