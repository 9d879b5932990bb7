"""Log lines about single titles: only the first few of each kind."""

from __future__ import annotations

import logging
from collections import Counter

MOST = 5
"""Lines of a kind. They show which titles, why, and what happens next; and the log can be read even if
every title of a million fails."""


class LogSampler:
    """Logs the first lines of each kind at their level, and those that follow as DEBUG."""

    def __init__(self, logger: logging.Logger):
        self._logger = logger
        self._logged: Counter[str] = Counter()

    def log(self, level: int, kind: str, line: str, *args: object) -> None:
        """Log a line; the last one shown of its ``kind`` says so."""
        self._logged[kind] += 1
        if self._logged[kind] > MOST:
            level = logging.DEBUG
        elif self._logged[kind] == MOST:
            line += " (further lines like this are only counted; -L DEBUG shows them)"
        self._logger.log(level, line, *args)
