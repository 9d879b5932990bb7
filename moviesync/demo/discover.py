"""A catalogue in the orders and date windows of discover."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from moviesync.demo.catalogue import Catalogue, Row

ORDERS = frozenset(
    {"name", "original_name", "original_title", "popularity", "title", "vote_average", "vote_count"}
)
DEFAULT_ORDER = "popularity.desc"
REMEMBERED = 256


class Discover:
    """Selects what https://developer.themoviedb.org/reference/discover-movie selects, without paging."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.kind = catalogue.kind
        dated: list[tuple[str, int, Row]] = []
        self._undated: list[Row] = []
        for tmdb_id, row in sorted(catalogue.rows.items()):
            day = row.get(self.kind.date_field)
            if day:
                dated.append((day, tmdb_id, row))
            else:
                self._undated.append(row)
        dated.sort(key=lambda entry: entry[:2])
        self._days = [day for day, _, _ in dated]
        self._dated = [row for _, _, row in dated]
        self._remembered: dict[tuple[str, str, str, bool], Sequence[Row]] = {}

    def select(self, sort_by: str, since: str, until: str, *, videos: bool) -> Sequence[Row]:
        """Return the titles from ``since`` to ``until`` (ISO days, ``""``: no bound) in order.

        Titles of the same rank go by id, those without a day come after all days in ``.asc`` and are
        in no window; ``.desc`` is the reverse of ``.asc``. An unknown order is the default one.
        """
        wanted = (sort_by, since, until, videos)
        if wanted not in self._remembered:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[wanted] = self._select(*wanted)
        return self._remembered[wanted]

    def _select(self, sort_by: str, since: str, until: str, videos: bool) -> Sequence[Row]:
        order, _, direction = sort_by.partition(".")
        by_date = order == self.kind.date_parameter
        if direction not in {"asc", "desc"} or not (by_date or order in ORDERS):
            return self._select(DEFAULT_ORDER, since, until, videos)
        rows = self._window(since, until)
        if not videos:
            rows = [row for row in rows if not row.get("video")]
        if not by_date:
            rows.sort(key=lambda row: (_rank(row.get(order)), row["id"]))
        return rows[::-1] if direction == "desc" else rows

    def _window(self, since: str, until: str) -> list[Row]:
        if not since and not until:
            return self._dated + self._undated
        start = bisect_left(self._days, since)
        stop = bisect_right(self._days, until) if until else len(self._days)
        return self._dated[start:stop]


def _rank(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value or 0
