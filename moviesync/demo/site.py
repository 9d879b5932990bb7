"""What both miniature sites have in common: being slow, overloaded, faulty or down."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import NoReturn

from aiohttp import web

from moviesync.demo.chance import chance
from moviesync.demo.journal import Asked, Journal
from moviesync.demo.knobs import Fault, SiteKnobs
from moviesync.demo.pages import challenge

NO_LINGER = struct.pack("ii", 1, 0)


class Dropped(Exception):
    """The client has lost its connection; raised by a site instead of an answer."""


class Site(ABC):
    """One site: ``handle`` is a handler for ``aiohttp.web.Server``."""

    name: str

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tries: Counter[str] = Counter()
        self._admitted: deque[float] = deque()

    @property
    @abstractmethod
    def knobs(self) -> SiteKnobs:
        """How this site behaves at the moment."""

    @abstractmethod
    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return what a healthy site answers."""

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
                )
            )
        return response

    async def _respond(self, request: web.BaseRequest) -> tuple[web.StreamResponse, float | None]:
        """Return the answer, and the seconds that it asks the client to wait."""
        if self.knobs.latency:
            await asyncio.sleep(self.knobs.latency)
        if self.knobs.down:
            return await self._down(request, self.knobs.down), None
        if not self._admit():
            return self._slow_down()
        fault = self._fault(request)
        return (await self._fail(request, fault) if fault else self.answer(request)), None

    async def _down(self, request: web.BaseRequest, how: str) -> web.StreamResponse:
        if how == "reset":
            drop(request)
        if how == "hang":
            await asyncio.Event().wait()
        return challenge() if how == "challenge" else self.error(500)

    def _admit(self) -> bool:
        if self.knobs.rate is None:
            return True
        now = time.monotonic()
        while self._admitted and self._admitted[0] <= now - 1:
            self._admitted.popleft()
        if len(self._admitted) >= self.knobs.rate:
            return False
        self._admitted.append(now)
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
        self._tries[subject] += 1
        occasion = (self.knobs.fault_seed, self.name, subject, self._tries[subject])
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
            return self.answer(request)
        return self.error(int(fault))


def drop(request: web.BaseRequest) -> NoReturn:
    """Reset the connection of a request: always raises ``Dropped``."""
    if request.transport is not None:
        # Without lingering the client gets a reset instead of an orderly end.
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        request.transport.abort()
    raise Dropped


async def cut(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """Send half of the answer's body and hang up; an answer without a body is dropped."""
    body = answer.body
    if request.method == "HEAD" or not isinstance(body, bytes) or not body:
        drop(request)
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
