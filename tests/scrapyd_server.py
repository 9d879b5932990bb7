"""A real scrapyd: an egg of this project, and a server that runs its spiders, in folders of their own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests import processes
from tests.crawls import ROOT

LONGEST = 60
"""Seconds that a server may take to begin, and a job to end."""
PROJECT = "moviesync"
STATES = ("pending", "running", "finished")
# What a checkout has beside the project.
_LEFT = (".git", ".venv", ".env", "__pycache__", ".*_cache", "build", "dist", "*.egg-info", "target", "logs")
_CONFIGURATION = """
[scrapyd]
http_port = {port}
# Default 5 s from one look for new jobs to the next.
poll_interval = 0.1
"""


def copied(folder: Path) -> Path:
    """A copy of the project, so that what is built leaves nothing here, and finds nothing of an earlier build."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*_LEFT))
    return folder


class Scrapyd:
    """A server at a free port of this machine alone; its jobs see its variables, and store in its folder."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        (folder / "scrapyd.conf").write_text(_CONFIGURATION.format(port=port))
        # Of this machine's own settings for scrapyd nothing is read: those of a user are in the home folder.
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
        self._process = processes.start([sys.executable, "-m", "scrapyd"], folder, environment)

    def __enter__(self) -> Scrapyd:
        self.wait(self._answers)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()

    def wait(self, true: Callable[[], bool]) -> None:
        """Wait for an event while the server runs."""
        deadline = time.monotonic() + LONGEST
        while not true():
            assert self._process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.05)

    @property
    def printed(self) -> str:
        """What the server and its jobs have printed last."""
        return (self._process.stdout.text() + self._process.stderr.text())[-6000:]

    def get(self, action: str, **query: str) -> dict[str, Any]:
        return self._answer(f"{self.address}/{action}.json?{urlencode(query)}", None)

    def post(self, action: str, **form: str) -> dict[str, Any]:
        return self._answer(f"{self.address}/{action}.json", urlencode(form).encode())

    def schedule(self, spider: str, **form: str) -> str:
        """The id of a new job; ``setting`` is NAME=value, anything else an argument of the spider."""
        job = self.post("schedule", project=PROJECT, spider=spider, **form)["jobid"]
        assert isinstance(job, str)
        return job

    def state(self, job: str) -> str:
        """pending, running or finished."""
        jobs = self.get("listjobs", project=PROJECT)
        return next(state for state in jobs if state in STATES for one in jobs[state] if one["id"] == job)

    def finished(self, *jobs: str) -> None:
        """Wait until these jobs have ended."""
        self.wait(lambda: all(self.state(job) == "finished" for job in jobs))

    def log(self, spider: str, job: str) -> str:
        return self._read(f"{self.address}/logs/{PROJECT}/{spider}/{job}.log", None).decode()

    def _answer(self, url: str, form: bytes | None) -> dict[str, Any]:
        told = json.loads(self._read(url, form))
        assert isinstance(told, dict)
        assert told["status"] == "ok", told
        return told

    @staticmethod
    def _read(url: str, form: bytes | None) -> bytes:
        with urlopen(url, form, timeout=LONGEST) as answer:  # noqa: S310 - our own server
            content = answer.read()
        assert isinstance(content, bytes)
        return content

    def _answers(self) -> bool:
        try:
            return bool(self.get("daemonstatus"))
        except URLError:
            return False
