"""``scrapy`` commands without the half second that each of them takes to import what all of them import.

A server forks one that goes on as ``python -m scrapy`` would: in a folder and with variables of its
own, as strict about warnings, and to an ordinary end of the interpreter. Linux only.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from scrapy.settings import default_settings

from tests.processes import TIMEOUT, Output, Process

ROOT = Path(__file__).parent.parent
AHEAD = ("aiohttp.web", "pymongo", "scrapy.cmdline", "scrapy.statscollectors", "tldextract")
"""What is imported before there is a command, beside all of moviesync, and Scrapy's commands and middlewares."""
COMPONENTS = (
    default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    default_settings.EXTENSIONS_BASE,
    default_settings.SPIDER_MIDDLEWARES_BASE,
    default_settings.SPIDER_CONTRACTS_BASE,
)
NEVER = {"moviesync.settings", "moviesync.demo.__main__"}
"""What reads the environment when it is imported, or runs."""
_MOST = 1 << 17
"""Bytes of a message."""


class Server:
    """Starts commands. It has a process of its own from the first one on, which ends with this one, or by ``end``."""

    def __init__(self, *options: str) -> None:
        self._command = [sys.executable, *options, "-m", "tests.warm"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Process:
        """Start ``python -m scrapy`` with these arguments."""
        if self._process is None:
            self._begin()
        output, errors = Output(), Output()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = {"arguments": arguments, "folder": str(folder), "variables": dict(variables)}
        with theirs:
            files = [output.fileno(), errors.fileno(), theirs.fileno()]
            socket.send_fds(self._requests, [json.dumps(asked).encode()], files)
        return Process(["scrapy", *arguments], Command(ours), output, errors)

    def end(self) -> None:
        """Wait for the last command; those that nobody has any more are killed."""
        if self._process is not None:
            self._requests.close()
            self._process.wait(TIMEOUT)
            self._process = None

    def _begin(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )


class Command:
    """A command as whoever started it sees it; it is killed when this is gone."""

    def __init__(self, answers: socket.socket) -> None:
        self._answers = answers
        self._returncode: int | None = None
        self.pid = self._answer(TIMEOUT)

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float) -> int:
        if self._returncode is None:
            self._returncode = self._answer(timeout)
            self._answers.close()
        return self._returncode

    def _answer(self, timeout: float) -> int:
        if not select.select([self._answers], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("scrapy", timeout)
        answer = self._answers.recv(_MOST)
        assert answer, "the server of commands is gone"
        return int(answer)


# In the server


def _import_ahead() -> None:
    names = list(AHEAD)
    for package in ("moviesync", "scrapy.commands"):
        path = importlib.import_module(package).__path__
        names += [found.name for found in pkgutil.walk_packages(path, f"{package}.")]
    names += [path.rpartition(".")[0] for group in COMPONENTS for path in group]
    for name in set(names) - NEVER:
        importlib.import_module(name)
    # What is there now is no garbage: a command need neither look at it nor, with that, copy it.
    gc.collect()
    gc.freeze()


def _serve(requests: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return in every command that is asked for: its arguments, folder and variables, and its files."""
    keepers = set[int]()
    while True:
        message, files, _, _ = socket.recv_fds(requests, _MOST, 3)
        if not message:
            for keeper in keepers:
                os.waitpid(keeper, 0)
            sys.exit()
        keeper = os.fork()
        if keeper == 0:
            break
        keepers.add(keeper)
        keepers = {one for one in keepers if os.waitpid(one, os.WNOHANG) == (0, 0)}
        for file in files:
            os.close(file)
    requests.close()
    command = os.fork()
    if command:
        _keep(command, files[2])
    return json.loads(message), files


def _keep(command: int, answers: int) -> NoReturn:
    """Tell of the end of a command, and be it that whoever had it started is gone, bring it about."""
    ended = os.pidfd_open(command)
    if ended not in select.select([ended, answers], [], [])[0]:
        os.killpg(command, signal.SIGKILL)
    _, status = os.waitpid(command, 0)
    with suppress(BrokenPipeError):
        os.write(answers, b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


# In a command


def _become(asked: Mapping[str, Any], files: Sequence[int]) -> None:
    output, errors, answers = files
    os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.write(answers, b"%d" % os.getpid())
    os.closerange(3, 1024)
    if "PYTHONFAULTHANDLER" in os.environ:
        faulthandler.enable()
    sys.path[0] = asked["folder"]
    sys.argv[1:] = asked["arguments"]


if __name__ == "__main__":
    _import_ahead()
    _become(*_serve(socket.socket(fileno=int(sys.argv[1]))))
    runpy.run_module("scrapy", run_name="__main__", alter_sys=True)
