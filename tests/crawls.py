"""Running moviesync's commands the way its users do: in a process and a folder of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Raw
from moviesync.demo.question import question
from moviesync.demo.server import Sites
from moviesync.environment import Environment
from moviesync.kinds import MOVIE
from moviesync.vidsrc.answer import NO_TITLE
from tests import processes
from tests.processes import Process
from tests.warm import Server

ROOT = Path(__file__).parent.parent
# pymongo leaves the socket of a refused connection to the garbage collector.
STRICT = ("-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning")
SCRAPY = (sys.executable, *STRICT, "-m", "scrapy")


# Most tests ask what becomes of a failure, and not how long it takes.
HASTY = ("-s", "RETRY_WAIT=0.01")


# What VidSrc is asked for besides titles, and those of these titles that are known from elsewhere.
CONTROLS = {NO_TITLE, *map(int, Environment().VIDSRC_KNOWN_MOVIES.split(","))}
ONE_AVAILABLE: dict[int, Answer | Raw] = {603: Answer.PLAYER}
"""Answers of VidSrc where a catalogue has nothing available: without any such title no mirror can be believed."""
FROM_STORE = 3
"""As many titles that are stored as available are controls of a later run, at most."""


class Folder:
    """A folder from which commands are run, with the variables that they see."""

    server: ClassVar[Server | None] = None
    """Starts the commands sooner than a process of their own would."""
    _started: ClassVar[list[Process]] = []

    def __init__(self, path: Path, environment: Mapping[str, str], *, warm: bool = True):
        self.path = path
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            # One that is aborted, as it hangs, prints where it is.
            "PYTHONFAULTHANDLER": "1",
            **environment,
        }
        # What is imported ahead is this moviesync.
        self._server = self.server if warm and self.environment["PYTHONPATH"] == str(ROOT) else None
        (path / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())

    def start(self, *arguments: str, **variables: Any) -> Process:
        """Start ``scrapy`` with these arguments."""
        if arguments[0] == "crawl":
            arguments = (*arguments[:2], *HASTY, *arguments[2:])
        environment = {**self.environment, **variables}
        if self._server:
            process = self._server.start(arguments, self.path, environment)
        else:
            process = processes.start([*SCRAPY, *arguments], self.path, environment)
        self._started[:] = [*(one for one in self._started if one.poll() is None), process]
        return process

    @classmethod
    def end_all(cls) -> None:
        """Kill the commands that still run, in whatever folder."""
        while cls._started:
            cls._started.pop().kill()

    def run(self, *arguments: str, code: int = 0, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy`` to its end, which has to come with this exit code and in good order."""
        with self.start(*arguments, **variables) as process:
            errors = process.ended(code)
        return subprocess.CompletedProcess(process.args, code, process.stdout.text(), errors)

    def crawl(self, *arguments: str, code: int = 0, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy crawl tmdb_vidsrc``."""
        return self.run("crawl", "tmdb_vidsrc", *arguments, code=code, **variables)

    def status(self, **variables: Any) -> dict[str, Any]:
        """What ``scrapy status --json`` prints."""
        answer = json.loads(self.run("status", "--json", **variables).stdout)
        assert isinstance(answer, dict)
        return answer

    def rows(self, query: str, database: str = "moviesync.db") -> list[Any]:
        """What a query of the SQLite file gives: single values where it asks for one column."""
        connection = sqlite3.connect(self.path / database)
        try:
            rows = connection.execute(query).fetchall()
        finally:
            connection.close()
        return [row[0] if len(row) == 1 else row for row in rows]

    def verdicts(self, collection: str = "movies") -> dict[int, bool | None]:
        """The verdicts in the SQLite file, by id."""
        rows = self.rows(f"SELECT _id, vidsrcAvailable FROM {collection}")  # noqa: S608
        return {tmdb_id: None if verdict is None else bool(verdict) for tmdb_id, verdict in rows}

    @property
    def files(self) -> set[str]:
        """Everything in the folder but what was there at first."""
        return {str(path.relative_to(self.path)) for path in self.path.rglob("*")} - {"scrapy.cfg"}


def films(number: int, *, plain: float | None = None) -> Catalogue:
    """So many films: the first of the recorded ones, and where these are too few, others like them."""
    return Catalogue.recorded(MOVIE, plain=plain).grown(number)


def ids_asked(sites: Sites, method: str | None = None) -> Counter[int]:
    """How often VidSrc was asked for each id, by page or info, also for controls; redirects do not count."""
    asked: Counter[int] = Counter()
    for path, times in sites.asked("vidsrc", method).items():
        if (about := question(path)) and not about.moved:
            asked[about.tmdb_id] += times
    return asked


def titles_asked(sites: Sites, method: str | None = None) -> Counter[int]:
    """The same without the ids that a run with an empty store has for controls."""
    asked = ids_asked(sites, method)
    return Counter({tmdb_id: times for tmdb_id, times in asked.items() if tmdb_id not in CONTROLS})


def assert_none_asked_twice(sites: Sites, runs: int) -> None:
    """No film that shows whether it is there was asked for by two of so many runs, but for some controls."""
    truth = sites.truth("movies")
    twice = {tmdb_id for tmdb_id, times in titles_asked(sites).items() if times > 1}
    told = {tmdb_id for tmdb_id in twice if truth[tmdb_id] is not None}
    # A control of a later run is one of the titles that were found available last.
    assert {truth[tmdb_id] for tmdb_id in told} <= {True}
    assert len(told) <= FROM_STORE * (runs - 1)


def until(process: Process, true: Callable[[], bool], within: float = 30) -> None:
    """Wait for an event while a process runs."""
    deadline = time.monotonic() + within
    while not true():
        assert process.poll() is None, process.stderr.text()[-3000:]
        assert time.monotonic() < deadline, f"it does not come:\n{process.abort()}"
        time.sleep(0.01)
