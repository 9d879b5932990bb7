"""Extension: verdicts wait until controls that were asked after them have held."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from scrapy import signals

from moviesync.checks.asking import Asked, ask
from moviesync.checks.mirrors import Mirrors, found, lost
from moviesync.checks.response import FINDING, REDIRECTS, SESSION, judge
from moviesync.checks.streak import Streak
from moviesync.checks.ways import Way
from moviesync.core.gate import Gate
from moviesync.core.scheduler import HELD, only_held
from moviesync.core.slots import FOLLOW_UP, VIDSRC
from moviesync.core.stopping import stopping
from moviesync.exceptions import MirrorChanged, RequestCancelled
from moviesync.history import stats as names
from moviesync.vidsrc.answer import NO_TITLE

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self

    from moviesync.core.scheduler import Scheduler
    from moviesync.items import Verdict

logger = logging.getLogger(__name__)

LONGEST_HOLD = 30.0
"""Seconds after which controls are asked for fewer verdicts, if no others are to come meanwhile."""


class Controls:
    """Asks for a title that cannot exist, and for one that VidSrc has, again and again.

    If the answers are as they should be, the verdicts that came before these were asked are *covered*, and
    may be stored. If they are not, nothing of what waits is to be believed, and the mirrors are probed anew. If there
    is no answer, the site may be down; what waits is covered if the site is found to be well when it is back.

    Controls are asked when ``HELD`` verdicts wait; when nothing else is under way; when the run is being stopped; and
    when so many verdicts in a row are the same that chance does not explain it.
    """

    def __init__(self, crawler: Crawler):
        self._crawler = crawler
        self._gate: Gate
        self._mirrors: Mirrors
        self._waiting: list[asyncio.Future[bool]] = []
        self._asked_for = 0
        """How many of these wait for controls that are being asked."""
        self._round: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._streak = Streak()
        self._is_urgent = False
        """Controls are due although few verdicts wait."""
        self._is_surprised = False
        """Controls are due whether verdicts wait or not."""
        self._stops = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        controls = cls(crawler)
        for handler, signal in (
            (controls.spider_opened, signals.spider_opened),
            (controls.mirror_lost, lost),
            (controls.mirror_found, found),
            (controls.only_held, only_held),
            (controls.stop, stopping),
            (controls.engine_stopped, signals.engine_stopped),
            (controls.response_downloaded, signals.response_downloaded),
        ):
            crawler.signals.connect(handler, signal=signal)
        return controls

    def spider_opened(self) -> None:
        gate, mirrors = self._crawler.get_extension(Gate), self._crawler.get_extension(Mirrors)
        assert gate
        assert mirrors
        self._gate, self._mirrors = gate, mirrors

    async def covered(self, verdict: Verdict) -> bool:
        """Wait until it is known whether a verdict may be stored."""
        if verdict.session != self._mirrors.session or self._mirrors.in_use is None:
            return False
        waits: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(waits)
        self._note_waiting()
        return await waits

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Look at the first answer of a check: a lie may show in it long before there is a verdict."""
        if SESSION not in request.meta or FOLLOW_UP in request.meta or response.status in REDIRECTS:
            return
        finding = request.meta[FINDING] if FINDING in request.meta else judge(request, response)
        if finding is None or finding.available is not None:
            # An answer to a HEAD that settles nothing says that the page may be there.
            self._is_surprised |= self._streak.surprises(finding is None or bool(finding.available))
            self._ask_if_due()

    def only_held(self) -> None:
        self._is_urgent = True
        self._ask_if_due()

    def stop(self) -> None:
        self._stops = True
        self._ask_if_due()

    def mirror_lost(self, lies: bool) -> None:
        if lies:
            self._settle(len(self._waiting), stored=False)

    def mirror_found(self, same: bool) -> None:
        # The mirror was probed, so these are controls that came after all that waits.
        self._settle(len(self._waiting), stored=same)

    def engine_stopped(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _note_waiting(self) -> None:
        cast("Scheduler", self._crawler.engine.scheduler).note_held(len(self._waiting))
        self._ask_if_due()
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_HOLD, self._waited_long)

    def _waited_long(self) -> None:
        self._timer = None
        self._is_urgent = self._is_urgent or self._gate.is_idle(VIDSRC)
        self._note_waiting()

    def _ask_if_due(self) -> None:
        if self._stops and self._gate.holds(VIDSRC):
            # Nobody will ask for controls any more.
            self._settle(len(self._waiting), stored=False)
        is_due = self._is_urgent or self._stops or len(self._waiting) >= HELD
        is_due = (is_due and bool(self._waiting)) or (self._is_surprised and not self._stops)
        if is_due and self._round is None and not self._gate.holds(VIDSRC):
            self._is_urgent = self._is_surprised = False
            self._asked_for = len(self._waiting)
            self._round = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        session, in_use = self._mirrors.session, self._mirrors.in_use
        assert in_use
        try:
            wrong, lies = await self._wrong(in_use.way)
        except (RequestCancelled, MirrorChanged):
            wrong, lies = "not asked", False
        except Exception:
            # Without this, those who wait would wait for ever.
            logger.exception("Controls could not be asked")
            self._crawler.stats.inc_value(names.MISTAKES)
            wrong, lies = "a mistake in moviesync", True
        self._round = None
        if session == self._mirrors.session:
            if not wrong:
                self._settle(self._asked_for, stored=True)
            elif self._stops:
                self._settle(len(self._waiting), stored=False)
            else:
                self._crawler.stats.inc_value(names.CONTROLS_FAILED)
                self._mirrors.lose(wrong, lies=lies)
        self._ask_if_due()

    def _settle(self, number: int, *, stored: bool) -> None:
        """Let the first so many of those that wait know whether they may be stored."""
        ready, self._waiting = self._waiting[:number], self._waiting[number:]
        self._asked_for = 0
        for one in ready:
            if not one.done():
                one.set_result(stored)
        if ready:
            cast("Scheduler", self._crawler.engine.scheduler).note_held(len(self._waiting))

    async def _wrong(self, way: Way) -> tuple[str, bool]:
        """What is wrong with the answers to controls, in a few words (empty: nothing), and whether they lie."""
        last = way.confirmed_by or way
        positive = self._mirrors.positive
        assert positive is not None
        questions = [(last, NO_TITLE), (last, positive), *([(way, positive)] if way is not last else [])]
        absent, present, *first = await asyncio.gather(*(self._control(*one) for one in questions))
        if absent.available is not False:
            return absent.reason if absent.available is None else _has_all(last), not absent.failed
        if present.available:
            gone = next((one for one in first if one.available is False), None)
            return ("HEAD does not tell what GET does", True) if gone else ("", False)
        return await self._others(last, positive, present)

    async def _others(self, way: Way, gone: int, answer: Asked) -> tuple[str, bool]:
        """The same if the usual title is not shown: others may be, as one title may leave VidSrc."""
        assert self._mirrors.in_use
        for tmdb_id in await self._mirrors.prober.positives(self._mirrors.in_use.base_url):
            if tmdb_id != gone and (await self._control(way, tmdb_id)).available:
                if (await self._control(way, gone)).available:
                    # It is there, so the answer before was not right.
                    return "answers change from one moment to the next", True
                self._mirrors.positive = tmdb_id
                return "", False
        return (
            answer.reason if answer.available is None else f"has no {way.by} of any title that VidSrc has"
        ), not (answer.failed)

    async def _control(self, way: Way, tmdb_id: int) -> Asked:
        assert self._mirrors.in_use
        self._crawler.stats.inc_value(names.CONTROLS)
        return await ask(self._crawler, self._mirrors.in_use.base_url, way, self._mirrors.kind, tmdb_id)


def _has_all(way: Way) -> str:
    return f"has {way.what} for a title that cannot exist"
