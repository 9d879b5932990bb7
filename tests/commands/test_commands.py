"""The commands beside ``scrapy crawl``: demo, status, check."""

from __future__ import annotations

import json
import re
import shutil
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from moviesync.demo.catalogue import Catalogue
from moviesync.kinds import MOVIE
from tests.crawls import ROOT, Folder

ZERO = {"total": 0, "available": 0, "unavailable": 0, "unchecked": 0, "failed": 0}
NO_SYNC = {"changes": None, "export": None, "list": None}
NO_WALK = {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}


@pytest.fixture
def alone(tmp_path: Path) -> Folder:
    """A folder whose commands know no site, no key and no store."""
    return Folder(tmp_path, {})


def asked(output: str) -> int:
    """How often VidSrc was asked, as the demo says."""
    return int(output.partition("asked VidSrc ")[2].split()[0])


def test_the_demo_finds_the_truth_and_its_second_run_asks_for_nothing(alone: Folder) -> None:
    catalogue = Catalogue.recorded(MOVIE, unknowable=False)
    truth = {tmdb_id: catalogue.truth(tmdb_id) for tmdb_id in catalogue.rows}
    # Whatever the environment says, the demo has a database and sites of its own.
    elsewhere: dict[str, Any] = {
        "MONGODB_URI": "nonsense",
        "SQLITE_PATH": "/nowhere",
        "TMDB_BASE_URL": "http://127.0.0.1:9",
    }
    first = alone.run("demo", **elsewhere).stdout
    connection_verdicts = {
        tmdb_id: None if verdict is None else bool(verdict)
        for tmdb_id, verdict in alone.rows("SELECT _id, vidsrcAvailable FROM movies", "demo.db")
    }
    assert connection_verdicts == truth
    assert "titles         876\n" in first
    for state, verdict in (("available", True), ("unavailable", False)):
        assert re.search(rf"^{state} +{sum(one is verdict for one in truth.values())} ", first, re.MULTILINE)
    # A title is asked for once, or twice if it has moved; controls are few.
    assert len(truth) < asked(first) < 1.1 * len(truth)
    second = alone.run("demo").stdout
    assert first.split("\n\n")[0] == second.split("\n\n")[0]
    assert asked(second) == 0
    third = alone.run("demo", "--fresh", "-a", "max_pages=1").stdout
    assert "titles          20\n" in third
    assert alone.files == {"demo.db"}


def test_the_demo_serves_its_sites_until_it_is_interrupted(alone: Folder) -> None:
    process = alone.start("demo", "--serve")
    lines = [next(process.stdout).strip() for _ in range(5)]
    variables: dict[str, Any] = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
    request = urllib.request.Request(  # noqa: S310
        f"{variables['TMDB_BASE_URL']}/discover/movie",
        headers={"Authorization": f"Bearer {variables['TMDB_ACCESS_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert len(json.load(answer)["results"]) == 20
    alone.run("crawl", "tmdb_vidsrc", "-a", "max_pages=1", **variables)
    assert len(alone.verdicts()) == 20
    process.send_signal(signal.SIGINT)
    assert process.ended(0, within=10) == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "quickly"),
        ("demo", "-a", "max_page=1"),
        ("status", "The Matrix"),
        ("status", "603", "604"),
        ("status", "--all"),
        ("runs", "603"),
        ("check", "--all"),
        ("check", "film"),
    ],
)
def test_what_a_command_does_not_take_is_wrong_usage(alone: Folder, arguments: tuple[str, ...]) -> None:
    (line,) = alone.run(*arguments, code=2).stderr.splitlines()
    assert line.startswith("moviesync: ")
    assert alone.files == set()


def test_the_status_of_nothing_is_zero_and_makes_no_file(alone: Folder) -> None:
    assert alone.status() == {
        "store": "sqlite:moviesync.db",
        "movies": ZERO,
        "shows": ZERO,
        "walk": {"movies": NO_WALK, "shows": NO_WALK},
        "lastRun": None,
        "sync": {"movies": NO_SYNC, "shows": NO_SYNC},
    }
    assert "No run yet" in alone.run("status").stdout
    assert alone.files == set()


@pytest.mark.parametrize("store", ["sqlite", "mongodb"])
def test_the_status_of_an_unfinished_walk(folder: Folder, store: str, request: pytest.FixtureRequest) -> None:
    uri = request.getfixturevalue("mongodb_uri") if store == "mongodb" else ""
    folder.crawl("-a", "max_pages=10", MONGODB_URI=uri)
    found = folder.status(MONGODB_URI=uri)
    assert found["store"].startswith(f"{store}:")
    assert found["movies"]["total"] == 200
    assert found["movies"]["available"] + found["movies"]["unavailable"] + found["movies"]["unchecked"] == 200
    assert found["walk"]["movies"] == {"pages": 15, "pagesDone": 10, "complete": False, "gaps": []}
    assert found["shows"] == ZERO
    run = found["lastRun"]
    assert (run["spider"], run["reason"]) == ("tmdb_vidsrc", "finished")
    assert run["started"] < run["finished"]
    assert run["started"].endswith("Z")
    folder.crawl(MONGODB_URI=uri)
    walk = folder.status(MONGODB_URI=uri)["walk"]["movies"]
    assert walk == {"pages": 15, "pagesDone": 15, "complete": True, "gaps": []}
    table = folder.run("status", MONGODB_URI=uri).stdout
    assert "15 of 15" in table
    assert "finished" in table


def test_the_status_of_a_store_that_is_none(alone: Folder) -> None:
    errors = alone.run("status", code=1, SQLITE_PATH="scrapy.cfg").stderr
    assert errors.startswith("moviesync: sqlite:scrapy.cfg: ")
    assert len(errors.splitlines()) == 1


def test_check_passes_offline_and_writes_nothing(alone: Folder) -> None:
    errors = alone.run("check").stderr
    assert "OK" in errors
    spiders = alone.run("check", "--list").stdout.split()
    assert spiders == [
        *("tmdb_vidsrc", "*", "parse_check", "*", "parse_page"),
        *("tmdb_vidsrc_tv", "*", "parse_check", "*", "parse_page"),
    ]
    assert alone.files == set()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("recorded/3/discover/movie.json", '"results"', '"nothing"'),
        ("recorded/3/discover/movie.json", '"id"', '"key"'),
        ("recorded/embed/movie/603", "unavailable", "here"),
        ("vidsrc/page.py", "return ABSENT\n    return Finding", "return AVAILABLE\n    return Finding"),
    ],
)
def test_check_can_fail(tmp_path: Path, path: str, old: str, new: str) -> None:
    shutil.copytree(ROOT / "moviesync", tmp_path / "moviesync")
    changed = tmp_path / "moviesync" / path
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new))
    folder = Folder(tmp_path, {"PYTHONPATH": str(tmp_path)})
    process = folder.start("check")
    assert process.wait() == 1
    assert "FAILED" in process.stderr.text()
