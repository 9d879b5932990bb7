"""Verdicts that are the same for longer than chance explains."""

from __future__ import annotations

UNLIKELY = 1e-3
"""A streak that has this probability, or less, is a surprise."""
RECENT = 400
"""About so many verdicts show how likely each is."""


class Streak:
    """Notices when a site that said yes and no begins to say only one of them."""

    def __init__(self) -> None:
        self._seen = {True: 1.0, False: 1.0}
        """How often each verdict came before the streak, at least once, as neither is impossible."""
        self._verdict: bool | None = None
        self._length = 0
        self._chance = 1.0

    def surprises(self, verdict: bool) -> bool:
        """Take in the next verdict; True if the streak has become unlikely.

        If it goes on, it is measured anew: so many the same are then less of a surprise.

        >>> streak = Streak()
        >>> sum(streak.surprises(number % 2 == 0) for number in range(100))
        0
        >>> [number for number in range(100) if streak.surprises(False)]
        [8, 20, 33, 48, 65, 85]
        """
        if verdict != self._verdict:
            self._end()
            self._verdict = verdict
        self._length += 1
        self._chance *= self._seen[verdict] / (self._seen[True] + self._seen[False])
        if self._chance > UNLIKELY:
            return False
        self._end()
        return True

    def _end(self) -> None:
        """Count the streak so far among what came before."""
        if self._verdict is not None:
            self._seen[self._verdict] += self._length
        self._length, self._chance = 0, 1.0
        # What came long ago counts less: old films and new ones are not alike.
        while sum(self._seen.values()) > RECENT:
            self._seen = {one: max(1.0, number / 2) for one, number in self._seen.items()}
