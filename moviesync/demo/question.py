"""What an address of VidSrc asks about a title."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Way = Literal["page", "info"]

PLACES: dict[Way, re.Pattern[str]] = {
    "page": re.compile(r"/(embed|moved)/(\w+)/([0-9]{1,18})"),
    "info": re.compile(r"/(info|moved)/(\w+)/([0-9]{1,18})\.json"),
}


class Question(NamedTuple):
    """A title, and how it is asked for."""

    way: Way
    name: str
    """What VidSrc calls the kind."""
    tmdb_id: int
    moved: bool = False
    """Whether it is asked for at its new address."""


def question(path: str) -> Question | None:
    """Return what a path asks for, ``None`` if that is no title.

    >>> question("/info/tv/1399.json")
    Question(way='info', name='tv', tmdb_id=1399, moved=False)
    """
    for way, pattern in PLACES.items():
        if found := pattern.fullmatch(path):
            place, name, tmdb_id = found.groups()
            return Question(way, name, int(tmdb_id), place == "moved")
    return None
