"""How a search finds the shortest titles on a server that does not sort by length."""

from __future__ import annotations

import pytest

from moviesync.stores.base import Document, Store
from moviesync.stores.mongo import aggregates
from tests.mongodb import Collections
from tests.places import movie

TITLES = {
    1: "The Matrix Reloaded",
    2: "The Matrix",
    3: "Matrix of the World, and more",
    4: "matrix",
    5: "A matrix\n.",
    6: "No more than one",
    7: "matrix",
}
SHORTEST = [4, 7, 2, 5, 1, 3]


@pytest.mark.parametrize("many", [1, 3, 6, 7, 1000])
@pytest.mark.parametrize("limit", [1, 3, 5, 6, 9])
async def test_the_shortest_come_first_however_many_there_are(
    store: Store, many: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "MANY", many)
    await store.write([movie(number, title=title) for number, title in TITLES.items()], [])
    assert [one["_id"] for one in await store.found("movies", "matrix", limit)] == SHORTEST[:limit]


async def test_what_is_no_title_of_a_text_and_no_id_is_left_out(store: Store, database: Collections) -> None:
    documents: list[Document] = [
        {"_id": 1, "title": ["matrix"]},
        {"_id": "2", "title": "matrix"},
        {"_id": 3.5, "title": "matrix!"},
    ]
    database["movies"].insert_many(documents)
    await store.write([movie(4)], [])
    assert [one["_id"] for one in await store.found("movies", "matrix", 9)] == [3.5, 4]
