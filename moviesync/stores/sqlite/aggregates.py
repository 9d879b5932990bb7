"""What people ask of the SQLite store, as plain functions of a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

from moviesync.stores.base import Counts, Document
from moviesync.stores.documents import is_storable, iso
from moviesync.stores.grouping import by_evidence, by_reason, by_year
from moviesync.stores.sqlite.schema import DOCUMENTS, TITLE_COLUMNS, on
from moviesync.stores.sqlite.values import document_of, evidence_by

VERDICT_COUNTS = """
    SELECT count(*), count(*) FILTER (WHERE vidsrcAvailable = 1), count(*) FILTER (WHERE vidsrcAvailable = 0)
    FROM "{table}" """
FAILED_COUNT = 'SELECT count(*) FROM "{table}" WHERE checkError IS NOT NULL'
# SQLite fails if it is asked for parts of something that is not JSON.
FAILURES = """
    SELECT
        CASE WHEN json_valid(checkError) THEN
            CASE json_type(checkError, '$.reason') WHEN 'text' THEN json_extract(checkError, '$.reason') END
        END,
        count(*)
    FROM "{table}" WHERE checkError IS NOT NULL GROUP BY 1"""
EVIDENCE = """
    SELECT evidence, count(*) FROM "{table}" WHERE vidsrcAvailable IN (0, 1) GROUP BY evidence"""
CHECKED = 'SELECT count(*) FROM "{table}" WHERE lastChecked >= ? AND lastChecked < ?'
YEARS = 'SELECT year, vidsrcAvailable, count(*) FROM "{table}" GROUP BY year, vidsrcAvailable'

LATEST = DOCUMENTS + (
    "WHERE lastChecked IS NOT NULL AND vidsrcAvailable IN (0, 1) ORDER BY lastChecked DESC, _id DESC"
)
FOUND = DOCUMENTS + "WHERE instr(lower(title), lower(?)) ORDER BY length(title), _id LIMIT ?"
BATCH = DOCUMENTS + "WHERE {state} AND _id > ? ORDER BY _id LIMIT ?"
STATES = {
    "available": "vidsrcAvailable = 1",
    "unavailable": "vidsrcAvailable = 0",
    "unchecked": "(vidsrcAvailable IS NULL OR vidsrcAvailable NOT IN (0, 1))",
    None: "true",
}


def counts(connection: sqlite3.Connection, table: str) -> Counts:
    total, available, unavailable = connection.execute(on(table, VERDICT_COUNTS)).fetchone()
    (failed,) = connection.execute(on(table, FAILED_COUNT)).fetchone()
    return Counts(total, available, unavailable, total - available - unavailable, failed)


def failures(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    return by_reason(connection.execute(on(table, FAILURES)))


def evidence(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    groups = connection.execute(on(table, EVIDENCE))
    return by_evidence((evidence_by(text), count) for text, count in groups)


def checked(connection: sqlite3.Connection, table: str, moments: Sequence[datetime]) -> list[int]:
    ranges = pairwise(map(iso, moments))
    return [connection.execute(on(table, CHECKED), ends).fetchone()[0] for ends in ranges]


def years(connection: sqlite3.Connection, table: str) -> list[tuple[int | None, int, int, int]]:
    return by_year(connection.execute(on(table, YEARS)))


def latest(connection: sqlite3.Connection, table: str, limit: int) -> list[Document]:
    documents = _documents(connection.execute(on(table, LATEST)))
    return list(islice((one for one in documents if isinstance(one["lastChecked"], datetime)), limit))


def found(connection: sqlite3.Connection, table: str, text: str, limit: int) -> list[Document]:
    if limit < 1 or not is_storable(text):
        return []
    return list(_documents(connection.execute(on(table, FOUND), (text, limit))))


def batch(
    connection: sqlite3.Connection, table: str, state: str | None, after: int, limit: int
) -> list[Document]:
    query = on(table, BATCH).replace("{state}", STATES[state])
    return list(_documents(connection.execute(query, (after, max(0, limit)))))


def _documents(rows: Iterable[Sequence[Any]]) -> Iterable[Document]:
    return (document_of(tuple(TITLE_COLUMNS), row) for row in rows)
