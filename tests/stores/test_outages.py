"""The store goes away in mid-run, and JOBDIR is not what it was."""

from __future__ import annotations

import signal
import sqlite3
import time

import pytest

from benchmarks.kills import at_random, kill
from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from tests.crawls import ROOT, Folder, until
from tests.mongodb import MongoServer, verdicts

BEATING = ("-s", "RUN_HEARTBEAT=0.2")
QUICK = (0.1, 1.5)
"""Seconds after which a crawl that is killed has begun, and one of 600 titles has not yet ended."""
IMPATIENT = "serverSelectionTimeoutMS=500"


@pytest.fixture
def slow(sites: Sites) -> Sites:
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    return sites


def test_mongodb_comes_back_and_the_run_goes_on(
    slow: Sites, folder: Folder, own_mongodb_server: MongoServer
) -> None:
    uri = f"{own_mongodb_server.uri}/films?{IMPATIENT}"
    process = folder.start("crawl", "tmdb_vidsrc", *BEATING, MONGODB_URI=uri)
    until(process, lambda: len(slow.log) > 120)
    own_mongodb_server.kill()
    killed = time.monotonic()
    until(process, lambda: time.monotonic() > killed + 3)
    own_mongodb_server.start()
    back = time.monotonic()
    slow.knobs.vidsrc = SiteKnobs()
    errors = process.ended(0)
    assert errors.count("asking the sites nothing") == 1
    assert "The store is back" in errors
    assert verdicts(uri) == slow.truth("movies")
    # Requests that were under way when the outage was noticed may still arrive.
    assert not [asked for asked in slow.log if killed + 1 < asked.started < back]
    # Controls are asked again and again, and so are titles that always fail.
    controls = {"999999999", "603", "550", "278", "238", "155"}
    failing = {str(tmdb_id) for tmdb_id, found in slow.truth("movies").items() if found is None}
    twice = {
        path for path, number in slow.asked("vidsrc").items() if number > 1 and path.startswith("/info/")
    }
    assert {path.split("/")[-1].removesuffix(".json") for path in twice} <= controls | failing


def test_mongodb_stays_away_and_the_run_ends(
    slow: Sites, folder: Folder, own_mongodb_server: MongoServer
) -> None:
    address = f"{own_mongodb_server.uri}/films?{IMPATIENT}"
    process = folder.start("crawl", "tmdb_vidsrc", "-s", "STORE_PATIENCE=2", MONGODB_URI=address)
    until(process, lambda: len(slow.log) > 120)
    own_mongodb_server.kill()
    last = process.ended(1).splitlines()[-1]
    assert last.startswith("moviesync: mongodb:")
    assert str(own_mongodb_server.port) in last
    own_mongodb_server.start()
    slow.knobs.vidsrc = SiteKnobs()
    folder.crawl(MONGODB_URI=address)
    assert verdicts(address) == slow.truth("movies")


def test_sqlite_locked_by_another_program_is_waited_for(slow: Sites, folder: Folder) -> None:
    process = folder.start("crawl", "tmdb_vidsrc", *BEATING)
    until(process, lambda: len(slow.log) > 120)
    other = sqlite3.connect(folder.path / "moviesync.db")
    other.execute("BEGIN IMMEDIATE")
    line = next(line for line in process.stderr if "asking the sites nothing" in line)
    assert "moviesync.db" in line
    other.rollback()
    other.close()
    slow.knobs.vidsrc = SiteKnobs()
    assert process.ended(0).count("asking the sites nothing") == 1
    assert folder.verdicts() == slow.truth("movies")


def test_a_second_run_on_a_jobdir_in_use_ends_at_once(slow: Sites, folder: Folder) -> None:
    process = folder.start("crawl", "tmdb_vidsrc", "-s", "JOBDIR=crawls/run1")
    until(process, lambda: len(slow.log) > 100)
    slow.knobs.vidsrc = SiteKnobs(latency=0.2)
    feed = folder.path / "verdicts.jsonl"
    feed.write_text("of the run that goes on\n")
    errors = folder.crawl("-s", "JOBDIR=crawls/run1", "-O", str(feed), code=1).stderr
    assert feed.read_text() == "of the run that goes on\n"
    assert errors.splitlines()[-1].startswith("moviesync: JOBDIR crawls/run1 is in use by another run")
    # The run that was refused is nowhere to be seen.
    assert folder.rows("SELECT count(*) FROM runs") == [1]
    process.send_signal(signal.SIGINT)
    process.ended(0)


def test_what_an_unclean_end_left_in_jobdir_is_not_trusted(slow: Sites, folder: Folder) -> None:
    process = folder.start("crawl", "tmdb_vidsrc", "-s", "JOBDIR=crawls/run1")
    until(process, lambda: len(slow.log) > 120)
    process.kill()
    jobdir = folder.path / "crawls" / "run1"
    (jobdir / "spider.state").write_bytes(b"no pickle")
    slow.knobs.vidsrc = SiteKnobs()
    errors = folder.crawl("-s", "JOBDIR=crawls/run1").stderr
    assert "JOBDIR crawls/run1 was not left cleanly: dropped; the store says what is due" in errors
    assert folder.verdicts() == slow.truth("movies")
    errors = folder.crawl("-s", "JOBDIR=crawls/run1", "-a", "released_from=2020-01-01", code=1).stderr
    assert "JOBDIR crawls/run1 belongs to another run (tmdb_vidsrc without dates" in errors


def test_documents_written_by_hand_are_due_and_crash_nothing(folder: Folder, sites: Sites) -> None:
    folder.crawl("-a", "max_pages=1")
    first, second, third = sorted(folder.verdicts())[:3]
    connection = sqlite3.connect(folder.path / "moviesync.db")
    with connection:
        connection.execute("UPDATE movies SET lastChecked = 'soon' WHERE _id = ?", [first])
        connection.execute(
            "UPDATE movies SET vidsrcAvailable = 'yes', tmdbData = '{' WHERE _id = ?", [second]
        )
        connection.execute("UPDATE movies SET lastChecked = NULL, checkError = '[' WHERE _id = ?", [third])
        connection.execute("INSERT INTO movies (_id, title) VALUES (999999999, 'By hand')")
    connection.close()
    sites.clear()
    # Of the titles that are asked for, enough have a verdict.
    folder.crawl("-a", "walk=new")
    assert folder.verdicts() == {**sites.truth("movies"), 999999999: False}
    for tmdb_id in (first, second, third):
        assert sites.asked("vidsrc")[f"/info/movie/{tmdb_id}.json"] == 1


@pytest.mark.parametrize(("store", "jobdir"), [("sqlite", True), ("mongodb", False)])
def test_a_handful_of_kills_loses_nothing(store: str, jobdir: bool, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("mongodb_server") if store == "mongodb" else ""
    outcome = kill(2, at_random(7, QUICK), jobdir=jobdir, server=server, titles=600)
    print(outcome)
    assert outcome.good, outcome


def test_the_outcome_of_a_hundred_kills_is_told() -> None:
    told = (ROOT / "docs" / "reliability.md").read_text()
    assert "python -m benchmarks.kills --kills 100 --seed 1" in told
