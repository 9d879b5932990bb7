"""Reading what TMDB says where it gives no page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moviesync.tmdb.api import error_code
from moviesync.tmdb.discover import refused_page

CAP_IN_WORDS = "Invalid page: Pages start at 1 and max at %d. They are expected to be an integer."


@pytest.mark.parametrize(
    ("status", "answer", "page", "last"),
    [
        (400, {"status_code": 22, "status_message": CAP_IN_WORDS % 500}, 501, 500),
        (400, {"status_code": 22, "status_message": CAP_IN_WORDS % 500}, 900, 500),
        (400, {"status_code": 22, "status_message": CAP_IN_WORDS % 100}, 101, 100),
        (422, {"errors": ["page must be less than or equal to 500"]}, 501, 500),
        (422, {"errors": ["page must be less than or equal to 40"]}, 41, 40),
        # A page below the cap that it names is refused: the cap is lower than that.
        (400, {"status_code": 22, "status_message": CAP_IN_WORDS % 500}, 301, 300),
        (400, {"status_code": 22}, 77, 76),
        (422, {"errors": ["page is too large"]}, 77, 76),
        # No page at all is nothing to learn.
        (400, {"status_code": 22}, 1, None),
        (400, {"status_code": 23, "status_message": "Invalid date format: use YYYY-MM-DD."}, 501, None),
        (422, {"status_code": 20, "status_message": "Invalid date range: at most 14 days."}, 501, None),
        (422, {"errors": ["primary_release_date.gte must be a date"]}, 501, None),
        (422, {"errors": "page"}, 501, None),
        (400, {}, 501, None),
        (400, [22], 501, None),
        (404, {"status_code": 22, "status_message": CAP_IN_WORDS % 500}, 501, None),
        (200, {"status_code": 22}, 501, None),
        (500, {"errors": ["page must be less than or equal to 500"]}, 501, None),
    ],
)
def test_refused_page(status: int, answer: Any, page: int, last: int | None) -> None:
    assert refused_page(status, json.dumps(answer).encode(), page) == last


@pytest.mark.parametrize("body", [b"", b"<html>400</html>", b"[" * 100_000])
def test_what_cannot_be_read_refuses_no_page(body: bytes) -> None:
    assert refused_page(400, body, 501) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"status_code": 7, "status_message": "Invalid API key: k3y"}', 7),
        (b'{"status_code": "7"}', None),
        (b'{"errors": ["page"]}', None),
        (b"[7]", None),
        (b"<html>", None),
    ],
)
def test_error_code(body: bytes, code: int | None) -> None:
    assert error_code(body) == code
