"""What a crawl asks of the SQLite store, as plain functions of a connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from moviesync.items import ASKED
from moviesync.stores.base import Document
from moviesync.stores.documents import (
    failed_at_or_after,
    is_up_to_date,
    iso,
    moment_or_same,
    storable_ids,
    was_asked_since,
)
from moviesync.stores.sqlite.schema import DOCUMENTS, TITLE_COLUMNS, on
from moviesync.stores.sqlite.values import document_of, loaded, with_moments

BY_IDS_COLUMNS = ("_id", "vidsrcAvailable", "lastChecked", "evidence", "checkError")
BY_IDS = f"""
    SELECT {", ".join(BY_IDS_COLUMNS)} FROM "{{table}}"
    WHERE _id IN (SELECT value FROM json_each(?))"""  # noqa: S608 - names of our own
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
IDS = 'SELECT _id FROM "{table}" WHERE _id > ? ORDER BY _id LIMIT ?'
# SQLite itself looks at the evidence: where none of a million titles has one that counts, it says so in a tenth
# of the time. It fails if it is asked for parts of something that is not JSON.
POSITIVES = f"""
    SELECT _id, lastChecked FROM "{{table}}"
    WHERE lastChecked IS NOT NULL AND vidsrcAvailable = 1
        AND CASE WHEN json_valid(evidence) THEN json_extract(evidence, '$.by') END
            IN ({", ".join(f"'{by}'" for by in ASKED)})
    ORDER BY lastChecked DESC, _id DESC"""  # noqa: S608 - names of our own
TITLE = DOCUMENTS + "WHERE _id = ?"

SAVED = 'SELECT _id, document FROM "{table}" WHERE substr(_id, 1, ?) = ? ORDER BY _id DESC LIMIT ?'


def up_to_date(
    connection: sqlite3.Connection,
    table: str,
    ids: Sequence[int],
    checked_since: datetime | None,
    failed_since: datetime,
) -> set[int]:
    return {
        document["_id"]
        for document in _by_ids(connection, table, ids)
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


def ids(connection: sqlite3.Connection, table: str, after: int, limit: int) -> list[int]:
    return [number for (number,) in connection.execute(on(table, IDS), (after, max(0, limit)))]


def asked_since(connection: sqlite3.Connection, table: str, ids: Sequence[int], since: datetime) -> set[int]:
    documents = _by_ids(connection, table, ids)
    return {document["_id"] for document in documents if was_asked_since(document, since)}


def positives(connection: sqlite3.Connection, table: str, limit: int) -> list[int]:
    rows = connection.execute(on(table, POSITIVES))
    dated = (number for number, checked in rows if isinstance(moment_or_same(checked), datetime))
    return list(islice(dated, max(0, limit)))


def _by_ids(connection: sqlite3.Connection, table: str, ids: Sequence[int]) -> Iterator[Document]:
    rows = connection.execute(on(table, BY_IDS), (json.dumps(storable_ids(ids)),))
    return (document_of(BY_IDS_COLUMNS, row) for row in rows)


def title(connection: sqlite3.Connection, table: str, tmdb_id: int) -> Document | None:
    for number in storable_ids([tmdb_id]):
        row = connection.execute(on(table, TITLE), (number,)).fetchone()
        if row:
            return document_of(tuple(TITLE_COLUMNS), row)
    return None


def saved(connection: sqlite3.Connection, table: str, prefix: str, last: int | None) -> list[Document]:
    # To SQLite a negative limit means no limit.
    limit = -1 if last is None else max(0, last)
    rows = connection.execute(on(table, SAVED), (len(prefix), prefix, limit)).fetchall()
    documents = ((name, loaded(text)) for name, text in reversed(rows))
    return [
        {"_id": name} | with_moments(document) for name, document in documents if isinstance(document, dict)
    ]
