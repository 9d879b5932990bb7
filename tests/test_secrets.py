"""Secrets end to end: every byte that a run writes or prints, and every request that leaves it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.loopback import HOST, served
from moviesync.demo.server import Sites
from tests.crawls import Folder, films, until

# Every way of writing it in an address differs from the others.
SECRET = "s3cr3t/+~&=%2Fk3y"  # noqa: S105
SECRET_IN_ADDRESS = quote(SECRET, safe="")
PASSED_ON = ("Content-Type", "Content-Length", "Location")


class Asked(NamedTuple):
    """A request as it came."""

    host: str
    path: str
    text: str
    """Its address and headers."""


class Front:
    """Both sites at one origin, TMDB under ``/tm/3`` and VidSrc under ``/vs``.

    The second page of discover is at another host, ``localhost``, which is told the whole query; the
    third is no JSON, and repeats the request.
    """

    def __init__(self, sites: Sites) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self._bases = {"tm": sites.tmdb_url.removesuffix("/3"), "vs": sites.vidsrc_url}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(Asked(request.host, request.path, f"{request.path_qs} {dict(request.headers)}"))
        site = request.path.split("/")[1]
        if site == "elsewhere":
            return web.Response(text=request.path_qs)
        if site == "tm" and request.query.get("page") == "2":
            port = request.host.rpartition(":")[2]
            location = f"http://localhost:{port}/elsewhere?{request.query_string}"
            return web.Response(status=302, headers={"Location": location})
        if site == "tm" and request.query.get("page") == "3":
            return web.Response(text=f"{request.path_qs} {request.headers.get('Authorization')}")
        # A title that has moved is at a path of its own.
        base, prefix = (self._bases[site], f"/{site}") if site in self._bases else (self._bases["vs"], "")
        return await self._pass_on(request, base + request.path_qs.removeprefix(prefix))

    async def _pass_on(self, request: web.BaseRequest, address: str) -> web.StreamResponse:
        sent = {name: request.headers[name] for name in ("Host", "Authorization") if name in request.headers}
        try:
            async with (
                aiohttp.ClientSession(auto_decompress=False) as client,
                client.request(
                    request.method, URL(address, encoded=True), headers=sent, allow_redirects=False
                ) as answer,
            ):
                headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
                response = web.StreamResponse(status=answer.status, headers=headers)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
        except (aiohttp.ClientError, ConnectionError):
            # As the site does it: in the middle of the answer, or before.
            if request.transport:
                request.transport.close()
            return web.Response()
        return response


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites(films(160), keys=[SECRET]) as sites:
        yield sites


@pytest.fixture
def front(sites: Sites) -> Iterator[Front]:
    front = Front(sites)
    with served((front.answer, 0)) as (port,):
        front.url = f"http://{HOST}:{port}"
        yield front


def shows(data: bytes, secret: str = SECRET) -> bool:
    """Whether bytes hold a secret, as it is or percent-encoded, be it twice."""
    once = unquote_to_bytes(data)
    return any(secret.lower().encode() in form.lower() for form in (data, once, unquote_to_bytes(once)))


def files_with(folder: Path, secret: str = SECRET) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and shows(path.read_bytes(), secret)
    ]


def test_a_secret_is_found_however_it_is_written() -> None:
    assert shows(b"\0 Bearer " + SECRET.encode())
    assert shows(f"?api_key={SECRET_IN_ADDRESS}&page=1".encode())
    assert shows(quote(SECRET_IN_ADDRESS).lower().encode())
    assert not shows(b"s3cr3t k3y")


@pytest.mark.parametrize("variable", ["TMDB_ACCESS_TOKEN", "TMDB_API_KEY"])
def test_a_key_is_shown_to_tmdb_alone(tmp_path: Path, sites: Sites, front: Front, variable: str) -> None:
    variables = {"TMDB_BASE_URL": f"{front.url}/tm/3", "VIDSRC_BASE_URL": f"{front.url}/vs"}
    folder = Folder(tmp_path, {**variables, variable: SECRET, "TMDB_RATE": "200"})
    sites.knobs.tmdb = SiteKnobs(fault_share=0.3, fault_kinds=("cut", "reset"))
    sites.knobs.vidsrc = SiteKnobs(fault_share=0.1, fault_kinds=("cut",), latency=0.02)
    sites.knobs.bodies = {("movies", 4): b'{"results": "' + b"x" * 3_000_000 + b'"}'}
    command = ["crawl", "tmdb_vidsrc", "-L", "DEBUG", "-s", "JOBDIR=crawls/run1", "-a", "concurrency=4"]
    process = folder.start(*command, "-O", "killed.jsonl")
    until(process, lambda: len(front.asked) > 60)
    process.kill()
    output = "".join(process.communicate())
    assert "DEBUG" in output
    assert files_with(tmp_path) == []
    process = folder.start(*command, "-O", "out.jsonl", "-s", "LOG_FILE=debug.log", "-s", "TMDB_RATE=100")
    output += "".join(process.communicate())
    assert process.returncode in {0, 1}
    assert not shows(output.encode())
    assert files_with(tmp_path) == []
    assert {"moviesync.db", "out.jsonl", "debug.log", "crawls/run1/spider.state"} <= folder.files
    assert len(folder.verdicts()) >= 5 * 20 - 40
    with_key = {
        (asked.host == front.url.removeprefix("http://"), asked.path.split("/")[1])
        for asked in front.asked
        if shows(asked.text.encode())
    }
    assert with_key == {(True, "tm")}
    assert all(shows(asked.text.encode()) for asked in front.asked if asked.path.startswith("/tm/"))
    assert {asked.path.split("/")[1] for asked in front.asked} == {"tm", "vs", "elsewhere", "moved"}


PASSWORD = "p4ss/+word:@%2F"  # noqa: S105


def test_the_password_of_a_mongodb_that_is_away_is_shown_nowhere(folder: Folder) -> None:
    with socket.socket() as closed:
        closed.bind((HOST, 0))
        place = f"{HOST}:{closed.getsockname()[1]}/films?serverSelectionTimeoutMS=300"
        _told_without_password(folder, place, 1)


def test_the_password_of_a_mongodb_is_shown_nowhere(folder: Folder, mongodb_uri: str) -> None:
    _told_without_password(folder, mongodb_uri.removeprefix("mongodb://"), 0, 1)


def _told_without_password(folder: Folder, place: str, *codes: int) -> None:
    address = f"mongodb://user:{quote(PASSWORD, safe='')}@{place}"
    for command in (
        ["crawl", "tmdb_vidsrc", "-L", "DEBUG", "-a", "max_pages=1", "-O", "out.jsonl"],
        ["status"],
    ):
        process = folder.start(*command, "-s", "JOBDIR=crawls/run1", MONGODB_URI=address)
        told = process.ended(*codes) + process.stdout.text()
        assert HOST in told
        assert not shows(told.encode(), PASSWORD)
        assert files_with(folder.path, PASSWORD) == []
