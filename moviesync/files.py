"""Whether a file can be written, asked before it is needed."""

from __future__ import annotations

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
        return str(getattr(error, "strerror", None) or error)
    return ""
