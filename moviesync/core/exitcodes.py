"""How a command ended, for the program that started it: 0 is well."""

from __future__ import annotations

CANNOT_WORK = 1
WRONG_USAGE = 2

# How a run may end with its work done, or by the user's wish; Scrapy's extensions end it with closespider_….
_WELL_ENDED = ("finished", "shutdown", "closespider_")


def exit_code(reason: str) -> int:
    """The exit code that goes with the reason for which a spider was closed.

    A line that begins with an argument or a setting is wrong usage. Any other line says why the run could
    not do its work.

    >>> exit_code("finished"), exit_code("TMDB has been down for 300 s"), exit_code("-a start_page=9 is past the end")
    (0, 1, 2)
    """
    if reason.startswith(("-a ", "-s ")):
        return WRONG_USAGE
    return 0 if reason.startswith(_WELL_ENDED) else CANNOT_WORK
