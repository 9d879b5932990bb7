"""Downloader middleware: does VidSrc ever say no?"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scrapy import Request

from moviesync.checks.response import finding_of
from moviesync.core.slots import PROBE, SITE, VIDSRC
from moviesync.history import stats as names
from moviesync.kinds import kind_of
from moviesync.vidsrc import page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

CONTROL = "control"
"""Request meta: the request is a control, not a check of a title."""
WARNING = "VidSrc has a page for a title that cannot exist: its answers prove little"


class Controls:
    """Before the first check of a run, one title that cannot exist is asked for.

    If VidSrc calls it available, a loud warning says so; the run goes on. A run that checks
    nothing asks nothing.
    """

    def __init__(self, crawler: Crawler, url: str):
        self._crawler = crawler
        self._url = url
        self._asked: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        kind = kind_of(settings["COLLECTION"])
        return cls(crawler, page.page_url(settings["VIDSRC_BASE_URL"], kind, page.NO_TITLE))

    async def process_request(self, request: Request) -> None:
        meta = request.meta
        if meta.get(SITE) != VIDSRC or meta.get(CONTROL) or meta.get(PROBE):
            return
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        await self._asked

    async def _ask(self) -> None:
        meta = {SITE: VIDSRC, CONTROL: True, "dont_retry": True}
        try:
            response = await self._crawler.engine.download_async(Request(self._url, meta=meta))
        except Exception as error:  # the checks that follow get the same error and handle it
            logger.debug("The title that cannot exist got no answer: %r", error)
            return
        finding = finding_of(response)
        if finding and finding.available:
            logger.warning(WARNING)
            self._crawler.stats.set_value(names.PROVES_LITTLE, True)
