"""Verdicts from VidSrc's own list of ids: one request, instead of one for each title."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from moviesync.checks.asking import ask_for_list
from moviesync.checks.response import host_of
from moviesync.exceptions import CrawlStopped
from moviesync.items import LIST, SMALLEST_ID, Evidence, Verdict
from moviesync.stores.base import SYNC
from moviesync.vidsrc.id_list import (
    EpisodeList,
    IdList,
    episodes_problem,
    episodes_url,
    list_url,
    problem,
    read_episodes,
    read_ids,
)

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from moviesync.checks.mirrors import Mirrors
    from moviesync.stores.base import Store

logger = logging.getLogger(__name__)

BATCH = 500
"""Titles whose verdicts are stored at a time."""
_DAILY = timedelta(days=1)
"""The most that a list is behind, as it is made daily; for one that does not say when it was made."""


@dataclass
class TitleList:
    """A list that can be believed: what is on it is available, what is not is unavailable."""

    collection: str
    ids: IdList
    host: str
    taken: datetime
    made: datetime
    """When it was made, as far as known: what VidSrc said of a title later than this counts more than a miss."""
    episodes: EpisodeList | None
    """``None``: not known."""
    store: Store = field(repr=False)

    async def verdicts(self, ids: Sequence[int]) -> list[Verdict]:
        """The verdicts that follow for some titles.

        None for a title that is not on the list and was asked for since: the list lacks some titles that are there.
        """
        missing = [tmdb_id for tmdb_id in ids if tmdb_id not in self.ids.ids]
        since = await self.store.asked_since(self.collection, missing, self.made) if missing else set[int]()
        return [self._verdict(tmdb_id) for tmdb_id in ids if tmdb_id not in since]

    async def of_stored(self) -> AsyncIterator[list[Verdict]]:
        """The verdicts of all titles that the store holds, some at a time."""
        last = SMALLEST_ID
        while ids := await self.store.ids(self.collection, after=last, limit=BATCH):
            last = ids[-1]
            if verdicts := await self.verdicts(ids):
                yield verdicts

    async def note_taken(self) -> None:
        """Record that every stored title has its verdict from this list."""
        (known,) = await self.store.saved(SYNC, prefix=self.collection) or [{"_id": self.collection}]
        await self.store.save(SYNC, [known | {"list": self.taken, "listLength": len(self.ids.ids)}])

    def _verdict(self, tmdb_id: int) -> Verdict:
        available = tmdb_id in self.ids.ids
        evidence = Evidence(LIST, self.host)
        episodes = self.episodes.of(tmdb_id) if self.episodes else None
        return Verdict(self.collection, tmdb_id, available, "list", self.taken, evidence, episodes)


async def take(crawler: Crawler, mirrors: Mirrors, store: Store, taken: datetime) -> TitleList:
    """The list of the first mirror whose list can be believed; raises CrawlStopped if there is no such mirror."""
    kind = mirrors.kind
    positives = [*await mirrors.stored(BATCH), *mirrors.known]
    before = next(iter(await store.saved(SYNC, prefix=kind.collection)), {}).get("listLength")
    answers = {}
    for address in mirrors.addresses:
        response, body, why = await ask_for_list(crawler, list_url(address, kind))
        if response is not None:
            ids = read_ids(body)
            why = problem(ids, positives=positives, previous=before if isinstance(before, int) else None)
            if not why:
                host = host_of(response.url)
                logger.info("VidSrc's list at %s has %d ids", host, len(ids.ids))
                episodes = await _episodes(crawler, address) if kind.has_episodes else None
                made = _made(response) or taken - _DAILY
                return TitleList(kind.collection, ids, host, taken, made, episodes, store)
        answers[host_of(address)] = why
    said = "; ".join(f"{host}: the list {why}" for host, why in answers.items())
    raise CrawlStopped(f"no list of VidSrc can be believed ({said}): set VIDSRC_BASE_URL, or try again later")


async def _episodes(crawler: Crawler, address: str) -> EpisodeList | None:
    _, body, why = await ask_for_list(crawler, episodes_url(address))
    # In a thread: reading it takes half a second.
    found = await asyncio.to_thread(read_episodes, body)
    if why := why or episodes_problem(found):
        logger.warning("The list of episodes at %s: %s; those stored stay as they are", host_of(address), why)
        return None
    return found


def _made(response: Response) -> datetime | None:
    """https://www.rfc-editor.org/rfc/rfc9110#field.last-modified"""
    try:
        made = parsedate_to_datetime((response.headers.get("Last-Modified") or b"").decode("latin-1"))
    except ValueError:
        return None
    return made if made.tzinfo else None
