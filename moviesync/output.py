"""Output to a terminal, a pipe or a file: harmless, complete, and without a traceback if it fails."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

_CODES = (*range(0x20), *range(0x7F, 0xA0))
CONTROLS = {code: f"\\u{code:04x}" for code in _CODES if chr(code) not in "\t\n"}
"""Characters that a terminal obeys, and how they are shown instead: as in JSON, so that JSON stays JSON."""
_LINE_CONTROLS = {**CONTROLS, ord("\t"): "\\t", ord("\n"): "\\n"}


class OutputLost(Exception):
    """The output is closed, or takes no more; raised by ``write_out`` and within ``replacing``.

    The text is one line that says so.
    """


def one_line(text: str) -> str:
    r"""The text, with every character escaped that would end the line or command the terminal.

    >>> print(one_line("a\nb\x1b[2J"))
    a\nb\u001b[2J
    """
    return text.translate(_LINE_CONTROLS)


def redactor(secrets: Iterable[str | None]) -> Callable[[str], str]:
    """A function that puts ``***`` in the place of every secret, plain or percent-encoded.

    >>> redactor(["a b", None])("key=a b, key=a%20b, key=a+b")
    'key=***, key=***, key=***'
    """
    given = [secret for secret in secrets if secret]
    forms = {form for one in given for form in (one, quote(one), quote(one, safe=""), quote_plus(one))}
    # The longest first, as one can be part of another.
    ordered = sorted(forms, key=len, reverse=True)

    def redacted(text: str) -> str:
        for form in ordered:
            text = text.replace(form, "***")
        return text

    return redacted


def write_out(text: str) -> None:
    """Write to standard output, at once and in UTF-8."""
    try:
        sys.stdout.buffer.write(_encoded(text))
        sys.stdout.buffer.flush()
    except AttributeError:
        raise OutputLost("standard output is closed") from None
    except OSError as error:
        # Python would try once more when it exits, and end with an exit code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputLost(f"standard output takes no more ({error.strerror})") from None


@contextmanager
def replacing(path: Path) -> Iterator[Callable[[str], None]]:
    """In this context, write to a file that replaces ``path`` at the end; a failure leaves that as it was.

    A pipe or a device is written to directly.
    """
    beside: Path | None = None
    try:
        path = path.resolve()
        if path.is_file() or not path.exists():
            beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        with beside.open("xb") if beside else path.open("wb") as file:

            def write(text: str) -> None:
                file.write(_encoded(text))

            yield write
            file.flush()
            if beside:
                os.fsync(file.fileno())
        if beside:
            if path.exists():
                shutil.copymode(path, beside)
            beside.replace(path)
    except OSError as error:
        raise OutputLost(f"{path}: {error.strerror}") from None
    finally:
        if beside:
            # A folder that takes no file has nothing to remove, and its error is the one to show.
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _encoded(text: str) -> bytes:
    # Half of a surrogate pair has no other form, and JSON reads this one.
    return text.encode(errors="backslashreplace")


def refusal(path: str) -> str:
    """Why a file cannot be appended to, in a word or two; empty if it can.

    The file and its folder exist afterwards.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).open("ab").close()
    except FileExistsError:
        return "Its folder is a file"
    except (OSError, ValueError) as error:
        return _words(error)
    return ""


def folder_refusal(path: str) -> str:
    """Why a folder cannot be written to; empty if it can. The folder exists afterwards."""
    try:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            return os.strerror(errno.EACCES)
    except FileExistsError:
        return os.strerror(errno.ENOTDIR)
    except (OSError, ValueError) as error:
        return _words(error)
    return ""


def _words(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)
