"""Extension: which mirror of VidSrc is asked, and in which way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from scrapy import Request

from moviesync.checks.asking import ask_for_list
from moviesync.checks.probe import Prober
from moviesync.checks.response import ASKED, SESSION, WAY, host_of
from moviesync.checks.ways import PAGE_BY_HEAD, Way
from moviesync.core.gate import Gate
from moviesync.core.slots import FOLLOW_UP, SITE, VIDSRC
from moviesync.core.stopping import Stopping
from moviesync.core.timelimit import TIME_LIMIT, TimeLimit
from moviesync.exceptions import MirrorChanged
from moviesync.history import stats as names
from moviesync.kinds import Kind, kind_of
from moviesync.vidsrc.id_list import list_url, problem, read_ids

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

lost = object()
"""Signal: the mirrors are to be probed. ``lies``: what the mirror in use has said lately is not to be believed;
``why`` is in a few words."""
found = object()
"""Signal: a mirror can be asked. ``same``: the one that was in use, in the same way and the same session."""

TRIES = 2
"""How often a check may take as long as DOWNLOAD_TIMEOUT in all."""


class Outcome(Enum):
    """What a look at a site has shown."""

    WELL = "well"
    DOWN = "down"
    LIES = "lies"
    """It answers, and its answers mean nothing."""


class InUse(NamedTuple):
    """The mirror that is asked, and how."""

    base_url: str
    way: Way


class Mirrors:
    """The mirrors of VidSrc in the order of ``VIDSRC_BASE_URL``; the first that can be believed is used.

    They are probed before the first check, and again when the one in use fails or lies. A *session* lasts
    from one finding of a mirror to the next: requests, and the controls that cover their verdicts, belong to one.
    """

    def __init__(
        self, crawler: Crawler, kind: Kind, addresses: list[str], known: list[int], *, timeout: float
    ):
        self.in_use: InUse | None = None
        """``None``: not known yet, or not to be believed any more."""
        self.session = 0
        self.positive: int | None = None
        """A title that the mirror in use has."""
        self.answers: dict[str, str] = {}
        """What the mirrors that are not used have answered, by host."""
        self.stored: Callable[[int], Awaitable[list[int]]] = _none
        """Gives the titles that the store holds as available; see ``Prober``."""
        self.kind = kind
        self.addresses = addresses
        self.prober = Prober(crawler, kind, known, self._from_store)
        self._crawler = crawler
        self.known = known
        """Titles that VidSrc is known to have, as the user has set them."""
        self._timeout = timeout
        self._searching = False
        self._is_found = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        kind = kind_of(settings["COLLECTION"])
        addresses = [address.strip().rstrip("/") for address in settings.getlist("VIDSRC_BASE_URL")]
        known = [int(number) for number in settings.getlist(kind.known_variable)]
        return cls(crawler, kind, addresses, known, timeout=settings.getfloat("DOWNLOAD_TIMEOUT"))

    # What the spider and the middlewares ask for

    def check(self, tmdb_id: int, **options: Any) -> Request:
        """A request that asks the mirror in use for a title; ``options`` are those of ``Request``."""
        base_url, way = self.in_use or InUse(self.addresses[0], PAGE_BY_HEAD)
        url = way.url(base_url, self.kind, tmdb_id)
        meta = {
            SITE: VIDSRC,
            ASKED: url,
            WAY: way,
            SESSION: self.session if self.in_use else -1,
            TIME_LIMIT: TimeLimit(TRIES * self._timeout),
        }
        return Request(url, method=way.method, meta=meta, **options)

    def is_current(self, request: Request) -> bool:
        """Whether a check goes where ``check`` would send it now."""
        return self.in_use is not None and request.meta[SESSION] == self.session

    def begin(self) -> None:
        """See to it that the mirrors are probed, if that is still to be done."""
        if self.in_use is None and not self._searching:
            self.lose("not asked yet", lies=False)

    def lose(self, why: str, *, lies: bool) -> None:
        """Have the mirrors probed. ``lies``: drop what was found since controls last held."""
        self._searching = True
        if lies:
            self.in_use = None
            self.session += 1
        self._crawler.signals.send_catch_log(lost, lies=lies, why=why)

    async def _from_store(self, most: int) -> list[int]:
        return await self.stored(most)

    async def are_probed(self) -> bool:
        """Wait until a mirror was found in this run, or the user pauses it; False if it ends before."""
        if self._is_found.is_set():
            return True
        self.begin()
        stopping = self._crawler.get_extension(Stopping)
        assert stopping
        events = {asyncio.ensure_future(event.wait()) for event in (self._is_found, stopping.event)}
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
        for event in events:
            event.cancel()
        return self._is_found.is_set() or stopping.is_pause

    # What looks at the site

    async def search(self) -> Outcome:
        """Probe the mirrors in order, and use the first with a way that can be believed."""
        self.answers = {}
        are_down, is_shaky = True, False
        for address in self.addresses:
            probe = await self.prober.probe(address)
            if way := probe.way:
                self._use(InUse(probe.base_url, way), address, probe.positive)
                return Outcome.WELL
            self.answers[host_of(address)] = probe.answered
            are_down, is_shaky = are_down and probe.is_down, is_shaky or probe.is_shaky
        self._crawler.stats.set_value(names.MIRRORS, self.answers)
        # What failed once does not show that a site lies.
        return Outcome.DOWN if are_down or is_shaky else Outcome.LIES

    async def list_passes(self) -> bool:
        """Whether a mirror has a list that can be believed, as far as one look shows."""
        for address in self.addresses:
            body = (await ask_for_list(self._crawler, list_url(address, self.kind)))[1]
            if body and not problem(read_ids(body), positives=self.known, previous=None):
                return True
        return False

    def _use(self, chosen: InUse, address: str, positive: int | None) -> None:
        same = self.in_use == chosen
        if self.in_use is not None and not same:
            self.session += 1
        self.in_use, self.positive, self._searching = chosen, positive, False
        self._is_found.set()
        self._crawler.stats.set_value(names.MIRRORS, {})
        if not same:
            self._log(chosen, address)
            gate = self._crawler.get_extension(Gate)
            assert gate
            # Also what is on its way to the gate at this moment.
            gate.screen(VIDSRC, self._changed)
            gate.drop(VIDSRC, MirrorChanged())
        self._crawler.signals.send_catch_log(found, same=same)

    def _changed(self, request: Request) -> Exception | None:
        """What a check gets that was made for another mirror; follow-ups go where it went."""
        is_check = SESSION in request.meta and not request.meta.get(FOLLOW_UP)
        return MirrorChanged() if is_check and self.in_use and not self.is_current(request) else None

    def _log(self, chosen: InUse, address: str) -> None:
        others = "".join(f"; {host}: {answer}" for host, answer in self.answers.items())
        logger.info("VidSrc is asked at %s by %s%s", host_of(chosen.base_url), chosen.way.name, others)
        if chosen.base_url != address:
            before, after = host_of(address), chosen.base_url
            logger.warning("%s leads to another address: set VIDSRC_BASE_URL=%s", before, after)


async def _none(most: int) -> list[int]:
    return []
