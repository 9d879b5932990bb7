"""A kill between a flip and its verdict, as MongoDB has no transactions that every server knows."""

from __future__ import annotations

import pytest
from pymongo import ReadPreference
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect

from moviesync.items import Verdict
from moviesync.stores.base import Document, Refused, Store, StoreUnavailable
from moviesync.stores.mongo import verdicts
from moviesync.stores.mongo.schema import Titles
from moviesync.stores.mongo.store import MongoStore
from moviesync.stores.mongo.updates import Ready, Sent, send
from moviesync.stores.mongo.verdicts import rounds
from tests.places import HOUR, NOW, MongoPlace, found, movie, stored

LATER, LATEST = NOW + HOUR, NOW + 2 * HOUR


async def torn(store: Store, monkeypatch: pytest.MonkeyPatch, item: Verdict) -> None:
    """Write the flip that a verdict makes, and not the verdict."""

    async def gone(*_: object) -> Sent:
        raise AutoReconnect("gone")

    with monkeypatch.context() as patched:
        patched.setattr(verdicts, "send", gone)
        with pytest.raises(StoreUnavailable, match="gone"):
            await store.write([], [item])


async def test_a_repeated_check_makes_one_flip(
    store: Store, place: MongoPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write([movie()], [found()])
    await torn(store, monkeypatch, found(available=False, at=LATER))
    assert (await stored(store))["vidsrcAvailable"] is True
    await store.write([], [found(available=False, at=LATEST)])
    assert [(flip["to"], flip["at"]) for flip in place.flips()] == [(False, LATEST)]
    assert (await stored(store))["statusSince"] == LATEST


async def test_a_flip_that_a_repeated_check_does_not_find_is_taken_back(
    store: Store, place: MongoPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write([movie()], [found()])
    await torn(store, monkeypatch, found(available=False, at=LATER))
    assert len(place.flips()) == 1
    await store.write([], [found(at=LATEST)])
    assert place.flips() == []
    assert (await stored(store))["statusSince"] == NOW


async def test_a_flip_whose_verdict_the_server_refuses_is_taken_back(
    store: Store, place: MongoPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing(titles: Titles, ready: Ready) -> Sent:
        sent = await send(titles, Ready(ready.items[1:], ready.updates[1:]))
        return Sent([*sent.refused, Refused(ready.items[0], "no")], sent.new)

    await store.write([movie(1), movie(2)], [found(1), found(2)])
    monkeypatch.setattr(verdicts, "send", refusing)
    flips = [found(1, False, at=LATER), found(2, False, at=LATER)]
    assert await store.write([], flips) == [Refused(flips[0], "no")]
    assert [flip["tmdbId"] for flip in place.flips()] == [2]
    assert (await stored(store, 1))["vidsrcAvailable"] is True


def test_rounds_hold_no_title_twice() -> None:
    items = [found(number, at=NOW + step * HOUR) for step, number in enumerate([1, 2, 1, 3, 1, 2])]
    assert [[items.index(item) for item in some] for some in rounds(items)] == [[0, 1, 3], [2, 5], [4]]
    assert list(rounds([])) == []


async def test_a_title_is_judged_by_what_the_primary_holds(
    place: MongoPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It has what was just written, and a secondary may not.
    store = MongoStore(f"{place.uri}{'&' if '?' in place.uri else '?'}readPreference=secondaryPreferred")
    await store.open()
    asked = list[object]()
    find = AsyncCollection.find

    def noting(collection: AsyncCollection[Document], *given: object, **named: object) -> object:
        asked.append(collection.read_preference)
        return find(collection, *given, **named)

    monkeypatch.setattr(AsyncCollection, "find", noting)
    assert await store.write([movie()], [found()]) == []
    assert asked == [ReadPreference.PRIMARY]
    await store.close()
