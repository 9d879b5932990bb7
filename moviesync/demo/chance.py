"""Chance that comes out the same in every process: the miniature sites must be repeatable."""

from __future__ import annotations

from hashlib import blake2b


def chance(*parts: object) -> float:
    """Return a number from 0 up to 1 that depends on ``parts`` alone.

    >>> chance(0, 603) == chance(0, 603) != chance(1, 603)
    True
    """
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
