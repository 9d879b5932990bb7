"""The facts a crawl finds, as the item pipeline takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

SMALLEST_ID, LARGEST_ID = -(2**63), 2**63 - 1
"""The integers of 64 bit: both stores hold these, and no others, as they are."""


@dataclass(frozen=True)
class Title:
    """What a discover page says of one title."""

    collection: str
    tmdb_id: int
    title: str
    year: int | None
    data: dict[str, Any]
    """The list item as TMDB sent it."""
    seen: datetime
    """When TMDB showed it (UTC, milliseconds)."""


@dataclass(frozen=True)
class Verdict:
    """The result of one check of a title at VidSrc."""

    collection: str
    tmdb_id: int
    available: bool | None
    """``None``: the answer says nothing about the title, and ``reason`` says why."""
    reason: str
    at: datetime
    """When VidSrc answered (UTC, milliseconds)."""


@dataclass(frozen=True)
class Mark:
    """What a source of titles has read: one page of one of its parts."""

    part: str
    """``_id`` of the part's document in ``progress``."""
    page: int
    undated: int = 0
    """Titles of the page without a date."""
    readable: bool = True
    """False: its answer came, but cannot be read."""


@dataclass(frozen=True)
class Batch:
    """Titles that came together, and what is done once the store holds them."""

    titles: list[Title]
    checkpoint: Mark | None
    """``None``: the same page is still to be asked for, as only some of its titles are wanted now."""
