"""The sites, and how fast each may be asked."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any

from moviesync.core.priorities import is_set

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.settings import BaseSettings

TMDB, VIDSRC = "tmdb", "vidsrc"
SITES = {TMDB: "TMDB", VIDSRC: "VidSrc"}
"""The sites, and what people call them."""

SITE = "site"
"""Request meta: the site that a request goes to. Its address does not say, as both may live on one host."""
FOLLOW_UP = "follow_up"
"""Request meta: the request belongs to one that was answered already, as a redirect does."""
CONTROL = "control"
"""Request meta: the request has to show whether answers mean anything. It goes before all others."""
PROBE = "probe"
"""Request meta: the request shows whether a site is back. It is sent although its site counts as down."""

# Requests spaced by exactly 1/rate can meet rate * 10 + 1 times in ten seconds, and the network
# lets some of them catch up with the one before.
_SPACING = 1.025
_TMDB_CONCURRENCY = 8
_UNLIMITED = 10_000


class Hold(Enum):
    """Why nothing is sent to a site."""

    ASKED_TO_WAIT = "asked to wait"
    DOWN = "down"
    STORE = "store"


@dataclass(frozen=True)
class Limits:
    """The limits of a site."""

    concurrency: int
    """Requests at once."""
    delay: float = 0.0
    """Seconds from one request to the next."""
    jitter: float = 0.0
    """The share of the delay by which it varies at random."""


@dataclass(eq=False)
class Turn:
    """A request that waits for its turn."""

    request: Request
    comes: asyncio.Future[None]


@dataclass(eq=False)
class Slot:
    """One site: what is under way, what waits, and why nothing may be sent."""

    limits: Limits
    delay: float = 0.0
    """Seconds from one request to the next, as it is now: never less than the limits say."""
    active: int = 0
    holds: dict[Hold, float | None] = field(default_factory=dict)
    """For each reason until when, by ``time.monotonic``; ``None``: not known."""
    refuse: Callable[[], Exception] | None = None
    """If the site is held and its requests do not wait: makes the error that each of them gets."""
    screen: Callable[[Request], Exception | None] | None = None
    """See ``Gate.screen``."""
    _timer: asyncio.TimerHandle | None = None
    _queues: tuple[deque[Turn], ...] = field(default_factory=lambda: tuple(deque() for _ in range(4)))
    """Probes, controls, follow-ups, and all others: the order in which they are sent."""
    _last: float = -math.inf
    _factor: float = 1.0

    def __post_init__(self) -> None:
        self.delay = self.limits.delay

    def add(self, turn: Turn) -> None:
        meta = turn.request.meta
        order = 0 if meta.get(PROBE) else 1 if meta.get(CONTROL) else 2 if meta.get(FOLLOW_UP) else 3
        self._queues[order].append(turn)

    def remove(self, turn: Turn) -> None:
        """Take out a turn that may be gone already."""
        for queue in self._queues:
            if turn in queue:
                queue.remove(turn)

    def waiting(self, *, follow_ups: bool = True) -> Iterator[Turn]:
        """The turns that wait, in order; without ``follow_ups`` those alone that do not follow from others."""
        *first, others = self._queues
        if follow_ups:
            yield from chain(*first)
        yield from others

    def has_next(self) -> bool:
        """Whether there is a place, and a request that may be sent as soon as the delay has passed."""
        waits = any(self._queues)
        if self.holds:
            # While the site asks to be left alone, or the store is away, nothing is sent.
            waits = bool(self._queues[0]) and self.holds.keys() <= {Hold.DOWN}
        return waits and self.active < self.limits.concurrency

    def seconds_left(self) -> float:
        """Seconds until the delay has passed; 0 or less if it has."""
        return self._last + self.delay * self._factor - time.monotonic()

    def start_timer(self, seconds: float, then: Callable[[Slot], None]) -> None:
        """Call ``then`` with the slot in ``seconds`` seconds, unless a call is planned already."""
        if self._timer is None:

            def passed() -> None:
                self._timer = None
                then(self)

            self._timer = asyncio.get_running_loop().call_later(seconds, passed)

    def stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def send_next(self) -> None:
        """Send the next request. There has to be one."""
        turn = next(queue for queue in self._queues if queue).popleft()
        self._last = time.monotonic()
        if jitter := self.limits.jitter:
            self._factor = 1 + random.uniform(-jitter, jitter)  # noqa: S311 - no secret
        self.active += 1
        turn.comes.set_result(None)


def site_limits(settings: BaseSettings) -> dict[str, Limits]:
    """The limits of each site: TMDB_RATE, VIDSRC_CONCURRENCY, and Scrapy's own settings if they are set and
    stricter. In Scrapy those count by host; here they count by site."""
    domain = _set(settings, "CONCURRENT_REQUESTS_PER_DOMAIN") or _UNLIMITED
    delay, jitter = _set(settings, "DOWNLOAD_DELAY"), _set(settings, "DOWNLOAD_DELAY_JITTER")
    vidsrc = min(settings.getint("VIDSRC_CONCURRENCY"), domain)
    if settings.getbool("AUTOTHROTTLE_ENABLED"):
        # Before the first answer there is no latency from which a delay could follow.
        vidsrc = min(vidsrc, _set(settings, "AUTOTHROTTLE_TARGET_CONCURRENCY") or _UNLIMITED)
    rate = _SPACING / settings.getfloat("TMDB_RATE")
    return {
        # Without jitter, which could make a delay shorter than the rate allows.
        TMDB: Limits(min(_TMDB_CONCURRENCY, math.ceil(domain)), max(rate, delay)),
        VIDSRC: Limits(math.ceil(vidsrc), delay, jitter),
    }


def total_limit(settings: BaseSettings) -> int:
    """How many requests may be under way at all sites together; 0: as many as their limits allow."""
    return int(_set(settings, "CONCURRENT_REQUESTS"))


def _set(settings: BaseSettings, name: str) -> float:
    """The value of one of Scrapy's settings that somebody has set; 0 if it has its default."""
    return settings.getfloat(name) if is_set(settings, name) else 0.0


def without_limits() -> dict[str, Any]:
    """Settings that switch off the limits of Scrapy's own downloader; the gate has its own.

    Scrapy's limits count by host, let more start at once than they say, and cannot hold a site.
    """
    return {
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": _UNLIMITED,
    }
