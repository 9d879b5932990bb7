"""The history of runs: what a crawl writes of itself, and how a killed one is recognised."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from moviesync.history import runs
from moviesync.reports.overview import NO_RUN, runs_table
from moviesync.stores.base import RUNS, Document, Store
from tests.crawls import Folder, until
from tests.places import HOUR, NOW

SECOND = timedelta(seconds=1)
DOCUMENT = "SELECT document FROM runs"


def told(folder: Folder, *arguments: str, **variables: Any) -> list[Document]:
    """What ``scrapy runs --json`` prints."""
    answer = json.loads(folder.run("runs", "--json", *arguments, **variables).stdout)
    assert isinstance(answer, list)
    return answer


@pytest.mark.parametrize("store", ["sqlite", "mongodb"])
def test_a_run_tells_what_it_did(
    sites: Sites, folder: Folder, store: str, request: pytest.FixtureRequest
) -> None:
    uri = request.getfixturevalue("mongodb_uri") if store == "mongodb" else ""
    rows = sorted(sites.movies.rows.values(), key=lambda row: (row["release_date"], row["id"]))
    sites.knobs.per_title = {rows[0]["id"]: Answer.ERROR_500}
    folder.crawl("-a", "max_pages=2", "-a", "batch_size=7", "-s", "RETRY_TIMES=1", MONGODB_URI=uri)
    (run,) = told(folder, MONGODB_URI=uri)
    assert (run["spider"], run["reason"], run["state"]) == ("tmdb_vidsrc", "finished", "ended")
    assert run["arguments"] == {"max_pages": 2, "batch_size": 7}
    assert run["started"] < run["finished"] <= run["heartbeat"]
    truth = Counter(sites.truth("movies")[row["id"]] for row in rows[:40])
    unknown = run["counters"].pop("unknown")
    assert run["counters"].pop("new") == 40
    assert unknown["HTTP 500"] == 1
    assert sum(unknown.values()) == truth[None]
    assert run["counters"] == {
        "pages": 2,
        "titles": 40,
        "available": truth[True],
        "unavailable": truth[False],
        "retries": 1,
        "refused": 0,
    }


def test_a_killed_run_is_recognised_by_its_last_heartbeat(sites: Sites, folder: Folder) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    process = folder.start("crawl", "tmdb_vidsrc", "-s", "RUN_HEARTBEAT=0.05")
    until(process, lambda: len(sites.log) > 60)

    def beats() -> bool:
        (document,) = map(json.loads, folder.rows(DOCUMENT))
        return bool(document["heartbeat"] > document["started"] and document["counters"]["pages"])

    until(process, beats)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (run,) = told(folder)
    assert (run["finished"], run["reason"], run["state"]) == (None, None, "running")
    change = "UPDATE runs SET document = json_set(document, '$.heartbeat', '2026-11-23T10:00:00.000Z')"
    with closing(sqlite3.connect(folder.path / "moviesync.db")) as connection, connection:
        connection.execute(change)
    assert folder.run("status").stdout.rstrip().endswith("killed")
    assert folder.status()["lastRun"]["finished"] is None


async def test_the_last_runs_come_latest_first(store: Store) -> None:
    await store.save(RUNS, [run(number) for number in (3, 1, 12, 2)])
    latest = await runs.last(store, 3)
    assert [one["started"] for one in latest] == [NOW + number * SECOND for number in (12, 3, 2)]


def run(number: int = 0, **changes: Any) -> Document:
    document = runs.begun("tmdb_vidsrc", {}, "0", NOW + number * SECOND)
    return document | {"_id": f"2026-11-23T10:00:{number:02}"} | changes


@pytest.mark.parametrize(
    ("changes", "later", "state", "took"),
    [
        ({}, 5, "running", 5),
        ({"heartbeat": NOW + 60 * SECOND}, 75, "running", 75),
        ({"heartbeat": NOW + 60 * SECOND}, 90, "killed", 60),
        ({"finished": NOW + 7 * SECOND, "reason": "finished"}, 3600, "ended", 7),
        # The clock of another machine.
        ({"heartbeat": NOW + 3 * SECOND}, 0, "running", 0),
        # By an older version, or by hand.
        ({"heartbeat": None}, 90, "killed", 0),
        ({"heartbeat": "soon", "started": "once"}, 90, "killed", None),
        ({"finished": "once"}, 90, "ended", None),
        ({"started": None, "heartbeat": None}, 90, "killed", None),
    ],
)
def test_the_state_and_duration_of_a_run(
    changes: Document, later: int, state: str, took: float | None
) -> None:
    document, at = run(**changes), NOW + later * SECOND
    assert runs.state(document, at) == state
    assert runs.duration(document, at) == took
    assert len(runs_table([document], at).splitlines()) == 2


def test_the_table_of_runs() -> None:
    reason = "TMDB refuses the key in TMDB_API_KEY (HTTP 401, code 7): yours is at https://a.example/api"
    counters = {"pages": 58_324, "available": 95_000, "unavailable": 1_071_466, "unknown": {"a": 5, "b": "x"}}
    documents = [
        run(5, heartbeat=NOW + 2 * HOUR),
        run(4, spider="tmdb_vidsrc_tv", counters=counters),
        run(3, finished=NOW + HOUR, reason=reason),
        run(2, finished=NOW + 50 * HOUR, reason="shutdown", counters=7),
        {"_id": "by hand"},
    ]
    assert runs_table(documents, NOW + 2 * HOUR).splitlines() == [
        "begun (UTC)              took  spider           pages    checked  ended",
        "2026-11-23 10:00   2 h 00 min  tmdb_vidsrc          0          0  running",
        "2026-11-23 10:00          0 s  tmdb_vidsrc_tv  58,324  1,166,471  killed",
        "2026-11-23 10:00  59 min 57 s  tmdb_vidsrc          0          0  stopped:",
        "  TMDB refuses the key in TMDB_API_KEY (HTTP 401, code 7): yours is at",
        "  https://a.example/api",
        "2026-11-23 10:00     2 d 02 h  tmdb_vidsrc          0          0  paused",
        "-                           -  -                    0          0  killed",
    ]
    assert runs_table([], NOW) == NO_RUN


@pytest.mark.parametrize("limit", ["0", ""])
def test_a_limit_that_is_none(folder: Folder, limit: str) -> None:
    errors = folder.run("runs", f"--limit={limit}", code=2).stderr
    assert errors == f"moviesync: --limit {limit}: should be a number from 1 to 999999\n"
    assert folder.files == set()
