"""The stored titles that are due for a check, read a batch at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from moviesync.stores.base import Store

BATCH = 100
"""Titles that are read from the store at a time."""


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
