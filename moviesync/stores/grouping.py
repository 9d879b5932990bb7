"""Counts for people, made from the groups that a store counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from moviesync.items import INFO, LIST, PAGE

UNKNOWN = "unknown"
NONE = "none"
"""Verdicts whose evidence is not known."""


def by_reason(groups: Iterable[tuple[Any, int]]) -> dict[str, int]:
    """Counts by reason, the largest first; a reason that is not a text is ``unknown``.

    >>> by_reason([("timeout", 2), ("blocked", 3), (None, 1), ({}, 1)])
    {'blocked': 3, 'timeout': 2, 'unknown': 2}
    """
    counts = Counter[str]()
    for reason, count in groups:
        counts[reason if reason and isinstance(reason, str) else UNKNOWN] += count
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def by_evidence(groups: Iterable[tuple[Any, int]]) -> dict[str, int]:
    """Counts by what the verdicts rest on; see ``Store.evidence``.

    >>> by_evidence([("list", 2), ("page", 3), (None, 1), ({}, 1), ("info", 1)])
    {'page': 3, 'info': 1, 'list': 2, 'none': 2}
    """
    counts = dict.fromkeys((PAGE, INFO, LIST, NONE), 0)
    for by, count in groups:
        counts[by if isinstance(by, str) and by in counts else NONE] += count
    return counts


def by_year(groups: Iterable[tuple[Any, Any, int]]) -> list[tuple[int | None, int, int, int]]:
    """(year, available, unavailable, unchecked) of groups (year, verdict, count); see ``Store.years``.

    >>> by_year([(1999, True, 2), ("then", None, 1), (1999, 0, 3), (None, None, 4), (1998, "yes", 5)])
    [(1998, 0, 0, 5), (1999, 2, 3, 0), (None, 0, 0, 5)]
    """
    counts: dict[int | None, list[int]] = {}
    for given, verdict, count in groups:
        year = int(given) if isinstance(given, int) and not isinstance(given, bool) else None
        state = {1: 0, 0: 1}.get(verdict, 2) if isinstance(verdict, int) else 2
        counts.setdefault(year, [0, 0, 0])[state] += count
    dated = sorted(year for year in counts if year is not None)
    order = [*dated, None] if None in counts else dated
    return [(year, *counts[year]) for year in order]  # type: ignore[misc]
