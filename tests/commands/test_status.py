"""``scrapy status`` for people: a page of a terminal, and one title."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from moviesync.items import INFO, LIST, Evidence
from moviesync.reports.overview import NO_RUN, overview, status_page
from moviesync.reports.status import status_of
from moviesync.reports.tables import WIDTH
from moviesync.reports.title import title_page
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.stores.base import PROGRESS, RUNS, SYNC, Document, Store
from moviesync.stores.documents import iso
from moviesync.stores.sqlite.store import SQLiteStore
from tests import processes
from tests.commands.test_runs import run
from tests.crawls import SCRAPY, Folder
from tests.places import HOST, HOUR, NOW, movie, verdict

DAY = timedelta(days=1)
CLEAR = "\x1b[2J\x9b"


async def page(store: Store) -> str:
    """The page, which fits on a terminal and gives it no commands."""
    text = status_page(await overview(store, NOW))
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert text.replace("\n", "").isprintable()
    return text


async def test_the_page_of_an_empty_store(store: Store) -> None:
    text = await page(store)
    # A long path takes more lines.
    assert "".join(text.split()).startswith("".join(store.address.split()))
    assert "titles" in text
    assert "last check failed" not in text
    assert "verdicts rest on" not in text
    assert text.endswith(NO_RUN)


async def test_the_page(store: Store) -> None:
    ages = {1: 0, 2: 2, 3: 8, 4: 9, 5: 31}
    by_info, by_list = Evidence(INFO, HOST), Evidence(LIST, HOST)
    evidence = {1: by_info, 2: by_info, 3: by_list}
    checked = [
        verdict(
            number, number % 2 == 0, at=NOW - age * DAY, evidence=evidence.get(number, Evidence("?", HOST))
        )
        for number, age in ages.items()
    ]
    failed = [verdict(number, None, reason=f"HTTP {500 + number}") for number in range(6, 16)]
    failed += [verdict(number, None, reason=CLEAR + "x" * 99) for number in range(16, 19)]
    titles = [movie(number) for number in range(1, 20)]
    await store.write([*titles, movie(1, collection="shows")], [*checked, *failed])
    ledger = Checkpoint(store, "shows", None, None, now=NOW)
    assert await ledger.load("new", anew_if_finished=True)
    await ledger.save(finished=NOW)
    (document,) = await store.saved(PROGRESS, prefix="shows")
    gap = {"from": None, "to": None, "titles": 1_234, "reason": "undated titles that no page shows " * 3}
    await store.save(PROGRESS, [document | {"pages": 58_324, "gaps": [gap]}])
    await store.save(RUNS, [run(1, finished=NOW, reason="finished"), run(2, spider=CLEAR)])
    lines = (await page(store)).splitlines()
    told = [line.rsplit(maxsplit=2) for line in lines]
    for row in (
        ["titles", "19", "1"],
        ["  available", "2", "0"],
        ["  unavailable", "3", "0"],
        ["  unchecked", "14", "1"],
        ["verdicts", "rest", "on"],
        ["  VidSrc's info of the title", "2", "0"],
        ["  VidSrc's list of titles", "1", "0"],
        ["  not known (older version)", "2", "0"],
        ["  the walk is", "-", "complete"],
        ["last check failed", "13", "0"],
        ["  HTTP 506", "1", "0"],
        ["  3 other reasons", "3", "0"],
        ["  less than a day", "1", "0"],
        ["  1 to 7 days", "1", "0"],
        ["  7 to 30 days", "2", "0"],
        ["  more than 30 days", "1", "0"],
    ):
        assert row in told
    assert not any("VidSrc's page" in line for line in lines)
    assert any(line.startswith(r"  \u001b[2J\u009bxxx") for line in lines)
    assert any(line.endswith("0 of 58,324") for line in lines)
    assert sum(line.startswith("  gap in shows") for line in lines) == 1
    assert sum(line.startswith("2026-11-23") for line in lines) == 2


async def test_the_status_says_when_each_source_was_last_taken_in_whole(store: Store) -> None:
    nothing = {"changes": None, "export": None, "list": None}
    assert (await status_of(store))["sync"] == {"movies": nothing, "shows": nothing}
    await store.save(SYNC, [{"_id": "movies", "list": NOW, "listLength": 3}, {"_id": "other", "list": NOW}])
    status = await status_of(store)
    assert status["sync"] == {"movies": nothing | {"list": NOW}, "shows": nothing}
    assert list(status) == ["store", "movies", "shows", "walk", "lastRun", "sync"]


def test_a_show_for_people() -> None:
    document: Document = {
        "_id": 1399,
        "title": "Game of Thrones",
        "year": 2011,
        "vidsrcAvailable": True,
        "statusSince": NOW,
        "evidence": {"by": "list", "host": HOST},
        "episodes": {"10": [1], "2": [3, 1, 2, 5], "1": list(range(1, 11)), "3": list(range(1, 99, 2))},
    }
    lines = title_page("shows", document).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    rows = [line.rstrip().rsplit("  ", 1) for line in lines[2:]]
    told = [[label.rstrip(), value] for label, value in rows if label.strip()]
    for row in (
        ["statusSince", "2026-11-23 10:00:00 UTC"],
        ["evidence", f"VidSrc's list of titles, from {HOST}"],
        ["episodes", "64 on VidSrc's list"],
        ["  season 1", "1-10"],
        ["  season 2", "1-3, 5"],
        ["  season 10", "1"],
    ):
        assert row in told
    assert [row[0] for row in told if "season" in row[0]] == [
        f"  season {number}" for number in (1, 2, 3, 10)
    ]


def test_a_title_for_people() -> None:
    document: Document = {
        "_id": 603,
        "title": f"The {CLEAR}Matrix\nReloaded",
        "year": None,
        "vidsrcAvailable": None,
        "lastChecked": None,
        "tmdbData": {"video": False, "genre_ids": [28, 878], "overview": "word " * 99, CLEAR: {"a": 1.5}},
        "firstSeen": NOW,
        "checkError": {"reason": "timeout", "at": NOW + HOUR},
    }
    text = title_page("movies", document)
    lines = text.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert text.replace("\n", "").isprintable()
    assert lines[0] == r"movies 603: The \u001b[2J\u009bMatrix\nReloaded (undated)"
    rows = [line.split(maxsplit=1) for line in lines]
    for row in (
        ["vidsrcAvailable", "-"],
        ["video", "no"],
        ["genre_ids", "28, 878"],
        ["firstSeen", "2026-11-23 10:00:00 UTC"],
        ["reason", "timeout"],
        ["at", "2026-11-23 11:00:00 UTC"],
        ["a", "1.5"],
    ):
        assert row in rows


@pytest.mark.parametrize(
    "document",
    [
        {"_id": 1},
        {"_id": 1, "title": 7, "year": "then", "tmdbData": [None, {"a": 1}], "lastChecked": "soon"},
        {"_id": 1, "evidence": "page", "episodes": [1, 2]},
        {"_id": 1, "evidence": {"by": {"a": 1}}, "episodes": {"one": [1], "2": "all"}},
        {"_id": 1, "evidence": {"by": ["page"], "host": 1}, "episodes": {"9" * 5000: [1]}},
    ],
)
def test_a_title_by_hand(document: Document) -> None:
    assert title_page("shows", document).startswith("shows 1: ")


async def test_a_title_by_its_id(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {})
    store = SQLiteStore(str(tmp_path / "moviesync.db"))
    await store.open()
    await store.write([movie(), movie(collection="shows", title="Lost"), movie(604)], [verdict()])
    await store.close()
    text = folder.run("status", "603").stdout
    assert [line for line in text.splitlines() if "603: " in line] == [
        "movies 603: The Matrix (1999)",
        "shows 603: Lost (1999)",
    ]
    documents = json.loads(folder.run("status", "603", "--json").stdout)
    assert list(documents) == ["movies", "shows"]
    assert (documents["movies"]["vidsrcAvailable"], documents["movies"]["lastChecked"]) == (True, iso(NOW))
    assert list(json.loads(folder.run("status", "603", "--shows", "--json").stdout)) == ["shows"]
    assert "movies 603: " not in folder.run("status", "--shows", "603").stdout
    assert "shows 603: " not in folder.run("status", "603", "--movies").stdout
    unknown = folder.run("status", "604", "--shows", code=1)
    assert (unknown.stdout, unknown.stderr) == ("", "moviesync: 604: there is no such title in shows\n")
    for option in ([], ["--json"]):
        unknown = folder.run("status", "605", *option, code=1)
        assert unknown.stdout == ""
        assert unknown.stderr == "moviesync: 605: there is no such title in movies or shows\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--shows",), "--shows: name the id of a title, too"),
        (("603", "--movies", "--shows"), "--movies --shows: choose one, or none for both"),
        (("603", "604", "--shows"), "604: scrapy status takes no such argument"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    run = Folder(tmp_path, {}).run("status", *arguments, code=2)
    assert (run.stdout, run.stderr) == ("", f"moviesync: {line}\n")


def test_a_page_that_nobody_reads(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*SCRAPY, "status", "--json"]
    with processes.start(command, tmp_path, Folder(tmp_path, {}).environment, stdout=writing) as process:
        os.close(writing)
        assert process.ended(1) == "moviesync: standard output takes no more (Broken pipe)\n"


def test_a_store_of_an_older_layout(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "moviesync.db")) as connection:
        connection.execute("CREATE TABLE movies (_id INTEGER PRIMARY KEY, title TEXT)")
    (line,) = Folder(tmp_path, {}).run("status", code=1).stderr.splitlines()
    assert line.startswith("moviesync: sqlite:moviesync.db: table movies has no column tmdbId (")
