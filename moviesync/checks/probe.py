"""What a mirror says of titles whose answer is known, in each way of asking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from moviesync.checks.asking import Asked, ask, ask_for_list
from moviesync.checks.response import host_of
from moviesync.checks.ways import INFO, PAGE, PAGE_BY_HEAD, WAYS, Way
from moviesync.vidsrc.answer import NO_TITLE
from moviesync.vidsrc.id_list import list_url, read_ids

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from moviesync.kinds import Kind

FROM_STORE, FROM_LIST = 3, 3
"""The most positive controls that are taken from the store, and from a list."""


@dataclass
class Probe:
    """The result for one mirror."""

    base_url: str
    """Where it is; after a redirect of the whole mirror, where it leads to."""
    said: dict[Way, str] = field(default_factory=dict)
    """For each way that was tried, what it answered that is wrong; empty: it can be believed."""
    positive: int | None = None
    """A title that it has."""
    answers: int = 0
    failures: int = 0
    """How often it gave no answer, or an error."""

    @property
    def is_down(self) -> bool:
        """It gave no answer at all, or only errors."""
        return not self.answers

    @property
    def is_shaky(self) -> bool:
        """It answered some questions and failed at others: at the next look it may be well."""
        return bool(self.answers and self.failures)

    @property
    def way(self) -> Way | None:
        """The cheapest way that can be believed."""
        return next((way for way in WAYS if self.said.get(way) == ""), None)

    @property
    def answered(self) -> str:
        """In a few words, why no way can be believed."""
        return "; ".join(dict.fromkeys(filter(None, self.said.values())))


class Prober:
    """Asks mirrors for *controls*: a title that cannot exist, and titles that VidSrc is known to have."""

    def __init__(
        self, crawler: Crawler, kind: Kind, known: list[int], stored: Callable[[int], Awaitable[list[int]]]
    ):
        """``stored`` gives so many ids of titles that were found to be available, the latest first."""
        self._crawler = crawler
        self._kind = kind
        self._known = known
        self._stored = stored

    async def probe(self, base_url: str, *, whole: bool = False) -> Probe:
        """Try the ways until one can be believed; with ``whole`` all of them."""
        found = Probe(base_url)
        absent = await self._ask(found, PAGE, NO_TITLE)
        await self._try_pages(found, absent)
        if whole or (found.way is None and not absent.unreachable):
            found.said[INFO] = await self._try_one(found, INFO, await self._ask(found, INFO, NO_TITLE))
        return found

    async def positives(self, base_url: str) -> list[int]:
        """Titles that VidSrc should have, the likeliest first; those of a list only if there are no others."""
        ids = [*await self._stored(FROM_STORE), *self._known]
        return list(dict.fromkeys(ids)) or await self._listed(base_url)

    async def present(self, base_url: str, way: Way, ids: list[int], found: Probe) -> Asked | None:
        """The first answer that shows one of the titles; ``None``: each is said to be absent, or nothing at all."""
        last = None
        for tmdb_id in ids:
            last = await self._ask(found, way, tmdb_id)
            if last.available:
                found.positive = tmdb_id
                return last
        if last is not None and last.available is None:
            found.said[way] = last.reason
        return None

    async def _try_pages(self, found: Probe, absent: Asked) -> None:
        why = found.said[PAGE] = await self._try_one(found, PAGE, absent)
        if why:
            return
        assert found.positive is not None
        heads = await asyncio.gather(
            self._ask(found, PAGE_BY_HEAD, NO_TITLE), self._ask(found, PAGE_BY_HEAD, found.positive)
        )
        # A HEAD that does not tell the two apart costs a request and shows nothing.
        tells = heads[0].available is False and heads[1].finding is None
        found.said[PAGE_BY_HEAD] = "" if tells else "HEAD does not tell what GET does"

    async def _try_one(self, found: Probe, way: Way, absent: Asked) -> str:
        if absent.available:
            return f"has {way.what} for a title that cannot exist"
        if absent.available is None:
            return absent.reason
        ids = await self.positives(found.base_url)
        answer = await self.present(found.base_url, way, ids, found)
        if answer is None and (listed := await self._listed(found.base_url)):
            answer = await self.present(found.base_url, way, listed, found)
        if answer is None:
            return found.said.get(way) or f"has no {way.what.removeprefix('a ')} of any title that VidSrc has"
        found.base_url = moved(
            found.base_url, way.url(found.base_url, self._kind, found.positive or 0), answer.url
        )
        return ""

    async def _ask(self, found: Probe, way: Way, tmdb_id: int) -> Asked:
        asked = await ask(self._crawler, found.base_url, way, self._kind, tmdb_id, probe=True)
        if asked.failed and not asked.unreachable and way.confirmed_by is None:
            # One error says little.
            asked = await ask(self._crawler, found.base_url, way, self._kind, tmdb_id, probe=True)
        found.failures += asked.failed
        found.answers += not asked.failed
        return asked

    async def _listed(self, base_url: str) -> list[int]:
        """Some titles of a mirror's list, if it has one."""
        body = (await ask_for_list(self._crawler, list_url(base_url, self._kind)))[1]
        ids = sorted(read_ids(body).ids - {NO_TITLE})
        return ids[:: max(1, len(ids) // FROM_LIST)][:FROM_LIST]


def moved(base_url: str, asked: str, url: str) -> str:
    """Where a mirror is that redirects to another host and keeps path and query; otherwise ``base_url``.

    >>> moved("https://vidsrc.me", "https://vidsrc.me/embed/movie/603", "https://vidsrc.sh/embed/movie/603")
    'https://vidsrc.sh'
    """
    before, after = urlsplit(asked), urlsplit(url)
    if host_of(asked) == host_of(url) or (before.path, before.query) != (after.path, after.query):
        return base_url
    return urlunsplit((after.scheme, after.netloc, urlsplit(base_url).path, "", ""))
