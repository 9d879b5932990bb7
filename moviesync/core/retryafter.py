"""How long to leave a site alone that asks for it: as Retry-After says, or for growing times."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from moviesync.clock import Backoff, jitter
from moviesync.core.slots import SITES, Hold

if TYPE_CHECKING:
    from scrapy.http import Response

    from moviesync.core.gate import Gate
    from moviesync.core.stopping import Stopping

logger = logging.getLogger(__name__)

ASKS_TO_WAIT = frozenset({429, 503})
"""Statuses that concern the whole site and not the one request."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds to leave a site alone that does not say for how long."""
LONGEST_PAUSE = 15 * 60
"""Longest ``Retry-After`` in seconds; beyond it the run ends, and its user can come back later."""
LONG_WAIT = 10.0
"""Seconds; a wait of this length or more always gets a log line."""
CALM = 10
"""Answers that take back one doubling of the waits."""
MARGIN = 0.05
"""Seconds added to a wait that a site asked for, so that no clock is too early."""
_YEAR = 366 * 24 * 3600.0


class SiteWait:
    """Holds one site for as long as it asks to be left alone.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """

    def __init__(self, site: str, gate: Gate, stopping: Stopping):
        self._site = site
        self._gate = gate
        self._stopping = stopping
        self._backoff = Backoff(FIRST_WAIT, LONGEST_WAIT)
        self._until = 0.0
        """``time.monotonic`` before which the site is not asked."""
        self.told = 0.0
        """Seconds, in all, that the site itself has named."""
        self._logged = -LONGEST_WAIT
        """``time.monotonic`` of the last line on a wait."""

    def note(self, response: Response) -> None:
        """Take in any answer of the site. To be called before its next request is sent."""
        if response.status in ASKS_TO_WAIT:
            self._wait(response)
        else:
            self._backoff.ease(1 / CALM)

    def _wait(self, response: Response) -> None:
        seconds = retry_after(response.headers.get("Retry-After"), datetime.now(timezone.utc))
        if seconds is not None and seconds > LONGEST_PAUSE:
            back = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            # Held for good, so that what is under way sends nothing more.
            self._gate.hold(self._site, Hold.ASKED_TO_WAIT, until=time.monotonic() + seconds)
            self._stopping.close(
                f"{SITES[self._site]} asks to be left alone until {back:%Y-%m-%d %H:%M} UTC (Retry-After):"
                " come back then"
            )
            return
        is_told = seconds is not None
        if seconds is None:
            if time.monotonic() < self._until:
                # This request was under way when the wait began.
                return
            seconds = min(self._backoff.next() * jitter(), LONGEST_WAIT)
        until = time.monotonic() + seconds + MARGIN
        if until > self._until:
            if is_told:
                self.told += until - max(self._until, time.monotonic())
            self._until = until
            self._log(response.status, seconds)
            self._gate.hold(self._site, Hold.ASKED_TO_WAIT, until=until)
            asyncio.get_running_loop().call_later(seconds + MARGIN, self._release, until)

    def _release(self, until: float) -> None:
        if self._until == until:
            self._gate.release(self._site, Hold.ASKED_TO_WAIT)

    def _log(self, status: int, seconds: float) -> None:
        # A site that answers so every few seconds gets a line a minute; the closing lines count them all.
        moment = time.monotonic()
        worth_a_line = seconds >= LONG_WAIT or moment >= self._logged + LONGEST_WAIT
        if worth_a_line:
            self._logged = moment
        level = logging.INFO if worth_a_line else logging.DEBUG
        logger.log(level, "%s answers HTTP %d: asked again in %.1f s", SITES[self._site], status, seconds)


def retry_after(header: bytes | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, as a number or an HTTP date; ``None`` if it says nothing.

    >>> now = datetime(2026, 11, 23, 10, 0, 0, tzinfo=timezone.utc)
    >>> retry_after(b"120", now), retry_after(b"Mon, 23 Nov 2026 10:00:30 GMT", now), retry_after(b"soon", now)
    (120.0, 30.0, None)
    """
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text), _YEAR)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return min(max(0.0, (moment - now).total_seconds()), _YEAR)
