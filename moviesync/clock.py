"""The time as the documents hold it, and waits that grow."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """UTC, to the millisecond: what both stores keep."""
    time = datetime.now(timezone.utc)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class Backoff:
    """Waits between the tries of one thing: each is twice the one before, up to the longest.

    >>> backoff = Backoff(1.0, longest=3.0)
    >>> [backoff.next() for _ in range(4)]
    [1.0, 2.0, 3.0, 3.0]
    >>> backoff.reset()
    >>> backoff.next()
    1.0
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        """Seconds to wait before the next try."""
        wait = min(self._next, self._longest)
        self._next = min(2 * wait, self._longest)
        return wait

    def reset(self) -> None:
        """Begin again with the first wait, as after a try that went well."""
        self._next = self._first
