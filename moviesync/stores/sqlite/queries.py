"""What the SQLite store reads and writes, as plain functions of a connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from moviesync.items import Title, Verdict
from moviesync.stores.base import NOT_HELD, Document, Refused
from moviesync.stores.documents import (
    UNSTORABLE,
    Item,
    by_collection,
    failed_at_or_after,
    is_up_to_date,
    iso,
    moment_or_same,
    short_line,
    storable_ids,
)
from moviesync.stores.sqlite.schema import DOCUMENTS, TITLE_COLUMNS, on
from moviesync.stores.sqlite.values import document_of, dumped, loaded, with_moments

UPSERT = """
    INSERT INTO "{table}" (_id, tmdbId, title, year, tmdbData, firstSeen, lastSeen)
    VALUES (:id, :id, :title, :year, :data, :seen, :seen)
    ON CONFLICT (_id) DO UPDATE SET
        tmdbId = excluded.tmdbId, title = excluded.title, year = excluded.year,
        tmdbData = excluded.tmdbData, lastSeen = excluded.lastSeen"""
VERDICT = 'UPDATE "{table}" SET vidsrcAvailable = ?, lastChecked = ?, checkError = NULL WHERE _id = ?'
FAILURE = 'UPDATE "{table}" SET checkError = ? WHERE _id = ?'

BY_IDS = """
    SELECT _id, vidsrcAvailable, lastChecked, checkError FROM "{table}"
    WHERE _id IN (SELECT value FROM json_each(?))"""
KNOWN = 'SELECT count(*) FROM "{table}" WHERE _id IN (SELECT value FROM json_each(?))'
UNCHECKED = """
    SELECT _id FROM "{table}"
    WHERE vidsrcAvailable IS NULL AND _id > ? AND checkError IS NULL ORDER BY _id"""
UNCHECKED_FAILED = """
    SELECT _id, checkError FROM "{table}"
    WHERE vidsrcAvailable IS NULL AND _id > ? AND checkError IS NOT NULL ORDER BY _id"""
STALE = """
    SELECT lastChecked, _id, checkError FROM "{table}"
    WHERE (lastChecked, _id) > (?, ?) AND lastChecked < ? AND vidsrcAvailable IN (0, 1)
    ORDER BY lastChecked, _id"""
TITLE = DOCUMENTS + "WHERE _id = ?"

SAVE = 'INSERT OR REPLACE INTO "{table}" (_id, document) VALUES (?, ?)'
SAVED = 'SELECT _id, document FROM "{table}" WHERE substr(_id, 1, ?) = ? ORDER BY _id DESC LIMIT ?'
FORGET = 'DELETE FROM "{table}" WHERE substr(_id, 1, ?) = ?'

REFUSALS = (
    *UNSTORABLE,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block's writes, or none; waits for the file before the first."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors, a full disk among them, have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def write(
    connection: sqlite3.Connection, titles: Sequence[Title], verdicts: Sequence[Verdict]
) -> tuple[list[Refused], int]:
    """Write all that can be written; returns what was refused, and the number of new titles."""
    with transaction(connection):
        known = _known(connection, titles)
        refused = _write_each(connection, titles, _upsert)
        new = _known(connection, titles) - known
        return refused + _write_each(connection, verdicts, _set_verdict), new


def up_to_date(
    connection: sqlite3.Connection,
    table: str,
    ids: Sequence[int],
    checked_since: datetime | None,
    failed_since: datetime,
) -> set[int]:
    columns = ("_id", "vidsrcAvailable", "lastChecked", "checkError")
    rows = connection.execute(on(table, BY_IDS), (json.dumps(storable_ids(ids)),))
    documents = (document_of(columns, row) for row in rows)
    return {
        document["_id"]
        for document in documents
        if is_up_to_date(document, checked_since=checked_since, failed_since=failed_since)
    }


def unchecked(
    connection: sqlite3.Connection, table: str, failed_before: datetime | None, after: int, limit: int
) -> list[int]:
    if failed_before is None:
        fresh = connection.execute(on(table, UNCHECKED), (after,))
        return [number for (number,) in islice(fresh, limit)]
    failed = connection.execute(on(table, UNCHECKED_FAILED), (after,))
    return list(islice((number for number, error in failed if _failed_as_asked(error, failed_before)), limit))


def stale(
    connection: sqlite3.Connection,
    table: str,
    before: datetime,
    after: tuple[datetime, int] | None,
    limit: int,
    failed_before: datetime | None,
) -> list[tuple[datetime, int]]:
    start = (iso(after[0]), after[1]) if after else ("", 0)
    rows = connection.execute(on(table, STALE), (*start, iso(before)))
    due = (
        (moment, number)
        for checked, number, error in rows
        if isinstance(moment := moment_or_same(checked), datetime) and _failed_as_asked(error, failed_before)
    )
    return list(islice(due, limit))


def _failed_as_asked(error: str | None, failed_before: datetime | None) -> bool:
    if error is None or failed_before is None:
        return error is None and failed_before is None
    return not failed_at_or_after(with_moments(loaded(error)), failed_before)


def title(connection: sqlite3.Connection, table: str, tmdb_id: int) -> Document | None:
    for number in storable_ids([tmdb_id]):
        row = connection.execute(on(table, TITLE), (number,)).fetchone()
        if row:
            return document_of(tuple(TITLE_COLUMNS), row)
    return None


def save(connection: sqlite3.Connection, table: str, documents: Sequence[Document]) -> None:
    rows = [(document["_id"], dumped(document)) for document in documents]
    with transaction(connection):
        connection.executemany(on(table, SAVE), rows)


def saved(connection: sqlite3.Connection, table: str, prefix: str, last: int | None) -> list[Document]:
    # To SQLite a negative limit means no limit.
    limit = -1 if last is None else max(0, last)
    rows = connection.execute(on(table, SAVED), (len(prefix), prefix, limit)).fetchall()
    documents = ((name, loaded(text)) for name, text in reversed(rows))
    return [
        {"_id": name} | with_moments(document) for name, document in documents if isinstance(document, dict)
    ]


def forget(connection: sqlite3.Connection, table: str, prefix: str) -> None:
    connection.execute(on(table, FORGET), (len(prefix), prefix))


def _write_each(
    connection: sqlite3.Connection,
    items: Sequence[Item],
    write_one: Callable[[sqlite3.Connection, Item], int],
) -> list[Refused]:
    """``write_one`` gives the number of rows that it wrote: 0 if no row has that id."""
    refused = []
    for item in items:
        try:
            if not write_one(connection, item):
                refused.append(Refused(item, NOT_HELD))
        except REFUSALS as error:  # noqa: PERF203 - one title may fail, the others are still to go in
            refused.append(Refused(item, short_line(error)))
    return refused


def _known(connection: sqlite3.Connection, titles: Sequence[Title]) -> int:
    """How many of the titles are in the store."""
    ids = {name: [title.tmdb_id for title in some] for name, some in by_collection(titles).items()}
    return sum(
        connection.execute(on(name, KNOWN), (json.dumps(storable_ids(some)),)).fetchone()[0]
        for name, some in ids.items()
    )


def _upsert(connection: sqlite3.Connection, item: Title) -> int:
    row = {
        "id": item.tmdb_id,
        "title": item.title,
        "year": item.year,
        "data": dumped(item.data),
        "seen": iso(item.seen),
    }
    return connection.execute(on(item.collection, UPSERT), row).rowcount


def _set_verdict(connection: sqlite3.Connection, item: Verdict) -> int:
    if item.available is None:
        error = dumped({"reason": item.reason, "at": item.at})
        return connection.execute(on(item.collection, FAILURE), (error, item.tmdb_id)).rowcount
    row = (int(item.available), iso(item.at), item.tmdb_id)
    return connection.execute(on(item.collection, VERDICT), row).rowcount
