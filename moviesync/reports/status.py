"""The status of the store for programs, and the gaps of a walk in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from moviesync.history import runs
from moviesync.kinds import COLLECTIONS
from moviesync.sources.discover import checkpoint
from moviesync.stores.base import SYNC, Store

SOURCES = ("changes", "export", "list")
"""What is taken in whole: TMDB's changes and its export, and VidSrc's list."""


async def status_of(store: Store) -> dict[str, Any]:
    """The object that ``scrapy status --json`` prints."""
    last = await runs.last(store, 1)
    return {
        "store": store.address,
        **{name: dataclasses.asdict(await store.counts(name)) for name in COLLECTIONS},
        "walk": {name: await checkpoint.summary(store, name) for name in COLLECTIONS},
        "lastRun": _run(last[0]) if last else None,
        "sync": await _sync(store),
    }


def _run(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document.get(name) for name in ("spider", "started", "finished", "reason")}


async def _sync(store: Store) -> dict[str, dict[str, Any]]:
    """When each source was last taken in whole, for each collection."""
    taken = {document["_id"]: document for document in await store.saved(SYNC)}
    return {name: {source: taken.get(name, {}).get(source) for source in SOURCES} for name in COLLECTIONS}


def format_gap(collection: str, gap: Mapping[str, Any]) -> str:
    """One line on what a walk cannot show.

    >>> format_gap("movies", {"from": None, "to": None, "titles": 40, "reason": "undated titles that no page shows"})
    'gap in movies: undated titles that no page shows (40 titles)'
    """
    dates = f" {gap['from'] or ''}..{gap['to'] or ''}" if gap["from"] or gap["to"] else ""
    titles = f" ({gap['titles']:,} titles)" if gap["titles"] else ""
    return f"gap in {collection}{dates}: {gap['reason']}{titles}"
