"""The titles that the miniature sites know, recorded or grown to any number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

from moviesync.demo.behaviours import SHARES, UNKNOWABLE, Answer, pick, truth
from moviesync.demo.chance import chance
from moviesync.kinds import MOVIE, SHOW, Kind

Row = dict[str, Any]
"""A list item as TMDB sends it; rows may share their values, so they are read-only."""

RECORDED = {MOVIE.collection: "movies.jsonl", SHOW.collection: "tv.jsonl"}

FIRST_DAY = date(1917, 1, 1)
UNDATED = 0.005
UNRELEASED = 0.035


class Catalogue:
    """All titles of one kind, and how VidSrc answers for each of them.

    With ``plain`` that share of the titles is available and the rest is 404, for benchmarks. Without
    ``unknowable`` the titles whose answers never show whether they are there are ``GONE``.
    """

    def __init__(
        self, kind: Kind, rows: Iterable[Row], *, plain: float | None = None, unknowable: bool = True
    ) -> None:
        self.kind = kind
        self.rows: dict[int, Row] = {row["id"]: row for row in rows}
        self._shares = SHARES if plain is None else {Answer.PLAYER: plain}
        self._plain = plain
        self._unknowable = unknowable

    @classmethod
    def recorded(cls, kind: Kind, *, plain: float | None = None, unknowable: bool = True) -> Catalogue:
        """Return the recorded titles (see ``data/README.md``)."""
        path = Path(__file__).parent / "data" / RECORDED[kind.collection]
        with path.open(encoding="utf-8") as lines:
            return cls(kind, map(json.loads, lines), plain=plain, unknowable=unknowable)

    def grown(self, n: int, *, today: date | None = None) -> Catalogue:
        """Return a catalogue of ``n`` titles: these, and sequels of them, the same ones every time.

        Sequels have ids above all others, days from 1917 to the present, denser towards it; some
        are unreleased on ``today``, some have no day.
        """
        sequels = self._sequels(today or date.today())
        rows = [*islice(self.rows.values(), n), *islice(sequels, max(0, n - len(self)))]
        return Catalogue(self.kind, rows, plain=self._plain, unknowable=self._unknowable)

    def _sequels(self, today: date) -> Iterator[Row]:
        random = Random(self.kind.collection)  # noqa: S311 (repeatable, not secret)
        days = (today - FIRST_DAY).days
        title_field, date_field = self.kind.title_field, self.kind.date_field
        undated: Iterator[Row] = cycle([{date_field: ""}, {date_field: None}, {}])
        released = [(today - timedelta(days=age)).isoformat() for age in range(days + 1)]
        unreleased = [(today + timedelta(days=wait)).isoformat() for wait in range(1, 366)]
        new_id = max(self.rows)
        for number, original in enumerate(cycle(self.rows.values())):
            row = original.copy()
            new_id += 1 + int(random.random() * 12)
            row["id"] = new_id
            row[title_field] = f"{original[title_field]} {2 + number // len(self)}"
            row["popularity"] = round(random.expovariate(0.4), 4)
            row["vote_average"] = round(random.random() * 10, 1)
            luck = random.random()
            if luck < UNDATED:
                del row[date_field]
                row.update(next(undated))
            elif luck < UNDATED + UNRELEASED:
                row[date_field] = unreleased[int(random.random() * len(unreleased))]
            else:
                row[date_field] = released[int(random.random() ** 2 * days)]
            if "video" in row:
                row["video"] = False
            yield row

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> set[int]:
        """The ids of all titles."""
        return set(self.rows)

    def answer(self, tmdb_id: int) -> Answer:
        """Return how VidSrc answers for this title: always the same, ``GONE`` for an unknown one."""
        if tmdb_id not in self.rows:
            return Answer.GONE
        answer = pick(chance(self.kind.collection, tmdb_id), self._shares)
        return Answer.GONE if answer in UNKNOWABLE and not self._unknowable else answer

    def truth(self, tmdb_id: int) -> bool | None:
        """Return whether VidSrc has this title, ``None`` if no answer ever shows it."""
        return truth(self.answer(tmdb_id))

    @cached_property
    def available(self) -> list[int]:
        """The ids of the titles that VidSrc has, ascending."""
        return sorted(tmdb_id for tmdb_id in self.rows if self.truth(tmdb_id))
