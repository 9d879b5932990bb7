"""The main job: from discover pages to verdicts in either store."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from moviesync.vidsrc.answer import NO_TITLE
from tests.crawls import CONTROLS, FROM_STORE, Folder, ids_asked, titles_asked
from tests.mongodb import connected


def pages(sites: Sites) -> list[int]:
    return [int(asked.query["page"]) for asked in sites.log if asked.site == "tmdb"]


def test_every_title_gets_its_true_verdict_in_sqlite(sites: Sites, folder: Folder) -> None:
    folder.crawl()
    assert folder.verdicts() == sites.truth("movies")
    failed = folder.rows("SELECT _id FROM movies WHERE checkError IS NOT NULL")
    assert set(failed) == {tmdb_id for tmdb_id, truth in sites.truth("movies").items() if truth is None}
    assert sites.asked("tmdb").total() == 15
    asked = titles_asked(sites)
    assert set(asked) == sites.movies.ids - CONTROLS
    assert {asked[tmdb_id] for tmdb_id in set(asked) - set(failed)} == {1}


def test_a_document_in_sqlite_has_the_columns_and_types_of_the_contract(folder: Folder) -> None:
    folder.crawl("-a", "max_pages=15")
    types = "typeof(_id), typeof(tmdbId), typeof(title), typeof(year), typeof(lastChecked), typeof(tmdbData)"
    query = f"SELECT DISTINCT {types} FROM movies WHERE vidsrcAvailable IS NOT NULL AND year"  # noqa: S608
    assert folder.rows(query) == [("integer", "integer", "text", "integer", "text", "text")]
    query = "SELECT _id, tmdbId, title, year, tmdbData, firstSeen, lastSeen FROM movies WHERE _id = 13"
    ((key, tmdb_id, title, year, data, first, last),) = folder.rows(query)
    assert (key, tmdb_id, title, year, first) == (13, 13, "Forrest Gump", 1994, last)
    assert json.loads(data) == Catalogue.recorded(MOVIE).rows[13]
    age = datetime.now(timezone.utc) - datetime.strptime(first, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc
    )
    assert 0 <= age.total_seconds() < 60
    (error,) = folder.rows("SELECT checkError FROM movies WHERE checkError IS NOT NULL LIMIT 1")
    assert set(json.loads(error)) == {"reason", "at"}


def test_every_title_gets_its_true_verdict_in_mongodb(sites: Sites, folder: Folder, mongodb_uri: str) -> None:
    folder.crawl(MONGODB_URI=mongodb_uri)
    with connected(mongodb_uri, tz_aware=True) as client:
        documents = {d["_id"]: d for d in client.get_default_database()["movies"].find()}
    assert {key: d["vidsrcAvailable"] for key, d in documents.items()} == sites.truth("movies")
    film = documents[13]
    assert film["tmdbData"] == Catalogue.recorded(MOVIE).rows[13]
    assert (film["tmdbId"], film["title"], film["year"]) == (13, "Forrest Gump", 1994)
    assert all(isinstance(film[name], datetime) for name in ("lastChecked", "firstSeen", "lastSeen"))
    unknown = next(d for d in documents.values() if d["vidsrcAvailable"] is None)
    assert unknown["lastChecked"] is None
    assert isinstance(unknown["checkError"]["at"], datetime)
    assert "moviesync.db" not in folder.files


@pytest.mark.parametrize("store", ["sqlite", "mongodb"])
def test_a_second_run_asks_vidsrc_for_unknown_titles_alone(
    sites: Sites, folder: Folder, store: str, request: pytest.FixtureRequest
) -> None:
    variables = {"MONGODB_URI": request.getfixturevalue("mongodb_uri")} if store == "mongodb" else {}
    folder.crawl(**variables)
    unknown = {tmdb_id for tmdb_id, truth in sites.truth("movies").items() if truth is None}
    assert unknown
    sites.clear()
    # No title got a verdict.
    errors = folder.crawl(code=1, **variables).stderr
    assert f"VidSrc gave no verdict on any of {len(unknown)} titles (" in errors.splitlines()[-1]
    assert_asked(sites, unknown)
    assert pages(sites) == []
    sites.clear()
    folder.crawl("-a", "walk=new", code=1, **variables)
    assert_asked(sites, unknown)
    assert Counter(pages(sites)) == Counter(range(1, 16))


def assert_asked(sites: Sites, titles: set[int]) -> None:
    """VidSrc was asked for these titles, and besides for controls alone: one that is not there, and some that are."""
    others = set(ids_asked(sites)) - titles
    assert set(ids_asked(sites)) >= titles
    assert NO_TITLE in others
    assert 2 <= len(others) <= 1 + FROM_STORE
    assert {sites.truth("movies")[tmdb_id] for tmdb_id in others - {NO_TITLE}} == {True}


def test_a_second_run_after_all_is_known_asks_vidsrc_nothing(folder: Folder, sites: Sites) -> None:
    all_available(sites)
    folder.crawl()
    sites.clear()
    folder.crawl("-a", "walk=new")
    assert sites.asked("vidsrc") == Counter()
    assert set(folder.verdicts().values()) == {True}


def all_available(sites: Sites) -> None:
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids, Answer.PLAYER)


def assert_each_asked_once(sites: Sites, titles: set[int]) -> None:
    """VidSrc was asked for 40 titles once, and besides for controls, of which some are among these."""
    asked = ids_asked(sites)
    assert len(titles) == 40
    assert set(asked) == titles | {NO_TITLE}
    assert len([tmdb_id for tmdb_id in titles if asked[tmdb_id] > 1]) <= FROM_STORE


def test_recheck_days_asks_again_for_old_verdicts(folder: Folder, sites: Sites) -> None:
    all_available(sites)
    folder.crawl("-a", "max_pages=2")
    sites.clear()
    folder.crawl("-a", "recheck_days=30", "-a", "walk=skip")
    assert sites.asked("vidsrc") == Counter()
    folder.crawl("-a", "recheck_days=0", "-a", "walk=skip")
    assert_each_asked_once(sites, set(folder.verdicts()))


def test_deltafetch_reset_asks_for_everything_again(folder: Folder, sites: Sites) -> None:
    all_available(sites)
    folder.crawl("-a", "max_pages=2")
    sites.clear()
    folder.crawl("-a", "walk=new", "-a", "max_pages=2", "-s", "DELTAFETCH_RESET=1")
    assert_each_asked_once(sites, set(folder.verdicts()))


def test_max_pages_and_start_page_and_start_index(folder: Folder, sites: Sites) -> None:
    folder.crawl("-a", "start_page=5", "-a", "max_pages=2", "-a", "start_index=3")
    # The first page tells how many there are; it is not walked.
    assert Counter(pages(sites)) == Counter([1, 5, 6])
    assert len(folder.verdicts()) == 37
    sites.clear()
    folder.crawl("-a", "max_pages=1")
    assert pages(sites) == [1]
    assert len(folder.verdicts()) == 57
    sites.clear()
    folder.crawl()
    # The page whose first titles were left out is not done.
    assert sorted(pages(sites)) == [page for page in range(2, 16) if page != 6]
    assert folder.verdicts() == sites.truth("movies")


def test_start_page_past_the_end_is_wrong_usage(folder: Folder) -> None:
    errors = folder.crawl("-a", "start_page=16", code=2).stderr
    assert errors.splitlines()[-1] == "moviesync: -a start_page=16 is past the end: the walk has 15 pages"


def test_dry_run_writes_nothing_and_shows_every_title(folder: Folder, sites: Sites) -> None:
    run = folder.crawl("-a", "dry_run=1", "-a", "max_pages=2")
    documents = [json.loads(line) for line in run.stdout.splitlines()]
    assert {d["_id"]: d["vidsrcAvailable"] for d in documents}.items() <= sites.truth("movies").items()
    assert len(documents) == 40
    assert folder.files == set()


def test_pages_that_cannot_be_read_are_told_and_nothing_else_is_lost(folder: Folder, sites: Sites) -> None:
    good = {"id": 1, "title": "Good", "release_date": "2001-02-03", "new_field": [1, {"deep": "äöü"}]}
    odd = [
        {"title": "no id"},
        {"id": "777", "title": "text"},
        {"id": None},
        {"id": True},
        {"id": -4},
        {"id": 2**70},
        [],
        None,
        {"id": 2, "title": 7, "release_date": 12},
        {"id": 3, "title": "No date"},
        {"id": 4, "title": "Null date", "release_date": None},
        {"id": 5, "title": "Lone \ud800 surrogate", "release_date": ""},
        good,
        good,
    ]
    page = json.dumps({"page": 2, "results": odd, "total_pages": 15, "total_results": 300})
    sites.knobs.bodies = {
        ("movies", 2): page.encode(),
        ("movies", 3): b"<html>no JSON</html>",
        ("movies", 4): b'{"page": 4}',
        ("movies", 5): b'{"results": "none", "x": "' + b"x" * 3_000_000 + b'"}',
    }
    sites.knobs.per_title = dict.fromkeys(range(1, 6), Answer.GONE)
    errors = folder.crawl("-a", "max_pages=6").stderr
    assert len([line for line in errors.splitlines() if "Page 2 of movies" in line]) == 1
    assert "9 items are not as they should be: item 0 has no usable id (None)" in errors
    for number in (3, 4, 5):
        assert f"Page {number} of movies, without dates, could not be read: " in errors
    rows = folder.rows("SELECT _id, title, year, vidsrcAvailable FROM movies WHERE _id <= 5 ORDER BY _id")
    assert rows == [
        (1, "Good", 2001, 0),
        (2, "", None, 0),
        (3, "No date", None, 0),
        (4, "Null date", None, 0),
        (5, "Lone ? surrogate", None, 0),
    ]
    assert json.loads(folder.rows("SELECT tmdbData FROM movies WHERE _id = 1")[0]) == good
    assert len(folder.verdicts()) == 45
    sites.knobs.bodies = {}
    folder.crawl("-a", "walk=new")
    assert set(folder.verdicts()) == {*sites.truth("movies"), 1, 2, 3, 4, 5}


def test_entries_that_cannot_be_read_are_counted_also_if_the_run_is_stopped(
    folder: Folder, sites: Sites
) -> None:
    page = json.dumps(
        {
            "page": 1,
            "results": ["no title", {"id": 1, "title": "Good"}],
            "total_pages": 15,
            "total_results": 300,
        }
    )
    sites.knobs.bodies = {("movies", 1): page.encode()}
    log = folder.crawl("-L", "DEBUG", "-s", "CLOSESPIDER_ITEMCOUNT=2").stderr
    assert "Spider closed (closespider_itemcount)" in log
    assert "'items/unreadable': 1," in log
