"""Downloader middleware: redirects, followed as part of the request that met them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class InlineRedirect(RedirectMiddleware):
    """Scrapy's RedirectMiddleware, but what a redirect points to is not scheduled anew.

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
        result = super().process_response(request, response)
        if isinstance(result, Response):
            return result
        return await self.crawler.engine.download_async(result)
