"""What every store can do: the one contract that the spider, the pipeline and the commands rely on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moviesync.items import Title, Verdict

Document = dict[str, Any]
PROGRESS = "progress"
RUNS = "runs"
SYNC = "sync"
"""When each source of titles and verdicts was last taken in whole: one document a collection of titles."""
HISTORY = "history"
"""The flips: every change of a stored verdict."""
NOT_HELD = "the store does not hold this title"


class StoreUnavailable(Exception):
    """The store cannot be reached or takes no writes at the moment; raised by every method of a store.

    The text is one line and names the address, without a password.
    """


@dataclass(frozen=True)
class Refused:
    """A document that the store would not take, while it took the others."""

    item: Title | Verdict
    reason: str


@dataclass(frozen=True)
class Counts:
    """How many titles of a collection are in which state (``scrapy status`` shows the same words)."""

    total: int = 0
    available: int = 0
    unavailable: int = 0
    unchecked: int = 0
    """Without a verdict."""
    failed: int = 0
    """With a ``checkError``, with a verdict or without."""


class Store(ABC):
    """A catalogue of titles, with the progress of the walks and the history of runs.

    Documents are the same Python values in every store: ``bool``, ``int``, ``None``, aware
    ``datetime`` in UTC with milliseconds, ``dict`` and ``list``.
    A store is opened and closed once, in one event loop.
    """

    address: str
    """Where it is, as people may see it: never with a password."""
    inserted = 0
    """New titles that ``write`` has added."""

    @abstractmethod
    async def open(self, *, readonly: bool = False) -> None:
        """Connect, and make the collections and indexes that are missing.

        ``readonly``: change nothing; a store that does not exist yet reads as an empty one, and
        writing raises StoreUnavailable.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of the connection. Closing twice, or without opening, does nothing."""

    @abstractmethod
    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        """Upsert the titles, then set the verdicts; returns when both are acknowledged.

        A new title starts unchecked; a known one keeps its verdict and its ``firstSeen``.
        A verdict without an answer (``available`` is ``None``) sets ``checkError`` alone; any
        other sets ``vidsrcAvailable``, ``lastChecked`` and ``evidence``, and removes ``checkError``.
        If it differs from the one that is stored, or is the first, ``statusSince`` becomes its
        time, and a change from available to unavailable or back is a document of ``history``, once,
        even if a kill comes in between and the check is repeated. If it is the same, ``statusSince``
        stays; in a document of the first version, which has none, it becomes the old ``lastChecked``.
        ``episodes`` of a verdict, unless ``None``, replace those stored; if there are none, the field
        is removed.
        What the server refuses is returned, and holds up nothing else. So is a verdict of a
        title that the store does not hold: it changes nothing, and its reason is ``NOT_HELD``.
        """

    @abstractmethod
    async def up_to_date(
        self,
        collection: str,
        ids: Sequence[int],
        *,
        checked_since: datetime | None,
        failed_since: datetime,
    ) -> set[int]:
        """The ``ids`` that need no check: they have a verdict (if ``checked_since`` is
        given: one at least as young), or their last check failed at ``failed_since`` or later.

        A document written by hand, with a ``vidsrcAvailable`` that is not a boolean or a
        ``lastChecked`` that is not a date, does not count as having a verdict.
        """

    @abstractmethod
    async def unchecked(
        self, collection: str, *, failed_before: datetime | None, after: int, limit: int
    ) -> list[int]:
        """The next ids greater than ``after`` of titles without a verdict, ascending.

        ``failed_before`` is ``None``: those that carry no ``checkError``; otherwise those
        whose ``checkError`` is older than that, or has no date.
        """

    @abstractmethod
    async def stale(
        self,
        collection: str,
        *,
        before: datetime,
        after: tuple[datetime, int] | None,
        limit: int,
        failed_before: datetime | None = None,
    ) -> list[tuple[datetime, int]]:
        """The next (``lastChecked``, id) of titles whose verdict is older than ``before``,
        oldest first, past the pair ``after``; ``failed_before`` as in ``unchecked``."""

    @abstractmethod
    async def ids(self, collection: str, *, after: int, limit: int) -> list[int]:
        """The next ids greater than ``after``, ascending, of all titles."""

    @abstractmethod
    async def asked_since(self, collection: str, ids: Sequence[int], since: datetime) -> set[int]:
        """Those of the ``ids`` that have a verdict by page or ``info`` that is no older: their ``lastChecked``
        is ``since`` or later."""

    @abstractmethod
    async def positives(self, collection: str, limit: int) -> list[int]:
        """The ids of the titles that were found available by page or ``info``, the latest first."""

    @abstractmethod
    async def title(self, collection: str, tmdb_id: int) -> Document | None:
        """The whole document of one title, or ``None``."""

    @abstractmethod
    async def counts(self, collection: str) -> Counts:
        """The number of titles in each state."""

    @abstractmethod
    async def failures(self, collection: str) -> dict[str, int]:
        """How many titles carry a ``checkError``, by its reason, most frequent first.

        A reason written by hand that is not a text counts as ``unknown``.
        """

    @abstractmethod
    async def evidence(self, collection: str) -> dict[str, int]:
        """How many titles have a verdict by ``page``, ``info`` and ``list``, in this order, and ``none``: without
        ``evidence``, or with one that was written by hand and names none of these. An index answers it."""

    @abstractmethod
    async def checked(self, collection: str, moments: Sequence[datetime]) -> list[int]:
        """How many titles were last checked from each of the ascending moments to before the next:
        one number less than there are moments.

        ``lastChecked`` alone decides, as it is null until the first verdict. Each number is a range
        of an index, so its cost grows with what it counts.
        """

    @abstractmethod
    async def years(self, collection: str) -> list[tuple[int | None, int, int, int]]:
        """Year of release, and how many titles of it are available, unavailable and unchecked.

        Ascending, and last those without a year (``None``). Its cost grows with the number of titles.
        """

    @abstractmethod
    async def latest(self, collection: str, limit: int) -> list[Document]:
        """The whole documents with the latest verdicts, latest first."""

    @abstractmethod
    async def found(self, collection: str, text: str, limit: int) -> list[Document]:
        """The whole documents whose title contains the text, taken literally.

        Upper and lower case are alike in ASCII; whether they are in other letters is up to the
        store. The shortest titles come first, so an exact match leads; then by id. Its cost grows
        with the number of titles.
        """

    @abstractmethod
    async def batch(self, collection: str, *, state: str | None, after: int, limit: int) -> list[Document]:
        """The next whole documents whose ``_id`` is a number greater than ``after``, ascending.

        ``state``: ``available``, ``unavailable`` or ``unchecked``, as ``counts`` counts them;
        ``None``: all.
        """

    @abstractmethod
    async def save(self, collection: str, documents: Sequence[Document]) -> None:
        """Replace or insert small documents of ``progress``, ``runs`` or ``sync`` by their text ``_id``.

        They are the program's own: if one cannot be encoded, the encoder's error is raised.
        """

    @abstractmethod
    async def saved(self, collection: str, *, prefix: str = "", last: int | None = None) -> list[Document]:
        """The documents of ``progress``, ``runs`` or ``sync`` whose ``_id`` begins with ``prefix``, by ``_id``.

        ``last``: only so many, those with the greatest ``_id``.
        """

    @abstractmethod
    async def forget(self, collection: str, *, prefix: str) -> None:
        """Delete the documents of ``progress``, ``runs`` or ``sync`` whose ``_id`` begins with ``prefix``."""
