"""What ``scrapy doctor`` asks TMDB and the mirrors of VidSrc."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider, signals

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.checks.asking import ask_for_list
from moviesync.checks.mirrors import Mirrors
from moviesync.checks.probe import Probe, Prober
from moviesync.checks.response import host_of
from moviesync.core.crawlsettings import apply_crawl_settings
from moviesync.core.slots import PROBE, SITE, TMDB
from moviesync.core.timelimit import TIME_LIMIT, TimeLimit
from moviesync.exceptions import failure_reason
from moviesync.kinds import KINDS, MOVIE, Kind
from moviesync.tmdb.discover import discover_url
from moviesync.vidsrc.id_list import list_url, problem, read_ids

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from typing_extensions import Self

LONGEST = 10.0
"""Seconds for TMDB's answer."""


@dataclass
class TmdbAnswer:
    """TMDB's answer to the first discover page, with the key that is set."""

    failure: str = ""
    """In a word or two, why there is none."""
    status: int = 0
    body: bytes = b""


@dataclass
class ListAnswer:
    """A mirror's list of one kind of titles."""

    ids: int = 0
    problem: str = ""
    """Why it cannot be believed, in a few words; empty: it can."""


@dataclass
class MirrorAnswer:
    """What a mirror has answered."""

    address: str
    probe: Probe
    lists: dict[str, ListAnswer]
    """By collection."""


@dataclass
class Answers:
    """What the sites have answered."""

    tmdb: TmdbAnswer | None = None
    mirrors: list[MirrorAnswer] = field(default_factory=list)
    """In the order of ``VIDSRC_BASE_URL``."""
    seconds_ahead: dict[str, float] = field(default_factory=dict)
    """For each host that says what time it is, how far its clock is ahead of this machine's."""
    mistake: Exception | None = None
    """Something unforeseen that has ended the questions."""


class DoctorSpider(Spider):
    """Asks each site for what a crawl needs, all at the same time, and puts what they say into ``answers``.

    It is none of the project's spiders. The mirrors are probed for films alone: a mirror answers for films and for
    shows by the same program, and each further probe costs every mirror some ten requests. Of the lists, which are
    files of their own, both are read.
    """

    name = "doctor"

    def __init__(self, answers: Answers, **kwargs: Any):
        super().__init__(**kwargs)
        self.answers = answers

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_crawl_settings(settings)
        settings.setdict(arguments.as_settings(MOVIE.collection, Arguments()), priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.response_downloaded, signal=signals.response_downloaded)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        mirrors = self.crawler.get_extension(Mirrors)
        assert mirrors
        try:
            self.answers.tmdb, self.answers.mirrors = await asyncio.gather(
                self._tmdb(),
                asyncio.gather(*(self._mirror(mirrors.prober, address) for address in mirrors.addresses)),
            )
        except Exception as error:  # whatever it was, the table shows it
            self.answers.mistake = error
        return
        yield

    def response_downloaded(self, response: Response) -> None:
        try:
            date = parsedate_to_datetime((response.headers.get("Date") or b"").decode("latin-1"))
        except ValueError:
            return
        if date.tzinfo:
            self.answers.seconds_ahead[host_of(response.url)] = date.timestamp() - time.time()

    async def _tmdb(self) -> TmdbAnswer:
        url = discover_url(self.settings["TMDB_BASE_URL"], MOVIE, 1)
        meta = {SITE: TMDB, PROBE: True, "dont_retry": True, TIME_LIMIT: TimeLimit(LONGEST)}
        try:
            response = await self.crawler.engine.download_async(Request(url, meta=meta))
        except Exception as error:  # whatever it was, there is no answer
            return TmdbAnswer(failure_reason(error))
        return TmdbAnswer("", response.status, response.body)

    async def _mirror(self, prober: Prober, address: str) -> MirrorAnswer:
        probe, lists = await asyncio.gather(
            prober.probe(address, whole=True),
            asyncio.gather(*(self._list(address, kind) for kind in KINDS)),
        )
        by_collection = {kind.collection: one for kind, one in zip(KINDS, lists, strict=True)}
        return MirrorAnswer(address, probe, by_collection)

    async def _list(self, address: str, kind: Kind) -> ListAnswer:
        response, body, why = await ask_for_list(self.crawler, list_url(address, kind))
        if response is None:
            return ListAnswer(problem=why)
        known = [int(number) for number in self.settings.getlist(kind.known_variable)]
        ids = read_ids(body)
        return ListAnswer(len(ids.ids), problem(ids, positives=known, previous=None))
