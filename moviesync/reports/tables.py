"""Lines of a terminal that is eighty columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from moviesync.output import one_line

WIDTH = 80
GAP = "  "
_SHORTEST = 20
"""Columns for a text to go on in, however long the words before it are."""


def aligned(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """A text for each row, in columns: those of ``left`` begin at one place, the others end at one.

    It is one line, but where the last cell is too long for that: it goes on below itself.

    >>> print("\\n".join(aligned([["a", "10", "x " * 50], ["bbb", "9", "y"]], left=[0, 2])))
    a    10  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
             x x x x x x x x x x x x x x
    bbb   9  y
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    indent = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    texts = []
    for row in cells:
        *first, last = (
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        texts.append("\n".join(wrapped(GAP.join([*first, last]), indent=indent)))
    return texts


def wrapped(text: str, *, indent: int = 0) -> list[str]:
    """The text as lines; all but the first begin ``indent`` columns in."""
    return textwrap.wrap(
        text.rstrip(),
        WIDTH,
        subsequent_indent=" " * min(indent, WIDTH - _SHORTEST),
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    ) or [""]


def format_time(moment: object) -> str:
    """A moment to the minute, in UTC; anything else as its text.

    >>> format_time(datetime(2026, 11, 23, 10, 5, 59)), format_time("soon"), format_time(None)
    ('2026-11-23 10:05', 'soon', '-')
    """
    if isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d %H:%M}"
    return "-" if moment is None else str(moment)


def format_duration(duration: timedelta | None) -> str:
    """
    >>> format_duration(timedelta(seconds=7.9)), format_duration(timedelta(minutes=61)), format_duration(None)
    ('7 s', '1 h 01 min', '-')
    >>> format_duration(timedelta(seconds=100)), format_duration(timedelta(days=2, hours=3))
    ('1 min 40 s', '2 d 03 h')
    """
    if duration is None:
        return "-"
    seconds = int(duration.total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24:02} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"
