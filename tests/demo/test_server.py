"""The miniature sites begin and end."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from urllib.parse import urlsplit

import pytest

from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from tests.demo.asking import ask, discover
from tests.processes import start


def test_the_end_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with socket.socket() as connection:
        connection.settimeout(10)
        with Sites(knobs=Knobs(vidsrc=SiteKnobs(down="hang"))) as sites:
            connection.connect(("127.0.0.1", urlsplit(sites.vidsrc_url).port))
            connection.sendall(b"GET /embed/movie/603 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert discover(sites).status == 200
        assert connection.recv(1) == b""
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        ask(sites.tmdb_url)


def test_environment_and_ports() -> None:
    with Sites() as sites:
        assert sites.environment() == {
            "TMDB_BASE_URL": sites.tmdb_url,
            "TMDB_ACCESS_TOKEN": "demo",
            "VIDSRC_BASE_URL": sites.vidsrc_url,
        }
        taken = urlsplit(sites.tmdb_url).port or 0
        with pytest.raises(OSError, match="in use"), Sites(tmdb_port=taken):
            pass
    with Sites(tmdb_port=taken) as sites:
        assert urlsplit(sites.tmdb_url).port == taken


@pytest.mark.parametrize("end", ["stdin", "SIGTERM"])
def test_sites_in_a_process_of_their_own(end: str) -> None:
    options = {"movies": 50, "shows": 7, "plain": 1.0, "cap": 2, "vidsrc": {"latency": 0}}
    command = [sys.executable, "-W", "error", "-m", "moviesync.demo", json.dumps(options)]
    with start(command, reads=True) as process:
        urls = json.loads(next(process.stdout))
        shows = ask(f"{urls['tmdb_url']}/discover/tv?api_key=demo").json
        assert shows["total_results"] == 7
        assert ask(f"{urls['vidsrc_url']}/_log").json["tmdb"]["requests"] == 1
        if end == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        else:
            process.end_input()
        assert process.ended(0, within=5) == ""
        assert len(process.stdout.text().splitlines()) == 1
