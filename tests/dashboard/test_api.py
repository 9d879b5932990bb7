"""What the dashboard answers: what is in the store, what was found, and what is the matter."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing

from aiohttp import ClientSession

from moviesync.clock import now
from moviesync.dashboard.api import Answers
from moviesync.dashboard.app import STATIC
from moviesync.history.runs import begun
from moviesync.reports.evidence import WORDS
from moviesync.stores import make_store
from moviesync.stores.base import Store
from tests.dashboard.page import Page, only_sqlite
from tests.places import HAND_WRITTEN, HOST, Place, SQLitePlace, found, movie, verdict

TAG = "<script>document.title = 'taken over'</script>"


async def test_what_is_in_the_store(page: Page, place: Place, store: Store) -> None:
    verdicts = [
        found(1, at=now()),
        found(2, available=False, at=now()),
        verdict(3, available=None, reason="timeout"),
        found(1, available=False, at=now(), collection="shows"),
    ]
    titles = [movie(number, title=f"Film {number}") for number in range(1, 5)]
    await store.write([*titles, movie(1, collection="shows", title="Show 1", year=None)], verdicts)
    odd = {
        "_id": "1",
        "reason": float("nan"),
        "arguments": [],
        "counters": {"pages": "many"},
    }
    moment = now()
    short = {"_id": "2", "started": moment, "finished": moment}
    await store.save("runs", [odd, short, begun("tmdb_vidsrc", {"max_pages": 5}, "1.0", now())])
    answer = await page.json("/api/now")
    assert answer["store"] == place.store().address
    assert not answer["missing"]
    assert answer["counts"]["movies"] == {
        "total": 4,
        "available": 1,
        "unavailable": 1,
        "unchecked": 2,
        "failed": 1,
    }
    nothing = {"page": 0, "info": 0, "list": 0, "none": 0}
    assert answer["evidence"] == {"movies": nothing | {"page": 2}, "shows": nothing | {"page": 1}}
    assert {json.dumps(one["evidence"]) for one in answer["latest"]} == {
        f'{{"by": "page", "host": "{HOST}"}}'
    }
    assert all(one["since"] == one["checked"] for one in answer["latest"])
    assert answer["walks"]["shows"] == {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}
    assert [(len(minutes), sum(minutes)) for minutes in answer["checked"].values()] == [(60, 2), (60, 1)]
    assert answer["failures"] == {"movies": [["timeout", 1]], "shows": []}
    assert {(one["kind"], one["id"], one["available"]) for one in answer["latest"]} == {
        ("movies", 1, True),
        ("movies", 2, False),
        ("shows", 1, False),
    }
    assert [(run["spider"], run["state"]) for run in answer["runs"]] == [
        ("tmdb_vidsrc", "running"),
        (None, "ended"),
        (None, "killed"),
    ]
    assert [run["seconds"] for run in answer["runs"]][1:] == [0, None]
    assert answer["runs"][0]["arguments"] == {"max_pages": 5}
    assert await page.json("/api/years") == {"movies": [[1999, 1, 1, 2]], "shows": [[None, 0, 1, 0]]}


def test_the_page_and_the_commands_have_the_same_words_for_evidence() -> None:
    script = (STATIC / "words.js").read_text()
    for name, words in WORDS.items():
        assert f'  {name}: "{words}",\n' in script


async def test_the_search_finds_by_text_and_by_id(page: Page, store: Store) -> None:
    titles = [
        movie(603, title="The Matrix"),
        movie(7, title="603 days"),
        movie(603, collection="shows", title=TAG),
    ]
    await store.write([*titles, movie(8, title="100%")], [])
    assert await page.search(" matrix ") == [("movies", 603, "The Matrix")]
    assert await page.search("603") == [
        ("movies", 603, "The Matrix"),
        ("movies", 7, "603 days"),
        ("shows", 603, TAG),
    ]
    assert await page.search("%") == [("movies", 8, "100%")]
    assert await page.search("9" * 100) == []
    assert await page.search("\0\ud83d \\ $ ( [") == []
    (one,) = (await page.json("/api/search", text="100%"))["found"]
    assert '"_id": 8,' in one["document"]
    _, _, text = await page.ask("/api/search?text=%3Cscript")
    assert "<" not in text
    for bad in ("", "%20", "a" * 201):
        assert (await page.ask(f"/api/search?text={bad}"))[0] == 400


async def test_documents_written_by_hand_are_shown_as_they_are(
    page: Page, place: Place, store: Store
) -> None:
    for number, document in HAND_WRITTEN.items():
        place.insert("movies", document | {"_id": number})
    assert (await page.json("/api/now"))["counts"]["movies"]["total"] == len(HAND_WRITTEN)
    assert "movies" in await page.json("/api/years")
    for number in HAND_WRITTEN:
        assert ("movies", number) in [found[:2] for found in await page.search(str(number))]


async def test_a_store_that_is_not_there_yet_is_missing_and_found_once_it_is(
    page: Page, place: Place
) -> None:
    answer = await page.json("/api/now")
    assert answer["missing"] == isinstance(place, SQLitePlace)
    assert answer["counts"]["movies"]["total"] == 0
    assert answer["runs"] == answer["latest"] == []
    assert await page.json("/api/years") == {"movies": [], "shows": []}
    assert place.is_empty()
    store = place.store()
    await store.open()
    await store.write([movie()], [])
    answer = await page.json("/api/now")
    assert (answer["missing"], answer["counts"]["movies"]["total"]) == (False, 1)
    await store.close()


@only_sqlite
async def test_a_file_that_is_none_or_of_another_layout_is_a_problem(page: Page, place: SQLitePlace) -> None:
    place.path.parent.mkdir()
    for content, words in (("text " * 1000, "not a database"), (None, "no column")):
        if content is None:
            place.path.unlink()
            with closing(sqlite3.connect(place.path)) as connection:
                connection.execute("CREATE TABLE movies (_id INTEGER PRIMARY KEY, title TEXT)")
        else:
            place.path.write_text(content)
        for path in ("/api/now", "/api/years", "/api/search?text=603"):
            assert words in (await page.json(path))["problem"]
    # Replaced, and so removed in between, under the open connection.
    place.path.unlink()
    store = place.store()
    await store.open()
    await store.write([movie()], [])
    assert (await page.json("/api/now"))["counts"]["movies"]["total"] == 1
    assert await page.search("603")
    await store.close()


async def test_a_server_that_is_not_there_is_a_problem_without_a_password(session: ClientSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        uri = f"mongodb://user:secret@127.0.0.1:{nobody.getsockname()[1]}/films?serverSelectionTimeoutMS=100"
    page = Page(Answers(lambda: make_store({"MONGODB_URI": uri}), file=None), session)
    async with page.server:
        _, _, text = await page.ask("/api/now")
    assert '"problem"' in text
    assert "127.0.0.1" in text
    assert "secret" not in text
    assert "user" not in text
