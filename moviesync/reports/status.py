"""What is told of the store to programs, and of a run at its end."""

from __future__ import annotations

import dataclasses
from typing import Any

from moviesync import ledger, runs
from moviesync.kinds import KINDS
from moviesync.stores.base import Store


async def status(store: Store) -> dict[str, Any]:
    """The object that ``scrapy status --json`` prints; opens and closes the store."""
    await store.open(readonly=True)
    try:
        return await status_of(store)
    finally:
        await store.close()


async def status_of(store: Store) -> dict[str, Any]:
    """The same of a store that is open."""
    collections = [kind.collection for kind in KINDS]
    last = await runs.last(store, 1)
    return {
        "store": store.address,
        **{name: dataclasses.asdict(await store.counts(name)) for name in collections},
        "walk": {name: await ledger.summary(store, name) for name in collections},
        "lastRun": _run(last[0]) if last else None,
    }


def _run(document: dict[str, Any]) -> dict[str, Any]:
    told = {name: document.get(name) for name in ("spider", "started", "finished", "reason")}
    return {**told, "warnings": document["warnings"]} if document.get("warnings") else told


def told_gap(collection: str, gap: dict[str, Any]) -> str:
    """One line on what a walk cannot show.

    >>> told_gap("movies", {"from": None, "to": None, "titles": 40, "reason": "undated titles that no page shows"})
    'gap in movies: undated titles that no page shows (40 titles)'
    """
    dates = f" {gap['from'] or ''}..{gap['to'] or ''}" if gap["from"] or gap["to"] else ""
    titles = f" ({gap['titles']:,} titles)" if gap["titles"] else ""
    return f"gap in {collection}{dates}: {gap['reason']}{titles}"


def told_verdicts(stats: dict[str, Any]) -> str:
    """One line on the checks of a run, from its stats; empty where there were none.

    >>> told_verdicts({"verdicts/available": 3, "verdicts/unknown/timeout": 2, "verdicts/unknown/HTTP 500": 1})
    '6 titles checked: 3 available, 0 unavailable, 3 unknown (timeout: 2, HTTP 500: 1), which stay due'
    """
    available, unavailable = stats.get("verdicts/available", 0), stats.get("verdicts/unavailable", 0)
    prefix = "verdicts/unknown/"
    reasons = {name.removeprefix(prefix): count for name, count in stats.items() if name.startswith(prefix)}
    unknown = sum(reasons.values())
    if not (available or unavailable or unknown):
        return ""
    line = f"{available + unavailable + unknown:,} titles checked: {available:,} available, {unavailable:,} unavailable"
    if not unknown:
        return line
    why = ", ".join(
        f"{reason}: {count:,}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])
    )
    return f"{line}, {unknown:,} unknown ({why}), which stay due"
