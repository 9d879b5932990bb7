"""Whether a file can be written, or a folder written to, asked before it is needed."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def refusal(path: str) -> str:
    """Why a file cannot be appended to, in a word or two; empty where it can.

    Its folder, and the file itself, are there afterwards.
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
    """Why a folder cannot be written to; empty where it can. It is there afterwards."""
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
