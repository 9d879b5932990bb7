"""The dashboard over HTTP, for one store."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from moviesync.dashboard.api import Answers
from moviesync.dashboard.app import application

NAMES = {"localhost", "127.0.0.1", "::1"}
only_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


class Page:
    """The dashboard of one store, and a client of it."""

    def __init__(self, answers: Answers, session: ClientSession) -> None:
        self.server = TestServer(application(answers, NAMES))
        self._session = session

    async def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
        """Status, headers and text."""
        url = self.server.make_url(path)
        async with self._session.request(method, url, headers=headers) as answer:
            return answer.status, answer.headers, await answer.text()

    async def json(self, path: str, **parameters: str) -> Any:
        async with self._session.get(self.server.make_url(path), params=parameters) as answer:
            assert (answer.status, answer.content_type) == (200, "application/json")
            return await answer.json()

    async def search(self, text: str) -> list[tuple[str, int, str]]:
        """Kind, id and title of what is found."""
        found = (await self.json("/api/search", text=text))["found"]
        return [(one["kind"], one["id"], one["title"]) for one in found]
