"""Running moviesync's commands the way its users do: in a process and a folder of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from moviesync.demo.catalogue import Catalogue
from moviesync.kinds import MOVIE
from tests import processes
from tests.processes import Process
from tests.warm import Server

ROOT = Path(__file__).parent.parent
# pymongo leaves the socket of a refused connection to the garbage collector.
STRICT = ("-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning")
SCRAPY = (sys.executable, *STRICT, "-m", "scrapy")


# Most tests ask what becomes of a failure, and not how long it takes.
HASTY = ("-s", "RETRY_WAIT=0.01")


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


def until(process: Process, true: Callable[[], bool], within: float = 30) -> None:
    """Wait for an event while a process runs."""
    deadline = time.monotonic() + within
    while not true():
        assert process.poll() is None, process.stderr.text()[-3000:]
        assert time.monotonic() < deadline, f"it does not come:\n{process.abort()}"
        time.sleep(0.01)
