"""A Scrapy spider as one writes it first: every setting Scrapy's own, but for how many requests at once.

``TMDB_BASE_URL=… TMDB_ACCESS_TOKEN=… VIDSRC_BASE_URL=… python -m scrapy runspider benchmarks/stock.py``. It asks
for less than moviesync does: a HEAD of each title and no look at the page; and keeps nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.http import Response

AT_ONCE = int(os.environ.get("VIDSRC_CONCURRENCY", "16"))
LAST_PAGE = 500
ORDER = "sort_by=primary_release_date.asc&include_video=true"


class StockSpider(Spider):
    """All pages after the first one are asked for as soon as it says how many there are."""

    name = "stock"
    handle_httpstatus_list: ClassVar[list[int]] = [404]
    custom_settings = {  # noqa: RUF012 - as Scrapy's documentation has it
        "CONCURRENT_REQUESTS": AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
    }

    async def start(self) -> AsyncIterator[Request]:
        yield self.page(1)

    def page(self, number: int) -> Request:
        url = f"{os.environ['TMDB_BASE_URL']}/discover/movie?page={number}&{ORDER}"
        key = {"Authorization": f"Bearer {os.environ['TMDB_ACCESS_TOKEN']}"}
        return Request(url, self.parse, headers=key)

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        answer = json.loads(response.body)
        for title in answer["results"]:
            url = f"{os.environ['VIDSRC_BASE_URL']}/embed/movie/{title['id']}"
            yield Request(url, self.parse_check, method="HEAD", cb_kwargs={"title": title})
        if answer["page"] == 1:
            for number in range(2, min(answer["total_pages"], LAST_PAGE) + 1):
                yield self.page(number)

    def parse_check(self, response: Response, title: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"id": title["id"], "title": title["title"], "available": response.status == 200}  # noqa: PLR2004
