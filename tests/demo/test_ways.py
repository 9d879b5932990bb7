"""What mirrors of VidSrc answer about titles, by their form."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.server import Sites
from moviesync.kinds import SHOW
from moviesync.vidsrc import answer as vidsrc
from moviesync.vidsrc import info, page
from tests.demo.asking import an_id, ask, info_of, page_of, titles


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
def test_answers(shared_old: Sites, answer: Answer, head: int, get: int, text: bytes) -> None:
    url = titles(shared_old, answer)[0]
    asked = ask(url, "HEAD")
    assert (asked.status, asked.body) == (head, b"")
    got = ask(url)
    assert got.status == get
    assert text in got.body
    for one in (asked, got):
        assert one.headers.get("cf-mitigated") == ("challenge" if answer is Answer.BLOCKED else None)


@pytest.mark.parametrize(("answer", "status"), [(Answer.MOVED, 200), (Answer.MOVED_GONE, 404)])
def test_redirects_lead_to_another_host(shared_old: Sites, answer: Answer, status: int) -> None:
    location = ask(titles(shared_old, answer)[0], "HEAD").headers["Location"]
    assert urlsplit(location).hostname == "localhost"
    assert ask(location, "HEAD").status == status
    assert ask(location).status == status


def test_shows_and_unknown_ids(shared_old: Sites) -> None:
    show = an_id(shared_old.shows, Answer.PLAYER)
    assert ask(f"{shared_old.vidsrc_url}/embed/tv/{show}").status == 200
    for path in ("embed/movie/999999999", "embed/book/1", "embed/movie/x", ""):
        assert ask(f"{shared_old.vidsrc_url}/{path}").status == 404


def test_head_can_be_refused_by_old_mirrors(sites: Sites) -> None:
    sites.knobs.mirrors[0].form = "old"
    sites.knobs.head = 501
    there = an_id(sites.movies, Answer.PLAYER)
    assert [ask(page_of(sites, there), method).status for method in ("HEAD", "GET")] == [501, 200]
    assert ask(page_of(sites, there, mirror=1), "HEAD").status == 200


def test_old_mirrors_have_no_info(shared_old: Sites) -> None:
    assert ask(info_of(shared_old, an_id(shared_old.movies, Answer.PLAYER))).status == 404


def test_the_page_of_today_is_the_same_for_all(shared: Sites) -> None:
    ids = [an_id(shared.movies, answer) for answer in Answer]
    pages = [ask(page_of(shared, tmdb_id)) for tmdb_id in [*ids, 999999999]]
    pages.append(ask(page_of(shared, 1399, SHOW)))
    assert {got.status for got in pages} == {200}
    (page,) = {got.body for got in pages}
    assert 53_000 < len(page) < 56_000
    assert b"<script src=" in page
    assert b"unavailable" not in page
    head = ask(page_of(shared, 999999999), "HEAD")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(page)))
    assert ask(f"{shared.vidsrc_url}/embed/book/1").status == 404


@pytest.mark.parametrize("texts", [False, True])
def test_info_of_a_film(sites: Sites, texts: bool) -> None:
    sites.knobs.mirrors[1].info_texts = texts
    tmdb_id = an_id(sites.movies, Answer.PLAYER)
    row = sites.movies.rows[tmdb_id]
    written = str if texts else int
    got = ask(info_of(sites, tmdb_id, mirror=1))
    assert got.headers["Content-Type"].startswith("application/json")
    assert got.json == {
        "status_code": written(200),
        "title": row["title"],
        "year": written(row["release_date"][:4]),
        "imdb_id": f"tt{tmdb_id:07d}",
        "tmdb_id": written(tmdb_id),
        "quality": "1080p",
        "embed_url": f"{sites.mirror_urls[1]}/embed/movie/tt{tmdb_id:07d}",
        "embed_url_tmdb": f"{sites.mirror_urls[1]}/embed/movie/{tmdb_id}",
    }


def test_info_of_a_show_has_seasons(shared: Sites) -> None:
    tmdb_id = an_id(shared.shows, Answer.PLAYER)
    content = ask(info_of(shared, tmdb_id, SHOW)).json
    assert content["title"] == shared.shows.rows[tmdb_id]["name"]
    assert [one["season"] for one in content["seasons"]] == list(range(1, len(content["seasons"]) + 1))
    assert all(one["episodes"][0] == 1 for one in content["seasons"])


def test_info_of_an_absent_title(sites: Sites) -> None:
    codes = sites.knobs.mirrors[1:3]
    codes[0].info_form = codes[1].info_form = "code"
    codes[1].info_texts = True
    assert ask(info_of(sites, 999999999)).status == 404
    answers = [ask(info_of(sites, 999999999, mirror=number)) for number in (1, 2)]
    assert [(got.status, got.json["status_code"]) for got in answers] == [(200, 404), (200, "404")]


def test_info_can_be_missing(sites: Sites) -> None:
    sites.knobs.mirrors[0].info = False
    there = an_id(sites.movies, Answer.PLAYER)
    assert [ask(info_of(sites, there, mirror=number)).status for number in (0, 1)] == [404, 200]


@pytest.mark.parametrize(("answer", "status"), [(Answer.MOVED, 200), (Answer.MOVED_GONE, 404)])
def test_info_may_have_moved(shared: Sites, answer: Answer, status: int) -> None:
    tmdb_id = an_id(shared.movies, answer)
    location = ask(info_of(shared, tmdb_id)).headers["Location"]
    port = urlsplit(shared.vidsrc_url).port
    assert location == f"http://localhost:{port}/moved/movie/{tmdb_id}.json"
    assert ask(location).status == status


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (Answer.BLOCKED, 403, b"<title>Just a moment...</title>"),
        (Answer.BLOCKED_200, 200, b"<title>Just a moment...</title>"),
        (Answer.ERROR_500, 500, b"500 Internal Server Error"),
    ],
)
def test_info_out_of_order(shared: Sites, answer: Answer, status: int, text: bytes) -> None:
    got = ask(info_of(shared, an_id(shared.movies, answer)))
    assert got.status == status
    assert text in got.body
    assert ("cf-mitigated" in got.headers) == (answer is Answer.BLOCKED)


def test_titles_can_be_replaced(sites: Sites) -> None:
    sites.knobs.mirrors[1].form = "old"
    there, gone = an_id(sites.movies, Answer.PLAYER), an_id(sites.movies, Answer.GONE)
    sites.knobs.per_title = {there: (418, {"X-Tea": "yes"}, b"teapot"), gone: Answer.PLAYER, 1: Answer.MOVED}
    for url in (info_of(sites, there), page_of(sites, there, mirror=1)):
        got = ask(url)
        assert (got.status, got.headers["X-Tea"], got.body) == (418, "yes", b"teapot")
    assert ask(page_of(sites, there)).status == 200
    assert ask(info_of(sites, gone)).json["tmdb_id"] == gone
    assert ask(page_of(sites, gone, mirror=1)).status == 200
    assert [ask(url).status for url in (info_of(sites, 1), page_of(sites, 1, mirror=1))] == [302, 302]
    assert (sites.truth("movies")[there], sites.truth("movies")[gone]) == (None, True)


@pytest.mark.parametrize("answer", Answer)
def test_both_forms_tell_the_truth(shared: Sites, shared_old: Sites, answer: Answer) -> None:
    tmdb_id = an_id(shared.movies, answer)
    expected = shared.truth("movies")[tmdb_id]
    assert info.judge(heard(info_of(shared, tmdb_id))).available is expected
    assert page.judge(heard(page_of(shared_old, tmdb_id))).available is expected
    assert page.judge(heard(page_of(shared, tmdb_id))).available is True


def heard(asked: str) -> vidsrc.Answer:
    """What VidSrc answers in the end."""
    url, got = asked, ask(asked)
    while got.status == 302:
        url = got.headers["Location"]
        got = ask(url)
    headers = {name.lower(): value for name, value in got.headers.items()}
    kept = {name: headers[name] for name in vidsrc.HEADERS if name in headers}
    return vidsrc.Answer(got.status, asked, url, kept, got.body)
