"""Verdicts and the flips that they make, written so that a kill at any moment leaves neither half of them for good.

Without transactions the order does it: a flip is written before its verdict, under an ``_id`` that a repeated check
gives again; and one whose verdict never came is taken back by the next verdict of the title.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pymongo import ReadPreference, ReplaceOne

from moviesync.items import Verdict
from moviesync.stores.base import NOT_HELD, Document, Refused
from moviesync.stores.documents import HELD_FIELDS, Held, flip_id, held, judged, storable_ids
from moviesync.stores.mongo.schema import Titles
from moviesync.stores.mongo.updates import Update, failure_update, prepared, send, verdict_update


async def write_verdicts(titles: Titles, history: Titles, items: Sequence[Verdict]) -> list[Refused]:
    """Write verdicts of one collection; those of one title in their order."""
    refused: list[Refused] = []
    for distinct in rounds(items):
        refused += await _write_distinct(titles, history, distinct)
    return refused


def rounds(items: Sequence[Verdict]) -> Iterator[list[Verdict]]:
    """The verdicts in lists that hold no title twice: the first of each title, then the second, and so on."""
    while items:
        now: dict[int, Verdict] = {}
        for item in items:
            now.setdefault(item.tmdb_id, item)
        yield list(now.values())
        items = [item for item in items if now[item.tmdb_id] is not item]


async def _write_distinct(titles: Titles, history: Titles, items: Sequence[Verdict]) -> list[Refused]:
    states = await _states(titles, storable_ids(item.tmdb_id for item in items))
    flips: dict[int, Document] = {}
    unmade: list[str] = []

    def update_for(item: Verdict) -> Update:
        if item.available is None:
            return failure_update(item)
        before = states[item.tmdb_id]
        since, flip = judged(before, item)
        update = verdict_update(item, since)
        # From here on: nothing is noted of a verdict that cannot be stored.
        if flip:
            flips[item.tmdb_id] = flip
        elif before.available is not None:
            unmade.append(flip_id(before, item))
        return update

    ready, refused = prepared([item for item in items if item.tmdb_id in states], update_for)
    await _forget(history, unmade)
    if flips:
        replacements = [ReplaceOne({"_id": flip["_id"]}, flip, upsert=True) for flip in flips.values()]
        await history.bulk_write(replacements, ordered=False)
    sent = await send(titles, ready)
    await _forget(history, [flips[id_]["_id"] for one in sent.refused if (id_ := one.item.tmdb_id) in flips])
    lost = [Refused(item, NOT_HELD) for item in items if item.tmdb_id not in states]
    return lost + refused + sent.refused


async def _states(titles: Titles, ids: Sequence[int]) -> dict[int, Held]:
    """What the store holds of those that it holds."""
    # A secondary, which the URI may prefer, may not have them yet, or with the verdict before the last one.
    primary = titles.with_options(read_preference=ReadPreference.PRIMARY)
    return {one["_id"]: held(one) async for one in primary.find({"_id": {"$in": ids}}, HELD_FIELDS)}


async def _forget(history: Titles, flips: Sequence[str]) -> None:
    """Delete flips that were written before a kill, or before the server refused their verdicts."""
    if flips:
        await history.delete_many({"_id": {"$in": list(flips)}})
