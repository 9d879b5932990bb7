"""How SQLite answers the questions: from an index, whatever the size of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from moviesync.stores.sqlite import aggregates, queries, updates
from moviesync.stores.sqlite.schema import MEMORY, connect, on


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    with closing(connect(MEMORY, readonly=False)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("statement", "arguments", "plan"),
    [
        (queries.BY_IDS, ["[1]"], "USING INTEGER PRIMARY KEY"),
        (queries.UNCHECKED, [0], "USING INDEX movies_unchecked (_id>?)"),
        (
            queries.UNCHECKED_FAILED,
            [0],
            "USING COVERING INDEX movies_failed (vidsrcAvailable=? AND _id>?)",
        ),
        (
            queries.STALE,
            ["", 0, "3"],
            "USING COVERING INDEX movies_verdicts (lastChecked>? AND lastChecked<?)",
        ),
        (queries.IDS, [0, 1], "USING INTEGER PRIMARY KEY (rowid>?)"),
        (queries.POSITIVES, [], "USING COVERING INDEX movies_verdicts (lastChecked>?)"),
        (queries.TITLE, [1], "USING INTEGER PRIMARY KEY"),
        (updates.HELD, ["[1]"], "USING INTEGER PRIMARY KEY"),
        (aggregates.VERDICT_COUNTS, [], "USING COVERING INDEX movies_verdicts"),
        (aggregates.FAILED_COUNT, [], "USING COVERING INDEX movies_failed"),
        (aggregates.EVIDENCE, [], "USING COVERING INDEX movies_verdicts"),
        (aggregates.FAILURES, [], "USING COVERING INDEX movies_failed"),
        (
            aggregates.CHECKED,
            ["1", "2"],
            "USING COVERING INDEX movies_verdicts (lastChecked>? AND lastChecked<?)",
        ),
        (aggregates.LATEST, [], "USING INDEX movies_verdicts (lastChecked>?)"),
        *(
            (aggregates.BATCH.replace("{state}", state), [0, 1], "USING INTEGER PRIMARY KEY (rowid>?)")
            for state in aggregates.STATES.values()
        ),
    ],
)
def test_queries_use_an_index(
    file: sqlite3.Connection, statement: str, arguments: list[Any], plan: str
) -> None:
    rows = file.execute("EXPLAIN QUERY PLAN " + on("movies", statement), arguments)
    steps = [step for *_, step in rows]
    assert any(plan in step for step in steps), steps
    assert not any("TEMP B-TREE FOR ORDER BY" in step for step in steps), steps
