"""Fixtures of the dashboard's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from moviesync.dashboard import reading
from moviesync.dashboard.api import Answers
from tests.dashboard.page import Page
from tests.places import Place, SQLitePlace


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def page(place: Place, session: ClientSession, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Page]:
    """The dashboard of a place of each kind, with nothing kept: each answer is that of the moment."""
    for name in ("REST", "LONGEST_REST", "FILE_KEPT"):
        monkeypatch.setattr(reading, name, 0.0)
    page = Page(Answers(place.store, file=place.path if isinstance(place, SQLitePlace) else None), session)
    async with page.server:
        yield page
