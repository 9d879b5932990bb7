"""The download handler with a real server: every request goes through the gate, and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.utils.test import get_crawler

from moviesync.core.gate import Gate
from moviesync.core.handler import GatedHandler
from moviesync.core.slots import SITE, VIDSRC, Hold
from moviesync.exceptions import SiteDown
from tests.core.crowd import settle, soon

PLACES = 2


class Server:
    """Answers each request once ``answers`` is set, on connections that it keeps."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        """Their first lines."""
        self.answers = asyncio.Event()
        self.answers.set()
        self.came = asyncio.Event()
        """Set with each request."""
        self.peak = 0
        """The most requests that waited for their answers at once."""
        self.closes_kept = False
        """Whether a connection is closed when a second request comes on it."""
        self._waiting = 0
        self._server: asyncio.Server
        self._serving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many there were."""
        return len(self._serving)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = False
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.split(b"\r\n")[0].decode())
                self.came.set()
                if kept and self.closes_kept:
                    break
                self._waiting += 1
                self.peak = max(self.peak, self._waiting)
                await self.answers.wait()
                self._waiting -= 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                kept = True

    def request(self, path: str, method: str = "GET") -> Request:
        host, port = self._server.sockets[0].getsockname()
        return Request(f"http://{host}:{port}{path}", method=method, meta={SITE: VIDSRC})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture
def crawler() -> Crawler:
    settings = {"EXTENSIONS": {Gate: 0}, "TMDB_RATE": 40, "VIDSRC_CONCURRENCY": PLACES}
    return get_crawler(settings_dict=settings)


@pytest.fixture
def gate(crawler: Crawler) -> Gate:
    gate = crawler.get_extension(Gate)
    assert gate
    return gate


@pytest.fixture
async def handler(crawler: Crawler) -> AsyncIterator[GatedHandler]:
    handler = GatedHandler.from_crawler(crawler)
    yield handler
    await handler.close()


async def test_a_request_gets_its_answer_on_a_connection_that_is_kept(
    handler: GatedHandler, server: Server
) -> None:
    for path in ("/a", "/b"):
        response = await soon(handler.download_request(server.request(path)))
        assert (response.status, response.url) == (200, server.request(path).url)
    assert server.requests == ["GET /a HTTP/1.1", "GET /b HTTP/1.1"]
    assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_request_is_sent_once_if_a_kept_connection_is_closed(
    handler: GatedHandler, server: Server, method: str
) -> None:
    """aiohttp would send it again, past the gate: this is what its private ``_retry_connection`` is set for."""
    server.closes_kept = True
    await soon(handler.download_request(server.request("/a", method)))
    with pytest.raises(DownloadFailedError):
        await soon(handler.download_request(server.request("/b", method)))
    assert server.requests == [f"{method} /a HTTP/1.1", f"{method} /b HTTP/1.1"]
    # A new connection for a request that comes through the gate.
    await soon(handler.download_request(server.request("/b", method)))
    assert (len(server.requests), server.connections) == (3, 2)


async def test_no_more_requests_are_under_way_than_the_gate_lets_in(
    handler: GatedHandler, server: Server
) -> None:
    server.answers.clear()
    downloads = [
        asyncio.create_task(handler.download_request(server.request(f"/{number}"))) for number in range(6)
    ]
    while len(server.requests) < PLACES:
        server.came.clear()
        await soon(server.came.wait())
    server.answers.set()
    await soon(asyncio.gather(*downloads))
    assert (len(server.requests), server.peak) == (6, PLACES)


async def test_a_request_that_fails_gives_its_place_back(handler: GatedHandler, server: Server) -> None:
    server.closes_kept = True
    for number in range(3 * PLACES):
        with suppress(DownloadFailedError):
            await soon(handler.download_request(server.request(f"/{number}")))
    assert len(server.requests) == 3 * PLACES


async def test_a_request_whose_task_is_cancelled_gives_its_place_back(
    handler: GatedHandler, server: Server
) -> None:
    server.answers.clear()
    for number in range(PLACES + 1):
        server.came.clear()
        download = asyncio.create_task(handler.download_request(server.request(f"/{number}")))
        await soon(server.came.wait())
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download


async def test_what_the_gate_drops_is_never_sent(handler: GatedHandler, gate: Gate, server: Server) -> None:
    gate.hold(VIDSRC, Hold.DOWN)
    download = asyncio.create_task(handler.download_request(server.request("/a")))
    await settle()
    gate.drop(VIDSRC, SiteDown("VidSrc is down"))
    with pytest.raises(SiteDown):
        await soon(download)
    gate.release(VIDSRC, Hold.DOWN)
    await soon(handler.download_request(server.request("/b")))
    assert server.requests == ["GET /b HTTP/1.1"]


def test_a_handler_is_made_with_the_first_request_alone() -> None:
    assert GatedHandler.lazy
