"""Requests that stand before a gate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from scrapy import Request

from moviesync.core.gate import Gate
from moviesync.core.slots import SITE, VIDSRC, Slot

LONG = 600.0
"""Seconds that no test lasts."""


async def settle() -> None:
    """Let everything happen that waits for nothing."""
    for _ in range(5):
        await asyncio.sleep(0)


async def soon(what: Awaitable[Any]) -> Any:
    """The result of what should not have to wait for long."""
    return await asyncio.wait_for(what, 10)


class Crowd:
    """Requests to one site, and the order in which the gate lets them in."""

    def __init__(self, gate: Gate, site: str = VIDSRC) -> None:
        self.gate = gate
        self.order: list[str] = []
        self.times: list[float] = []
        """``time.monotonic`` when each was let in."""
        self._site = site
        self._inside: list[Slot | None] = []

    async def ask(self, *names: str, **meta: Any) -> list[asyncio.Task[None]]:
        """Tasks that end when their requests are in; those that can be are."""
        tasks = [asyncio.create_task(self._enter(name, meta)) for name in names]
        await settle()
        return tasks

    async def _enter(self, name: str, meta: dict[str, Any]) -> None:
        self._inside.append(await self.gate.enter(Request("http://a.test/", meta={SITE: self._site, **meta})))
        self.order.append(name)
        self.times.append(time.monotonic())

    @property
    def inside(self) -> int:
        return len(self._inside)

    async def leave(self, count: int = 1) -> None:
        """Let so many answers come, and see who is let in then."""
        for _ in range(count):
            self.gate.leave(self._inside.pop())
        await settle()
