"""Catalogues that are larger than what one query shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs
from moviesync.demo.server import Sites
from tests.crawls import ONE_AVAILABLE, Folder, films, titles_asked


def dated(catalogue: Catalogue) -> set[int]:
    return {tmdb_id for tmdb_id, row in catalogue.rows.items() if row.get(catalogue.kind.date_field)}


def asked_pages(sites: Sites) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted(asked.query.items())) for asked in sites.log if asked.site == "tmdb")


@pytest.mark.parametrize(("titles", "cap"), [(1_300, 60), (900, 12)])
def test_every_dated_title_is_stored_and_the_undated_are_there_or_a_gap(
    tmp_path: Path, titles: int, cap: int
) -> None:
    movies = films(titles, plain=0.05)
    with Sites(movies, knobs=Knobs(cap=cap)) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "500"})
        folder.crawl("-a", "concurrency=50")
        found = folder.verdicts()
        assert dated(movies) <= set(found)
        assert found.items() <= sites.truth("movies").items()
        assert set(asked_pages(sites).values()) == {1}
    walk = folder.status()["walk"]["movies"]
    assert walk["complete"]
    assert walk["pages"] == walk["pagesDone"]
    undated = movies.ids - set(found)
    assert [(gap["titles"], gap["reason"]) for gap in walk["gaps"]] == (
        [(len(undated), "undated titles that no page shows")] if undated else []
    )


def test_start_page_counts_through_all_windows(tmp_path: Path) -> None:
    with Sites(films(1_000, plain=0), knobs=Knobs(cap=10, per_title={**ONE_AVAILABLE})) as sites:
        whole = Folder(_made(tmp_path / "whole"), {**sites.environment(), "TMDB_RATE": "500"})
        whole.crawl()
        pages = whole.status()["walk"]["movies"]["pages"]
        assert pages > 55
        order = whole.rows("SELECT _id FROM movies ORDER BY firstSeen, _id")
        part = Folder(_made(tmp_path / "part"), {**sites.environment(), "TMDB_RATE": "500"})
        sites.clear()
        part.crawl("-a", f"start_page={pages - 9}")
        assert part.status()["walk"]["movies"]["pagesDone"] == 10
        assert 10 * 20 - 9 * 20 <= len(part.verdicts()) <= 10 * 20
        # Of windows that lie before, the first page alone was asked for; and one more for the cap.
        before = [asked for asked in sites.log if asked.site == "tmdb"][:-10]
        assert {asked.query["page"] for asked in before} == {"1", "50"}
        assert set(part.verdicts()) <= set(order)
        part.crawl()
        assert part.verdicts() == whole.verdicts()
        assert part.status()["walk"]["movies"]["complete"]


def test_what_one_run_asked_for_the_next_does_not_ask_for_again(tmp_path: Path) -> None:
    with Sites(films(600, plain=0), knobs=Knobs(cap=3, per_title={**ONE_AVAILABLE})) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "500"})
        folder.crawl("-a", "max_pages=15")
        folder.crawl()
        times = asked_pages(sites).values()
    assert folder.status()["walk"]["movies"]["complete"]
    # The page that showed the size of the window at which the first run ended may have been left to the second.
    assert sum(times) - len(times) <= 1


def test_a_walk_within_dates(folder: Folder, sites: Sites) -> None:
    folder.crawl("-a", "released_from=1990-01-01", "-a", "released_to=1999-12-31")
    nineties = {
        i for i, row in sites.movies.rows.items() if (row.get("release_date") or "").startswith("199")
    }
    assert set(folder.verdicts()) == nineties
    assert folder.status()["walk"]["movies"]["complete"]
    # A walk with other dates is another one.
    folder.crawl()
    assert set(folder.verdicts()) == sites.movies.ids


@pytest.mark.parametrize("cap_error", ["new", "old"])
def test_a_lower_cap_is_learnt_and_kept(tmp_path: Path, cap_error: Literal["new", "old"]) -> None:
    with Sites(films(400, plain=0.05), knobs=Knobs(cap=7, cap_error=cap_error)) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "500"})
        folder.crawl("-a", "max_pages=15")
        folder.crawl()
        assert dated(sites.movies) <= set(folder.verdicts())
        refused = [asked for asked in sites.log if asked.status in {400, 422}]
    assert len(refused) <= 4


@pytest.mark.parametrize(("start", "most"), [(6, 4), (8, 3), (14, 2)])
def test_a_refused_page_is_none_of_those_that_are_walked(tmp_path: Path, start: int, most: int) -> None:
    with Sites(films(300, plain=0), knobs=Knobs(cap=7, per_title={**ONE_AVAILABLE})) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "500"})
        folder.crawl("-a", f"start_page={start}", "-a", f"max_pages={most}")
    assert folder.status()["walk"]["movies"]["pagesDone"] == most


def test_a_server_that_ignores_the_dates_gets_a_line(tmp_path: Path) -> None:
    with Sites(knobs=Knobs(cap=7, ignore_dates=True)) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "500"})
        errors = folder.crawl().stderr
        assert errors.count("The server ignores the dates") == 1
        assert sites.asked("tmdb").total() < 40
    assert len(folder.verdicts()) == 140
    (gap,) = folder.status()["walk"]["movies"]["gaps"]
    assert gap["reason"] == "the server ignores the dates"
    assert gap["titles"] == 876 - 140


def test_titles_that_move_between_pages_are_asked_once(folder: Folder, sites: Sites) -> None:
    sites.knobs.drift = 2
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids, Answer.PLAYER)
    folder.crawl()
    assert set(titles_asked(sites).values()) == {1}
    assert len(folder.verdicts()) > 280
    assert folder.status()["walk"]["movies"]["complete"]


def test_shows_fill_their_own_collection(folder: Folder, sites: Sites) -> None:
    folder.run("crawl", "tmdb_vidsrc_tv")
    assert folder.verdicts("shows") == sites.truth("shows")
    assert folder.verdicts() == {}
    assert folder.rows("SELECT title, year FROM shows WHERE _id = 45") == [("Top Gear", 2002)]
    queries = [asked.query for asked in sites.log if asked.site == "tmdb"]
    assert {query["include_null_first_air_dates"] for query in queries} == {"true"}
    folder.crawl("-a", "max_pages=1")
    found = folder.status()
    assert (found["shows"]["total"], found["movies"]["total"]) == (308, 20)
    assert found["walk"]["shows"] == {"pages": 16, "pagesDone": 16, "complete": True, "gaps": []}


def _made(path: Path) -> Path:
    path.mkdir()
    return path
