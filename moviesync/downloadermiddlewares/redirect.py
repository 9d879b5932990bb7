"""Downloader middleware: redirects, followed as part of the request that was redirected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from moviesync.core.slots import FOLLOW_UP
from moviesync.exceptions import TooManyRedirects

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class InlineRedirect(RedirectMiddleware):
    """Scrapy's RedirectMiddleware, but the target of a redirect is not scheduled as a new request.

    A redirected request stays one scheduled request, so that a pause waits for the whole
    chain and nothing half-done is left behind.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware

    def handle_referer(self, request: Request, response: Response) -> None:
        request.headers.pop("Referer", None)

    async def process_response(self, request: Request, response: Response) -> Response:  # type: ignore[override]
        try:
            result = super().process_response(request, response)
        except IgnoreRequest as error:
            raise TooManyRedirects(str(error)) from None
        if isinstance(result, Response):
            return result
        result.meta[FOLLOW_UP] = True
        # Only the step that failed is tried again, not the chain from its beginning.
        request.meta["dont_retry"] = True
        return await self.crawler.engine.download_async(result)
