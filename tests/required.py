"""What some tests need beside Python, and not every machine has."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str, why: str) -> NoReturn:
    """Skip the test and say why; fail it there where ``MOVIESYNC_REQUIRE`` holds ``what``."""
    if what in os.environ.get("MOVIESYNC_REQUIRE", "").split(","):
        pytest.fail(why)
    pytest.skip(why)
