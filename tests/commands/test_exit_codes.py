"""How a run ends: exit codes, and what its user reads."""

from __future__ import annotations

import signal
import socket
import time
from typing import Any

import pytest

from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from tests.crawls import Folder, assert_none_asked_twice, until

NO_KEY: dict[str, Any] = {"TMDB_ACCESS_TOKEN": "", "TMDB_API_KEY": ""}


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["-a", "start_pge=5"], ["-a start_pge=5: there is no such argument; did you mean start_page?"]),
        (["-a", "start_page=0"], ["-a start_page=0: Input should be greater than 0"]),
        (
            ["-a", "batch_size=abc"],
            ["-a batch_size=abc: Input should be a valid integer, unable to parse string as an integer"],
        ),
        (
            ["-a", "walk=back", "-a", "released_from=1990"],
            [
                "-a released_from=1990: should be a date like 1999-12-31",
                "-a walk=back: Input should be 'continue', 'new' or 'skip'",
            ],
        ),
        (["-a", "nothing"], ["Invalid -a value, use -a NAME=VALUE"]),
        (["--dry-run"], ["--dry-run: there is no such option"]),
        (["another"], ["name one spider: there are tmdb_vidsrc and tmdb_vidsrc_tv"]),
    ],
)
def test_wrong_usage_is_one_line_a_mistake_and_nothing_else(
    sites: Sites, folder: Folder, arguments: list[str], lines: list[str]
) -> None:
    run = folder.crawl(*arguments, code=2)
    assert run.stderr.splitlines() == [f"moviesync: {line}" for line in lines]
    assert run.stdout == ""
    assert sites.log == []
    assert folder.files == set()


def test_a_mistyped_spider_is_wrong_usage(folder: Folder) -> None:
    errors = folder.run("crawl", "tmdb_vidsrk", code=2).stderr
    assert (
        errors
        == "moviesync: tmdb_vidsrk: there is no such spider; there are tmdb_vidsrc and tmdb_vidsrc_tv\n"
    )


def test_a_variable_that_is_no_use_is_wrong_usage(folder: Folder) -> None:
    errors = folder.crawl(code=2, TMDB_RATE="fast", VIDSRC_BASE_URL="vidsrc.xyz").stderr
    assert errors.splitlines() == [
        "moviesync: TMDB_RATE=fast: Input should be a valid number, unable to parse string as a number",
        "moviesync: VIDSRC_BASE_URL=vidsrc.xyz: should be an address that begins with http:// or https://",
    ]


def test_without_a_key_nothing_is_asked(sites: Sites, folder: Folder) -> None:
    (line,) = folder.crawl(code=1, **NO_KEY).stderr.splitlines()
    assert all(word in line for word in ("TMDB_ACCESS_TOKEN", "TMDB_API_KEY", "scrapy demo"))
    assert sites.log == []
    assert folder.files == set()


@pytest.mark.parametrize("variable", ["TMDB_ACCESS_TOKEN", "TMDB_API_KEY"])
def test_a_wrong_key_ends_the_run_and_is_named_by_its_variable(folder: Folder, variable: str) -> None:
    errors = folder.crawl(code=1, **{**NO_KEY, variable: "wr0ngkey"}).stderr
    last = errors.splitlines()[-1]
    assert last.startswith(f"moviesync: TMDB refuses the key in {variable} (HTTP 401, code 7)")
    assert "wr0ngkey" not in errors


def test_a_v3_key_is_as_good_as_a_token(sites: Sites, folder: Folder) -> None:
    folder.crawl("-a", "max_pages=1", **{**NO_KEY, "TMDB_API_KEY": "demo"})
    assert len(folder.verdicts()) == 20
    assert sites.log[0].query["api_key"] == "demo"


def test_a_file_with_variables_is_read_and_real_ones_win(folder: Folder) -> None:
    (folder.path / ".env").write_text("TMDB_ACCESS_TOKEN=wrong\nSQLITE_PATH=from-file.db\n")
    folder.crawl("-a", "max_pages=1")
    assert "from-file.db" in folder.files


def test_a_mongodb_that_does_not_answer_ends_the_run_soon(sites: Sites, folder: Folder) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        began = time.monotonic()
        errors = folder.crawl(code=1, MONGODB_URI=f"mongodb://user:s3cret@127.0.0.1:{port}/films").stderr
    assert time.monotonic() - began < 30
    assert f"127.0.0.1:{port}" in errors.splitlines()[-1]
    assert "s3cret" not in errors
    assert sites.log == []


@pytest.mark.parametrize("path", ["scrapy.cfg", "scrapy.cfg/films.db"])
def test_a_sqlite_file_that_is_none_ends_the_run(sites: Sites, folder: Folder, path: str) -> None:
    last = folder.crawl(code=1, SQLITE_PATH=path).stderr.splitlines()[-1]
    assert last.startswith(f"moviesync: sqlite:{path}: ")
    assert sites.log == []


@pytest.mark.parametrize("jobdir", [[], ["-s", "JOBDIR=crawls/run1"]])
def test_one_interrupt_stops_cleanly_and_the_same_command_goes_on(
    sites: Sites, folder: Folder, jobdir: list[str]
) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    process = folder.start("crawl", "tmdb_vidsrc", *jobdir)
    until(process, lambda: len(sites.log) >= 100)
    process.send_signal(signal.SIGINT)
    process.ended(0, within=20)
    asked = len(sites.log)
    assert asked < 350
    sites.knobs.vidsrc = SiteKnobs()
    folder.crawl(*jobdir)
    assert folder.verdicts() == sites.truth("movies")
    assert_none_asked_twice(sites, 2)
    assert sites.asked("tmdb").total() == 15
    assert folder.status()["lastRun"]["reason"] == "finished"


def test_a_run_on_jobdir_goes_to_the_end(folder: Folder, sites: Sites) -> None:
    folder.crawl("-s", "JOBDIR=crawls/run1")
    assert folder.verdicts() == sites.truth("movies")


def test_a_jobdir_that_cannot_be_used_is_a_line(folder: Folder) -> None:
    (line,) = folder.crawl("-s", "JOBDIR=scrapy.cfg", code=1).stderr.splitlines()
    assert line.startswith("moviesync: JOBDIR=scrapy.cfg: the folder cannot be used (Not a directory)")
    assert folder.files == set()


def test_a_feed_on_a_full_disk_is_told_and_costs_the_store_nothing(folder: Folder, sites: Sites) -> None:
    lines = folder.crawl("-a", "max_pages=1", "-O", "/dev/full:jsonl", code=1).stderr.splitlines()
    assert lines[-1].startswith("moviesync: a feed is not whole ")
    assert len(folder.verdicts()) == 20
