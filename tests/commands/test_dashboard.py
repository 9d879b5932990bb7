"""``scrapy dashboard`` as a command: where it listens, what it refuses, how it ends."""

from __future__ import annotations

import http.client
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.crawls import Folder
from tests.processes import Process

SOON = 20
"""Seconds within which a command does what it should."""


@pytest.fixture
def alone(tmp_path: Path) -> Folder:
    return Folder(tmp_path, {})


@contextmanager
def dashboard(folder: Folder, *arguments: str, **variables: Any) -> Iterator[tuple[Process, str]]:
    """The process, as soon as it listens, and the address it names."""
    with folder.start("dashboard", *arguments, **variables) as process:
        line = next(process.stdout, "")
        assert " is shown at http://" in line, process.stderr.text()
        yield process, line.split(" is shown at ")[1].split()[0]


def end(process: Process, number: int) -> tuple[str, str]:
    """What it printed after its first line, and all its errors, when a signal has ended it at once."""
    process.send_signal(number)
    errors = process.ended(0, within=5)
    return "".join(process.stdout), errors


def test_it_serves_until_ctrl_c_also_with_a_browser_connected(alone: Folder) -> None:
    with dashboard(alone, "--port", "0") as (process, address):
        parts = urlsplit(address)
        assert parts.hostname == "127.0.0.1"
        client = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=SOON)
        client.request("GET", "/api/now")
        assert b"moviesync.db" in client.getresponse().read()
        # The connection is kept, as a browser keeps it.
        port = str(parts.port)
        (line,) = alone.run("dashboard", "--port", port, code=1).stderr.splitlines()
        assert line.startswith(f"moviesync: --host 127.0.0.1 --port {port}: address already in use")
        assert end(process, signal.SIGINT) == ("", "")
        client.close()
    assert alone.files == set()


def test_it_warns_where_others_can_see_it_and_shows_no_password(alone: Folder) -> None:
    uri = "mongodb://user:secret@127.0.0.1:9/films?serverSelectionTimeoutMS=100"
    keys = {"TMDB_API_KEY": "hidden-key", "TMDB_ACCESS_TOKEN": "hidden-token"}
    with dashboard(alone, "--host", "0.0.0.0", "--port", "0", MONGODB_URI=uri, **keys) as (process, address):  # noqa: S104
        client = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=SOON)
        client.request("GET", "/api/now", headers={"Host": "films.example"})
        answer = client.getresponse().read().decode()
        assert "mongodb://127.0.0.1:9/films" in answer
        client.close()
        output, errors = end(process, signal.SIGTERM)
    (line,) = errors.splitlines()
    assert line.startswith("moviesync: --host 0.0.0.0: anyone who reaches this machine can read the page")
    for secret in ("secret", "user", "hidden"):
        assert secret not in answer + output + errors


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ("--port", "http", "--host", "films.example", "now"),
            ["now: ", "--port http: ", "--host films.example: "],
        ),
        (("--port", "65536", "--host"), ["--port 65536: ", "--host : "]),
    ],
)
def test_wrong_usage_is_a_line_a_mistake(alone: Folder, arguments: tuple[str, ...], lines: list[str]) -> None:
    told = alone.run("dashboard", *arguments, code=2).stderr.splitlines()
    assert [line[: len(f"moviesync: {start}")] for line, start in zip(told, lines, strict=True)] == [
        f"moviesync: {start}" for start in lines
    ]


def test_an_address_of_another_machine_cannot_be_served(alone: Folder) -> None:
    told = alone.run("dashboard", "--host", "192.0.2.1", "--port", "0", code=1).stderr.splitlines()
    assert told[-1].startswith("moviesync: --host 192.0.2.1 --port 0: cannot assign requested address")
