"""The questions that people ask of a store, held against every store on real servers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from moviesync.stores.base import Document, Store, StoreUnavailable
from tests.places import HAND_WRITTEN, HOUR, NEVER, NOW, Place, movie, verdict

STATES = ("available", "unavailable", "unchecked")


def ids(documents: list[Document]) -> list[int]:
    return [document["_id"] for document in documents]


async def whole_export(store: Store, state: str | None, limit: int = 2) -> list[int]:
    """The ids of a state, read in batches."""
    found: list[int] = []
    while batch := await store.batch("movies", state=state, after=found[-1] if found else 0, limit=limit):
        assert len(batch) <= limit
        found += ids(batch)
    return found


async def test_failures_by_reason(store: Store) -> None:
    reasons = ["timeout", "blocked", "HTTP 500", "blocked", "timeout", "blocked"]
    failed = [verdict(number, None, reason=reason) for number, reason in enumerate(reasons, 1)]
    await store.write([movie(number) for number in range(1, 9)], [*failed, verdict(7), verdict(1)])
    failures = await store.failures("movies")
    assert list(failures.items()) == [("blocked", 3), ("HTTP 500", 1), ("timeout", 1)]
    assert await store.failures("shows") == {}


async def test_checked_between_moments(store: Store) -> None:
    ages = {1: 0, 2: 1, 3: 1, 4: 5}
    checked = [verdict(number, number % 2 == 0, at=NOW - age * HOUR) for number, age in ages.items()]
    await store.write([movie(number) for number in range(1, 7)], [*checked, verdict(5, None)])
    # A verdict keeps its age if a later check fails.
    await store.write([], [verdict(2, None)])
    moments = [NOW - 5 * HOUR, NOW - HOUR, NOW, NOW + timedelta(milliseconds=1)]
    assert await store.checked("movies", moments) == [1, 2, 1]
    assert await store.checked("movies", [NOW - HOUR, NOW]) == [2]
    assert await store.checked("movies", [NOW]) == []
    assert await store.checked("movies", []) == []
    assert await store.checked("shows", moments) == [0, 0, 0]


async def test_years(store: Store) -> None:
    years = {1: 2001, 2: 1999, 3: 1999, 4: None, 5: 1999, 6: 1874}
    verdicts = [verdict(2), verdict(3, False), verdict(4), verdict(5, None), verdict(6, False)]
    await store.write([movie(number, year=year) for number, year in years.items()], verdicts)
    assert await store.years("movies") == [
        (1874, 0, 1, 0),
        (1999, 1, 1, 1),
        (2001, 0, 0, 1),
        (None, 1, 0, 0),
    ]
    assert await store.years("shows") == []


async def test_latest(store: Store) -> None:
    ages = {1: 2, 2: 0, 3: 1, 4: 1}
    verdicts = [verdict(number, number % 2 == 0, at=NOW - age * HOUR) for number, age in ages.items()]
    await store.write([movie(number) for number in range(1, 7)], [*verdicts, verdict(5, None)])
    latest = await store.latest("movies", 3)
    assert ids(latest) == [2, 4, 3]
    assert latest[0] == await store.title("movies", 2)
    assert ids(await store.latest("movies", 9)) == [2, 4, 3, 1]
    assert await store.latest("movies", 0) == []
    assert await store.latest("shows", 3) == []


TITLES = {
    1: "The Matrix Reloaded",
    2: "Matrix",
    3: "THE MATRIX",
    4: "100% Wolf",
    5: "100 Wolves",
    6: "a_b",
    7: "axb",
    8: r"back\slash",
    9: ".*",
    10: "(500) Days [of] {Summer}?+^$|",
    11: "Amélie 🎬",
    12: "1984 \0 new\nline",
    13: "matrix",
    14: "<b>'\"",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("matrix", [2, 13, 3, 1]),
        ("MATRIX", [2, 13, 3, 1]),
        ("trix r", [1]),
        ("0%", [4]),
        ("%", [4]),
        ("_", [6]),
        ("\\", [8]),
        (".", [9]),
        (".*", [9]),
        ("(500) days [OF] {summer}?+^$|", [10]),
        ("Amé", [11]),
        ("🎬", [11]),
        ("\0", [12]),
        ("new\nline", [12]),
        ("'\"", [14]),
        ("#", []),
        ("lone \ud800", []),
    ],
)
async def test_found(store: Store, text: str, expected: list[int]) -> None:
    await store.write([movie(number, title=title) for number, title in TITLES.items()], [])
    found = await store.found("movies", text, 5)
    assert ids(found) == expected
    for document in found:
        assert document == await store.title("movies", document["_id"])


async def test_found_of_many(store: Store) -> None:
    await store.write([movie(number, title=title) for number, title in TITLES.items()], [])
    assert ids(await store.found("movies", "matrix", 2)) == [2, 13]
    assert ids(await store.found("movies", "", 3)) == [9, 6, 7]
    assert await store.found("movies", "matrix", 0) == []
    assert await store.found("shows", "matrix", 3) == []


async def test_batches(store: Store) -> None:
    verdicts = [verdict(2), verdict(3, False), verdict(5, None), verdict(6), verdict(8)]
    await store.write([movie(number) for number in (9, 8, 6, 5, 3, 2)], verdicts)
    assert await whole_export(store, None) == [2, 3, 5, 6, 8, 9]
    assert await whole_export(store, "available") == [2, 6, 8]
    assert await whole_export(store, "unavailable") == [3]
    assert await whole_export(store, "unchecked") == [5, 9]
    (document,) = await store.batch("movies", state="available", after=2, limit=1)
    assert document == await store.title("movies", 6)
    assert await store.batch("movies", state=None, after=0, limit=0) == []
    assert await store.batch("shows", state=None, after=0, limit=5) == []


NONSENSE: dict[int, Document] = {
    20: {"year": "then", "title": "yes", "checkError": {"reason": {"why": 1}}},
    21: {"year": None, "lastChecked": "2026-11-23", "vidsrcAvailable": 1.5, "checkError": {"reason": ""}},
    22: {"vidsrcAvailable": "yes", "title": None, "checkError": {"reason": "by hand"}},
}


async def test_hand_written_documents_crash_nothing(place: Place, store: Store) -> None:
    for number, document in (HAND_WRITTEN | NONSENSE).items():
        place.insert("movies", document | {"_id": number})
    await store.write([movie(8)], [verdict(8)])
    counts = await store.counts("movies")
    failures = await store.failures("movies")
    assert sum(failures.values()) == counts.failed
    assert failures["by hand"] == 1
    assert set(failures) <= {"by hand", "unknown"}
    years = await store.years("movies")
    assert [year for year, *_ in years] == [1999, None]
    sums = tuple(map(sum, list(zip(*years, strict=True))[1:]))
    assert sums == (counts.available, counts.unavailable, counts.unchecked)
    assert ids(await store.latest("movies", 5)) == [8]
    assert 8 in ids(await store.found("movies", "", 99))
    for state in STATES:
        assert len(await whole_export(store, state)) == getattr(counts, state)
    assert await whole_export(store, None) == [*range(1, 9), *NONSENSE]
    assert len(await store.checked("movies", [NOW - HOUR, NOW, NEVER])) == 2


async def test_titles_that_are_no_text_are_found_and_crash_nothing(place: Place, store: Store) -> None:
    nonsense: list[Any] = [7, None, 1.5, {}]
    for number, title in enumerate(nonsense, 1):
        place.insert("movies", {"_id": number, "title": title})
    await store.write([movie(9, title="Se7en")], [])
    assert ids(await store.found("movies", "e7", 9)) == [9]


async def test_readonly_where_there_is_nothing(place: Place) -> None:
    store = place.store()
    await store.open(readonly=True)
    assert await store.failures("movies") == {}
    assert await store.checked("movies", [datetime.min.replace(tzinfo=NOW.tzinfo), NOW, NEVER]) == [0, 0]
    assert await store.years("movies") == []
    assert await store.latest("movies", 3) == []
    assert await store.found("movies", "matrix", 3) == []
    assert await whole_export(store, "unchecked") == []
    await store.close()
    assert place.is_empty()


async def test_store_that_is_not_open(place: Place) -> None:
    with pytest.raises(StoreUnavailable, match="not open"):
        await place.store().failures("movies")
