"""TMDB's key: who gets it, and that nobody else sees it."""

from __future__ import annotations

import pytest
import scrapy
from scrapy.http import Response

from moviesync.core.slots import SITE, TMDB, VIDSRC
from moviesync.downloadermiddlewares.credentials import Credentials, origin
from moviesync.kinds import MOVIE
from moviesync.tmdb.discover import discover_url

BASE = "https://api.themoviedb.org/3"
URL = discover_url(BASE, MOVIE, 7)
TOKEN, KEY = "t0ken", "k3y"
WITH_TOKEN = Credentials(BASE, TOKEN, None)
WITH_KEY = Credentials(BASE, None, KEY)


def Request(url: str) -> scrapy.Request:  # noqa: N802 - it stands for one of TMDB's requests
    return scrapy.Request(url, meta={SITE: TMDB})


def test_vidsrc_gets_no_key_if_both_sites_share_an_address() -> None:
    for credentials in (WITH_TOKEN, WITH_KEY):
        request = scrapy.Request(f"{BASE}/embed/movie/603", meta={SITE: VIDSRC})
        credentials.process_request(request)
        assert "Authorization" not in request.headers
        assert KEY not in request.url


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://api.themoviedb.org/4/other?a=1",
        "https://api.themoviedb.org:443/3/discover/movie",
        "https://API.themoviedb.org/3",
    ],
)
def test_tmdb_gets_the_key(url: str) -> None:
    request = Request(url)
    WITH_TOKEN.process_request(request)
    assert request.headers["Authorization"] == b"Bearer t0ken"
    assert KEY not in request.url
    request = Request(url)
    WITH_KEY.process_request(request)
    assert "Authorization" not in request.headers
    assert request.url.endswith("api_key=k3y")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.themoviedb.org/3",
        "https://api.themoviedb.org:8443/3",
        "https://themoviedb.org/3",
        "https://files.api.themoviedb.org/3",
        "https://api.themoviedb.org.example.org/3",
        "https://api.themoviedb.org@example.org/3",
        "https://example.org/?https://api.themoviedb.org/3",
        "https://vidsrc.xyz/embed/movie/603",
    ],
)
@pytest.mark.parametrize("credentials", [WITH_TOKEN, WITH_KEY])
def test_nobody_else_gets_it(credentials: Credentials, url: str) -> None:
    request = Request(url)
    credentials.process_request(request)
    assert (request.url, dict(request.headers)) == (Request(url).url, {})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8001/3", "http://localhost:8000/3", "https://127.0.0.1:8000"]
)
def test_both_sites_may_live_on_one_machine(url: str) -> None:
    request = Request(url)
    Credentials("http://127.0.0.1:8000/3", TOKEN, KEY).process_request(request)
    assert (request.url, dict(request.headers)) == (Request(url).url, {})


def test_the_token_goes_before_the_key() -> None:
    request = Request(URL)
    Credentials(BASE, TOKEN, KEY).process_request(request)
    assert (request.url, request.headers["Authorization"]) == (URL, b"Bearer t0ken")


def test_without_either_nothing_is_added() -> None:
    request = Request(URL)
    Credentials(BASE, None, None).process_request(request)
    assert (request.url, dict(request.headers)) == (URL, {})


@pytest.mark.parametrize("credentials", [WITH_TOKEN, WITH_KEY])
def test_a_response_shows_no_key(credentials: Credentials) -> None:
    request = Request(URL)
    credentials.process_request(request)
    answer = Response(request.url, status=200, body=b"{}", request=request)
    response = credentials.process_response(request, answer)
    assert (request.url, dict(request.headers)) == (URL, {})
    assert (response.url, response.status, response.body) == (URL, 200, b"{}")
    assert response.request is not None
    assert response.request.url == URL


@pytest.mark.parametrize("credentials", [WITH_TOKEN, WITH_KEY])
def test_an_exception_shows_no_key(credentials: Credentials) -> None:
    request = Request(URL)
    credentials.process_request(request)
    error = ValueError(f"no answer from {request.url}", 7)
    credentials.process_exception(request, error)
    assert (request.url, dict(request.headers)) == (URL, {})
    assert KEY not in str(error)
    assert "no answer from https://api.themoviedb.org/3/discover/movie?page=7" in str(error)


def test_a_retried_request_gets_it_anew() -> None:
    request = Request(URL)
    for _ in range(2):
        WITH_KEY.process_request(request)
        assert request.url.count("api_key") == 1
        WITH_KEY.process_exception(request, OSError("lost"))
        assert request.url == URL


def test_a_redirect_shows_no_key() -> None:
    request = Request(URL)
    WITH_KEY.process_request(request)
    headers = {"Location": request.url.replace("api.themoviedb.org", "example.org")}
    response = WITH_KEY.process_response(request, Response(request.url, status=301, headers=headers))
    assert f"api_key={KEY}" not in response.headers.to_unicode_dict()["Location"]


def test_an_error_of_the_system_shows_no_key() -> None:
    error = OSError(111, f"refused: {URL}&api_key={KEY}")
    WITH_KEY.process_exception(Request(URL), error)
    assert KEY not in str(error)


def test_an_exception_shows_no_token() -> None:
    error = ValueError(f"invalid header value: Bearer {TOKEN}")
    WITH_TOKEN.process_exception(Request(URL), error)
    assert TOKEN not in str(error)


def test_an_address_with_an_impossible_port_is_another_origin() -> None:
    assert origin("http://api.themoviedb.org:99999/3") != origin(BASE)
