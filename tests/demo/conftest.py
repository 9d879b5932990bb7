"""Fixtures of the tests of the miniature sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moviesync.demo.server import Sites


@pytest.fixture(scope="module")
def shared() -> Iterator[Sites]:
    """Sites whose knobs nobody turns."""
    with Sites() as sites:
        yield sites


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Both sites with all recorded titles."""
    with Sites() as sites:
        yield sites
