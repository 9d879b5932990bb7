"""A window of dates: one query of the walk, small enough to be shown whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from operator import index
from typing import Any

from moviesync.items import Mark

KEY_SEPARATOR = " | "
_MOST_PAGES = 1_000_000

# What counts as an open end if it is halved: no film is older, and none is announced for later.
_FLOOR = date(1870, 1, 1)
_CEILING = date(2100, 1, 1)


@dataclass
class Window:
    """One query of the walk: the titles released from ``first`` to ``last``, both included.

    ``None`` leaves that end open. A window with two open ends is the query without dates.
    """

    walk: str
    first: date | None = None
    last: date | None = None
    order: str = "asc"
    """Order of the dates; ``desc`` reaches the other end of a day that is too large."""
    pages: int | None = None
    """Pages of the query as TMDB last said, shown or not; ``None``: not asked yet."""
    results: int | None = None
    undated: int = 0
    """Titles without a date that its pages showed."""
    done: set[int] = field(default_factory=set)
    """Pages whose titles the store acknowledged."""
    unreadable: set[int] = field(default_factory=set)
    """Pages whose answers could not be read."""
    offset: int = 0
    """Pages of the walk before this window."""

    def __str__(self) -> str:
        return f"{self.first or ''}..{self.last or ''}" if self.dated else "without dates"

    @property
    def dated(self) -> bool:
        return bool(self.first or self.last)

    @property
    def divisible(self) -> bool:
        return self.dated and (self.first or _FLOOR) < (self.last or _CEILING)

    @property
    def key(self) -> str:
        """``_id`` of its document in the checkpoint."""
        return f"{self.walk}{KEY_SEPARATOR}{self} {self.order}"

    def holds(self, day: date) -> bool:
        return (not self.first or self.first <= day) and (not self.last or day <= self.last)

    def halves(self) -> tuple[Window, Window]:
        """The older and the newer half of a divisible window."""
        oldest = self.first or _FLOOR
        middle = oldest + ((self.last or _CEILING) - oldest) // 2
        return (
            Window(self.walk, self.first, middle),
            Window(self.walk, middle + timedelta(days=1), self.last),
        )

    def mark(self, mark: Mark) -> None:
        """Note a page as done, or as one that cannot be read."""
        if mark.page in self.done:
            return
        if mark.readable:
            self.done.add(mark.page)
            self.unreadable.discard(mark.page)
            self.undated += mark.undated
        else:
            self.unreadable.add(mark.page)

    def copy(self) -> Window:
        """The same window, to be marked without touching this one."""
        return replace(self, done=set(self.done), unreadable=set(self.unreadable))

    def document(self) -> dict[str, Any]:
        """Its document in the checkpoint."""
        return {
            "_id": self.key,
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "totalPages": self.pages,
            "totalResults": self.results,
            "undated": self.undated,
            "pagesDone": list(_runs(self.done)),
            "unreadable": sorted(self.unreadable),
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Take up the state that a document of the checkpoint holds.

        Raises KeyError, TypeError or ValueError if it is not such a document.
        """
        self.pages, self.results = (
            None if document[name] is None else index(document[name])
            for name in ("totalPages", "totalResults")
        )
        self.undated = index(document["undated"])
        self.unreadable = set(map(index, document["unreadable"]))
        if any(last > _MOST_PAGES for _, last in document["pagesDone"]):
            raise ValueError("more pages than any window has")
        self.done = {
            page for first, last in document["pagesDone"] for page in range(index(first), index(last) + 1)
        }


def _runs(pages: Iterable[int]) -> Iterator[list[int]]:
    """Runs of consecutive numbers, as pairs of the first and the last.

    >>> list(_runs({1, 2, 3, 7}))
    [[1, 3], [7, 7]]
    """
    run: list[int] = []
    for page in sorted(pages):
        if run and page == run[1] + 1:
            run[1] = page
            continue
        if run:
            yield run
        run = [page, page]
    if run:
        yield run
