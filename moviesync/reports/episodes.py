"""The episodes of a show that VidSrc has, for people."""

from __future__ import annotations

import re
from collections.abc import Sequence


def seasons(episodes: object) -> dict[int, list[int]] | None:
    """The ``episodes`` of a document, ascending; ``None`` if it was written by hand and is none.

    >>> seasons({"10": [2, 1], "2": [1]})
    {2: [1], 10: [1, 2]}
    >>> seasons({"1": "all"}), seasons({"one": [1]}), seasons(None)
    (None, None, None)
    """
    if not isinstance(episodes, dict):
        return None
    found: dict[int, list[int]] = {}
    for season, numbers in episodes.items():
        known = isinstance(numbers, list) and all(type(one) is int for one in numbers)
        if not known or not re.fullmatch("[0-9]{1,9}", str(season)):
            return None
        found[int(season)] = sorted(set(numbers))
    return dict(sorted(found.items()))


def number_of(episodes: object) -> int | None:
    """How many episodes a document has; ``None`` as in ``seasons``.

    >>> number_of({"1": [1, 2], "2": [1]}), number_of("many")
    (3, None)
    """
    found = seasons(episodes)
    return None if found is None else sum(map(len, found.values()))


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers, with neighbours as a range.

    >>> ranges([1, 2, 3, 5, 7, 8]), ranges([])
    ('1-3, 5, 7-8', '-')
    """
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans) or "-"
