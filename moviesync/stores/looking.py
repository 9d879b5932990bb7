"""What is at the place of a store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Whose(Enum):
    """Who has made what is there."""

    NOBODYS = "nobody's"
    """There is nothing yet: the first crawl makes it."""
    OURS = "ours"
    FIRST_VERSION = "first version"
    """Ours, made by the first version: the next crawl brings it up to date."""
    OTHERS = "others'"
    """Tables or collections of another program, and none of ours: a crawl would put its own beside them."""


@dataclass(frozen=True)
class Look:
    """A look at the place of a store, which has changed nothing there."""

    address: str
    """As people may see it: never with a password."""
    whose: Whose = Whose.NOBODYS
    trouble: str = ""
    """One line: why it cannot be read, and what to do; empty: it can."""
    not_writable: str = ""
    """In a few words, why nothing can be written there; empty: as far as one can see, it can be."""
