"""The contract of ``moviesync.stores.base``, held against every store on real servers."""

from __future__ import annotations

import pytest

from moviesync.items import Title
from moviesync.stores.base import NOT_HELD, RUNS, Counts, Document, Refused, Store
from tests.places import (
    DATA,
    HOUR,
    NOW,
    movie,
    stored,
    up_to_date,
    verdict,
)


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
        "statusSince": NOW,
        "tmdbData": {"id": 603},
        "firstSeen": NOW,
        "lastSeen": NOW + HOUR,
    }


async def test_new_titles_are_counted_once(store: Store) -> None:
    await store.write([movie(1), movie(2), movie(2)], [verdict(1), verdict(9)])
    await store.write([movie(2), movie(3), movie(1, collection="shows")], [verdict(2)])
    assert store.inserted == 4
    # One of them is refused.
    await store.write([movie(4), movie(5, data={"id": 2**70})], [])
    known = [number for number in (4, 5) if await store.title("movies", number)]
    assert store.inserted == 4 + len(known)


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


async def test_verdict_of_a_title_that_is_not_there_is_returned(store: Store) -> None:
    lost = [verdict(1), verdict(2, None), verdict(1, False)]
    assert await store.write([], lost) == [Refused(one, NOT_HELD) for one in lost]
    assert await store.title("movies", 1) is None
    assert await store.counts("movies") == Counts()
    # The same among others: those that are there twice, those that cannot be encoded, those of shows.
    bad, show = verdict(3, None, reason="lone \ud800"), verdict(3, collection="shows")
    some = [verdict(3), verdict(4), bad, verdict(3, False), show]
    refused = await store.write([movie(3)], some)
    reasons = {id(one.item): one.reason for one in refused}
    assert reasons.keys() == {id(some[1]), id(bad), id(show)}
    assert reasons[id(some[1])] == reasons[id(show)] == NOT_HELD != reasons[id(bad)]
    assert (await stored(store, 3))["vidsrcAvailable"] is False


async def test_movies_and_shows_are_apart(store: Store) -> None:
    await store.write(
        [movie(1), movie(1, collection="shows", title="Lost")], [verdict(1, collection="shows")]
    )
    assert (await stored(store, 1))["vidsrcAvailable"] is None
    show = await store.title("shows", 1)
    assert show is not None
    assert (show["title"], show["vidsrcAvailable"]) == ("Lost", True)
    assert await store.counts("shows") == Counts(total=1, available=1)


async def test_many_in_one_write(store: Store) -> None:
    numbers = range(1, 121)
    await store.write([movie(number) for number in numbers], [])
    assert (
        await store.write([movie(number) for number in numbers], [verdict(number) for number in numbers])
        == []
    )
    assert await store.counts("movies") == Counts(total=120, available=120)
    runs: list[Document] = [{"_id": f"{number:03}"} for number in numbers]
    await store.save(RUNS, runs)
    await store.save(RUNS, runs)
    assert await store.saved(RUNS) == runs


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
    assert [one.item for one in refused] == [bad, verdict(2)]
    assert refused[0].reason
    assert refused[0].reason.isprintable()
    assert await up_to_date(store, 1, 2, 3) == {1, 3}
    assert await store.counts("movies") == Counts(total=2, available=2)


async def test_refused_verdict_holds_up_nothing_else(store: Store) -> None:
    bad = verdict(2, None, reason="lone \ud800")
    refused = await store.write([movie(1), movie(2), movie(3)], [verdict(1), bad, verdict(3)])
    assert [one.item for one in refused] == [bad]
    assert await up_to_date(store, 1, 2, 3) == {1, 3}


async def test_title_that_is_not_there(store: Store) -> None:
    assert await store.title("movies", 603) is None
    assert await store.title("movies", 2**70) is None
