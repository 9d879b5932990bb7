"""Fixtures of the tests of the miniature sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moviesync.demo.server import Sites
from tests.demo.asking import old


@pytest.fixture(scope="module")
def shared() -> Iterator[Sites]:
    """Sites whose knobs nobody turns."""
    with Sites() as sites:
        yield sites


@pytest.fixture(scope="module")
def shared_old() -> Iterator[Sites]:
    """Sites with mirrors of the form "old", whose knobs nobody turns."""
    with old() as sites:
        yield sites


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Both sites with all recorded titles."""
    with Sites() as sites:
        yield sites
