"""Downloader middleware: does VidSrc ever say no?"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from scrapy import Request

from moviesync.checks.response import judge
from moviesync.core.slots import VIDSRC_SLOT
from moviesync.vidsrc import page as vidsrc

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

STAT = "vidsrc/answers_prove_little"
WARNING = "VidSrc has a page for a title that cannot exist: its answers prove little"


class Controls:
    """Before the first check of a run, one title that cannot exist is asked for.

    Where VidSrc calls it available, a loud warning says so; the run goes on. A run that checks
    nothing asks nothing.
    """

    def __init__(self, crawler: Crawler, url: str):
        self._crawler = crawler
        self._url = url
        self._asked: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        kind = cast("TmdbVidsrcSpider", crawler.spider).kind
        return cls(crawler, vidsrc.page_url(crawler.settings["VIDSRC_BASE_URL"], kind, vidsrc.NO_TITLE))

    async def process_request(self, request: Request) -> None:
        if request.meta.get("download_slot") != VIDSRC_SLOT or request.meta.get("canary"):
            return
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        await self._asked

    async def _ask(self) -> None:
        meta = {"download_slot": VIDSRC_SLOT, "canary": True, "dont_retry": True}
        try:
            page = await self._crawler.engine.download_async(Request(self._url, meta=meta))
        except Exception as error:  # the checks that follow meet the same and deal with it
            logger.debug("The title that cannot exist got no answer: %r", error)
            return
        finding = judge(page)
        if finding and finding.available:
            logger.warning(WARNING)
            self._crawler.stats.set_value(STAT, True)
