"""Downloader middleware: a check goes to the mirror that is in use when it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moviesync.checks.mirrors import Mirrors
from moviesync.checks.response import HANDED_ON, SESSION
from moviesync.core.slots import FOLLOW_UP
from moviesync.exceptions import MirrorChanged

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self


class MirrorInUse:
    """Sends a check elsewhere if another mirror is used, or another way, than when its request was made.

    Before the first check, and after the mirror in use was lost, its site is held: the request waits at the gate, and
    ends there with MirrorChanged when a mirror is found.
    """

    def __init__(self, crawler: Crawler, mirrors: Mirrors):
        self._crawler = crawler
        self._mirrors = mirrors

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        mirrors = crawler.get_extension(Mirrors)
        assert mirrors
        return cls(crawler, mirrors)

    async def process_request(self, request: Request) -> Response | None:
        if not _is_check(request):
            return None
        if self._mirrors.in_use is None:
            self._mirrors.begin()
            return None
        return None if self._mirrors.is_current(request) else await self._again(request)

    async def process_exception(self, request: Request, exception: Exception) -> Response | None:
        if isinstance(exception, MirrorChanged) and _is_check(request):
            return await self._again(request)
        return None

    async def _again(self, request: Request) -> Response:
        # What comes of the other request has been tried again, and counted, when it comes back here.
        request.meta.update({HANDED_ON: True, "dont_retry": True})
        again = self._mirrors.check(
            request.cb_kwargs["tmdb_id"],
            callback=request.callback,
            errback=request.errback,
            cb_kwargs=request.cb_kwargs,
        )
        return await self._crawler.engine.download_async(again)


def _is_check(request: Request) -> bool:
    """Whether a request is the first of a check; what follows from it goes where it went."""
    return SESSION in request.meta and not request.meta.get(FOLLOW_UP)
