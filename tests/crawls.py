"""Running moviesync's commands the way its users do: in a process and a folder of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# pymongo leaves the socket of a refused connection to the garbage collector.
SOCKETS = "ignore:unclosed <socket:ResourceWarning"
SCRAPY = [sys.executable, "-W", "error", "-W", SOCKETS, "-m", "scrapy"]
TIMEOUT = 60
"""Seconds after which a command that should have ended has not."""


class Folder:
    """A folder from which commands are run, with the variables that they see."""

    def __init__(self, path: Path, environment: Mapping[str, str]):
        self.path = path
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
        (path / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())

    def start(self, *arguments: str, **variables: Any) -> subprocess.Popen[str]:
        """Start ``scrapy`` with these arguments in a process group of its own."""
        return subprocess.Popen(
            [*SCRAPY, *arguments],
            cwd=self.path,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, code: int = 0, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Run ``scrapy`` to its end, which has to come with this exit code and without a traceback."""
        process = self.start(*arguments, **variables)
        with process:
            try:
                output, errors = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert process.returncode == code, errors[-3000:]
        assert "Traceback" not in errors, errors[-3000:]
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

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
