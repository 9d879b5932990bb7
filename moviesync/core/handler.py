"""Scrapy's downloader, with the concurrency of a slot kept to the letter, and slots that can be held."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.core.downloader import Downloader, Slot
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler

from moviesync.exceptions import RequestCancelled

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred

_WATCH = 0.2
"""Seconds between two looks at whether the run is being stopped."""


class _SlotQueue(deque[tuple[Request, "Deferred[Response]"]]):
    """Requests in the order they come, but those with a priority above 0 first."""

    def append(self, waiting: tuple[Request, Deferred[Response]]) -> None:
        if waiting[0].priority > 0:
            self.appendleft(waiting)
        else:
            super().append(waiting)


class StrictDownloader(Downloader):
    """Counts a request from the moment it is taken from a slot's queue.

    Scrapy counts it when its task first runs, so that one pass over the queue of a slot
    without a delay starts more of them than the slot's concurrency allows.

    Within a slot, requests with a priority above 0 go first: those that belong to one that was
    answered already. A slot that is held sends nothing until it is released; requests wait in its
    queue, in no place of its concurrency.

    When the run is stopped, requests that still wait end with ``RequestCancelled``: those that belong to one
    that was answered only where their slot is held.
    """

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self._held: dict[str, dict[str, float | None]] = {}
        self._watch: asyncio.Task[None] | None = None
        crawler.signals.connect(self._begin_to_watch, signal=signals.engine_started)

    def hold(self, key: str, why: str, *, until: float | None = None) -> None:
        """Send nothing more from the slot ``key`` until everyone who holds it has released it.

        ``until`` is for who asks: when that will be, by ``time.monotonic``, where it is known.
        """
        self._held.setdefault(key, {})[why] = until

    def release(self, key: str, why: str) -> None:
        """Take back a ``hold`` for the same reason."""
        reasons = self._held.get(key, {})
        reasons.pop(why, None)
        if not reasons:
            self._held.pop(key, None)
            if key in self.slots:
                self._process_queue(self.slots[key])

    def holds(self, key: str) -> dict[str, float | None]:
        """Why a slot is held, and for each reason until when, where that is known."""
        return dict(self._held.get(key, {}))

    def is_slowed(self, key: str) -> bool:
        """Whether a slot waits longer between two requests than it was set to."""
        set_to = self.per_slot_settings.get(key, {}).get("delay", 0.0)
        return key in self.slots and self.slots[key].delay > set_to

    def drop(self, key: str, error: Exception, *, begun: bool = True) -> None:
        """End every request that waits in a slot's queue with ``error``; with ``begun`` also those that
        belong to one that was answered already."""
        waiting = list(self.slots[key].queue) if key in self.slots else []
        for entry in waiting:
            request, answer = entry
            if begun or request.priority <= 0:
                self.slots[key].queue.remove(entry)
                answer.errback(error)

    async def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass; raises ``RequestCancelled`` where the run is being stopped, also before the first."""
        until = time.monotonic() + seconds
        while True:
            if self._stopping():
                raise RequestCancelled("the run ends")
            left = until - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, _WATCH))

    async def quiet(self, key: str, *, besides: str) -> None:
        """Wait until nothing of a slot is under way, and nobody holds it but for the reason ``besides``.

        Raises ``RequestCancelled`` where the run is being stopped meanwhile.
        """

        def busy() -> bool:
            return bool(
                (key in self.slots and self.slots[key].transferring)
                or self._held.get(key, {}).keys() - {besides}
            )

        while busy():
            await self.pause(_WATCH)

    def _get_slot(self, request: Request) -> tuple[str, Slot]:  # type: ignore[override]
        key, slot = super()._get_slot(request)
        if not isinstance(slot.queue, _SlotQueue):
            slot.queue = _SlotQueue(slot.queue)
        return key, slot

    def _process_queue(self, slot: Slot) -> None:
        if self._held and any(self.slots.get(key) is slot for key in self._held):
            return
        super()._process_queue(slot)

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Any, Any, None]:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    def _begin_to_watch(self) -> None:
        self._watch = asyncio.create_task(self._end_with_the_run())

    async def _end_with_the_run(self) -> None:
        # There is no signal for the start of a stop, and it waits for these very requests.
        while True:
            if self._stopping():
                for key in list(self.slots):
                    self.drop(key, RequestCancelled("the run ends"), begun=key in self._held)
            await asyncio.sleep(_WATCH)

    def close(self) -> None:
        if self._watch:
            self._watch.cancel()
        super().close()

    def _stopping(self) -> bool:
        engine = self.crawler.engine
        return not engine.running or bool(engine._slot and engine._slot.closing)


class HttpHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp client, which is the one it uses without Twisted's event loop.

    Scrapy warns at every start that it is experimental; that choice is made here.
    """

    experimental = False
    # Made with the first request, so that a run that ends before it leaves no session open.
    lazy = True

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        # aiohttp would send a request a second time, past slot and rate, where a kept connection was closed.
        self._session._retry_connection = False
