"""Ends that nobody plans: interrupts at any moment, a reader that leaves, a TMDB that goes away."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from moviesync.clock import now
from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.server import Sites
from moviesync.items import Mark
from moviesync.reports.overview import overview, status_page
from moviesync.sources.discover.checkpoint import VERSION, Checkpoint
from moviesync.stores.sqlite.store import SQLiteStore
from tests.crawls import SCRAPY, Folder, assert_none_asked_twice, films, titles_asked, until
from tests.processes import Process, start

PAGES = 8
ROOT = "movies | without dates asc"
RUNS = 5
DEADLINE = 12
"""Seconds after which a run that should end hangs."""


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Eight pages of films."""
    with Sites(films(PAGES * 20)) as sites:
        yield sites


def logs(process: Process, words: str) -> None:
    """Wait until a process logs these words."""
    assert any(words in line for line in process.stderr)


def interrupt(process: Process, times: int) -> None:
    """Send so many SIGINT, the second one when the first has been taken."""
    process.send_signal(signal.SIGINT)
    logs(process, "Received SIGINT")
    for _ in range(times - 1):
        process.send_signal(signal.SIGINT)


def ended(process: Process, *codes: int) -> list[str]:
    """What a process wrote to standard error, which ends soon with one of these exit codes."""
    lines = process.ended(*codes, within=DEADLINE).splitlines()
    assert process.returncode == 0 or lines[-1].startswith("moviesync: "), lines[-1]
    return lines


@pytest.mark.parametrize("output", ['exec "$@"', 'exec "$@" >/dev/full', 'exec "$@" >&-'])
def test_a_dry_run_ends_where_nobody_reads_it(folder: Folder, output: str) -> None:
    command = ["sh", "-c", output, "sh", *SCRAPY, "crawl", "tmdb_vidsrc", "-a", "dry_run=1"]
    reader, writer = os.pipe()
    with start(command, folder.path, folder.environment, stdout=writer) as process:
        os.close(writer)
        assert select.select([reader], [], [], DEADLINE)[0]
        os.close(reader)
        lines = ended(process, 1)
    assert lines[-1].startswith("moviesync: standard output ")
    assert folder.files == set()


@pytest.mark.parametrize(("jobdir", "seed"), [([], 1), (["-s", "JOBDIR=crawls/run1"], 2)])
def test_an_interrupt_at_any_moment(sites: Sites, folder: Folder, jobdir: list[str], seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    sites.knobs.vidsrc = SiteKnobs(latency=0.05)
    for _ in range(RUNS - 1):
        process = folder.start("crawl", "tmdb_vidsrc", "-a", "concurrency=4", *jobdir)
        # The store is opened next.
        logs(process, "INFO: moviesync ")
        time.sleep(random.uniform(0, 0.7))
        process.send_signal(signal.SIGINT)
        ended(process, 0, 1)
    sites.knobs.vidsrc = SiteKnobs()
    folder.crawl(*jobdir)
    assert folder.verdicts() == sites.truth("movies")
    assert_none_asked_twice(sites, RUNS)
    assert sites.asked("tmdb").total() == PAGES


def test_a_pause_waits_for_what_is_under_way_and_not_for_its_turn(sites: Sites, folder: Folder) -> None:
    # Pages that are asked for ahead wait five seconds each.
    process = folder.start("crawl", "tmdb_vidsrc", TMDB_RATE="0.2")
    until(process, lambda: titles_asked(sites).total() >= 19)
    process.send_signal(signal.SIGINT)
    process.ended(0, within=4)
    assert sites.asked("tmdb").total() == 1
    folder.crawl()
    assert folder.verdicts() == sites.truth("movies")
    assert sites.asked("tmdb").total() == PAGES
    assert_none_asked_twice(sites, 2)


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_while_the_store_is_being_opened(sites: Sites, folder: Folder, times: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(DEADLINE)
        address = f"mongodb://127.0.0.1:{deaf.getsockname()[1]}/films?serverSelectionTimeoutMS=700"
        process = folder.start("crawl", "tmdb_vidsrc", MONGODB_URI=address)
        with deaf.accept()[0]:
            interrupt(process, times)
            ended(process, times - 1, 1)
    assert sites.log == []


def test_two_interrupts_cut_the_run_off_and_the_same_command_goes_on(sites: Sites, folder: Folder) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=1)
    process = folder.start("crawl", "tmdb_vidsrc")
    until(process, lambda: sites.running > 8)
    interrupt(process, 2)
    assert ended(process, 1)[-1] == "moviesync: the run was cut off; the same command goes on with it"
    sites.knobs.vidsrc = SiteKnobs()
    folder.crawl()
    assert folder.verdicts() == sites.truth("movies")


def test_interrupts_when_all_is_done_change_nothing(folder: Folder) -> None:
    process = folder.start("crawl", "tmdb_vidsrc", "-a", "max_pages=1")
    logs(process, "Spider closed (finished)")
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    ended(process, 0)


@pytest.mark.parametrize(("total_pages", "total_results"), [(1, 0), (PAGES, PAGES * 20)])
def test_an_empty_page_amid_a_window_is_told_and_not_done(
    sites: Sites, folder: Folder, total_pages: int, total_results: int
) -> None:
    answer = {"page": 4, "results": [], "total_pages": total_pages, "total_results": total_results}
    sites.knobs.bodies = {("movies", 4): json.dumps(answer).encode()}
    # Those of the first page.
    oldest = sorted(sites.movies.rows.values(), key=lambda row: (row["release_date"], row["id"]))[:3]
    kinds = (Answer.BLOCKED, Answer.ERROR_500, Answer.BLOCKED)
    sites.knobs.per_title = {row["id"]: kind for row, kind in zip(oldest, kinds, strict=True)}
    process = folder.start("crawl", "tmdb_vidsrc")
    lines = ended(process, 0, 1)
    walk = folder.status()["walk"]["movies"]
    assert (walk["pagesDone"], walk["pages"]) == (PAGES - 1, PAGES)
    told = [line for line in lines if line.startswith("moviesync: gap in movies: ")]
    assert process.returncode == 1 or (len(told), len(walk["gaps"])) == (1, 1)
    found = Counter(folder.verdicts().values())
    assert (found.total(), found[None]) == ((PAGES - 1) * 20, 3)
    assert (
        f"moviesync: {found.total()} titles checked: {found[True]} available, {found[False]} unavailable,"
        " 3 unknown (blocked (HTTP 403): 2, HTTP 500: 1), which stay due"
    ) in lines


def test_tmdb_goes_away_and_the_next_run_completes(sites: Sites, folder: Folder) -> None:
    process = folder.start("crawl", "tmdb_vidsrc", "-s", "RETRY_TIMES=0", TMDB_RATE="20")
    until(process, lambda: sites.asked("tmdb").total() >= 3)
    sites.knobs.tmdb.down = "reset"
    last = ended(process, 1)[-1]
    done = folder.status()["walk"]["movies"]["pagesDone"]
    assert last.startswith(f"moviesync: {PAGES - done} pages of TMDB could not be had (")
    sites.knobs.tmdb.down = None
    folder.crawl()
    assert folder.verdicts() == sites.truth("movies")


def by_hand(path: Path, name: str, field: str, value: object) -> None:
    """Set a field of a row of the ledger, or the whole row where the field is ``$``."""
    change = "UPDATE progress SET document = json_set(document, ?, json(?)) WHERE _id = ?"
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(change, (field, json.dumps(value), name)).rowcount == 1


def test_a_new_walk_that_was_killed_before_it_began_begins_anew(sites: Sites, folder: Folder) -> None:
    folder.crawl()
    by_hand(folder.path / "moviesync.db", "movies", "$", {"version": None})
    assert folder.status()["walk"]["movies"] == {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}
    sites.clear()
    folder.crawl()
    assert sites.asked("tmdb").total() == PAGES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("movies$", []),
        ("movies$", {"version": VERSION, "started": "2026-11-23T09:00:00.000Z"}),
        ("movies$.today", 7),
        ("movies$.pages", "many"),
        ("movies$.gaps", [7]),
        (f"{ROOT}$", []),
        (f"{ROOT}$.totalPages", "8"),
        (f"{ROOT}$.undated", None),
        (f"{ROOT}$.pagesDone", [[1, "x"]]),
        (f"{ROOT}$.pagesDone", [[1, 1.5]]),
    ],
)
async def test_a_ledger_written_by_hand_crashes_nothing(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "films.db"
    store = SQLiteStore(str(path))
    await store.open()
    ledger = Checkpoint(store, "movies", None, None, now=now())
    try:
        for most in (3, PAGES):
            assert await ledger.load("continue", anew_if_finished=False)
            walk = ledger.walk
            for window in walk:
                walk.opened(window, PAGES, PAGES * 20, [])
                await ledger.mark([Mark(window.key, number) for number in islice(walk.to_do(window), most)])
            assert (walk.complete, walk.gaps()) == (most == PAGES, [])
            await ledger.save()
            row, _, rest = field.partition("$")
            by_hand(path, row, f"${rest}", value)
            found = await overview(store, now())
            assert {type(found.status["walk"]["movies"][name]) for name in ("pages", "pagesDone")} == {int}
            assert "movies" in status_page(found)
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("arguments", "file", "line"),
    [
        ("-s TMDB_RATE=abc", b"", "TMDB_RATE=abc: Input should be a valid number, "),
        ("-s VIDSRC_CONCURRENCY=0", b"", "VIDSRC_CONCURRENCY=0: Input should be greater than or equal to 1"),
        ("-L FOO", b"", "FOO: there is no such log level"),
        ("-s RUN_HEARTBEAT=", b"", "-s RUN_HEARTBEAT=: should be a number from 0 on"),
        ("-s STORE_PATIENCE=ten", b"", "-s STORE_PATIENCE=ten: should be a number from 0 on"),
        ("-s RETRY_TIMES=1.5", b"", "-s RETRY_TIMES=1.5: should be a whole number from 0 on"),
        ("", "SQLITE_PATH=böse.db\n".encode("latin-1"), "{path}: cannot be read as UTF-8 text"),
        ("", b"TMDB_RATE=9\nno such line\n", "{path}, line 2: not NAME=value"),
    ],
)
def test_wrong_settings_are_one_line(folder: Folder, arguments: str, file: bytes, line: str) -> None:
    path = folder.path / ".env"
    path.write_bytes(file)
    run = folder.crawl(*arguments.split(), code=2)
    assert run.stderr.startswith("moviesync: " + line.format(path=path))
    assert (run.stderr.count("\n"), run.stdout, folder.files) == (1, "", {".env"})


def test_a_mistake_in_a_callback_is_logged_and_the_run_ends_with_1(sites: Sites, folder: Folder) -> None:
    broken = (
        "from moviesync.sources.discover.plan import CrawlPlan\n"
        "answer = CrawlPlan.answer\n"
        "def mistaken(self, part, number, *given, **named):\n"
        "    if number == 3:\n"
        "        raise KeyError('a mistake')\n"
        "    return answer(self, part, number, *given, **named)\n"
        "CrawlPlan.answer = mistaken\n"
        "from scrapy.cmdline import execute\n"
        "execute(['scrapy', 'crawl', 'tmdb_vidsrc'])\n"
    )
    command = [SCRAPY[0], "-c", broken]
    run = subprocess.run(
        command, cwd=folder.path, env=folder.environment, check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "KeyError: 'a mistake'" in run.stderr
    last = run.stderr.splitlines()[-1]
    assert last.startswith("moviesync: a mistake in moviesync (the log shows it)")
    # Its page is still to be walked.
    folder.crawl()
    assert folder.verdicts() == sites.truth("movies")
    assert folder.status()["walk"]["movies"]["complete"]
