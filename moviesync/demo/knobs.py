"""What can be changed about the miniature sites, also while they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from moviesync.demo.behaviours import Answer
from moviesync.demo.lies import Lie

Fault = Literal["500", "502", "503", "429", "reset", "cut", "hang"]
"""An error status (429 without ``Retry-After``), a reset connection, a body cut short, a late answer."""

FAULTS: tuple[Fault, ...] = ("500", "502", "503", "429", "reset", "cut", "hang")

Down = Literal["500", "challenge", "hang", "reset"]
"""What every request to a site that is down gets."""

Form = Literal["today", "old"]
"""How a mirror of VidSrc is made: since August 2026, or before."""

Raw = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an answer."""

MIRRORS = 3


@dataclass(slots=True)
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
    down: Down | None = None
    """What every request gets instead of its answer."""


@dataclass(slots=True)
class MirrorKnobs:
    """How one mirror of VidSrc differs from the others."""

    form: Form = "today"
    """"today": the same page for every id, and info that tells; "old": pages that tell, and no info."""
    down: Down | None = None
    """What every request to this mirror gets instead of its answer."""

    info: bool = True
    """Whether there is info, in the form "today"."""
    info_form: Literal["status", "code"] = "status"
    """How info says that a title is absent: HTTP 404, or 200 and JSON with ``status_code`` 404."""
    info_texts: bool = False
    """Whether info writes its numbers as texts."""

    lists: bool = True
    """Whether there are lists of available titles."""
    list_cut: float = 1.0
    """The share of its lines that a list has."""
    list_missing_every: int = 0
    """Of so many available titles, the last is on no list; 0: all are on it."""
    list_junk: float = 0.0
    """The share of a list's lines that are no ids."""
    list_modified: datetime | None = None
    """``Last-Modified`` of the lists; UTC if it has no zone."""

    lie: Lie | None = None
    lie_from: int = 0
    """So many answers are right before the lie, counted from when one of these three was turned."""
    lie_for: int | None = None
    """So many answers are the lie, and those after it are right; ``None``: all."""

    packed: bool = False
    """Whether answers are packed with gzip, whatever was asked for; a lie is not."""
    drip: frozenset[int] = frozenset()
    """The ids of titles whose answers come at one byte a second."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> MirrorKnobs:
        """Return the knobs that a JSON object describes: a lie by its value, a moment in ISO form."""
        made = {
            name: READ[name](value) for name, value in values.items() if name in READ and value is not None
        }
        return cls(**{**values, **made})


READ = {"lie": Lie, "list_modified": datetime.fromisoformat, "drip": frozenset}
"""What makes a knob's value of the value that JSON has for it, where they differ."""


def mirrors_alike(**values: Any) -> list[MirrorKnobs]:
    """Return the knobs of all mirrors, each with these values."""
    return [MirrorKnobs(**values) for _ in range(MIRRORS)]


@dataclass(slots=True)
class Knobs:
    """How both sites behave; the knobs that each of them has are in its ``SiteKnobs``.

    Those of VidSrc hold for all its mirrors together, and those of ``mirrors`` for one each.
    """

    tmdb: SiteKnobs = field(default_factory=SiteKnobs)
    vidsrc: SiteKnobs = field(default_factory=SiteKnobs)
    mirrors: list[MirrorKnobs] = field(default_factory=mirrors_alike)

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
    """The status with which mirrors of the form "old" refuse every HEAD of a page."""
    per_title: dict[int, Answer | Raw] = field(default_factory=dict)
    """VidSrc's answers by id, in place of the catalogue's: to what tells, a page or info."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Knobs:
        """Return the knobs that a JSON object describes.

        ``tmdb`` and ``vidsrc`` are objects in it, ``mirrors`` is a list of objects.
        """
        made: dict[str, Any] = {
            site: SiteKnobs(**values[site]) for site in ("tmdb", "vidsrc") if site in values
        }
        if "mirrors" in values:
            made["mirrors"] = [MirrorKnobs.of(mirror) for mirror in values["mirrors"]]
        return cls(**{**values, **made})

    def mirror(self, number: int) -> MirrorKnobs:
        """Return the knobs of a mirror, counted from 0; one that has none yet gets the usual ones."""
        while len(self.mirrors) <= number:
            self.mirrors.append(MirrorKnobs())
        return self.mirrors[number]
