"""Fixtures for the tests of the MongoDB store: it is held against every server of the protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mongodb import Collections, connected
from tests.places import MongoPlace


@pytest.fixture(params=["mongodb", "ferretdb"])
def place(request: pytest.FixtureRequest) -> MongoPlace:
    """A database on each server, and nothing is there yet."""
    return MongoPlace(request.getfixturevalue(f"{request.param}_uri"))


@pytest.fixture
def database(place: MongoPlace) -> Iterator[Collections]:
    """The same database, by another program."""
    with connected(place.uri) as client:
        yield client.get_default_database()
