"""The SQLite file of the catalogue: its tables, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from moviesync.kinds import COLLECTIONS
from moviesync.stores.base import HISTORY, PROGRESS, RUNS, SYNC
from moviesync.stores.sqlite.transactions import transaction

MEMORY = ":memory:"
BUSY_TIMEOUT_S = 5.0
CACHE_KB = 8_000

TITLE_COLUMNS = {
    "_id": "INTEGER PRIMARY KEY",
    "tmdbId": "INTEGER",
    "title": "TEXT",
    "year": "INTEGER",
    "vidsrcAvailable": "INTEGER",
    "lastChecked": "TEXT",
    "statusSince": "TEXT",
    "evidence": "TEXT",
    "tmdbData": "TEXT",
    "firstSeen": "TEXT",
    "lastSeen": "TEXT",
    "episodes": "TEXT",
    "checkError": "TEXT",
}
ADDED = ("statusSince", "evidence", "episodes")
"""Columns of titles that files of the first version lack."""
DOCUMENTS = f'SELECT {", ".join(TITLE_COLUMNS)} FROM "{{table}}" '  # noqa: S608 - names of our own
"""Whole titles; the rest of the statement says which."""
DOCUMENT_COLUMNS = {"_id": "TEXT PRIMARY KEY", "document": "TEXT"}
HISTORY_COLUMNS = {
    "_id": "TEXT PRIMARY KEY",
    "collection": "TEXT",
    "tmdbId": "INTEGER",
    "from": "INTEGER",
    "to": "INTEGER",
    "at": "TEXT",
    "evidence": "TEXT",
}
TABLES = {
    **dict.fromkeys(COLLECTIONS, TITLE_COLUMNS),
    PROGRESS: DOCUMENT_COLUMNS,
    RUNS: DOCUMENT_COLUMNS,
    SYNC: DOCUMENT_COLUMNS,
    HISTORY: HISTORY_COLUMNS,
}

# Only those that the questions need: in a large file each index costs a write to another page.
TITLE_INDEXES = (
    # Indexes of earlier versions: SQLite would choose them for questions that others serve better.
    'DROP INDEX IF EXISTS "{table}_available"',
    'DROP INDEX IF EXISTS "{table}_checked"',
    # Only the titles that are due: small, as a title leaves it with its verdict.
    'CREATE INDEX IF NOT EXISTS "{table}_unchecked" ON "{table}" (_id) '
    "WHERE vidsrcAvailable IS NULL AND checkError IS NULL",
    # By age; it holds all that is needed to list and to count old titles and what their verdicts rest
    # on, so none of these questions reads the table.
    'CREATE INDEX IF NOT EXISTS "{table}_verdicts" '
    'ON "{table}" (lastChecked, _id, vidsrcAvailable, checkError, evidence)',
    'DROP INDEX IF EXISTS "{table}_by_age"',
    'CREATE INDEX IF NOT EXISTS "{table}_failed" ON "{table}" (vidsrcAvailable, _id, checkError) '
    "WHERE checkError IS NOT NULL",
)
HISTORY_INDEX = f'CREATE INDEX IF NOT EXISTS "{HISTORY}_by_at" ON "{HISTORY}" (at)'

HINTS = {
    "locked": "another program is writing to it; stop that one, or try again",
    "busy": "another program is writing to it; stop that one, or try again",
    "full": "free some space on the disk",
    "unable to open": "check that it is a file that may be read and written, in a folder that may be written",
    "readonly": "check that the file and its folder may be written",
    "i/o error": "check the disk",
    "not a database": "move it away, or set SQLITE_PATH to another file",
    "malformed": "the file is damaged; move it away, or set SQLITE_PATH to another file",
    "no column": "another program or version made it; move it away, or set SQLITE_PATH to another file",
}


def on(table: str, statement: str) -> str:
    """The statement, for one table."""
    return statement.replace("{table}", table)


def connect(path: str, *, readonly: bool) -> sqlite3.Connection:
    """Open the file, and make tables and indexes that are missing; raises ``sqlite3.Error`` and ``OSError``.

    ``readonly`` changes nothing: tables that the file lacks, or all of them if there is no
    file, are empty ones in memory. Columns that it lacks are null. Neither the file nor its folder need be
    writable.
    """
    if path == MEMORY or (readonly and not Path(path).exists()):
        target = f"file:{MEMORY}"
    elif readonly:
        target = f"{Path(path).absolute().as_uri()}?{_reading_mode(path)}"
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        target = f"{Path(path).absolute().as_uri()}?mode=rwc"
    connection = sqlite3.connect(target, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        if readonly:
            _prepare_readonly(connection)
        else:
            _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def is_writable(path: str) -> bool:
    """Whether SQLite may write to the file, and make others beside it."""
    return os.access(path, os.W_OK) and os.access(Path(path).absolute().parent, os.W_OK)


def _reading_mode(path: str) -> str:
    # SQLite makes files beside one in WAL mode, for readers too. Where it may not, and nobody has the file open
    # for writing, it can be read as one that does not change.
    in_use = any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))
    return "mode=rw" if is_writable(path) or in_use else "mode=ro&immutable=1"


def explanation(error: Exception) -> str:
    """One line: what is wrong with the file, and what to do."""
    text = " ".join(str(error).split())
    hints = (hint for sign, hint in HINTS.items() if sign in text.lower())
    return f"{text} ({hint})" if (hint := next(hints, "")) else text


def _prepare(connection: sqlite3.Connection) -> None:
    # First: what another program made is left as it is.
    check_layout(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may lose the last commits, a killed process none; the file stays sound in both.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Default 2 MB, less than the pages that a bulk write to a large file changes.
    connection.execute(f"PRAGMA cache_size = {-CACHE_KB}")
    for table, columns in TABLES.items():
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({_definition(columns)})')
    _add_columns(connection)
    for table in COLLECTIONS:
        for statement in TITLE_INDEXES:
            connection.execute(on(table, statement))
    connection.execute(HISTORY_INDEX)


def _prepare_readonly(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    # Text that another program wrote in another encoding can still be read.
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    check_layout(connection)
    for table in TABLES.keys() - tables(connection):
        connection.execute(f'CREATE TEMP TABLE "{table}" ({_definition(TABLES[table])})')
    for table, columns in outdated_tables(connection).items():
        # It takes the table's place in every question, and all of its indexes are used.
        nulls = "".join(f", NULL AS {name}" for name in columns)
        connection.execute(f'CREATE TEMP VIEW "{table}" AS SELECT *{nulls} FROM main."{table}"')  # noqa: S608
    connection.execute("PRAGMA query_only = ON")


def _add_columns(connection: sqlite3.Connection) -> None:
    if outdated_tables(connection):
        with transaction(connection):
            # Again, as another process may have added them meanwhile.
            for table, columns in outdated_tables(connection).items():
                for name in columns:
                    connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {name} {TITLE_COLUMNS[name]}')


def outdated_tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The tables of the file that were made by the first version, and the columns they lack."""
    layouts = {table: _columns(connection, table) for table in COLLECTIONS}
    return {
        table: lacking
        for table, found in layouts.items()
        if found and (lacking := [name for name in ADDED if name not in found])
    }


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """The columns of a table of the file, none if there is no such table."""
    rows = connection.execute(f'PRAGMA main.table_info("{table}")')
    return {name: kind + " PRIMARY KEY" * key for _, name, kind, _, _, key in rows}


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _definition(columns: dict[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def check_layout(connection: sqlite3.Connection) -> None:
    """Raise if a table of the file lacks a column that is never added, or has another key."""
    for table, columns in TABLES.items():
        found = _columns(connection, table)
        if not found:
            continue
        for name in columns:
            if name not in found and not (table in COLLECTIONS and name in ADDED):
                raise sqlite3.DatabaseError(f"table {table} has no column {name}")
        if found["_id"].upper() != columns["_id"]:
            raise sqlite3.DatabaseError(f"table {table} has no column _id of the type {columns['_id']}")
