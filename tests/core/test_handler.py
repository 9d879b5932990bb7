"""What the download handler takes from the insides of its client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from scrapy import Request
from scrapy.core.downloader.handlers import DownloadHandlerProtocol
from scrapy.exceptions import DownloadFailedError
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy.utils.test import get_crawler

from moviesync.core.handler import send_once

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def client() -> AsyncIterator[DownloadHandlerProtocol]:
    """Scrapy's own client, as the crawl takes it."""
    crawler = get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False})
    client = build_from_crawler(load_object(crawler.settings["DOWNLOAD_HANDLERS_BASE"]["https"]), crawler)
    yield client
    await client.close()


@pytest.mark.filterwarnings("ignore::scrapy.exceptions.ScrapyDeprecationWarning")
@pytest.mark.parametrize(("once", "requests"), [(True, 2), (False, 3)])
async def test_a_kept_connection_that_is_closed_costs_no_request_behind_the_gate(
    client: DownloadHandlerProtocol, once: bool, requests: int
) -> None:
    received = 0

    async def answer_the_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        while await reader.readuntil(b"\r\n\r\n"):
            received += 1
            if received > 1:
                break
            writer.write(ANSWER)
        writer.close()

    if once:
        send_once(client)
    server = await asyncio.start_server(answer_the_first, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await client.download_request(Request(address))
        with pytest.raises(DownloadFailedError):
            await client.download_request(Request(address))
    assert received == requests
