"""The facts a crawl finds, as the item pipeline takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moviesync.sources.discover.window import Window


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
    """What one check of a title at VidSrc came to."""

    collection: str
    tmdb_id: int
    available: bool | None
    """``None``: the answer says nothing about the title, and ``reason`` says why."""
    reason: str
    at: datetime
    """When VidSrc answered (UTC, milliseconds)."""


@dataclass(frozen=True)
class Page:
    """What a discover page came to: its titles, and its place in the walk."""

    window: Window
    number: int
    """Its number in the window."""
    titles: list[Title]
    undated: int = 0
    """Titles of it without a date."""
    whole: bool = True
    """All its titles are here; not so where it was number for the window's size alone."""

    def mark_done(self, window: Window) -> None:
        """Note in ``window`` that the page is done; to be called once the store holds its titles."""
        if self.whole:
            window.mark(self.number, self.undated)
