"""What can be changed about the miniature sites, also while they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from moviesync.demo.behaviours import Answer

Fault = Literal["500", "502", "503", "429", "reset", "cut", "hang"]
"""An error status (429 without ``Retry-After``), a reset connection, a body cut short, a late answer."""

FAULTS: tuple[Fault, ...] = ("500", "502", "503", "429", "reset", "cut", "hang")

Raw = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""


@dataclass
class SiteKnobs:
    """How one of the sites behaves, whatever it is asked for."""

    latency: float = 0.0
    """Seconds before any answer."""
    fault_share: float = 0.0
    """Share of the answers that go wrong; which ones depends on what was asked, how often, and the seed."""
    fault_kinds: tuple[Fault, ...] = FAULTS
    fault_seed: int = 0
    hang: float = 1.0
    """Seconds that an answer takes with the fault ``hang``."""
    rate: int | None = None
    """Requests a second; any more get a 429."""
    retry_after: float | None = None
    """Seconds in the ``Retry-After`` of that 429; ``None``: no such header."""
    retry_after_date: bool = False
    """Whether that header is an HTTP date instead of a number."""
    down: Literal["500", "challenge", "hang", "reset"] | None = None
    """What every request gets instead of its answer."""


@dataclass
class Knobs:
    """How both sites behave; the knobs that each of them has are in its ``SiteKnobs``."""

    tmdb: SiteKnobs = field(default_factory=SiteKnobs)
    vidsrc: SiteKnobs = field(default_factory=SiteKnobs)

    cap: int = 500
    """The last page that discover shows."""
    cap_error: Literal["new", "old"] = "new"
    """How discover refuses pages beyond: 400 with code 22, or 422 with ``errors``."""
    ignore_dates: bool = False
    """Discover shows everything, whatever window is asked for."""
    drift: int = 0
    """After this many pages of discover the last title of the order moves to the front; 0: never."""
    bodies: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """Bodies of discover by collection and page, in place of the true ones."""

    head: Literal[405, 501] | None = None
    """The status with which VidSrc refuses every HEAD."""
    always_available: bool = False
    """VidSrc has a player for every id."""
    per_title: dict[int, Answer | Raw] = field(default_factory=dict)
    """VidSrc's answers by id, in place of the catalogue's."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Knobs:
        """Return the knobs that a JSON object describes; ``tmdb`` and ``vidsrc`` are objects in it."""
        sites = {site: SiteKnobs(**values[site]) for site in ("tmdb", "vidsrc") if site in values}
        return cls(**{**values, **sites})
