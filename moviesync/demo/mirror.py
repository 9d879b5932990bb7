"""VidSrc in miniature: one of its mirrors."""

from __future__ import annotations

import gzip
import json
from functools import partial

from aiohttp import web

from moviesync.demo import pages
from moviesync.demo.behaviours import Answer
from moviesync.demo.broken import drip
from moviesync.demo.holdings import Holdings
from moviesync.demo.journal import Journal
from moviesync.demo.knobs import Down, Knobs, MirrorKnobs, SiteKnobs
from moviesync.demo.lies import Lie
from moviesync.demo.lists import listed
from moviesync.demo.lying import LIES
from moviesync.demo.question import question
from moviesync.demo.site import Load, Site
from moviesync.demo.ways import WAYS, About


class Mirror(Site):
    """Pages and info of titles, as the form of the mirror has them, and lists; anything else is 404.

    A title that has moved is at ``/moved/…`` of ``localhost``: another host, the same mirror.
    ``/_log`` sums up what both sites were asked, and is not counted itself.
    """

    name = "vidsrc"

    def __init__(self, number: int, holdings: Holdings, knobs: Knobs, journal: Journal, load: Load) -> None:
        super().__init__(journal, load)
        self.mirror = number
        self._holdings = holdings
        self._all = knobs
        self._turned: tuple[Lie | None, int, int | None] | None = None
        self._answers = 0

    @property
    def knobs(self) -> SiteKnobs:
        return self._all.vidsrc

    @property
    def own(self) -> MirrorKnobs:
        """How this mirror behaves at the moment."""
        return self._all.mirror(self.mirror)

    @property
    def down(self) -> Down | None:
        return self.knobs.down or self.own.down

    def error(self, status: int) -> web.Response:
        return pages.error(status)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/_log":
            return web.json_response(self._journal.summary(), dumps=json.dumps)
        return await super().handle(request)

    async def deliver(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, well or with the lie of the moment."""
        lie = self._lie()
        if lie and LIES[lie].scope(request):
            return await LIES[lie].tell(request, partial(self.answer, request))
        answer = self.answer(request)
        if self.own.drip and (asked := question(request.path)) and asked.tmdb_id in self.own.drip:
            return await drip(request, answer)
        return answer

    def answer(self, request: web.BaseRequest, instead: Answer | None = None) -> web.Response:
        """Return the right answer, or the one that were right if the title had the answer ``instead``."""
        answer = self._answer(request, instead)
        if self.own.packed and isinstance(answer.body, bytes) and answer.body:
            answer.body = gzip.compress(answer.body)
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    def _answer(self, request: web.BaseRequest, instead: Answer | None) -> web.Response:
        asked = question(request.path)
        if asked is None:
            return listed(request.path, self._holdings, self.own) or pages.gone()
        catalogue, way = self._holdings.of(asked.name), WAYS.get((self.own.form, asked.way))
        if catalogue is None or way is None:
            return pages.gone()
        if request.method == "HEAD" and self._all.head and self.own.form == "old":
            return pages.error(self._all.head)
        answer = instead or self._holdings.answer(catalogue, asked.tmdb_id)
        return way(About(request, asked, catalogue, self.own, answer))

    def _lie(self) -> Lie | None:
        """Count an answer, and return its lie."""
        own = self.own
        turned = (own.lie, own.lie_from, own.lie_for)
        if turned != self._turned:
            self._turned, self._answers = turned, 0
        number = self._answers - own.lie_from
        self._answers += 1
        over = own.lie_for is not None and number >= own.lie_for
        return None if number < 0 or over else own.lie
