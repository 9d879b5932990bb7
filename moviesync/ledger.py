"""The ledger: what of which walk is done, as the store's collection ``progress`` holds it.

One document a walk (``movies``; ``movies 1990-01-01..`` where dates bound it), one a window.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Any

from moviesync.stores.base import PROGRESS, Store
from moviesync.walk import KEY_SEPARATOR, PAGE_CAP, Walk

logger = logging.getLogger(__name__)

VERSION = 1
FRESH = timedelta(days=1)
"""A walk that was finished less than this ago is not begun anew unasked."""


class Ledger:
    """The walk of one collection within one pair of dates."""

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
        self._now = self._started = now
        self._today = now.date()

    async def walk(self, choice: str, *, anew_if_finished: bool) -> Walk | None:
        """The walk to go on with: the unfinished one, or a new one.

        ``None`` where there is none to do: ``choice`` is ``skip``; or it is ``continue``, the
        last walk was finished less than a day ago, and ``anew_if_finished`` does not ask for another.
        """
        if choice == "skip":
            return None
        last = next(
            (d for d in await self._store.saved(PROGRESS, prefix=self.name) if d["_id"] == self.name), None
        )
        if last and last.get("version") != VERSION:
            logger.warning("The ledger of %s has another version's layout: the walk begins anew", self.name)
            last = None
        if last is None or choice == "new":
            return await self._begin()
        finished = last["finished"]
        if finished is None:
            logger.info("Going on with the walk of %s that began on %s", self.name, last["today"])
            return await self._resume(last)
        if finished > self._now - FRESH and not anew_if_finished:
            logger.info(
                "The walk of %s was finished at %s, less than a day ago", self.name, finished.isoformat()
            )
            return None
        return await self._begin()

    async def save(self, walk: Walk, finished: datetime | None = None) -> None:
        """Keep how far the walk is; its windows' documents are saved with their pages."""
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
        await self._store.save(PROGRESS, [document])

    async def _begin(self) -> Walk:
        await self._store.forget(PROGRESS, prefix=self.name + KEY_SEPARATOR)
        walk = self._walk()
        await self.save(walk)
        return walk

    async def _resume(self, last: dict[str, Any]) -> Walk:
        self._started, self._today = last["started"], date.fromisoformat(last["today"])
        windows = await self._store.saved(PROGRESS, prefix=self.name + KEY_SEPARATOR)
        return self._walk(cap=last["cap"], dates_ignored=last["datesIgnored"], ledger=windows)

    def _walk(
        self, *, cap: int = PAGE_CAP, dates_ignored: bool = False, ledger: list[dict[str, Any]] | None = None
    ) -> Walk:
        released_from, released_to = self._bounds
        return Walk(
            self.name,
            today=self._today,
            released_from=released_from,
            released_to=released_to,
            cap=cap,
            dates_ignored=dates_ignored,
            ledger=ledger or (),
        )


async def summary(store: Store, collection: str) -> dict[str, Any]:
    """How far the latest walk of a collection is: ``pages``, ``pagesDone``, ``complete``, ``gaps``."""
    documents = await store.saved(PROGRESS, prefix=collection)
    walks = [document for document in documents if KEY_SEPARATOR not in document["_id"]]
    if not walks:
        return {"pages": 0, "pagesDone": 0, "complete": False, "gaps": []}
    walk = max(walks, key=lambda document: document["started"])
    done = sum(
        last - first + 1
        for document in documents
        if document["_id"].startswith(walk["_id"] + KEY_SEPARATOR)
        for first, last in document["pagesDone"]
    )
    return {
        "pages": max(walk["pages"], done),
        "pagesDone": done,
        "complete": walk["finished"] is not None,
        "gaps": walk["gaps"],
    }
