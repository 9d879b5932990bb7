"""Starting programs as a user would, each in a folder and with variables of its own, and ending them."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
SCRAPY = (sys.executable, "-m", "scrapy")
OUTPUT = "output.txt"
LONGEST = 3600.0
"""Seconds after which a program that should have ended has not."""
LONGEST_START = 60.0
"""Seconds after which a program that should have said something has not; so too a site that was asked."""
_LOOK = 0.01
_MAXRSS_IN_MB = 1 / 1024**2 if sys.platform == "darwin" else 1 / 1024


class Failed(Exception):
    """Something that was to be measured does not work; the text says what."""


@dataclass(frozen=True)
class Ended:
    """A program that has done its work."""

    started: float
    """``time.monotonic`` at its start."""
    seconds: float
    memory: float
    """The most memory that it held, in MB; the kernel counts that of this process, if it is more."""
    output: str


@contextmanager
def running(
    command: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process group of its own, whose output goes to a file; killed where it is left early."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    with (folder / OUTPUT).open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def format_command(process: subprocess.Popen[bytes]) -> str:
    return shlex.join(map(str, cast("Sequence[str]", process.args)))


def memory_at_end(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Wait until a program has ended well; the most memory that it held, in MB."""
    deadline = time.monotonic() + LONGEST
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            raise Failed(f"{format_command(process)} has not ended after {LONGEST:g} seconds")
        time.sleep(_LOOK)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told = (folder / OUTPUT).read_text("utf-8", "replace")
        raise Failed(f"{format_command(process)} ended with exit code {process.returncode}:\n{told[-2000:]}")
    return usage.ru_maxrss * _MAXRSS_IN_MB


def run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ended:
    """Run a program to its end; raises ``Failed`` where that is none with exit code 0."""
    started = time.monotonic()
    with running(command, folder, variables) as process:
        memory = memory_at_end(process, folder)
    seconds = time.monotonic() - started
    return Ended(started, seconds, memory, (folder / OUTPUT).read_text("utf-8", "replace"))


def project(folder: Path) -> Path:
    """Make a folder one from which ``scrapy`` runs moviesync."""
    (folder / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())
    return folder


class Miniature:
    """Both sites in a process of their own, within ``with``; ``knobs`` as ``python -m moviesync.demo`` takes them."""

    def __init__(self, knobs: Mapping[str, Any]) -> None:
        self._command = [sys.executable, "-m", "moviesync.demo", json.dumps(knobs)]
        self.tmdb_url = ""
        self.vidsrc_url = ""

    def __enter__(self) -> Miniature:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A Ctrl-C is for this process, which then ends the sites.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        said = select.select([self._process.stdout], [], [], LONGEST_START)[0]
        line = self._process.stdout.readline() if said else ""
        if not line:
            self.__exit__()
            raise Failed("the miniature sites do not start")
        for name, url in json.loads(line).items():
            setattr(self, name, url)
        return self

    def __exit__(self, *_: object) -> None:
        # The end of its input ends it; `communicate` closes that.
        try:
            self._process.communicate(timeout=30)
        except BaseException:
            self._process.kill()
            self._process.communicate()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a program asks these sites."""
        return {
            "TMDB_BASE_URL": self.tmdb_url,
            "TMDB_ACCESS_TOKEN": "demo",
            "VIDSRC_BASE_URL": self.vidsrc_url,
        }

    def log(self) -> dict[str, Any]:
        """What both sites were asked so far (see ``moviesync.demo.journal``)."""
        with urlopen(f"{self.vidsrc_url}/_log", timeout=LONGEST_START) as answer:  # noqa: S310 - our own address
            log: dict[str, Any] = json.load(answer)
        return log
