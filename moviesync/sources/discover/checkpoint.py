"""The checkpoint: how far each walk is, as the store's collection ``progress`` holds it.

One document for each walk (``movies``; ``movies 1990-01-01..`` if dates bound it), one for each window.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from operator import index
from typing import Any

from moviesync.items import Mark
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import KEY_SEPARATOR, Window
from moviesync.stores.base import PROGRESS, Document, Store
from moviesync.stores.documents import iso

logger = logging.getLogger(__name__)

VERSION = 1
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
FRESH = timedelta(days=1)
"""A walk that was finished less than this ago begins again only if asked to."""


class Checkpoint:
    """How far the walk of one collection within one pair of dates is: read at the start, and saved as it
    goes on. Nothing else writes to ``progress``."""

    def __init__(
        self,
        store: Store,
        collection: str,
        released_from: date | None,
        released_to: date | None,
        *,
        now: datetime,
    ):
        self._store = store
        self._bounds = (released_from, released_to)
        bounded = f" {released_from or ''}..{released_to or ''}" if any(self._bounds) else ""
        self.name = f"{collection}{bounded}"
        self.walk = Walk(self.name, today=now.date(), released_from=released_from, released_to=released_to)
        """The walk to go on with, once it is loaded."""
        self._now = self._started = now
        self._today = now.date()

    async def load(self, choice: str, *, anew_if_finished: bool) -> bool:
        """Take up the walk to go on with: the unfinished one, or a new one. False if there is nothing to walk.

        That is so if ``choice`` is ``skip``; or if it is ``continue``, the last walk was finished less
        than a day ago, and ``anew_if_finished`` does not ask for another.
        """
        if choice == "skip":
            return False
        document, windows = _split(await self._store.saved(PROGRESS, prefix=self.name), self.name)
        if document is None or choice == "new":
            await self._begin()
            return True
        try:
            finished, walk = document["finished"], self._resumed(document, windows)
            fresh = finished is not None and finished > self._now - FRESH
        except _UNREADABLE:
            logger.warning("The checkpoint of %s is from another version: the walk begins again", self.name)
            await self._begin()
            return True
        if finished is None:
            logger.info("Going on with the walk of %s that began on %s", self.name, self._today)
            self.walk = walk
            return True
        if fresh and not anew_if_finished:
            logger.info(
                "The walk of %s was finished at %s, less than a day ago: only what is due is asked for",
                self.name,
                iso(finished),
            )
            return False
        await self._begin()
        return True

    async def save(self, *windows: Window, finished: datetime | None = None) -> None:
        """Save how far the walk is, and the size of ``windows``. Other windows are saved with their pages."""
        walk = self.walk
        document = {
            "_id": self.name,
            "version": VERSION,
            "started": self._started,
            "finished": finished,
            "today": self._today.isoformat(),
            "cap": walk.cap,
            "datesIgnored": walk.dates_ignored,
            "pages": walk.pages,
            "gaps": walk.gaps(),
        }
        await self._store.save(PROGRESS, [*(window.document() for window in windows), document])

    async def mark(self, marks: Iterable[Mark]) -> None:
        """Save that pages are done, and only then count them as done. The store has to hold their titles."""
        marks = list(marks)
        windows: dict[str, Window] = {}
        for mark in marks:
            windows.setdefault(mark.part, self.walk.window(mark.part).copy()).mark(mark)
        if windows:
            await self._store.save(PROGRESS, [window.document() for window in windows.values()])
        for mark in marks:
            self.walk.window(mark.part).mark(mark)

    async def _begin(self) -> None:
        self._started, self._today = self._now, self._now.date()
        # In this order: a walk that is cut off in between does not count, and begins again.
        await self._store.save(PROGRESS, [{"_id": self.name, "version": None}])
        await self._store.forget(PROGRESS, prefix=self.name + KEY_SEPARATOR)
        released_from, released_to = self._bounds
        self.walk = Walk(self.name, today=self._today, released_from=released_from, released_to=released_to)
        await self.save()

    def _resumed(self, document: Document, windows: list[Document]) -> Walk:
        self._started, self._today = document["started"], date.fromisoformat(document["today"])
        iso(self._started)
        for window in windows:
            Window(self.name).restore(window)
        released_from, released_to = self._bounds
        return Walk(
            self.name,
            today=self._today,
            released_from=released_from,
            released_to=released_to,
            cap=int(document["cap"]),
            dates_ignored=bool(document["datesIgnored"]),
            saved=windows,
        )


def _split(documents: list[Document], name: str) -> tuple[Document | None, list[Document]]:
    """A walk's own document, if it is from this version, and the documents of its windows."""
    walk = next((document for document in documents if document["_id"] == name), None)
    if walk and walk.get("version") != VERSION:
        if walk.get("version") is not None:
            logger.warning("The checkpoint of %s is from another version: the walk begins again", name)
        walk = None
    return walk, [document for document in documents if document["_id"].startswith(name + KEY_SEPARATOR)]


async def summary(store: Store, collection: str) -> dict[str, Any]:
    """How far the latest walk of a collection is: ``pages``, ``pagesDone``, ``complete``, ``gaps``."""
    documents = await store.saved(PROGRESS, prefix=collection)
    names = [document["_id"] for document in documents if KEY_SEPARATOR not in document["_id"]]
    found = [(walk, windows) for walk, windows in (_split(documents, name) for name in names) if walk]
    try:
        if found:
            return _summary(*max(found, key=lambda pair: pair[0]["started"]))
    except _UNREADABLE:
        logger.warning("The checkpoint of %s cannot be read by this version", collection)
    return {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}


def _summary(walk: Document, windows: list[Document]) -> dict[str, Any]:
    done = sum(index(last) - index(first) + 1 for window in windows for first, last in window["pagesDone"])
    return {
        "pages": max(index(walk["pages"]), done),
        "pagesDone": done,
        "complete": walk["finished"] is not None,
        "gaps": [{name: gap[name] for name in ("from", "to", "titles", "reason")} for gap in walk["gaps"]],
    }
