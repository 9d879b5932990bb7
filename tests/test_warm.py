"""Commands that the tests start from a server are in all that matters like those that a user starts."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crawls import SCRAPY, STRICT, Folder
from tests.processes import start
from tests.warm import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server needs Linux")

SURROUNDINGS = """
import faulthandler, gc, json, locale, os, signal, sys, threading, warnings
print(json.dumps({
    "arguments": sys.argv,
    "path": sys.path,
    "folder": os.getcwd(),
    "variables": {name: value for name, value in os.environ.items() if name != "LC_CTYPE"},
    "encoding": locale.getencoding() if sys.version_info >= (3, 11) else locale.getpreferredencoding(False),
    "input": sys.stdin.read(),
    "outputs": [
        [one.fileno(), one.encoding, one.errors, one.isatty(), one.line_buffering]
        for one in (sys.stdin, sys.stdout, sys.stderr)
    ],
    "files": sorted(os.listdir("/proc/self/fd"))[:-1],
    "session": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
    "signals": [
        str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)
    ],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "warnings": [str(one) for one in warnings.filters if one[2].__module__ == "builtins"],
    "threads": threading.active_count(),
    "stacks": faulthandler.is_enabled(),
    "garbage": [gc.isenabled(), gc.get_threshold()],
    "main": sys.modules["__main__"].__spec__.name,
    "not there": ["twisted.internet.reactor" in sys.modules, "moviesync.settings" in sys.modules],
    "recursion": sys.getrecursionlimit(),
}))
"""


@pytest.fixture
def odd(tmp_path: Path) -> Folder:
    """A folder whose commands run the file ``odd.py`` as their settings."""
    folder = Folder(tmp_path, {"MARK": "mine"})
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = odd\n")
    return folder


def test_a_command_meets_what_one_that_a_user_starts_meets(odd: Folder) -> None:
    (odd.path / "odd.py").write_text(SURROUNDINGS)
    process = start([*SCRAPY, "version", "--verbose"], odd.path, odd.environment)
    met: list[dict[str, Any]] = [
        json.loads(next(one.stdout)) for one in (odd.start("version", "--verbose"), process)
    ]
    process.ended(0)
    assert met[0] == met[1]
    assert met[0]["variables"]["MARK"] == "mine"
    assert met[0]["files"] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("import atexit; atexit.register(os._exit, 4)", 4, ""),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("os.kill(os.getpid(), signal.SIGINT); time.sleep(9)", -signal.SIGINT, "KeyboardInterrupt"),
        ("os.abort()", -signal.SIGABRT, "Fatal Python error: Aborted"),
        ("warnings.warn('odd', ResourceWarning)", 1, "ResourceWarning: odd"),
        ("open('odd.py'); del sys", 0, "Exception ignored"),
        ("class Odd:\n    def __del__(self): 1 / 0\nodd = Odd()", 0, "ZeroDivisionError"),
    ],
)
def test_a_command_ends_as_one_that_a_user_starts_ends(
    odd: Folder, script: str, code: int, said: str
) -> None:
    (odd.path / "odd.py").write_text(f"import os, signal, sys, time, warnings\n{script}\n")
    process = odd.start("version")
    assert process.wait() == code
    assert said in process.stderr.text()


def test_a_command_is_killed_where_whoever_had_it_started_is_gone(odd: Folder) -> None:
    (odd.path / "odd.py").write_text("import time\nprint(flush=True)\ntime.sleep(60)\n")
    server = Server(*STRICT)
    process = server.start(["version"], odd.path, odd.environment)
    next(process.stdout)
    running = os.pidfd_open(process.pid)
    del process
    # Its end is that of the last command.
    server.end()
    assert select.select([running], [], [], 0)[0]
    os.close(running)
