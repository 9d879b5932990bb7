"""The log: the same in the file as on the console, for people to read, and never in a run's way."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE, SHOW
from moviesync.log.sampling import MOST, LogSampler
from moviesync.output import refusal
from tests.crawls import Folder

LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\S+\] [A-Z]+: ")
FAILING = MOST + 2
LOG = "logs/moviesync.log"


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Three pages of films and three of shows."""
    films, shows = (list(Catalogue.recorded(kind).rows.values())[:60] for kind in (MOVIE, SHOW))
    with Sites(Catalogue(MOVIE, films), Catalogue(SHOW, shows)) as sites:
        yield sites


def messages(text: str) -> list[str]:
    """The lines of a log, and of what is printed beside it, without time, logger and level."""
    return [re.sub(LOGGED, "", line).removeprefix("moviesync: ") for line in text.splitlines()]


def test_the_file_holds_what_the_console_shows(sites: Sites, folder: Folder) -> None:
    failing = list(islice(sites.movies.rows, FAILING))
    sites.knobs.per_title = dict.fromkeys(failing, Answer.ERROR_500)
    # A secret and a colour, in what is logged.
    path = "demo-\x1b[31m.db"
    arguments = ("-s", "RETRY_TIMES=1", "-s", "LOGSTATS_INTERVAL=0.1")
    console = folder.crawl(*arguments, SQLITE_PATH=path).stderr
    file = (folder.path / LOG).read_text()
    assert messages(file) == messages(console)
    assert all(LOGGED.match(line) for line in file.splitlines())
    lines = messages(file)
    assert lines[0] == "moviesync 0.1.0: scrapy crawl tmdb_vidsrc"
    assert "Storing in sqlite:***-\\u001b[31m.db" in lines
    # What Scrapy is made of is for DEBUG.
    assert not re.search("Enabled |Overridden|Dumping|Versions|Spider opened", file)
    # Of titles that fail there are some lines, and the sum.
    told = [
        line for line in lines if ": no verdict (HTTP 500); it stays due, and the next run asks again" in line
    ]
    assert len(told) == MOST
    assert told[-1].endswith("(further lines like this are only counted; -L DEBUG shows them)")
    assert int(told[0].split()[1].rstrip(":")) in failing
    # Of how far it is, a line now and then.
    assert [
        line for line in lines if re.match(r"\d+ of 3 pages, \d+ titles checked, .* left.*; TMDB: ok, ", line)
    ]
    closing = lines[lines.index("Spider closed (finished)") + 1 :]
    assert closing[0] == "3 pages with 60 titles, 60 of them new"
    assert closing[1].startswith("60 titles checked: ")
    assert f"HTTP 500: {FAILING}" in closing[1]
    assert closing[2] == f"{FAILING} requests tried again (HTTP 500: {FAILING})"
    assert re.fullmatch(r"it took \d+ s, \d+ titles checked a second", closing[3])
    assert closing[4:] == [
        "next: the same command asks for the unknown titles again; scrapy status shows what is stored"
    ]


def test_a_run_that_fails_ends_the_file_with_the_reason_and_appends_to_it(folder: Folder) -> None:
    (folder.path / "logs").mkdir()
    (folder.path / LOG).write_text("of another day\n")
    console = folder.crawl(code=1, TMDB_ACCESS_TOKEN="wr0ngkey").stderr  # noqa: S106
    lines = (folder.path / LOG).read_text().splitlines()
    assert lines[0] == "of another day"
    assert "[moviesync] ERROR: TMDB refuses the key in TMDB_ACCESS_TOKEN" in lines[-1]
    assert messages(lines[-1]) == messages(console)[-1:]


def test_two_runs_at_once_lose_no_line_when_the_file_is_put_aside(sites: Sites, folder: Folder) -> None:
    # Each is tried again some times, with a line.
    sites.knobs.per_title = dict.fromkeys(
        [*list(sites.movies.rows)[::4], *list(sites.shows.rows)[::4]], Answer.ERROR_500
    )
    settings = ("-L", "DEBUG", "-s", "LOGFILE_MAX_BYTES=400", "-s", "LOGFILE_BACKUPS=500")
    spiders = ("tmdb_vidsrc", "tmdb_vidsrc_tv")
    runs = [folder.start("crawl", spider, *settings, SQLITE_PATH=f"{spider}.db") for spider in spiders]
    files = [run.ended(0) for run in runs]
    assert all("cannot be rotated" not in text for text in files)
    logs = [path for path in (folder.path / "logs").iterdir() if path.suffix != ".lock"]
    assert len(logs) > 100
    written = Counter(line for path in logs for line in path.read_text().splitlines())
    for text in files:
        lines = text.splitlines()
        # From the moment on in which there is a file.
        begun = next(n for n, line in enumerate(lines) if "Enabled downloader middlewares" in line)
        shown = Counter(line for line in lines[begun:] if not line.startswith("moviesync: "))
        assert not shown - written


def test_a_log_file_that_cannot_be_written_is_told_at_once(folder: Folder) -> None:
    (line,) = folder.crawl(code=1, LOG_FILE="scrapy.cfg/x.log").stderr.splitlines()
    why = "the log cannot be written (Its folder is a file): name another, or /dev/null for none"
    assert line == f"moviesync: LOG_FILE=scrapy.cfg/x.log: {why}"
    assert folder.files == set()
    assert refusal(str(folder.path)) == "Is a directory"
    assert refusal(str(folder.path / "a/b/x.log")) == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_disk_that_is_full_is_told_once_and_the_run_goes_on(folder: Folder, sites: Sites) -> None:
    errors = folder.crawl(LOG_FILE="/dev/full").stderr
    (told,) = [line for line in errors.splitlines() if "No space left on device" in line]
    assert "The log file /dev/full takes no more" in told
    assert "Logging error" not in errors
    assert folder.verdicts() == sites.truth("movies")


def test_scrapys_own_log_file_takes_the_log_from_the_console(folder: Folder) -> None:
    errors = folder.crawl("--logfile", "own.log", "-a", "max_pages=1").stderr
    assert all(line.startswith("moviesync: ") for line in errors.splitlines())
    assert "Spider closed (finished)" in (folder.path / "own.log").read_text()
    assert "logs" not in folder.files


def test_lines_of_a_kind_are_told_a_few_times(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sparing = LogSampler(logging.getLogger("films"))
    for kind in ("timeout", "HTTP 500"):
        for number in range(FAILING):
            sparing.log(logging.WARNING, kind, "%d: %s", number, kind)
    levels = [logging.WARNING] * MOST + [logging.DEBUG] * (FAILING - MOST)
    assert [record.levelno for record in caplog.records] == 2 * levels
    assert caplog.messages[MOST] == f"{MOST}: timeout"
