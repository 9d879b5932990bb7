"""Scrapy's downloader, with the concurrency of a slot kept to the letter."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.internet.defer import Deferred


class StrictDownloader(Downloader):
    """Counts a request from the moment it is taken from a slot's queue.

    Scrapy counts it when its task first runs, so that one pass over the queue of a slot
    without a delay starts more of them than the slot's concurrency allows.
    """

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)


class HttpHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp client, which is the one it uses without Twisted's event loop.

    Scrapy warns at every start that it is experimental; that choice is made here.
    """

    experimental = False
    # Made with the first request, so that a run that ends before it leaves no session open.
    lazy = True
