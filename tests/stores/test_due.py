"""The contract of ``moviesync.stores.base``, held against every store on real servers: what is still to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moviesync.stores.base import Counts, Store
from tests.places import (
    HAND_WRITTEN,
    HOUR,
    NEVER,
    NOW,
    Place,
    movie,
    stored,
    unchecked,
    up_to_date,
    verdict,
)


async def test_up_to_date(store: Store) -> None:
    verdicts = [verdict(1), verdict(2, False), verdict(4, None), verdict(5, at=NOW - HOUR)]
    await store.write([movie(number) for number in range(1, 6)], verdicts)
    ids = range(1, 7)
    assert await up_to_date(store, *ids) == {1, 2, 5}
    assert await up_to_date(store, *ids, checked=NOW) == {1, 2}
    assert await up_to_date(store, *ids, failed=NOW) == {1, 2, 4, 5}
    assert await up_to_date(store, *ids, failed=NOW + HOUR) == {1, 2, 5}
    assert await up_to_date(store, 1, 2**70) == {1}
    assert await up_to_date(store) == set()


async def test_up_to_date_of_many(store: Store) -> None:
    await store.write([movie(1)], [verdict(1)])
    assert await up_to_date(store, *range(40_000)) == {1}


async def test_old_verdict_that_failed_since_is_up_to_date(store: Store) -> None:
    await store.write([movie(1)], [verdict(1, at=NOW - HOUR)])
    await store.write([], [verdict(1, None)])
    assert await up_to_date(store, 1, checked=NOW, failed=NOW) == {1}
    assert await up_to_date(store, 1, checked=NOW, failed=NOW + HOUR) == set()


async def test_unchecked(store: Store) -> None:
    verdicts = [verdict(2), verdict(3, False), verdict(5, None), verdict(6, None, at=NOW - HOUR)]
    await store.write([movie(number) for number in (9, 6, 5, 4, 3, 2, 1)], verdicts)
    assert await unchecked(store) == [1, 4, 9]
    assert await unchecked(store, limit=2) == [1, 4]
    assert await unchecked(store, after=4) == [9]
    assert await unchecked(store, limit=0) == []
    assert await unchecked(store, before=NOW) == [6]
    assert await unchecked(store, before=NOW + HOUR) == [5, 6]
    assert await unchecked(store, before=NOW + HOUR, limit=1) == [5]
    assert await unchecked(store, before=NOW + HOUR, after=5) == [6]
    assert await unchecked(store, before=NOW + HOUR, limit=0) == []


async def test_stale(store: Store) -> None:
    ages = {1: 1, 2: 3, 3: 2, 4: 2, 5: 0, 6: 2}
    verdicts = [verdict(number, number % 2 == 0, at=NOW - age * HOUR) for number, age in ages.items()]
    await store.write([movie(number) for number in range(1, 8)], [*verdicts, verdict(7, None)])
    expected = [(NOW - 3 * HOUR, 2), *((NOW - 2 * HOUR, number) for number in (3, 4, 6)), (NOW - HOUR, 1)]

    async def stale(after: tuple[datetime, int] | None, limit: int, before: datetime = NOW) -> Any:
        return await store.stale("movies", before=before, after=after, limit=limit)

    assert await stale(None, 100) == expected
    assert await stale(None, 100, before=NOW - HOUR) == expected[:4]
    assert await stale(None, 2) == expected[:2]
    assert await stale(expected[1], 2) == expected[2:4]
    assert await stale(expected[3], 100) == expected[4:]
    assert await stale(expected[4], 100) == []
    assert await stale(None, 0) == []
    # A title whose last check failed is listed if such titles are asked for, and only then.
    await store.write([], [verdict(4, None, at=NOW)])
    assert await stale(None, 100) == [pair for pair in expected if pair[1] != 4]
    for failed_before, found in ((NOW + HOUR, [(NOW - 2 * HOUR, 4)]), (NOW, [])):
        listed = await store.stale("movies", before=NOW, after=None, limit=9, failed_before=failed_before)
        assert listed == found


async def test_ids(store: Store) -> None:
    await store.write([movie(number) for number in (9, 4, 2, 1)], [verdict(2), verdict(4, None)])
    assert await store.ids("movies", after=0, limit=9) == [1, 2, 4, 9]
    assert await store.ids("movies", after=0, limit=2) == [1, 2]
    assert await store.ids("movies", after=2, limit=9) == [4, 9]
    assert await store.ids("movies", after=9, limit=9) == []
    assert await store.ids("movies", after=0, limit=0) == []
    assert await store.ids("shows", after=0, limit=9) == []


async def test_counts(store: Store) -> None:
    verdicts = [verdict(1), verdict(2), verdict(3, False), verdict(3, None), verdict(4, None)]
    await store.write([movie(number) for number in range(1, 7)], verdicts)
    assert await store.counts("movies") == Counts(total=6, available=2, unavailable=1, unchecked=3, failed=2)
    assert await store.counts("shows") == Counts()


async def test_hand_written_documents_are_not_up_to_date_and_crash_nothing(
    place: Place, store: Store
) -> None:
    for number, document in HAND_WRITTEN.items():
        place.insert("movies", document | {"_id": number})
    await store.write([movie(8)], [verdict(8)])
    assert await up_to_date(store, *range(9), failed=NOW) == {8}
    assert await up_to_date(store, *range(9), checked=NOW - HOUR, failed=NOW) == {8}
    assert await unchecked(store) == [1]
    assert await unchecked(store, before=NOW) == [6]
    assert await store.stale("movies", before=NEVER, after=None, limit=3) == [(NOW, 8)]
    counts = await store.counts("movies")
    assert (counts.total, counts.available, counts.unavailable, counts.unchecked) == (8, 3, 1, 4)
    for number in HAND_WRITTEN:
        assert (await stored(store, number))["_id"] == number
    assert await store.write([], [verdict(number) for number in HAND_WRITTEN]) == []
    assert await up_to_date(store, *range(9)) == set(range(1, 9))
