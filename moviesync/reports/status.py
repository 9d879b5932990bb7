"""The status of the store for programs, and the gaps of a walk in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from moviesync.history import runs
from moviesync.kinds import COLLECTIONS
from moviesync.sources.discover import checkpoint
from moviesync.stores.base import Store


async def status(store: Store) -> dict[str, Any]:
    """The object that ``scrapy status --json`` prints; opens and closes the store."""
    await store.open(readonly=True)
    try:
        return await status_of(store)
    finally:
        await store.close()


async def status_of(store: Store) -> dict[str, Any]:
    """The same for a store that is open."""
    last = await runs.last(store, 1)
    return {
        "store": store.address,
        **{name: dataclasses.asdict(await store.counts(name)) for name in COLLECTIONS},
        "walk": {name: await checkpoint.summary(store, name) for name in COLLECTIONS},
        "lastRun": _run(last[0]) if last else None,
    }


def _run(document: dict[str, Any]) -> dict[str, Any]:
    shown = {name: document.get(name) for name in ("spider", "started", "finished", "reason")}
    return {**shown, "warnings": document["warnings"]} if document.get("warnings") else shown


def format_gap(collection: str, gap: Mapping[str, Any]) -> str:
    """One line on what a walk cannot show.

    >>> format_gap("movies", {"from": None, "to": None, "titles": 40, "reason": "undated titles that no page shows"})
    'gap in movies: undated titles that no page shows (40 titles)'
    """
    dates = f" {gap['from'] or ''}..{gap['to'] or ''}" if gap["from"] or gap["to"] else ""
    titles = f" ({gap['titles']:,} titles)" if gap["titles"] else ""
    return f"gap in {collection}{dates}: {gap['reason']}{titles}"
