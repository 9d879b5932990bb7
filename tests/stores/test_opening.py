"""The contract of ``moviesync.stores.base``, held against every store on real servers: opening and closing."""

from __future__ import annotations

import pytest
from scrapy.settings import Settings

from moviesync.stores import make_store
from moviesync.stores.base import PROGRESS, RUNS, Counts, Store, StoreUnavailable
from tests.places import (
    NOW,
    Place,
    movie,
    stored,
    unchecked,
    up_to_date,
    verdict,
)


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
    assert await up_to_date(store, 603) == set()
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


def test_make_store_takes_mongodb_if_there_is_a_uri() -> None:
    uri = "mongodb://user:secret@db.example:27018/films"
    store = make_store({"MONGODB_URI": uri, "MONGODB_DATABASE": None, "SQLITE_PATH": "movies.db"})
    assert store.address == "mongodb://db.example:27018/films"
    other = make_store({"MONGODB_URI": "mongodb://db.example/films", "MONGODB_DATABASE": "other"})
    assert other.address == "mongodb://db.example/other"


@pytest.mark.parametrize("given", [{"MONGODB_URI": None}, {"MONGODB_URI": ""}, {}])
def test_make_store_takes_sqlite_otherwise(given: dict[str, str | None]) -> None:
    assert make_store({"SQLITE_PATH": "folder/movies.db", **given}).address == "sqlite:folder/movies.db"


def test_make_store_takes_the_settings_of_scrapy() -> None:
    settings = Settings({"MONGODB_URI": None, "SQLITE_PATH": "movies.db"})
    assert make_store(settings).address == "sqlite:movies.db"
