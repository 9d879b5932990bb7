"""What both miniature sites have in common: being slow, overloaded, faulty or down."""

from __future__ import annotations

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from aiohttp import web

from moviesync.demo.broken import Dropped, cut, drop, hang
from moviesync.demo.chance import chance
from moviesync.demo.journal import Asked, Journal
from moviesync.demo.knobs import Down, Fault, SiteKnobs
from moviesync.demo.pages import challenge


@dataclass
class Load:
    """What those that are one site together count together."""

    tries: Counter[str] = field(default_factory=Counter)
    admitted: deque[float] = field(default_factory=deque)


class Site(ABC):
    """One site: ``handle`` is a handler for ``aiohttp.web.Server``."""

    name: str
    mirror = 0
    """The number of this mirror, for a site that has some."""

    def __init__(self, journal: Journal, load: Load | None = None) -> None:
        self._journal = journal
        self._load = load or Load()

    @property
    @abstractmethod
    def knobs(self) -> SiteKnobs:
        """How this site behaves at the moment."""

    @property
    def down(self) -> Down | None:
        """In what way this site is down at the moment."""
        return self.knobs.down

    @abstractmethod
    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return what a healthy site answers."""

    async def deliver(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request that nothing went wrong with."""
        return self.answer(request)

    @abstractmethod
    def error(self, status: int) -> web.Response:
        """Return what this site says with such an error status."""

    def subject(self, request: web.BaseRequest) -> str:
        """Return what is asked for: the same for each further try."""
        return request.path

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, well or badly, and note it."""
        started = time.monotonic()
        self._journal.start(self.name)
        status, wait = 0, None
        try:
            response, wait = await self._respond(request)
            status = response.status
        except Dropped:
            # aiohttp wants a response all the same, and drops it as the connection is closed.
            response = web.Response()
        finally:
            self._journal.finish(
                Asked(
                    started,
                    time.monotonic(),
                    self.name,
                    request.method,
                    request.path,
                    dict(request.query),
                    status,
                    wait,
                    request.host,
                    self.mirror,
                )
            )
        return response

    async def _respond(self, request: web.BaseRequest) -> tuple[web.StreamResponse, float | None]:
        """Return the answer, and the seconds that it asks the client to wait."""
        if self.knobs.latency:
            await asyncio.sleep(self.knobs.latency)
        if self.down:
            return await self._down(request, self.down), None
        if not self._admit():
            return self._slow_down()
        fault = self._fault(request)
        return await (self._fail(request, fault) if fault else self.deliver(request)), None

    async def _down(self, request: web.BaseRequest, how: Down) -> web.StreamResponse:
        if how == "reset":
            drop(request)
        if how == "hang":
            await hang()
        return challenge() if how == "challenge" else self.error(500)

    def _admit(self) -> bool:
        if self.knobs.rate is None:
            return True
        now = time.monotonic()
        while self._load.admitted and self._load.admitted[0] <= now - 1:
            self._load.admitted.popleft()
        if len(self._load.admitted) >= self.knobs.rate:
            return False
        self._load.admitted.append(now)
        return True

    def _slow_down(self) -> tuple[web.Response, float | None]:
        response = self.error(429)
        wait = self.knobs.retry_after
        if wait is None:
            return response, None
        if not self.knobs.retry_after_date:
            response.headers["Retry-After"] = f"{wait:g}"
            return response, wait
        now = datetime.now(timezone.utc)
        # An HTTP date has no fractions of a second.
        until = datetime.fromtimestamp(math.ceil((now + timedelta(seconds=wait)).timestamp()), timezone.utc)
        response.headers["Retry-After"] = format_datetime(until, usegmt=True)
        return response, (until - now).total_seconds()

    def _fault(self, request: web.BaseRequest) -> Fault | None:
        if not self.knobs.fault_share:
            return None
        subject = self.subject(request)
        self._load.tries[subject] += 1
        occasion = (self.knobs.fault_seed, self.name, subject, self._load.tries[subject])
        if chance(*occasion) >= self.knobs.fault_share:
            return None
        return self.knobs.fault_kinds[int(chance(*occasion, "kind") * len(self.knobs.fault_kinds))]

    async def _fail(self, request: web.BaseRequest, fault: Fault) -> web.StreamResponse:
        if fault == "reset":
            drop(request)
        if fault == "cut":
            return await cut(request, self.answer(request))
        if fault == "hang":
            await asyncio.sleep(self.knobs.hang)
            return await self.deliver(request)
        return self.error(int(fault))
