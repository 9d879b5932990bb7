"""Reading TMDB: its pages, however odd, and the addresses asked for."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import moviesync
from moviesync.items import Title
from moviesync.kinds import MOVIE, SHOW, Kind
from moviesync.sources.discover.window import Window
from moviesync.tmdb.api import MalformedAnswer
from moviesync.tmdb.discover import (
    DiscoverPage,
    discover_url,
    read_page,
)

PACKAGE = Path(moviesync.__file__).parent


SEEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def read(answer: Any, kind: Kind = MOVIE) -> DiscoverPage:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_page(200, body, kind, SEEN)


def read_items(*items: Any) -> DiscoverPage:
    return read({"results": list(items), "total_pages": 1, "total_results": len(items)})


def test_a_recorded_page_of_films() -> None:
    body = (PACKAGE / "recorded/3/discover/movie.json").read_bytes()
    page, recorded = read(body), json.loads(body)
    assert len(page.titles) == 20
    assert page.titles[0].title == "Spider-Man: Brand New Day"
    assert (page.titles[0].tmdb_id, page.titles[0].year) == (969681, 2026)
    assert [title.data for title in page.titles] == recorded["results"]
    assert (page.total_pages, page.total_results) == (recorded["total_pages"], recorded["total_results"])
    assert (len(page.days), page.undated, page.problems) == (20, 0, [])


def test_a_page_of_shows() -> None:
    lines = (PACKAGE / "demo/data/tv.jsonl").read_text("utf-8").splitlines()[:20]
    items = [json.loads(line) for line in lines]
    page = read({"page": 1, "results": items, "total_pages": 11426, "total_results": 228503}, SHOW)
    assert page.titles[0] == Title("shows", 41, "Dolly", 1987, items[0], SEEN)
    assert [title.title for title in page.titles] == [item["name"] for item in items]
    assert (page.total_pages, page.total_results, page.problems) == (11426, 228503, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b'{"results": [',
        b"null",
        b"[]",
        b"{}",
        b'"results"',
        b'{"results": null}',
        b'{"results": {"0": {"id": 1}}}',
        b'{"results": "none"}',
        b"\xff\xfe\x00",
        b'{"results": ' + b"[" * 100_000,
        b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        read(body)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("status", [204, 301, 400, 404, 429, 500, 503])
def test_another_status_is_no_page(status: int) -> None:
    with pytest.raises(MalformedAnswer, match=f"^HTTP {status}$"):
        read_page(status, b'{"status_message": "Slow\\n down", "results": []}', MOVIE, SEEN)
    with pytest.raises(MalformedAnswer, match=f"^HTTP {status}$"):
        read_page(status, b"", MOVIE, SEEN)


@pytest.mark.parametrize("tmdb_id", ["1", "", None, True, False, 0, -1, 2**63, 10**400, 1.0, [1], {}])
def test_an_item_without_a_usable_id_is_left_out_and_named(tmdb_id: Any) -> None:
    page = read_items({"id": tmdb_id, "title": "A"}, {"id": 2**63 - 1, "title": "B"})
    assert [title.title for title in page.titles] == ["B"]
    assert len(page.problems) == 1
    assert page.problems[0].startswith("item 0 has no usable id")
    assert len(page.problems[0]) < 100


@pytest.mark.parametrize("item", [{"title": "A"}, None, 7, "text", [], True])
def test_an_item_that_is_none_is_left_out_and_named(item: Any) -> None:
    page = read_items(item, {"id": 2, "title": "B"})
    assert [title.tmdb_id for title in page.titles] == [2]
    assert page.problems == ["item 0 has no usable id (None)"]


@pytest.mark.parametrize("name", [None, 7, True, ["A"], {}])
def test_a_title_that_is_no_text_is_named_and_empty(name: Any) -> None:
    page = read_items({"id": 5, "title": name, "release_date": "1999-03-30"})
    assert (page.titles[0].title, page.titles[0].year) == ("", 1999)
    assert page.problems == ["item 0 (5) has no title that is text"]


def test_an_absent_title_is_named() -> None:
    assert read_items({"id": 5}).problems == ["item 0 (5) has no title that is text"]


NO_DAYS: list[Any] = ["", None, 1999, "1999", "1999-13-01", "soon", [], "1999-02-29"]


@pytest.mark.parametrize("fields", [{}, *({"release_date": day} for day in NO_DAYS)])
def test_a_title_without_a_date(fields: dict[str, Any]) -> None:
    page = read_items(
        {"id": 1, "title": "A", **fields}, {"id": 2, "title": "B", "release_date": "1950-12-31"}
    )
    assert [title.year for title in page.titles] == [None, 1950]
    assert (page.days, page.undated, page.problems) == ([date(1950, 12, 31)], 1, [])
    assert page.titles[0].data == {"id": 1, "title": "A", **fields}


def test_unknown_fields_and_odd_types_are_kept() -> None:
    item = {
        "id": 1,
        "title": "A",
        "softcore": False,
        "genre_ids": "x",
        "new": {"a": [1, None]},
        "video": "no",
    }
    assert read_items(item).titles[0].data == item


def test_a_title_that_comes_twice_on_a_page_is_taken_once() -> None:
    page = read_items({"id": 1, "title": "A"}, {"id": 2, "title": "B"}, {"id": 1, "title": "C"})
    assert [(title.tmdb_id, title.title) for title in page.titles] == [(1, "A"), (2, "B")]
    assert (page.undated, page.problems) == (2, [])


@pytest.mark.parametrize("text", [r"\ud800", r"a\uDFFFb", r"\udc00\ud800", r"é\ud83d"])
def test_lone_surrogates_become_text_that_can_be_stored(text: str) -> None:
    body = f'{{"results": [{{"id": 1, "title": "{text}", "{text}": ["{text}"]}}]}}'.encode()
    title = read(body).titles[0]
    json.dumps(title.data, ensure_ascii=False).encode("utf-8")
    assert title.title.encode("utf-8")


@pytest.mark.parametrize("text", [r"\ud83d\ude00", "\U0001f600", r"\\ud800"])
def test_other_text_is_kept(text: str) -> None:
    body = f'{{"results": [{{"id": 1, "title": "{text}"}}]}}'.encode()
    assert read(body).titles[0].title == json.loads(f'"{text}"')


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_become_null(number: str) -> None:
    body = f'{{"results": [{{"id": 1, "title": "A", "popularity": {number}}}]}}'.encode()
    assert read(body).titles[0].data["popularity"] is None


def test_a_number_of_thousands_of_digits_costs_its_item_alone() -> None:
    page = read(b'{"results": [{"id": ' + b"9" * 5000 + b'}, {"id": 2, "title": "B"}]}')
    assert [title.tmdb_id for title in page.titles] == [2]
    assert len(page.problems) == 1


def test_a_number_too_large_for_a_float_becomes_null() -> None:
    page = read(b'{"results": [{"id": 1, "title": "A", "popularity": 1e999}]}')
    assert page.titles[0].data["popularity"] is None


def test_megabytes_and_depth_within_reason_are_read() -> None:
    page = read_items({"id": 1, "title": "x" * 3_000_000, "deep": json.loads("[" * 90 + "]" * 90)})
    assert (len(page.titles[0].title), page.problems) == (3_000_000, [])


@pytest.mark.parametrize("value", ["7", None, True, -1, 1.5, [], {}])
def test_totals_that_are_no_numbers_are_unknown(value: Any) -> None:
    page = read({"results": [], "total_pages": value, "total_results": value})
    assert (page.total_pages, page.total_results) == (None, None)


def test_totals_that_are_missing_are_unknown() -> None:
    page = read({"results": []})
    assert (page.total_pages, page.total_results, page.titles) == (None, None, [])


BASE = "https://api.themoviedb.org/3"


FIRST, LAST = date(1999, 1, 1), date(1999, 12, 31)


@pytest.mark.parametrize(
    ("kind", "window", "path", "parameters"),
    [
        (MOVIE, Window("movies"), "movie", {}),
        (MOVIE, Window("movies", FIRST), "movie", {"primary_release_date.gte": "1999-01-01"}),
        (MOVIE, Window("movies", None, LAST, "desc"), "movie", {"primary_release_date.lte": "1999-12-31"}),
        (SHOW, Window("shows"), "tv", {"include_null_first_air_dates": "true"}),
        (SHOW, Window("shows", FIRST, LAST), "tv",
         {"first_air_date.gte": "1999-01-01", "first_air_date.lte": "1999-12-31"}),
    ],
)  # fmt: skip
def test_discover_url(kind: Kind, window: Window, path: str, parameters: dict[str, str]) -> None:
    parts = urlsplit(discover_url(BASE, kind, 7, first=window.first, last=window.last, order=window.order))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{BASE}/discover/{path}"
    videos = {"include_video": "true"} if kind is MOVIE else {}
    sort_by = f"{kind.date_parameter}.{window.order}"
    assert dict(parse_qsl(parts.query)) == {"page": "7", "sort_by": sort_by, **videos, **parameters}
