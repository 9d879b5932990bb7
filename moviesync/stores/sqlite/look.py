"""A look at a SQLite file that changes nothing, not even beside it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from moviesync.stores.looking import Look, Whose
from moviesync.stores.sqlite.schema import (
    BUSY_TIMEOUT_S,
    TABLES,
    check_layout,
    explanation,
    outdated_tables,
    tables,
)


def look(path: str) -> Look:
    """What is at ``path``. Whether it can be written is seen by its permissions."""
    address, file = f"sqlite:{path}", Path(path)
    try:
        not_writable = refused(file)
        if not file.exists():
            return Look(address, not_writable=not_writable)
        with closing(_opened(file)) as connection:
            return Look(address, _whose(connection), not_writable=not_writable)
    except (sqlite3.Error, OSError, ValueError) as error:
        return Look(address, trouble=explanation(error))


def refused(file: Path) -> str:
    """In a few words, why a file, or one that is not there yet, cannot be written; empty: it can."""
    there = nearest(file)
    if there != file.absolute() and not there.is_dir():
        return f"{there} is not a folder"
    # SQLite makes files beside its own.
    places = dict.fromkeys((there, there.parent) if there == file.absolute() else (there,))
    return next((f"{place} may not be written" for place in places if not os.access(place, os.W_OK)), "")


def nearest(path: Path) -> Path:
    """The path, or the nearest one above it that is there."""
    path = path.absolute()
    return next((one for one in (path, *path.parents) if _is_seen(one)), path)


def _is_seen(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # Its folder may not be read.
        return False


def _opened(file: Path) -> sqlite3.Connection:
    # A file that nobody has open is read as one that does not change: SQLite then makes no files beside it.
    in_use = any(Path(f"{file}{suffix}").exists() for suffix in ("-wal", "-journal"))
    target = f"{file.absolute().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    return sqlite3.connect(target, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def _whose(connection: sqlite3.Connection) -> Whose:
    there = tables(connection)
    if not there:
        return Whose.NOBODYS
    if not there & TABLES.keys():
        return Whose.OTHERS
    check_layout(connection)
    return Whose.FIRST_VERSION if outdated_tables(connection) else Whose.OURS
