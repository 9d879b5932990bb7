"""Extension: when a request may go to its site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import signals

from moviesync.core.slots import (
    FOLLOW_UP,
    PROBE,
    SITE,
    Hold,
    Limits,
    Slot,
    Turn,
    site_limits,
    total_limit,
    without_limits,
)
from moviesync.core.stopping import stopping
from moviesync.exceptions import RequestCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class Gate:
    """Keeps the rate, the concurrency and the order of each site exactly, whatever a request is for.

    A request enters before it is sent, and leaves when its answer is there; the download handler does
    both. Follow-ups go first. A site that is held gets only probes until every hold is released; its
    requests wait here, and do not count as under way.

    When the run is stopped, what waits ends with RequestCancelled: follow-ups only if their site is held.
    """

    def __init__(self, limits: Mapping[str, Limits], *, total: int = 0):
        """``total``: requests at once at all sites together; 0: as many as these allow."""
        self._slots = {site: Slot(one) for site, one in limits.items()}
        self._total = total
        self._active = 0
        self._changed = asyncio.Event()
        self._stopping = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        gate = cls(site_limits(settings), total=total_limit(settings))
        settings.setdict(without_limits(), priority="cmdline")
        crawler.signals.connect(gate.stop, signal=stopping)
        crawler.signals.connect(gate.engine_stopped, signal=signals.engine_stopped)
        return gate

    def stop(self) -> None:
        """From now on let in only follow-ups, and end the requests that wait."""
        self._stopping = True
        self._changed.set()
        for site, slot in self._slots.items():
            self.drop(site, RequestCancelled(), follow_ups=bool(slot.holds))

    def engine_stopped(self) -> None:
        for slot in self._slots.values():
            slot.stop_timer()

    # What the download handler asks for

    async def enter(self, request: Request) -> Slot | None:
        """Wait until the request may be sent; returns the slot in which it has a place, for ``leave``.

        ``None``: it goes to neither site, and there is no limit. Raises RequestCancelled if the run
        is being stopped meanwhile.
        """
        slot = self._slots.get(request.meta.get(SITE, ""))
        if slot is None:
            return None
        if self._stopping and (slot.holds or not request.meta.get(FOLLOW_UP)):
            raise RequestCancelled()
        if slot.refuse and not request.meta.get(PROBE):
            raise slot.refuse()
        if slot.screen and (error := slot.screen(request)):
            raise error
        turn = Turn(request, asyncio.get_running_loop().create_future())
        slot.add(turn)
        self._send(slot)
        try:
            await turn.comes
        except BaseException:
            if turn.comes.done() and not turn.comes.cancelled() and turn.comes.exception() is None:
                self.leave(slot)
            slot.remove(turn)
            raise
        return slot

    def leave(self, slot: Slot | None) -> None:
        """Give back a place."""
        if slot is None:
            return
        slot.active -= 1
        self._active -= 1
        # Later, so that those who see the answer can hold the site before its next request is sent.
        asyncio.get_running_loop().call_soon(self._send_all)

    # What components ask for

    def hold(
        self,
        site: str,
        why: Hold,
        *,
        until: float | None = None,
        refuse: Callable[[], Exception] | None = None,
    ) -> None:
        """Send nothing more to a site until every hold on it is released.

        With ``refuse`` its requests do not wait meanwhile: they end with the error that it makes.
        ``until`` is only shown to people: when that will be, by ``time.monotonic``, if it is known.
        """
        slot = self._slots[site]
        slot.holds[why] = until
        if refuse:
            slot.refuse = refuse
            self.drop(site, refuse())
        if self._stopping:
            self.drop(site, RequestCancelled())

    def release(self, site: str, why: Hold) -> None:
        """Take back a ``hold`` for the same reason."""
        slot = self._slots[site]
        slot.holds.pop(why, None)
        if not slot.holds:
            slot.refuse = None
        self._send_all()

    def holds(self, site: str) -> dict[Hold, float | None]:
        """Why a site is held, and for each reason until when, if that is known."""
        return dict(self._slots[site].holds)

    def screen(self, site: str, screen: Callable[[Request], Exception | None]) -> None:
        """Have every request looked at before it waits for its turn at a site: what ``screen`` gives is raised."""
        self._slots[site].screen = screen

    def drop(self, site: str, error: Exception, *, follow_ups: bool = True) -> None:
        """Raise ``error`` in every request that waits for its turn at a site."""
        for turn in list(self._slots[site].waiting(follow_ups=follow_ups)):
            self._slots[site].remove(turn)
            if not turn.comes.done():
                turn.comes.set_exception(error)

    async def quiet(self, site: str, *, besides: Hold) -> None:
        """Wait until nothing is under way at a site, and it is held for no reason other than ``besides``.

        Raises RequestCancelled if the run is being stopped meanwhile.
        """
        slot = self._slots[site]
        while not self._stopping and (slot.active or slot.holds.keys() - {besides}):
            self._changed.clear()
            await self._changed.wait()
        if self._stopping:
            raise RequestCancelled()

    def concurrency(self, site: str) -> int:
        """The most requests that a site gets at once."""
        return self._slots[site].limits.concurrency

    def slow_down(self, site: str, delay: float) -> None:
        """Let ``delay`` seconds pass from one request to the next, but never less than the limits say."""
        slot = self._slots[site]
        delay = max(slot.limits.delay, delay)
        if delay != slot.delay:
            slot.delay = delay
            slot.stop_timer()
            self._send(slot)

    def delay(self, site: str) -> float:
        """Seconds from one request to the next, as it is now."""
        return self._slots[site].delay

    def is_idle(self, site: str) -> bool:
        """Whether nothing is under way at a site, and nothing waits for its turn there."""
        slot = self._slots[site]
        return not slot.active and not any(slot.waiting())

    def is_slowed(self, site: str) -> bool:
        """Whether the delay is longer than the limits say."""
        return self._slots[site].delay > self._slots[site].limits.delay

    def _send_all(self) -> None:
        self._changed.set()
        for slot in self._slots.values():
            self._send(slot)

    def _send(self, slot: Slot) -> None:
        """Send what may be sent now, and come back when the next delay has passed."""
        while slot.has_next():
            if 0 < self._total <= self._active:
                return
            if (left := slot.seconds_left()) > 0:
                slot.start_timer(left, self._send)
                return
            slot.send_next()
            self._active += 1
