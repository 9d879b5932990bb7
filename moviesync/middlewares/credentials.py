"""Downloader middleware: TMDB's key, added at the last moment and for TMDB alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from w3lib.url import add_or_replace_parameter, url_query_cleaner

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port.

    >>> origin("https://api.themoviedb.org/3") == origin("https://api.themoviedb.org:443/4")
    True
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


class Credentials:
    """Adds the access token (or the v3 key) to requests that go to TMDB's origin, redirects included,
    and takes it off again before anybody else sees the request.

    https://developer.themoviedb.org/docs/authentication-application
    """

    def __init__(self, base_url: str, access_token: str | None, api_key: str | None):
        self._origin = origin(base_url)
        self._token = access_token
        self._key = api_key

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        return cls(settings["TMDB_BASE_URL"], settings["TMDB_ACCESS_TOKEN"], settings["TMDB_API_KEY"])

    def process_request(self, request: Request) -> None:
        if origin(request.url) != self._origin:
            return
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        elif self._key:
            request._set_url(add_or_replace_parameter(request.url, "api_key", self._key))

    def process_response(self, request: Request, response: Response) -> Response:
        self._take_off(request)
        return response.replace(url=request.url) if "api_key=" in response.url else response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._take_off(request)
        if self._key:
            exception.args = tuple(str(part).replace(self._key, "***") for part in exception.args)

    def _take_off(self, request: Request) -> None:
        if origin(request.url) != self._origin:
            return
        request.headers.pop("Authorization", None)
        if "api_key=" in request.url:
            request._set_url(url_query_cleaner(request.url, ("api_key",), remove=True))
