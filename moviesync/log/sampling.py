"""Log lines that each tell of one title, so many of a kind and no more."""

from __future__ import annotations

import logging
from collections import Counter

MOST = 5
"""Lines of a kind. A stranger sees which titles, what for and what happens next; a run in which every
title of a million fails has a log that can be read."""


class LogSampler:
    """Logs the first lines of each kind at their level, and those that follow as DEBUG."""

    def __init__(self, logger: logging.Logger):
        self._logger = logger
        self._told: Counter[str] = Counter()

    def log(self, level: int, kind: str, line: str, *args: object) -> None:
        """Log a line; the last that is told of its ``kind`` says so."""
        self._told[kind] += 1
        if self._told[kind] > MOST:
            level = logging.DEBUG
        elif self._told[kind] == MOST:
            line += " (more of these are counted, and told only with -L DEBUG)"
        self._logger.log(level, line, *args)
