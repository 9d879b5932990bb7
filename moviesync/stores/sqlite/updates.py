"""What the SQLite store writes, as plain functions of a connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence

from moviesync.items import Title, Verdict
from moviesync.stores.base import HISTORY, NOT_HELD, Document, Refused
from moviesync.stores.documents import (
    HELD_FIELDS,
    UNSTORABLE,
    Held,
    Item,
    by_collection,
    episodes_form,
    evidence_form,
    held,
    iso,
    judged,
    short_line,
    storable_ids,
)
from moviesync.stores.sqlite.schema import HISTORY_COLUMNS, on
from moviesync.stores.sqlite.transactions import transaction
from moviesync.stores.sqlite.values import document_of, dumped

UPSERT = """
    INSERT INTO "{table}" (_id, tmdbId, title, year, tmdbData, firstSeen, lastSeen)
    VALUES (:id, :id, :title, :year, :data, :seen, :seen)
    ON CONFLICT (_id) DO UPDATE SET
        tmdbId = excluded.tmdbId, title = excluded.title, year = excluded.year,
        tmdbData = excluded.tmdbData, lastSeen = excluded.lastSeen"""
VERDICT = """
    UPDATE "{table}" SET
        vidsrcAvailable = :available, lastChecked = :at, statusSince = :since, evidence = :evidence,
        episodes = CASE WHEN :with_episodes THEN :episodes ELSE episodes END, checkError = NULL
    WHERE _id = :id"""
FAILURE = 'UPDATE "{table}" SET checkError = ? WHERE _id = ?'
FLIP = f"""
    INSERT OR REPLACE INTO "{HISTORY}" ({", ".join(f'"{name}"' for name in HISTORY_COLUMNS)})
    VALUES ({", ".join(f":{name}" for name in HISTORY_COLUMNS)})"""  # noqa: S608 - names of our own

KNOWN = 'SELECT count(*) FROM "{table}" WHERE _id IN (SELECT value FROM json_each(?))'
HELD = f"""
    SELECT _id, {", ".join(HELD_FIELDS)} FROM "{{table}}"
    WHERE _id IN (SELECT value FROM json_each(?))"""  # noqa: S608 - names of our own

SAVE = 'INSERT OR REPLACE INTO "{table}" (_id, document) VALUES (?, ?)'
FORGET = 'DELETE FROM "{table}" WHERE substr(_id, 1, ?) = ?'

REFUSALS = (
    *UNSTORABLE,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


def write(
    connection: sqlite3.Connection, titles: Sequence[Title], verdicts: Sequence[Verdict]
) -> tuple[list[Refused], int]:
    """Write all that can be written; returns what was refused, and the number of new titles."""
    with transaction(connection):
        known = _known(connection, titles)
        refused = _each(titles, lambda title: _upsert(connection, title))
        new = _known(connection, titles) - known
        for table, some in by_collection(verdicts).items():
            refused += _write_verdicts(connection, table, some)
        return refused, new


def save(connection: sqlite3.Connection, table: str, documents: Sequence[Document]) -> None:
    rows = [(document["_id"], dumped(document)) for document in documents]
    with transaction(connection):
        connection.executemany(on(table, SAVE), rows)


def forget(connection: sqlite3.Connection, table: str, prefix: str) -> None:
    connection.execute(on(table, FORGET), (len(prefix), prefix))


def _each(items: Sequence[Item], write_one: Callable[[Item], None]) -> list[Refused]:
    refused = []
    for item in items:
        try:
            write_one(item)
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


def _upsert(connection: sqlite3.Connection, item: Title) -> None:
    row = {
        "id": item.tmdb_id,
        "title": item.title,
        "year": item.year,
        "data": dumped(item.data),
        "seen": iso(item.seen),
    }
    connection.execute(on(item.collection, UPSERT), row)


def _write_verdicts(connection: sqlite3.Connection, table: str, verdicts: Sequence[Verdict]) -> list[Refused]:
    """Write the verdicts of one table, in their order: each is judged by what the one before it has left."""
    ids = json.dumps(storable_ids(verdict.tmdb_id for verdict in verdicts))
    rows = connection.execute(on(table, HELD), (ids,))
    states = {row[0]: held(document_of(("_id", *HELD_FIELDS), row)) for row in rows}
    refused = [Refused(verdict, NOT_HELD) for verdict in verdicts if verdict.tmdb_id not in states]

    def write_one(verdict: Verdict) -> None:
        states[verdict.tmdb_id] = _write_verdict(connection, verdict, states[verdict.tmdb_id])

    return refused + _each([verdict for verdict in verdicts if verdict.tmdb_id in states], write_one)


def _write_verdict(connection: sqlite3.Connection, item: Verdict, before: Held) -> Held:
    """Write a verdict of a title that is there; returns what is held of it then."""
    if item.available is None:
        error = dumped({"reason": item.reason, "at": item.at})
        connection.execute(on(item.collection, FAILURE), (error, item.tmdb_id))
        return before
    since, flip = judged(before, item)
    row = {
        "id": item.tmdb_id,
        "available": item.available,
        "at": iso(item.at),
        "since": iso(since),
        "evidence": dumped(evidence_form(item.evidence)) if item.evidence else None,
        "with_episodes": item.episodes is not None,
        "episodes": dumped(episodes_form(item.episodes)) if item.episodes else None,
    }
    connection.execute(on(item.collection, VERDICT), row)
    if flip:
        connection.execute(FLIP, flip | {"at": row["at"], "evidence": row["evidence"]})
    return Held(item.available, item.at, since)
