"""VidSrc's lists of the titles and episodes that it has: one id a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle, islice

from aiohttp import web

from moviesync.demo.holdings import Holdings, seasons
from moviesync.demo.knobs import MirrorKnobs

JUNK = ("tt0133093", "null", "-1", "12 Angry Men", "<br>", "6o3")


def _id_line(tmdb_id: int) -> Iterable[str]:
    return (str(tmdb_id),)


def _episode_lines(tmdb_id: int) -> Iterable[str]:
    for season, episodes in enumerate(seasons(tmdb_id), 1):
        for episode in range(1, episodes + 1):
            yield f"{tmdb_id}_{season}x{episode}"


LISTS: dict[str, tuple[str, Callable[[int], Iterable[str]]]] = {
    "/ids/movie_tmdb.txt": ("movie", _id_line),
    "/ids/mov_tmdb.txt": ("movie", _id_line),
    "/ids/tv_tmdb.txt": ("tv", _id_line),
    "/ids/eps_tmdb.txt": ("tv", _episode_lines),
}
"""By address: what VidSrc calls the kind, and the lines for a title; ``mov`` is an old name."""


def listed(path: str, holdings: Holdings, own: MirrorKnobs) -> web.Response | None:
    """Return the list at an address, as a mirror's knobs make it; ``None`` if there is none."""
    name, lines_for = LISTS.get(path, ("", _id_line))
    catalogue = holdings.of(name)
    if catalogue is None or not own.lists:
        return None
    ids = holdings.available(catalogue)
    if own.list_missing_every:
        del ids[own.list_missing_every - 1 :: own.list_missing_every]
    lines = [line for tmdb_id in ids for line in lines_for(tmdb_id)]
    lines = _mixed(lines[: round(len(lines) * own.list_cut)], own.list_junk)
    response = web.Response(text="".join(f"{line}\n" for line in lines))
    response.last_modified = own.list_modified
    return response


def _mixed(lines: list[str], share: float) -> list[str]:
    """Return ``lines`` with so much junk among them that it is this share of the whole."""
    if share >= 1:
        return list(islice(cycle(JUNK), len(lines)))
    number = round(len(lines) * share / (1 - share))
    junk = list(islice(cycle(JUNK), number))
    placed = [((place + 0.5) / len(some), line) for some in (lines, junk) for place, line in enumerate(some)]
    return [line for _, line in sorted(placed, key=lambda one: one[0])]
