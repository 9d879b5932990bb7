"""The contract of ``moviesync.stores.base``, held against both stores on real servers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from moviesync.items import Title
from moviesync.stores import make_store
from moviesync.stores.base import PROGRESS, RUNS, Counts, Document, Store, StoreUnavailable
from tests.stores import DATA, HAND_WRITTEN, HOUR, NEVER, NOW, Place, movie, stored, verdict


async def settled(
    store: Store, *ids: int, checked: datetime | None = None, failed: datetime = NEVER
) -> set[int]:
    return await store.settled("movies", ids, checked_since=checked, failed_since=failed)


async def unchecked(
    store: Store, before: datetime | None = None, after: int = 0, limit: int = 100
) -> list[int]:
    return await store.unchecked("movies", failed_before=before, after=after, limit=limit)


async def test_new_title_is_unchecked(store: Store) -> None:
    assert await store.write([movie()], []) == []
    assert await store.title("movies", 603) == {
        "_id": 603,
        "tmdbId": 603,
        "title": "The Matrix",
        "year": 1999,
        "vidsrcAvailable": None,
        "lastChecked": None,
        "tmdbData": DATA,
        "firstSeen": NOW,
        "lastSeen": NOW,
    }


async def test_known_title_keeps_its_verdict_and_first_seen(store: Store) -> None:
    await store.write([movie()], [verdict()])
    changed = movie(title="Matrix", year=None, data={"id": 603}, seen=NOW + HOUR)
    assert await store.write([changed], []) == []
    assert await store.title("movies", 603) == {
        "_id": 603,
        "tmdbId": 603,
        "title": "Matrix",
        "year": None,
        "vidsrcAvailable": True,
        "lastChecked": NOW,
        "tmdbData": {"id": 603},
        "firstSeen": NOW,
        "lastSeen": NOW + HOUR,
    }


async def test_known_title_keeps_its_check_error(store: Store) -> None:
    await store.write([movie()], [verdict(available=None)])
    await store.write([movie(seen=NOW + HOUR)], [])
    assert (await stored(store))["checkError"] == {"reason": "blocked", "at": NOW}


@pytest.mark.parametrize("available", [True, False])
async def test_verdict_sets_both_fields_and_removes_the_error(store: Store, available: bool) -> None:
    await store.write([movie()], [verdict(available=None)])
    assert await store.write([], [verdict(available=available, at=NOW + HOUR)]) == []
    document = await stored(store)
    assert document["vidsrcAvailable"] is available
    assert document["lastChecked"] == NOW + HOUR
    assert "checkError" not in document


async def test_last_checked_moves_with_a_verdict_that_says_the_same(store: Store) -> None:
    await store.write([movie()], [verdict()])
    await store.write([], [verdict(at=NOW + HOUR)])
    assert (await stored(store))["lastChecked"] == NOW + HOUR


async def test_no_answer_sets_the_error_alone(store: Store) -> None:
    await store.write([movie()], [verdict(available=False)])
    before = await stored(store)
    assert await store.write([], [verdict(available=None, reason="timeout", at=NOW + HOUR)]) == []
    assert await stored(store) == before | {"checkError": {"reason": "timeout", "at": NOW + HOUR}}


async def test_title_and_verdict_of_one_write(store: Store) -> None:
    await store.write([movie(1), movie(2)], [verdict(1, False), verdict(2, None)])
    assert (await stored(store, 1))["vidsrcAvailable"] is False
    assert (await stored(store, 2))["vidsrcAvailable"] is None


async def test_verdict_of_an_unknown_title_changes_nothing(store: Store) -> None:
    assert await store.write([], [verdict(1), verdict(2, None)]) == []
    assert await store.title("movies", 1) is None
    assert await store.counts("movies") == Counts()


async def test_movies_and_shows_are_apart(store: Store) -> None:
    await store.write(
        [movie(1), movie(1, collection="shows", title="Lost")], [verdict(1, collection="shows")]
    )
    assert (await stored(store, 1))["vidsrcAvailable"] is None
    show = await store.title("shows", 1)
    assert show is not None
    assert (show["title"], show["vidsrcAvailable"]) == ("Lost", True)
    assert await store.counts("shows") == Counts(total=1, available=1)


async def test_empty_write(store: Store) -> None:
    assert await store.write([], []) == []


@pytest.mark.parametrize(
    "bad",
    [
        movie(2, title="lone \ud800"),
        movie(2, data={"overview": "lone \ud800"}),
        movie(2, year=2**70),
        movie(2**70),
        movie(2, data={"object": object()}),
        movie(2, data={"digits": 10**5000}),
    ],
    ids=["title", "text within data", "year", "id", "object", "endless integer"],
)
async def test_refused_title_holds_up_nothing_else(store: Store, bad: Title) -> None:
    refused = await store.write([movie(1), bad, movie(3)], [verdict(1), verdict(2), verdict(3)])
    assert [one.item for one in refused] == [bad]
    assert refused[0].reason
    assert refused[0].reason.isprintable()
    assert await settled(store, 1, 2, 3) == {1, 3}
    assert await store.counts("movies") == Counts(total=2, available=2)


async def test_refused_verdict_holds_up_nothing_else(store: Store) -> None:
    bad = verdict(2, None, reason="lone \ud800")
    refused = await store.write([movie(1), movie(2), movie(3)], [verdict(1), bad, verdict(3)])
    assert [one.item for one in refused] == [bad]
    assert await settled(store, 1, 2, 3) == {1, 3}


async def test_values_come_back_as_they_went(store: Store) -> None:
    data = {
        "$set": {"a.b": 1, ".": 2, "": 3, "\0": 4, "nested": [{"$gt": [1]}]},
        "＄．␀＼": "fullwidth",  # noqa: RUF001
        "＼＄": {"＼int": "1"},  # noqa: RUF001
        "beyond": [2**63, -(2**63) - 1, 2**63 - 1, -(2**63), 10**40],
        "float": 1.0,
        "like a date": "2026-11-23T10:00:00.123Z",
        "text": 'Amélie 🎬 \0 \\ "',
        "nothing": None,
        "empty": [[], {}],
    }
    await store.write([movie(title="1984 \0", data=data)], [])
    document = await stored(store)
    assert document["tmdbData"] == data
    assert types(document["tmdbData"]) == types(data)
    assert document["title"] == "1984 \0"


async def test_moments_are_utc_and_cut_to_milliseconds(store: Store) -> None:
    seen = datetime(2026, 11, 23, 12, 0, 0, 123999, tzinfo=timezone(timedelta(hours=2)))
    await store.write([movie(seen=seen)], [verdict(at=seen)])
    document = await stored(store)
    for name in ("firstSeen", "lastSeen", "lastChecked"):
        assert document[name] == NOW
        assert document[name].tzinfo is timezone.utc
    assert await settled(store, 603, checked=seen) == {603}


async def test_settled(store: Store) -> None:
    verdicts = [verdict(1), verdict(2, False), verdict(4, None), verdict(5, at=NOW - HOUR)]
    await store.write([movie(number) for number in range(1, 6)], verdicts)
    ids = range(1, 7)
    assert await settled(store, *ids) == {1, 2, 5}
    assert await settled(store, *ids, checked=NOW) == {1, 2}
    assert await settled(store, *ids, failed=NOW) == {1, 2, 4, 5}
    assert await settled(store, *ids, failed=NOW + HOUR) == {1, 2, 5}
    assert await settled(store, 1, 2**70) == {1}
    assert await settled(store) == set()


async def test_settled_of_many(store: Store) -> None:
    await store.write([movie(1)], [verdict(1)])
    assert await settled(store, *range(40_000)) == {1}


async def test_old_verdict_that_failed_since_is_settled(store: Store) -> None:
    await store.write([movie(1)], [verdict(1, at=NOW - HOUR)])
    await store.write([], [verdict(1, None)])
    assert await settled(store, 1, checked=NOW, failed=NOW) == {1}
    assert await settled(store, 1, checked=NOW, failed=NOW + HOUR) == set()


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
    # A title whose last check failed is listed where such titles are asked for, and there alone.
    await store.write([], [verdict(4, None, at=NOW)])
    assert await stale(None, 100) == [pair for pair in expected if pair[1] != 4]
    for failed_before, found in ((NOW + HOUR, [(NOW - 2 * HOUR, 4)]), (NOW, [])):
        listed = await store.stale("movies", before=NOW, after=None, limit=9, failed_before=failed_before)
        assert listed == found


async def test_title_that_is_not_there(store: Store) -> None:
    assert await store.title("movies", 603) is None
    assert await store.title("movies", 2**70) is None


async def test_counts(store: Store) -> None:
    verdicts = [verdict(1), verdict(2), verdict(3, False), verdict(3, None), verdict(4, None)]
    await store.write([movie(number) for number in range(1, 7)], verdicts)
    assert await store.counts("movies") == Counts(total=6, available=2, unavailable=1, unchecked=3, failed=2)
    assert await store.counts("shows") == Counts()


async def test_hand_written_documents_are_not_settled_and_crash_nothing(place: Place, store: Store) -> None:
    for number, document in HAND_WRITTEN.items():
        place.insert("movies", document | {"_id": number})
    await store.write([movie(8)], [verdict(8)])
    assert await settled(store, *range(9), failed=NOW) == {8}
    assert await settled(store, *range(9), checked=NOW - HOUR, failed=NOW) == {8}
    assert await unchecked(store) == [1]
    assert await unchecked(store, before=NOW) == [6]
    assert await store.stale("movies", before=NEVER, after=None, limit=3) == [(NOW, 8)]
    counts = await store.counts("movies")
    assert (counts.total, counts.available, counts.unavailable, counts.unchecked) == (8, 3, 1, 4)
    for number in HAND_WRITTEN:
        assert (await stored(store, number))["_id"] == number
    assert await store.write([], [verdict(number) for number in HAND_WRITTEN]) == []
    assert await settled(store, *range(9)) == set(range(1, 9))


@pytest.mark.parametrize("collection", [PROGRESS, RUNS])
async def test_saved_documents(store: Store, collection: str) -> None:
    documents: list[Document] = [
        {"_id": "movies 2", "pages": 500, "done": [[1, 3]], "at": NOW, "within": [{"at": NOW}], "none": None},
        {"_id": "movies 1", "a.b/$c": 1.5, "big": 2**70, "yes": True},
        {"_id": "shows 1"},
        {"_id": "%_.*é"},
    ]
    await store.save(collection, documents)
    await store.save(collection, [])
    by_id = sorted(documents, key=lambda document: str(document["_id"]))
    assert await store.saved(collection) == by_id
    assert await store.saved(collection, prefix="movies") == by_id[1:3]
    assert await store.saved(collection, prefix="%_.*é") == by_id[:1]
    assert await store.saved(collection, prefix=".") == []
    assert await store.saved(collection, last=2) == by_id[2:]
    assert await store.saved(collection, last=9) == by_id
    assert await store.saved(collection, last=0) == []
    assert await store.saved(collection, prefix="movies", last=1) == by_id[2:3]
    assert types(await store.saved(collection)) == types(by_id)

    await store.save(collection, [{"_id": "movies 2", "pages": 1}])
    assert await store.saved(collection, prefix="movies 2") == [{"_id": "movies 2", "pages": 1}]

    await store.forget(collection, prefix="movies")
    assert [document["_id"] for document in await store.saved(collection)] == ["%_.*é", "shows 1"]
    await store.forget(collection, prefix="")
    assert await store.saved(collection) == []


async def test_what_was_written_is_there_when_opened_again(place: Place, store: Store) -> None:
    await store.write([movie()], [verdict()])
    before = await stored(store)
    await store.close()
    again = place.store()
    await again.open()
    assert await again.title("movies", 603) == before
    await again.close()


async def test_readonly_reads_nothing_as_empty_and_makes_nothing(place: Place) -> None:
    store = place.store()
    await store.open(readonly=True)
    assert await store.counts("movies") == Counts()
    assert await store.title("movies", 603) is None
    assert await settled(store, 603) == set()
    assert await unchecked(store) == []
    assert await store.stale("shows", before=NOW, after=None, limit=5) == []
    assert await store.saved(PROGRESS) == []
    await store.close()
    assert place.is_empty()


async def test_readonly_beside_a_crawl(place: Place, store: Store) -> None:
    await store.write([movie(1)], [])
    reader = place.store()
    await reader.open(readonly=True)
    assert await reader.counts("movies") == Counts(total=1, unchecked=1)
    await store.write([movie(2)], [verdict(1)])
    assert await reader.counts("movies") == Counts(total=2, available=1, unchecked=1)
    for change in (
        reader.write([movie(3)], []),
        reader.save(RUNS, [{"_id": "run"}]),
        reader.forget(RUNS, prefix=""),
    ):
        with pytest.raises(StoreUnavailable, match=r"read.?only|reading only"):
            await change
    await reader.close()
    assert await store.title("movies", 3) is None


async def test_closing_twice_or_without_opening(place: Place) -> None:
    store = place.store()
    await store.close()
    await store.open()
    await store.close()
    await store.close()


async def test_store_that_is_not_open(place: Place) -> None:
    with pytest.raises(StoreUnavailable, match="not open"):
        await place.store().counts("movies")


def test_make_store_takes_mongodb_where_there_is_a_uri() -> None:
    store = make_store("mongodb://user:secret@db.example:27018/films", None, "movies.db")
    assert store.address == "mongodb://db.example:27018/films"
    assert make_store("mongodb://db.example/films", "other", "x").address == "mongodb://db.example/other"


@pytest.mark.parametrize("uri", [None, ""])
def test_make_store_takes_sqlite_otherwise(uri: str | None) -> None:
    assert make_store(uri, None, "folder/movies.db").address == "sqlite:folder/movies.db"


def types(value: Any) -> Any:
    """The types of a value and of all within it: ``1 == 1.0 == True``, so equality is not enough."""
    if isinstance(value, dict):
        return {key: types(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [types(inner) for inner in value]
    return type(value)
