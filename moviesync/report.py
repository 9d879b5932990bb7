"""What ``scrapy status`` tells: one object for programs, one table for people."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from moviesync import ledger
from moviesync.kinds import KINDS
from moviesync.stores.base import RUNS, Store


async def status(store: Store) -> dict[str, Any]:
    """The object that ``scrapy status --json`` prints; opens and closes the store."""
    await store.open(readonly=True)
    try:
        collections = [kind.collection for kind in KINDS]
        runs = await store.saved(RUNS)
        return {
            "store": store.address,
            **{name: dataclasses.asdict(await store.counts(name)) for name in collections},
            "walk": {name: await ledger.summary(store, name) for name in collections},
            "lastRun": _run(runs[-1]) if runs else None,
        }
    finally:
        await store.close()


def _run(document: dict[str, Any]) -> dict[str, Any]:
    told = {name: document.get(name) for name in ("spider", "started", "finished", "reason")}
    return {**told, "warnings": document["warnings"]} if document.get("warnings") else told


def status_table(found: dict[str, Any]) -> str:
    """The same as lines of text."""
    rows: list[tuple[str, ...]] = [
        ("", "titles", "available", "unavailable", "unchecked", "failed", "pages walked")
    ]
    for kind in KINDS:
        counts, walk = found[kind.collection], found["walk"][kind.collection]
        states = ("total", "available", "unavailable", "unchecked", "failed")
        walked = f"{walk['pagesDone']:,} of {walk['pages']:,}" if walk["pages"] else "-"
        rows.append((kind.collection, *(f"{counts[state]:,}" for state in states), walked))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    gaps = [
        f"gap in {kind.collection}: {gap['reason']}"
        + (f" ({gap['titles']:,} titles)" if gap["titles"] else "")
        for kind in KINDS
        for gap in found["walk"][kind.collection]["gaps"]
    ]
    return "\n".join(
        [found["store"], "", *(line.rstrip() for line in lines), *gaps, "", _last_run(found["lastRun"])]
    )


def _last_run(run: dict[str, Any] | None) -> str:
    if run is None:
        return "No run yet: scrapy crawl tmdb_vidsrc, or scrapy demo"
    started: datetime = run["started"]
    ended = f"ended: {run['reason']}" if run["finished"] else "still running, or killed"
    warnings = "".join(f"\nWARNING: {warning}" for warning in run.get("warnings", ()))
    return f"last run: {run['spider']}, begun {started:%Y-%m-%d %H:%M} UTC, {ended}{warnings}"


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
