"""The time as the documents hold it, and waits that grow."""

from __future__ import annotations

import random
from datetime import datetime, timezone


def now() -> datetime:
    """The current time in UTC, to the millisecond, as both stores keep it."""
    time = datetime.now(timezone.utc)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


_MOST_DOUBLINGS = 64
"""More than any wait needs, and few enough for a float."""


class Backoff:
    """Waits that double, from ``first`` to ``longest`` seconds.

    >>> backoff = Backoff(1, 5)
    >>> [backoff.next() for _ in range(4)]
    [1.0, 2.0, 4.0, 5]
    >>> backoff.reset()
    >>> backoff.next()
    1.0
    """

    def __init__(self, first: float, longest: float):
        self._first = first
        self._longest = longest
        self._doublings = 0.0

    def next(self) -> float:
        """Seconds to wait now; the next wait is twice as long."""
        wait = min(self._first * 2**self._doublings, self._longest)
        self._doublings = min(self._doublings + 1, _MOST_DOUBLINGS)
        return wait

    def ease(self, doublings: float) -> None:
        """Take back some of the doublings, in whole or in part."""
        self._doublings = max(0.0, self._doublings - doublings)

    def reset(self) -> None:
        """Begin again with the first wait."""
        self._doublings = 0.0


def jitter() -> float:
    """A factor for a wait, 1 to 1.25, so that not everyone comes back at the same moment."""
    return random.uniform(1, 1.25)  # noqa: S311 - no secret
