"""What the sites and an HTTP client allow: the requests of moviesync on plain aiohttp, nothing kept.

``TMDB_BASE_URL=… TMDB_ACCESS_TOKEN=… VIDSRC_BASE_URL=… python -m benchmarks.ceiling``
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

from aiohttp import ClientSession, TCPConnector

LAST_PAGE = 500
PAGES_AT_ONCE = 4
WAITING = 200
"""Titles that may wait for their check."""
ORDER = "sort_by=primary_release_date.asc&include_video=true"
FOUND = 200

Titles = asyncio.Queue[int | None]


async def main() -> None:
    at_once = int(os.environ.get("VIDSRC_CONCURRENCY", "16"))
    titles: Titles = asyncio.Queue(WAITING)
    connector = TCPConnector(limit=at_once + PAGES_AT_ONCE)
    async with ClientSession(connector=connector) as client:
        checks = [asyncio.create_task(_check(client, titles)) for _ in range(at_once)]
        last = min(await _page(client, titles, 1), LAST_PAGE)
        numbers = iter(range(2, last + 1))
        await asyncio.gather(*(_pages(client, titles, numbers) for _ in range(PAGES_AT_ONCE)))
        for _ in checks:
            await titles.put(None)
        await asyncio.gather(*checks)


async def _pages(client: ClientSession, titles: Titles, numbers: Iterator[int]) -> None:
    for number in numbers:
        await _page(client, titles, number)


async def _page(client: ClientSession, titles: Titles, number: int) -> int:
    """Queue the titles of a page; the number of pages that there are."""
    url = f"{os.environ['TMDB_BASE_URL']}/discover/movie?page={number}&{ORDER}"
    key = {"Authorization": f"Bearer {os.environ['TMDB_ACCESS_TOKEN']}"}
    async with client.get(url, headers=key, raise_for_status=True) as response:
        answer = await response.json()
    for title in answer["results"]:
        await titles.put(title["id"])
    return int(answer["total_pages"])


async def _check(client: ClientSession, titles: Titles) -> None:
    while (title := await titles.get()) is not None:
        url = f"{os.environ['VIDSRC_BASE_URL']}/embed/movie/{title}"
        async with client.head(url) as head:
            found = head.status == FOUND
        if found:
            async with client.get(url) as page:
                await page.read()


if __name__ == "__main__":
    asyncio.run(main())
