"""What VidSrc has, whichever mirror is asked."""

from __future__ import annotations

from collections.abc import Iterable

from moviesync.demo.behaviours import Answer, truth
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.chance import chance
from moviesync.demo.knobs import Knobs, Raw

MOST_SEASONS, MOST_EPISODES = 4, 12


class Holdings:
    """The catalogues with the answers that ``Knobs.per_title`` puts in place of theirs."""

    def __init__(self, catalogues: Iterable[Catalogue], knobs: Knobs) -> None:
        self._catalogues = {catalogue.kind.vidsrc_name: catalogue for catalogue in catalogues}
        self._knobs = knobs

    def of(self, name: str) -> Catalogue | None:
        """Return the catalogue of the kind that VidSrc calls so."""
        return self._catalogues.get(name)

    def answer(self, catalogue: Catalogue, tmdb_id: int) -> Answer | Raw:
        """Return how VidSrc answers for a title."""
        own = self._knobs.per_title.get(tmdb_id)
        return catalogue.answer(tmdb_id) if own is None else own

    def truth(self, catalogue: Catalogue, tmdb_id: int) -> bool | None:
        """Return whether VidSrc has a title; ``None`` if its answers never show it, or are raw."""
        answer = self.answer(catalogue, tmdb_id)
        return truth(answer) if isinstance(answer, Answer) else None

    def available(self, catalogue: Catalogue) -> list[int]:
        """Return the ids of the titles that VidSrc has, ascending."""
        own = {tmdb_id for tmdb_id in self._knobs.per_title if tmdb_id in catalogue.rows}
        others = [tmdb_id for tmdb_id in catalogue.available if tmdb_id not in own]
        return sorted(others + [tmdb_id for tmdb_id in own if self.truth(catalogue, tmdb_id)])


def seasons(tmdb_id: int) -> list[int]:
    """Return how many episodes each season of a show has."""
    number = 1 + int(chance("seasons", tmdb_id) * MOST_SEASONS)
    return [1 + int(chance("episodes", tmdb_id, season) * MOST_EPISODES) for season in range(number)]
