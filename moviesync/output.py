"""What goes to standard output or a terminal: no character that it would obey, no traceback where it ends."""

from __future__ import annotations

import os
import sys

_CODES = (*range(0x20), *range(0x7F, 0xA0))
CONTROLS = {code: f"\\u{code:04x}" for code in _CODES if chr(code) not in "\t\n"}
"""What a terminal takes for a command, and how it is shown instead: in the way of JSON, so that it stays JSON."""
_LINE_CONTROLS = {**CONTROLS, ord("\t"): "\\t", ord("\n"): "\\n"}


class OutputLost(Exception):
    """Standard output is closed, or takes no more; raised by ``write_out``, with a line that says so."""


def one_line(text: str) -> str:
    r"""The text with everything shown that would end the line or command the terminal.

    >>> print(one_line("a\nb\x1b[2J"))
    a\nb\u001b[2J
    """
    return text.translate(_LINE_CONTROLS)


def write_out(text: str) -> None:
    """Write to standard output, at once and in UTF-8."""
    try:
        # Half of a surrogate pair has no other form, and JSON reads this one.
        sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        sys.stdout.buffer.flush()
    except AttributeError:
        raise OutputLost("standard output is closed") from None
    except OSError as error:
        # Python would try once more when it exits, and end with an exit code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputLost(f"standard output takes no more ({error.strerror})") from None
