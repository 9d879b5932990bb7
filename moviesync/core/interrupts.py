"""What Ctrl-C does to a crawl: the first one pauses it, the second one cuts it off."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)


class Interrupts:
    """In this context SIGINT and SIGTERM control one crawl; afterwards they are ignored, as all is done.

    Scrapy's own handlers do the same, but do not show that a run was cut off. ``loop`` is the event
    loop of the crawl.
    """

    def __init__(self, crawler: Crawler, loop: asyncio.AbstractEventLoop):
        self._crawler = crawler
        self._loop = loop
        self._received = 0
        self._stop: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._handle(self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle(signal.SIG_IGN)

    @property
    def is_cut_off(self) -> bool:
        """Whether a second signal came while the crawl went on."""
        return self._received > 1

    def _handle(self, how: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, how)

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        if self._loop.is_closed():
            return
        self._received += 1
        if self._received == 1:
            self._loop.call_soon_threadsafe(self._pause, signal.Signals(number).name)
            return
        # Tasks that are cut off would log tracebacks, although nothing is wrong.
        logging.disable()
        sys.unraisablehook = lambda _: None
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _pause(self, name: str) -> None:
        logger.info("Received %s: the run is being paused; a second one cuts it off", name)
        self._stop = self._loop.create_task(self._crawler.stop_async())
