"""The contract of ``moviesync.stores.base``, held against every store on real servers: what a verdict changes."""

from __future__ import annotations

from typing import Any

import pytest

from moviesync.items import INFO, LIST, PAGE, Evidence
from moviesync.stores.base import NOT_HELD, Document, Store
from tests.places import HOST, HOUR, NOW, Place, found, movie, stored, verdict

LATER = NOW + HOUR
EVIDENCE = {"by": PAGE, "host": HOST}


def flip(to: bool, begun: str, **changes: Any) -> Document:
    facts = {"collection": "movies", "tmdbId": 603, "from": not to, "to": to, "at": LATER}
    document = facts | {"evidence": EVIDENCE} | changes
    return document | {"_id": f"{document['collection']} {document['tmdbId']} {begun}"}


NOW_TEXT = "2026-11-23T10:00:00.123Z"


async def test_the_first_verdict_is_no_flip(store: Store, place: Place) -> None:
    await store.write([movie()], [verdict(available=None)])
    assert not {"statusSince", "evidence", "episodes"} & (await stored(store)).keys()
    await store.write([], [found()])
    document = await stored(store)
    assert document["statusSince"] == NOW
    assert document["evidence"] == EVIDENCE
    assert place.flips() == []


@pytest.mark.parametrize("available", [True, False])
async def test_the_same_verdict_is_as_old_as_before(store: Store, place: Place, available: bool) -> None:
    await store.write([movie()], [found(available=available)])
    await store.write([], [found(available=available, by=INFO, at=LATER)])
    document = await stored(store)
    assert (document["statusSince"], document["lastChecked"]) == (NOW, LATER)
    assert document["evidence"] == {"by": INFO, "host": HOST}
    assert place.flips() == []


@pytest.mark.parametrize("available", [True, False])
async def test_another_verdict_is_a_flip(store: Store, place: Place, available: bool) -> None:
    await store.write([movie()], [found(available=not available)])
    await store.write([], [found(available=available, at=LATER)])
    document = await stored(store)
    assert (document["statusSince"], document["lastChecked"]) == (LATER, LATER)
    assert place.flips() == [flip(available, NOW_TEXT)]
    # Once: it is the same from now on.
    await store.write([], [found(available=available, at=LATER + HOUR)])
    assert place.flips() == [flip(available, NOW_TEXT)]


async def test_a_check_without_an_answer_changes_neither(store: Store, place: Place) -> None:
    await store.write([movie()], [found(episodes={"1": [1]})])
    before = await stored(store)
    no_answer = verdict(available=None, at=LATER, evidence=Evidence(PAGE, HOST), episodes={})
    await store.write([], [no_answer])
    after = await stored(store)
    assert after.pop("checkError")
    assert after == before
    await store.write([], [found(available=False, at=LATER)])
    assert place.flips() == [flip(False, NOW_TEXT)]


async def test_verdicts_of_one_title_in_one_write_count_in_their_order(store: Store, place: Place) -> None:
    answers = [True, True, None, False, True, False, False]
    verdicts = [
        verdict(number, answer, at=NOW + step * HOUR)
        for step, answer in enumerate(answers)
        for number in (1, 2)
    ]
    assert await store.write([movie(1), movie(2)], verdicts) == []
    for number in (1, 2):
        document = await stored(store, number)
        assert document["vidsrcAvailable"] is False
        assert document["statusSince"] == NOW + 5 * HOUR
        assert document["lastChecked"] == NOW + 6 * HOUR
        assert "checkError" not in document
        flips = [(one["to"], one["at"]) for one in place.flips() if one["tmdbId"] == number]
        assert flips == [(False, NOW + 3 * HOUR), (True, NOW + 4 * HOUR), (False, NOW + 5 * HOUR)]


async def test_flips_of_films_and_shows_are_apart(store: Store, place: Place) -> None:
    for available, at in ((True, NOW), (False, LATER)):
        await store.write(
            [movie(1), movie(1, collection="shows")],
            [found(1, available, at=at), found(1, available, at=at, collection="shows", by=LIST)],
        )
    shows = flip(False, NOW_TEXT, collection="shows", tmdbId=1, evidence={"by": LIST, "host": HOST})
    assert sorted(place.flips(), key=str) == sorted([flip(False, NOW_TEXT, tmdbId=1), shows], key=str)


async def test_no_flip_of_what_is_refused_or_not_held(store: Store, place: Place) -> None:
    await store.write([movie(1), movie(2)], [found(1), found(2)])
    bad = verdict(1, False, at=LATER, evidence=Evidence(PAGE, "lone \ud800"))
    worse = verdict(2, False, at=LATER, episodes={"lone \ud800": [1]}, evidence=Evidence(PAGE, HOST))
    refused = await store.write([], [bad, worse, found(3), found(3, False, at=LATER), found(2**70)])
    assert {id(one.item) for one in refused} >= {id(bad), id(worse)}
    assert [one.reason for one in refused].count(NOT_HELD) == 3
    assert place.flips() == []
    for number in (1, 2):
        document = await stored(store, number)
        assert (document["vidsrcAvailable"], document["statusSince"]) == (True, NOW)
        assert "episodes" not in document


async def test_a_document_of_the_first_version_is_as_old_as_its_last_check(
    place: Place, store: Store
) -> None:
    async def old(tmdb_id: int) -> None:
        await store.write([movie(tmdb_id)], [found(tmdb_id)])
        place.remove("movies", tmdb_id, "statusSince")

    await old(1)
    await old(603)
    assert "statusSince" not in await stored(store)
    await store.write([], [found(1, at=LATER), found(603, False, at=LATER)])
    assert (await stored(store, 1))["statusSince"] == NOW
    assert (await stored(store))["statusSince"] == LATER
    assert place.flips() == [flip(False, NOW_TEXT)]


async def test_a_verdict_over_what_was_written_by_hand(place: Place, store: Store) -> None:
    for number, nonsense in enumerate(["yes", 7, None], 1):
        place.insert("movies", {"_id": number, "vidsrcAvailable": nonsense, "lastChecked": "yesterday"})
    place.insert(
        "movies", {"_id": 4, "vidsrcAvailable": True, "lastChecked": "yesterday", "statusSince": "x"}
    )
    assert await store.write([], [found(number, False) for number in range(1, 5)]) == []
    for number in range(1, 5):
        assert (await stored(store, number))["statusSince"] == NOW
    assert [one["_id"] for one in place.flips()] == ["movies 4 unknown"]


async def test_episodes(store: Store) -> None:
    shows: dict[str, Any] = {"collection": "shows", "by": LIST}
    await store.write([movie(1, collection="shows")], [found(1, episodes={"0": [3], "1": [1, 2]}, **shows)])

    async def episodes() -> Any:
        document = await store.title("shows", 1)
        assert document is not None
        return document.get("episodes")

    assert await episodes() == {"0": [3], "1": [1, 2]}
    # Not known: what is stored stays.
    await store.write([], [found(1, False, collection="shows")])
    assert await episodes() == {"0": [3], "1": [1, 2]}
    await store.write([], [found(1, episodes={"2": (7,)}, **shows)])
    assert await episodes() == {"2": [7]}
    await store.write([], [found(1, episodes={}, **shows)])
    assert await episodes() is None


async def test_evidence_of_an_older_verdict_is_not_that_of_a_later_one(store: Store) -> None:
    await store.write([movie()], [found()])
    await store.write([], [verdict(available=False)])
    assert "evidence" not in await stored(store)
