"""Downloader middleware: TMDB's key, added at the last moment and for TMDB alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from w3lib.url import add_or_replace_parameter, url_query_cleaner

from moviesync.core.slots import SITE, TMDB
from moviesync.output import redactor

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

DEFAULT_PORTS = {"http": 80, "https": 443}
KEY_PARAMETER = "api_key="


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port; for an address that is not valid, an origin that no site has.

    >>> origin("https://api.themoviedb.org/3") == origin("https://api.themoviedb.org:443/4")
    True
    """
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return "", None, None


class Credentials:
    """Adds the access token (or the v3 key) to requests that go to TMDB's origin, redirects included,
    and removes it again before any other component sees the request.

    https://developer.themoviedb.org/docs/authentication-application
    """

    def __init__(self, base_url: str, access_token: str | None, api_key: str | None):
        self._origin = origin(base_url)
        self._token = access_token
        self._key = api_key
        self._redacted = redactor((access_token, api_key))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        return cls(settings["TMDB_BASE_URL"], settings["TMDB_ACCESS_TOKEN"], settings["TMDB_API_KEY"])

    def process_request(self, request: Request) -> None:
        if not self._is_for_tmdb(request):
            return
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        elif self._key:
            request._set_url(add_or_replace_parameter(request.url, "api_key", self._key))

    def process_response(self, request: Request, response: Response) -> Response:
        self._take_off(request)
        location = (response.headers.get("Location") or b"").decode("latin-1")
        if KEY_PARAMETER in location:
            # A redirect that repeats the query would carry the key to its target.
            response.headers["Location"] = _without_key(location)
        return response.replace(url=request.url) if KEY_PARAMETER in response.url else response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._take_off(request)
        error: BaseException | None = exception
        while error:
            error.args = tuple(self._clean(part) for part in error.args)
            if isinstance(error, OSError):
                error.strerror = self._clean(error.strerror)
                error.filename = self._clean(error.filename)
            error = error.__cause__ or error.__context__

    def _is_for_tmdb(self, request: Request) -> bool:
        # Both sites may be on one host.
        return request.meta.get(SITE) == TMDB and origin(request.url) == self._origin

    def _clean(self, part: Any) -> Any:
        return self._redacted(part) if isinstance(part, str) else part

    def _take_off(self, request: Request) -> None:
        if not self._is_for_tmdb(request):
            return
        request.headers.pop("Authorization", None)
        if KEY_PARAMETER in request.url:
            request._set_url(_without_key(request.url))


def _without_key(url: str) -> str:
    return url_query_cleaner(url, ("api_key",), remove=True, keep_fragments=True)
