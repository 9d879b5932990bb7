"""VidSrc in miniature."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.server import Sites
from tests.demo.asking import an_id, ask, titles


@pytest.mark.parametrize(
    ("answer", "head", "get", "text"),
    [
        (Answer.PLAYER, 200, 200, b"player_iframe"),
        (Answer.GONE, 404, 404, b"404 Not Found"),
        (Answer.SOFT_TEXT, 200, 200, b"This media is unavailable at the moment."),
        (Answer.SOFT_TITLE, 200, 200, b"<title>404 Not Found</title>"),
        (Answer.NO_HEAD, 405, 200, b"player_iframe"),
        (Answer.NO_HEAD_GONE, 501, 404, b"404 Not Found"),
        (Answer.MOVED, 302, 302, b""),
        (Answer.MOVED_GONE, 302, 302, b""),
        (Answer.BLOCKED, 403, 403, b"<title>Just a moment...</title>"),
        (Answer.BLOCKED_200, 200, 200, b"<title>Just a moment...</title>"),
        (Answer.ERROR_500, 500, 500, b"500 Internal Server Error"),
    ],
)
def test_answers(shared: Sites, answer: Answer, head: int, get: int, text: bytes) -> None:
    url = titles(shared, answer)[0]
    asked = ask(url, "HEAD")
    assert (asked.status, asked.body) == (head, b"")
    got = ask(url)
    assert got.status == get
    assert text in got.body
    for one in (asked, got):
        assert one.headers.get("cf-mitigated") == ("challenge" if answer is Answer.BLOCKED else None)


@pytest.mark.parametrize(("answer", "status"), [(Answer.MOVED, 200), (Answer.MOVED_GONE, 404)])
def test_redirects_lead_to_another_host(shared: Sites, answer: Answer, status: int) -> None:
    location = ask(titles(shared, answer)[0], "HEAD").headers["Location"]
    assert urlsplit(location).hostname == "localhost"
    assert ask(location, "HEAD").status == status
    assert ask(location).status == status


def test_shows_and_unknown_ids(shared: Sites) -> None:
    show = an_id(shared.shows, Answer.PLAYER)
    assert ask(f"{shared.vidsrc_url}/embed/tv/{show}").status == 200
    for path in ("embed/movie/999999999", "embed/book/1", "embed/movie/x", ""):
        assert ask(f"{shared.vidsrc_url}/{path}").status == 404


@pytest.mark.parametrize(("name", "collection"), [("movie", "movies"), ("tv", "shows")])
def test_lists_of_available_ids(shared: Sites, name: str, collection: str) -> None:
    lines = ask(f"{shared.vidsrc_url}/ids/{name}_tmdb.txt").body.decode().splitlines()
    available = [tmdb_id for tmdb_id, there in shared.truth(collection).items() if there]
    assert lines == [str(tmdb_id) for tmdb_id in sorted(available)]


def test_titles_can_be_replaced(sites: Sites) -> None:
    there, gone = an_id(sites.movies, Answer.PLAYER), an_id(sites.movies, Answer.GONE)
    sites.knobs.per_title = {there: (418, {"X-Tea": "yes"}, b"teapot"), gone: Answer.PLAYER}
    answer = ask(f"{sites.vidsrc_url}/embed/movie/{there}")
    assert (answer.status, answer.headers["X-Tea"], answer.body) == (418, "yes", b"teapot")
    assert ask(f"{sites.vidsrc_url}/embed/movie/{gone}").status == 200
    listed = ask(f"{sites.vidsrc_url}/ids/movie_tmdb.txt").body.split()
    assert str(gone).encode() in listed
    assert str(there).encode() not in listed
    assert (sites.truth("movies")[there], sites.truth("movies")[gone]) == (None, True)


def test_everything_can_be_available(sites: Sites) -> None:
    sites.knobs.always_available = True
    assert b"player_iframe" in ask(f"{sites.vidsrc_url}/embed/movie/999999999").body
    assert set(sites.truth("movies").values()) == {True}


def test_every_head_can_be_refused(sites: Sites) -> None:
    url = titles(sites, Answer.PLAYER)[0]
    sites.knobs.head = 501
    assert (ask(url, "HEAD").status, ask(url).status) == (501, 200)
