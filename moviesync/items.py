"""The facts a crawl finds, as the item pipeline takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


PAGE, INFO, LIST = "page", "info", "list"
"""What a verdict can rest on: VidSrc's page of the title, its ``info``, or its list of ids."""
ASKED = (PAGE, INFO)
"""Those for which VidSrc was asked about the one title."""


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on."""

    by: str
    """``page``, ``info`` or ``list``."""
    host: str
    """The host that answered; with its port if that is not the usual one."""


Episodes = Mapping[str, Sequence[int]]
"""The numbers of the episodes that VidSrc has, ascending, by season."""


@dataclass(frozen=True)
class Verdict:
    """What VidSrc says of one title."""

    collection: str
    tmdb_id: int
    available: bool | None
    """``None``: the answer says nothing about the title, and ``reason`` says why."""
    reason: str
    at: datetime
    """When VidSrc answered (UTC, milliseconds)."""
    evidence: Evidence | None = None
    """``None`` if ``available`` is."""
    episodes: Episodes | None = None
    """``None``: not known. What the store holds stays."""
    session: int = 0
    """The number of the session in which VidSrc was asked: a verdict is stored once the controls of the same
    session have held."""


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
    verdicts: Sequence[Verdict] = ()
    """Verdicts that need no check, as VidSrc's list gives them; stored after the titles."""
