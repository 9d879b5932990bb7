"""VidSrc's lists of what it has."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.server import Sites
from moviesync.kinds import SHOW
from tests.demo.asking import a_list, an_id, ask, info_of


def available(sites: Sites, collection: str = "movies") -> list[str]:
    return [str(tmdb_id) for tmdb_id, there in sorted(sites.truth(collection).items()) if there]


@pytest.mark.parametrize(("name", "collection"), [("movie", "movies"), ("mov", "movies"), ("tv", "shows")])
def test_lists_of_titles(shared: Sites, name: str, collection: str) -> None:
    for number in range(3):
        assert a_list(shared, name, number) == available(shared, collection)


def test_list_of_episodes(shared: Sites) -> None:
    listed = a_list(shared, "eps")
    assert {line.partition("_")[0] for line in listed} == set(available(shared, "shows"))
    show = an_id(shared.shows, Answer.PLAYER)
    seasons = ask(info_of(shared, show, SHOW)).json["seasons"]
    assert [line for line in listed if line.startswith(f"{show}_")] == [
        f"{show}_{one['season']}x{episode}" for one in seasons for episode in one["episodes"]
    ]


def test_no_other_lists(sites: Sites) -> None:
    assert ask(f"{sites.vidsrc_url}/ids/book_tmdb.txt").status == 404
    assert ask(f"{sites.vidsrc_url}/ids/movie_tmdb.txt", "HEAD").status == 200
    sites.knobs.mirrors[0].lists = False
    urls = [f"{url}/ids/movie_tmdb.txt" for url in sites.mirror_urls[:2]]
    assert [ask(url).status for url in urls] == [404, 200]


def test_headers_of_a_list(sites: Sites) -> None:
    url = f"{sites.vidsrc_url}/ids/tv_tmdb.txt"
    headers = ask(url).headers
    assert headers["Content-Type"].startswith("text/plain")
    assert "Last-Modified" not in headers
    modified = datetime(2026, 11, 23, 4, 5, 6, tzinfo=timezone.utc)
    sites.knobs.mirrors[0].list_modified = modified
    assert parsedate_to_datetime(ask(url).headers["Last-Modified"]) == modified


def test_a_list_knows_replaced_titles(sites: Sites) -> None:
    there, gone = an_id(sites.movies, Answer.PLAYER), an_id(sites.movies, Answer.GONE)
    sites.knobs.per_title = {there: (200, {}, b""), gone: Answer.PLAYER}
    assert str(gone) in a_list(sites, "movie")
    assert str(there) not in a_list(sites, "movie")
    assert a_list(sites, "movie") == available(sites)


def test_a_list_can_lack_titles(sites: Sites) -> None:
    whole = a_list(sites, "movie")
    sites.knobs.mirrors[0].list_missing_every = 8
    assert a_list(sites, "movie") == [line for place, line in enumerate(whole, 1) if place % 8]
    assert {line.partition("_")[0] for line in a_list(sites, "eps")} == set(a_list(sites, "tv"))
    assert a_list(sites, "movie", mirror=1) == whole


def test_a_list_can_be_short(sites: Sites) -> None:
    whole = a_list(sites, "movie")
    sites.knobs.mirrors[0].list_cut = 0.25
    assert a_list(sites, "movie") == whole[: round(len(whole) / 4)]
    sites.knobs.mirrors[0].list_cut = 0
    assert a_list(sites, "movie") == []


def test_a_list_can_hold_junk(sites: Sites) -> None:
    whole = a_list(sites, "movie")
    sites.knobs.mirrors[0].list_junk = 0.5
    lines = a_list(sites, "movie")
    assert [line for line in lines if line.isdecimal()] == whole
    assert len(lines) == 2 * len(whole)
    assert sum(line.isdecimal() for line in lines[:100]) == 50
    sites.knobs.mirrors[0].list_junk = 1
    assert not any(line.isdecimal() for line in a_list(sites, "movie"))
