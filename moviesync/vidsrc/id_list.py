"""VidSrc's lists of ids: where they are, what is on them, and whether a list is to be believed.

A list is a text with one TMDB id a line; the one of episodes has lines such as ``1399_1x2``: show, season, episode.
Movies and shows together have about 100,000 ids, and the list of episodes about 450,000 lines (7.5 MB). A title on a
list was there; one title in eight that a list lacked was there, too, as a public project of September 2026 counted
(ENPina90/how-to-watch, ``app/services/vidsrc_catalog.rb``).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from moviesync.kinds import Kind
from moviesync.vidsrc.answer import NO_TITLE

LEAST_IDS = 99
"""Per cent of the lines of a list that must be ids."""
LARGEST_LOSS = 10
"""Per cent of its ids that a list may lose from one time to the next."""
_LARGEST_ID = 2**31 - 1
"""TMDB's ids have 32 bit."""
_LARGEST_NUMBER = 0xFFFF
_MARK = b"\xef\xbb\xbf"
_ID = re.compile(rb"[0-9]{1,10}")
_EPISODE = re.compile(rb"([0-9]{1,10})_([0-9]{1,5})x([0-9]{1,5})")
_PIECE = 64 * 1024
_LONGEST_LINE = 100
_NO_LINE = b"?"
"""What a line too long to be an episode is replaced with."""


def list_url(base_url: str, kind: Kind) -> str:
    """The address of the list of a kind's titles.

    >>> from moviesync.kinds import SHOW
    >>> list_url("https://vidsrc.sh", SHOW)
    'https://vidsrc.sh/ids/tv_tmdb.txt'
    """
    return f"{base_url}/ids/{kind.vidsrc_name}_tmdb.txt"


def episodes_url(base_url: str) -> str:
    """The address of the list of all shows' episodes.

    >>> episodes_url("https://vidsrc.sh")
    'https://vidsrc.sh/ids/eps_tmdb.txt'
    """
    return f"{base_url}/ids/eps_tmdb.txt"


@dataclass(frozen=True)
class IdList:
    """What is on a list of titles."""

    ids: frozenset[int]
    lines: int
    """Those with something in them."""
    bad: int
    """Those that are no ids."""


def read_ids(body: bytes) -> IdList:
    """The ids of a list; blanks around them and a byte-order mark at the start are no fault; never raises."""
    ids: set[int] = set()
    lines = bad = 0
    for line in body.removeprefix(_MARK).splitlines():
        text = line.strip()
        if not text:
            continue
        lines += 1
        number = int(text) if _ID.fullmatch(text) else 0
        if 0 < number <= _LARGEST_ID:
            ids.add(number)
        else:
            bad += 1
    return IdList(frozenset(ids), lines, bad)


def problem(found: IdList, *, positives: Collection[int], previous: int | None) -> str:
    """Why a list is not to be believed, in a few words that follow its name; empty: it is.

    ``positives`` are titles that VidSrc is known to have; one of them is enough, and none is not. ``previous`` is the
    number of ids that the list had the last time, if there was one.
    """
    if fault := _fault(found.lines, found.bad, "ids"):
        return fault
    if NO_TITLE in found.ids:
        return "has an id that no title has"
    if found.ids.isdisjoint(positives):
        return "lacks every title that VidSrc is known to have"
    if previous and len(found.ids) * 100 < previous * (100 - LARGEST_LOSS):
        return f"has shrunk from {previous:,} to {len(found.ids):,} ids"
    return ""


def _fault(lines: int, bad: int, what: str) -> str:
    if not lines:
        return "is empty"
    if bad * 100 > lines * (100 - LEAST_IDS):
        return f"has {bad:,} lines of {lines:,} that are no {what}"
    return ""


class EpisodeList:
    """What is on the list of episodes; four bytes an episode, and about 200 a show."""

    def __init__(self) -> None:
        self.lines = 0
        """Those with something in them."""
        self.bad = 0
        """Those that are no episodes, or have numbers that none has."""
        self._shows: dict[int, array[int]] = {}
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """Read the next piece of the list, which may end within a line; ``end`` follows the last one."""
        *lines, rest = (self._rest + piece.replace(b"\r", b"\n")).split(b"\n")
        for line in filter(None, lines):
            self._read(line)
        rest = rest.lstrip()
        self._rest = rest if len(rest) <= _LONGEST_LINE else _NO_LINE

    def end(self) -> None:
        """Read the last line, if no line break follows it."""
        self._read(self._rest)
        self._rest = b""

    def of(self, show_id: int) -> dict[str, list[int]]:
        """The numbers of a show's episodes, ascending, by season, ascending; empty: the list has none."""
        seasons: dict[str, list[int]] = {}
        for both in sorted(set(self._shows.get(show_id, ()))):
            season, episode = divmod(both, _LARGEST_NUMBER + 1)
            seasons.setdefault(str(season), []).append(episode)
        return seasons

    @property
    def shows(self) -> Collection[int]:
        """The ids of the shows that have episodes on the list."""
        return self._shows.keys()

    def _read(self, line: bytes) -> None:
        text = (line if self.lines else line.removeprefix(_MARK)).strip()
        if not text:
            return
        self.lines += 1
        match = _EPISODE.fullmatch(text)
        show_id, season, episode = map(int, match.groups()) if match else (0, 0, 0)
        if not 0 < show_id <= _LARGEST_ID or max(season, episode) > _LARGEST_NUMBER:
            self.bad += 1
            return
        numbers = self._shows.get(show_id)
        if numbers is None:
            numbers = self._shows[show_id] = array("I")
        numbers.append(season * (_LARGEST_NUMBER + 1) + episode)


def read_episodes(body: bytes | Iterable[bytes]) -> EpisodeList:
    """The list of episodes, whole or in pieces; never raises."""
    found = EpisodeList()
    for piece in _pieces(body) if isinstance(body, bytes) else body:
        found.feed(piece)
    found.end()
    return found


def episodes_problem(found: EpisodeList) -> str:
    """Why a list of episodes is not to be believed, in a few words that follow its name; empty: it is."""
    return _fault(found.lines, found.bad, "episodes")


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
