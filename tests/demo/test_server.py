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
from tests.demo.asking import ask, discover, page_of
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
            "VIDSRC_BASE_URL": ",".join(sites.mirror_urls),
        }
        taken = urlsplit(sites.tmdb_url).port or 0
        with pytest.raises(OSError, match="in use"), Sites(tmdb_port=taken):
            pass
    with Sites(tmdb_port=taken) as sites:
        assert urlsplit(sites.tmdb_url).port == taken
    with Sites(vidsrc_port=taken) as sites:
        assert [urlsplit(url).port for url in sites.mirror_urls].index(taken) == 0
        assert sites.vidsrc_url == sites.mirror_urls[0]


def test_mirrors_are_one_site_at_three_ports(sites: Sites) -> None:
    assert len(set(sites.mirror_urls)) == 3
    sites.knobs.vidsrc.rate = 3
    assert [ask(page_of(sites, 603, mirror=n)).status for n in (0, 1, 1, 2)] == [200, 200, 200, 429]
    path = "/embed/movie/603"
    assert [sites.asked("vidsrc", mirror=n)[path] for n in range(3)] == [1, 2, 1]
    assert sites.asked("vidsrc", "HEAD", mirror=1) == {}
    assert sites.asked("vidsrc")[path] == 4
    hosts = [urlsplit(url).netloc for url in sites.mirror_urls]
    assert [(asked.host, asked.mirror) for asked in sites.log[2:]] == [(hosts[1], 1), (hosts[2], 2)]
    assert ask(f"{sites.mirror_urls[2]}/_log").json["vidsrc"]["requests"] == 4


def test_any_number_of_mirrors() -> None:
    with Sites(mirrors=1, knobs=Knobs(mirrors=[])) as sites:
        assert sites.environment()["VIDSRC_BASE_URL"] == sites.vidsrc_url
        assert ask(sites.vidsrc_url).status == 404
    with Sites(mirrors=5) as sites:
        sites.knobs.mirrors[4].form = "old"
        assert [ask(page_of(sites, 999999999, mirror=n)).status for n in (3, 4)] == [200, 404]


def test_a_dead_mirror_refuses_connections() -> None:
    with Sites(dead_mirrors={0, 2}) as sites:
        for number in (0, 2):
            with pytest.raises(ConnectionRefusedError):
                ask(page_of(sites, 603, mirror=number))
        assert ask(page_of(sites, 603, mirror=1)).status == 200
        taken = urlsplit(sites.vidsrc_url).port or 0
        with pytest.raises(OSError, match="in use"), Sites(vidsrc_port=taken, dead_mirrors={0}):
            pass


@pytest.mark.parametrize("end", ["stdin", "SIGTERM"])
def test_sites_in_a_process_of_their_own(end: str) -> None:
    options = {"movies": 50, "shows": 7, "plain": 1.0, "cap": 2, "vidsrc": {"latency": 0}}
    options |= {
        "unknowable": False,
        "dead_mirrors": [2],
        "mirrors": [{"form": "old", "lie": "every HEAD is 404"}, {"list_junk": 1}],
    }
    command = [sys.executable, "-W", "error", "-m", "moviesync.demo", json.dumps(options)]
    with start(command, reads=True) as process:
        urls = json.loads(next(process.stdout))
        first, second, third = urls["mirror_urls"]
        assert urls["vidsrc_url"] == first
        assert not ask(f"{second}/ids/tv_tmdb.txt").body.split()[0].isdigit()
        with pytest.raises(ConnectionRefusedError):
            ask(third)
        shows = ask(f"{urls['tmdb_url']}/discover/tv?api_key=demo").json
        assert shows["total_results"] == 7
        show = f"{first}/embed/tv/{shows['results'][0]['id']}"
        assert [ask(show, method).status for method in ("HEAD", "GET")] == [404, 200]
        assert ask(f"{urls['vidsrc_url']}/_log").json["tmdb"]["requests"] == 1
        if end == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        else:
            process.end_input()
        assert process.ended(0, within=5) == ""
        assert len(process.stdout.text().splitlines()) == 1
