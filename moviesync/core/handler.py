"""Download handler: Scrapy's own HTTP client, behind the gate."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from scrapy.utils.misc import build_from_crawler, load_object

from moviesync.core.gate import Gate
from moviesync.core.timelimit import TIME_LIMIT

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader.handlers import DownloadHandlerProtocol
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self


class GatedHandler:
    """Sends each request when the gate lets it, with the client that Scrapy uses by default.

    https://docs.scrapy.org/en/latest/topics/download-handlers.html
    """

    # Made with the first request, so that a run that ends before it leaves no session open.
    lazy = True

    def __init__(self, client: DownloadHandlerProtocol, gate: Gate, *, timeout: float):
        self._client = client
        self._gate = gate
        self._timeout = timeout

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        client = build_from_crawler(load_object(crawler.settings["DOWNLOAD_HANDLERS_BASE"]["https"]), crawler)
        send_once(client)
        gate = crawler.get_extension(Gate)
        assert gate
        return cls(client, gate, timeout=crawler.settings.getfloat("DOWNLOAD_TIMEOUT"))

    async def download_request(self, request: Request) -> Response:
        place = await self._gate.enter(request)
        limit = request.meta.get(TIME_LIMIT)
        try:
            with limit.running(request, self._timeout) if limit else nullcontext():
                return await self._client.download_request(request)
        finally:
            self._gate.leave(place)

    async def close(self) -> None:
        await self._client.close()


def send_once(client: object) -> None:
    """Keep aiohttp from sending a request a second time if a kept connection was closed.

    That request would bypass the gate. There is no public way; a test with a server that closes
    connections shows if this one stops working.
    """
    session = getattr(client, "_session", None)
    if session is not None:
        session._retry_connection = False
