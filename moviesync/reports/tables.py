"""Lines of a terminal that is eighty columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from datetime import datetime
from math import ceil

from moviesync.output import one_line

WIDTH = 80
GAP = "  "
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SHORTEST = 20
"""Least columns for the text of a continued line, however far it is indented."""


def aligned(rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,)) -> list[str]:
    """A text for each row, in columns: those in ``left`` are aligned to the left, the others to the right.

    It is one line, unless the last cell is too long: that goes on below itself.

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


def format_duration(seconds: float | None, *, short: bool = False) -> str:
    """A time in its two largest units, rounded up; ``None`` is a dash.

    >>> [format_duration(seconds) for seconds in (0.2, 42, 60.5, 4510, 180000, None)]
    ['1 s', '42 s', '1 min 01 s', '1 h 16 min', '2 d 02 h', '-']
    >>> format_duration(4510, short=True)
    '1h16m'
    """
    if seconds is None:
        return "-"
    whole, minutes = ceil(seconds), ceil(seconds / 60)
    if whole < _MINUTE:
        text = f"{whole} s"
    elif whole < _HOUR:
        text = f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    elif whole < _DAY:
        text = f"{minutes // 60} h {minutes % 60:02} min"
    else:
        hours = ceil(seconds / _HOUR)
        text = f"{hours // 24} d {hours % 24:02} h"
    return text.replace("min", "m").replace(" ", "") if short else text
