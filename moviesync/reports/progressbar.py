"""A line at the bottom of a terminal that shows how far a run is, with the log above it."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

if TYPE_CHECKING:
    # It is generic only to the type checker.
    _Tqdm = tqdm[Any]
else:
    _Tqdm = tqdm

# A bar of fewer columns is not worth showing.
_SMALLEST_BAR = 8
_PERCENT = len("100% ")
_USUAL_COLUMNS = 80
_SPARE = len("^C") + 1


class _Line(_Tqdm):
    # No thread that looks whether the bar is drawn often enough.
    monitor_interval = 0


class Bar:
    """Draws the line at each ``draw``, and writes what ``handler`` logs to ``stream`` above it.

    ``close`` removes the line. No mode of the terminal is changed, so a run that is killed leaves
    the line behind, and nothing else.
    """

    def __init__(self, stream: TextIO, handler: logging.Handler | None):
        self._stream = stream
        # Its default lock is made for several processes, and there is only one.
        _Line.set_lock(threading.RLock())
        self._line = _Line(total=1, file=stream, leave=False, bar_format="{desc}", ncols=self.columns)
        self._handler = None
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
            self._handler = handler
            handler.setStream(_Above(stream))

    @property
    def columns(self) -> int:
        """Columns of the terminal, without those for a ``^C``, and the last one."""
        try:
            return (os.get_terminal_size(self._stream.fileno()).columns or _USUAL_COLUMNS) - _SPARE
        except OSError:
            return _USUAL_COLUMNS - _SPARE

    @property
    def room(self) -> int:
        """Columns for the text, if a bar is shown beside it."""
        return self.columns - _PERCENT - _SMALLEST_BAR - 1

    def draw(self, share: float | None, text: str) -> None:
        """Show a text, and as a bar the share of the work that is done (``None``: not known)."""
        line = self._line
        line.n, line.ncols = share or 0.0, self.columns
        if share is None:
            line.bar_format = "{desc}"
        elif len(text) <= self.room:
            line.bar_format = "{percentage:3.0f}% {bar} {desc}"
        else:
            line.bar_format = "{percentage:3.0f}% {desc}"
        line.set_description_str(text, refresh=False)
        line.refresh()

    def close(self) -> None:
        self._line.close()
        if self._handler:
            self._handler.setStream(self._stream)


class _Above:
    """A stream whose writes go to ``stream``, above the bar that is drawn on it."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> None:
        _Line.write(text, file=self._stream, end="")

    def flush(self) -> None:
        self._stream.flush()
