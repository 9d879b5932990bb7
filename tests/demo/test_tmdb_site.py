"""TMDB in miniature."""

from __future__ import annotations

from datetime import date

import pytest

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.discover import Discover
from moviesync.demo.server import Sites
from moviesync.kinds import KINDS, MOVIE, SHOW, Kind
from tests.demo.asking import ask, discover, walk

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("kind", KINDS)
def test_discover_shows_every_title_once(shared: Sites, kind: Kind) -> None:
    catalogue = Catalogue.recorded(kind)
    rows = walk(shared, kind, include_video="true")
    assert sorted(row["id"] for row in rows) == sorted(catalogue.ids)
    assert all(row == catalogue.rows[row["id"]] for row in rows)
    assert discover(shared, kind, include_video="true").json["total_results"] == len(catalogue)


def test_videos_are_shown_on_demand_only(shared: Sites) -> None:
    assert discover(shared).json["total_results"] == 876 - 37
    assert not any(row["video"] for row in walk(shared))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_add_up_to_the_dated_titles(shared: Sites, kind: Kind) -> None:
    catalogue = Catalogue.recorded(kind)
    parameter = kind.date_parameter
    found: list[int] = []
    for since, until in [("", "1999-12-31"), ("2000-01-01", "2014-06-30"), ("2014-07-01", "")]:
        ends = {f"{parameter}.gte": since, f"{parameter}.lte": until}
        bounds = {name.replace(".", "__"): day for name, day in ends.items() if day}
        rows = walk(shared, kind, sort_by=f"{parameter}.asc", include_video="true", **bounds)
        days = [row[kind.date_field] for row in rows]
        assert days == sorted(days)
        assert all(since <= day <= (until or "9") for day in days)
        found += [row["id"] for row in rows]
    assert sorted(found) == sorted(i for i, row in catalogue.rows.items() if row[kind.date_field])


def test_undated_titles_come_last(shared: Sites) -> None:
    ascending = walk(shared, sort_by="primary_release_date.asc", include_video="true")
    assert [row["release_date"] for row in ascending[-4:]] == [""] * 4
    descending = walk(shared, sort_by="primary_release_date.desc", include_video="true")
    assert descending == ascending[::-1]


@pytest.mark.parametrize("sort_by", ["popularity.desc", "title.asc", "vote_average.asc", "vote_count.desc"])
def test_sorts(sort_by: str) -> None:
    catalogue = Catalogue.recorded(MOVIE).grown(3000, today=TODAY)
    rows = Discover(catalogue).select(sort_by, "1990-01-01", "2020-12-31", videos=True)
    field, direction = sort_by.split(".")
    values = [row[field].casefold() if field == "title" else row[field] for row in rows]
    assert len(rows) > 100
    assert values == sorted(values, reverse=direction == "desc")


def test_empty_window(shared: Sites) -> None:
    answer = discover(shared, primary_release_date__lte="1800-01-01").json
    assert answer == {"page": 1, "results": [], "total_pages": 1, "total_results": 0}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"page": 0}, 400, 22),
        ({"page": "two"}, 400, 22),
        ({"page": -1}, 400, 22),
        ({"page": 501}, 400, 22),
        ({"primary_release_date__gte": "2020-02-30"}, 400, 23),
        ({"primary_release_date__lte": "20200201"}, 400, 23),
    ],
)
def test_bad_questions(shared: Sites, query: dict[str, object], status: int, code: int) -> None:
    answer = discover(shared, MOVIE, **query)
    assert (answer.status, answer.json["status_code"], answer.json["success"]) == (status, code, False)


def test_cap_of_pages(sites: Sites) -> None:
    assert discover(sites, page=500).json["results"] == []
    sites.knobs.cap = 3
    assert discover(sites, page=3).status == 200
    assert discover(sites, page=3).json["total_pages"] == 42
    assert "max at 3." in discover(sites, page=4).json["status_message"]
    sites.knobs.cap_error = "old"
    answer = discover(sites, page=4)
    assert (answer.status, answer.json) == (422, {"errors": ["page must be less than or equal to 3"]})


def test_keys() -> None:
    with Sites(keys=["another"]) as sites:
        url = f"{sites.tmdb_url}/discover/movie"
        assert ask(url, Authorization="Bearer demo").status == 200
        assert ask(f"{url}?api_key=another").status == 200
        for refused in (ask(url), ask(url, Authorization="Bearer wrong"), ask(f"{url}?api_key=wrong")):
            assert (refused.status, refused.json["status_code"]) == (401, 7)


def test_unknown_paths(shared: Sites) -> None:
    for path in ("movie/603", "tv/1399", "discover/person"):
        answer = ask(f"{shared.tmdb_url}/{path}", Authorization="Bearer demo")
        assert (answer.status, answer.json["status_code"]) == (404, 34)


def test_dates_can_be_ignored(sites: Sites) -> None:
    sites.knobs.ignore_dates = True
    assert discover(sites, primary_release_date__lte="1800-01-01").json["total_results"] == 839


def test_drift_repeats_a_title_and_changes_the_total(sites: Sites) -> None:
    sites.knobs.drift = 2
    first, second = discover(sites, page=1).json, discover(sites, page=2).json
    assert first["results"][-1] == second["results"][0]
    assert (first["total_results"], second["total_results"]) == (839, 840)


def test_bodies_can_be_replaced(sites: Sites) -> None:
    sites.knobs.bodies["movies", 2] = b'{"results": ['
    assert discover(sites, page=2).body == b'{"results": ['
    assert discover(sites, page=3).json["page"] == 3
    assert discover(sites, SHOW, page=2).json["page"] == 2
