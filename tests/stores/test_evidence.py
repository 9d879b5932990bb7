"""The contract of ``moviesync.stores.base``, held against every store on real servers: what verdicts rest on."""

from __future__ import annotations

from typing import Any

from moviesync.items import INFO, LIST, PAGE
from moviesync.stores.base import Store
from tests.places import HAND_WRITTEN, HOUR, NOW, Place, found, movie, verdict

NOTHING = {"page": 0, "info": 0, "list": 0, "none": 0}


async def test_evidence(store: Store) -> None:
    verdicts = [
        found(1, by=LIST),
        found(2, False, by=LIST),
        found(3),
        found(4, by=INFO),
        found(5, False),
        found(6, by=LIST),
    ]
    await store.write([movie(number) for number in range(1, 10)], [*verdicts, verdict(7), verdict(8, None)])
    evidence = await store.evidence("movies")
    assert list(evidence.items()) == [("page", 2), ("info", 1), ("list", 3), ("none", 1)]
    assert await store.evidence("shows") == NOTHING
    # One of a title whose last check failed counts.
    await store.write([], [verdict(1, None)])
    assert await store.evidence("movies") == evidence


async def test_asked_since(store: Store) -> None:
    verdicts = [
        found(1),
        found(2, False, by=INFO),
        found(3, by=LIST),
        found(4, at=NOW - HOUR),
        verdict(5),
        verdict(6, None),
    ]
    await store.write([movie(number) for number in range(1, 8)], verdicts)
    ids = [*range(9), 2**70]
    assert await store.asked_since("movies", ids, NOW) == {1, 2}
    assert await store.asked_since("movies", ids, NOW - HOUR) == {1, 2, 4}
    assert await store.asked_since("movies", ids, NOW + HOUR) == set()
    assert await store.asked_since("movies", [2, 3], NOW) == {2}
    assert await store.asked_since("movies", [], NOW) == set()
    assert await store.asked_since("shows", ids, NOW) == set()
    # An answer that says nothing leaves the verdict as old as it is.
    await store.write([], [verdict(4, None), verdict(1, None, at=NOW + HOUR)])
    assert await store.asked_since("movies", ids, NOW) == {1, 2}
    # A later verdict by a list is none by a page.
    await store.write([], [found(1, by=LIST, at=NOW + HOUR)])
    assert await store.asked_since("movies", ids, NOW) == {2}


async def test_positives(store: Store) -> None:
    verdicts = [
        found(1, at=NOW - 2 * HOUR),
        found(2, by=INFO),
        found(3, at=NOW - HOUR),
        found(4, by=LIST),
        found(5, False),
        found(6, at=NOW - HOUR),
        verdict(7),
        verdict(8, None),
    ]
    await store.write([movie(number) for number in range(1, 10)], verdicts)
    assert await store.positives("movies", 9) == [2, 6, 3, 1]
    assert await store.positives("movies", 2) == [2, 6]
    assert await store.positives("movies", 0) == []
    assert await store.positives("shows", 9) == []
    await store.write([], [found(2, False)])
    assert await store.positives("movies", 1) == [6]


async def test_what_was_written_by_hand_proves_nothing(place: Place, store: Store) -> None:
    nonsense: list[Any] = [
        "page",
        7,
        {"by": "hearsay"},
        {"by": {"page": 1}},
        {"host": "vidsrc.sh"},
        {"by": 1},
    ]
    for number, evidence in enumerate(nonsense, 1):
        document = {"_id": number, "vidsrcAvailable": True, "lastChecked": place.moment(NOW)}
        place.insert("movies", document | {"evidence": evidence})
    for number, other in enumerate(HAND_WRITTEN.values(), 11):
        place.insert("movies", other | {"_id": number, "evidence": {"by": PAGE, "host": "vidsrc.sh"}})
    ids = range(30)
    assert await store.asked_since("movies", ids, NOW) == set()
    assert await store.positives("movies", 9) == []
    evidence_counts, counts = await store.evidence("movies"), await store.counts("movies")
    assert evidence_counts == {"page": 3, "info": 0, "list": 0, "none": len(nonsense)}
    assert sum(evidence_counts.values()) == counts.available + counts.unavailable
    for number in ids:
        await store.title("movies", number)


async def test_readonly_where_there_is_nothing(place: Place) -> None:
    store = place.store()
    await store.open(readonly=True)
    assert await store.evidence("movies") == NOTHING
    assert await store.asked_since("movies", [1], NOW) == set()
    assert await store.positives("movies", 9) == []
    assert await store.ids("movies", after=0, limit=9) == []
    await store.close()
    assert place.is_empty()
