"""The stored titles that are due for a check, read a batch at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from moviesync.stores.base import Store

BATCH = 100
"""Titles that are read from the store at a time."""


async def due(
    store: Store,
    collection: str,
    *,
    checked_before: datetime | None = None,
    failed_before: datetime | None = None,
) -> AsyncIterator[int]:
    """Ids of the titles that are due for a check: those without a verdict, then, unless ``checked_before`` is ``None``,
    those whose verdict is older than that, oldest first.

    ``failed_before`` is ``None``: of these, those whose last check did not fail; otherwise those whose last
    check failed before that time.
    """
    async for tmdb_id in unchecked(store, collection, failed_before=failed_before):
        yield tmdb_id
    if checked_before is not None:
        async for tmdb_id in stale(store, collection, before=checked_before, failed_before=failed_before):
            yield tmdb_id


async def unchecked(
    store: Store, collection: str, *, failed_before: datetime | None = None
) -> AsyncIterator[int]:
    """Ids of titles without a verdict: never tried (``None``), or with a check that failed before a time."""
    last = 0
    while batch := await store.unchecked(collection, failed_before=failed_before, after=last, limit=BATCH):
        for last in batch:
            yield last


async def stale(
    store: Store, collection: str, *, before: datetime, failed_before: datetime | None = None
) -> AsyncIterator[int]:
    """The same for titles whose verdict is older than ``before``, oldest first."""
    last = None
    while batch := await store.stale(
        collection, before=before, after=last, limit=BATCH, failed_before=failed_before
    ):
        for last in batch:
            yield last[1]
