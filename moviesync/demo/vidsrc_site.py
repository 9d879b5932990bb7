"""VidSrc in miniature: pages of titles, and the lists of those it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

from aiohttp import web

from moviesync.demo import pages
from moviesync.demo.behaviours import Answer, truth
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.journal import Journal
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.site import Site

TITLE = re.compile(r"/(embed|moved)/(\w+)/(\d+)")
LIST = re.compile(r"/ids/(\w+)_tmdb\.txt")
MOVED = {Answer.MOVED: Answer.PLAYER, Answer.MOVED_GONE: Answer.GONE}
"""What a title that has moved answers at its new address."""


class VidsrcSite(Site):
    """``/embed/{movie,tv}/{id}`` and ``/ids/{movie,tv}_tmdb.txt``; anything else is 404.

    A title that has moved is at ``/moved/…`` of ``localhost``: another host, the same server.
    ``/_log`` sums up what both sites were asked, and is not counted itself.
    """

    name = "vidsrc"

    def __init__(self, catalogues: Iterable[Catalogue], knobs: Knobs, journal: Journal) -> None:
        super().__init__(journal)
        self._all = knobs
        self._catalogues = {catalogue.kind.embed_path.split("/")[1]: catalogue for catalogue in catalogues}

    @property
    def knobs(self) -> SiteKnobs:
        return self._all.vidsrc

    def error(self, status: int) -> web.Response:
        return pages.error(status)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/_log":
            return web.json_response(self._journal.summary(), dumps=json.dumps)
        return await super().handle(request)

    def answer(self, request: web.BaseRequest) -> web.Response:
        if found := TITLE.fullmatch(request.path):
            place, segment, tmdb_id = found.groups()
            if segment in self._catalogues:
                return self._title(request, place, self._catalogues[segment], int(tmdb_id))
        if found := LIST.fullmatch(request.path):
            catalogue = self._catalogues.get(found[1])
            if catalogue is not None:
                return web.Response(text="".join(f"{tmdb_id}\n" for tmdb_id in self.listed(catalogue)))
        return pages.gone()

    def truth(self, catalogue: Catalogue, tmdb_id: int) -> bool | None:
        """Return whether this site has a title; ``None`` if its answers never show it, or are raw."""
        answer = self._all.per_title.get(tmdb_id, catalogue.answer(tmdb_id))
        if self._all.always_available:
            return True
        return truth(answer) if isinstance(answer, Answer) else None

    def listed(self, catalogue: Catalogue) -> list[int]:
        """Return the ids on the list of available titles, ascending."""
        if self._all.always_available:
            return sorted(catalogue.rows)
        own = {tmdb_id for tmdb_id in self._all.per_title if tmdb_id in catalogue.rows}
        listed = [tmdb_id for tmdb_id in catalogue.available if tmdb_id not in own]
        return sorted(listed + [tmdb_id for tmdb_id in own if self.truth(catalogue, tmdb_id)])

    def _title(
        self, request: web.BaseRequest, place: str, catalogue: Catalogue, tmdb_id: int
    ) -> web.Response:
        if request.method == "HEAD" and self._all.head:
            return pages.error(self._all.head)
        row = catalogue.rows.get(tmdb_id, {})
        name = str(row.get(catalogue.kind.title_field) or tmdb_id)
        if self._all.always_available:
            return pages.player(name)
        answer = self._all.per_title.get(tmdb_id, catalogue.answer(tmdb_id))
        if not isinstance(answer, Answer):
            status, headers, body = answer
            return web.Response(status=status, headers=headers, body=body)
        if place == "moved":
            answer = MOVED.get(answer, Answer.GONE)
        elif answer in MOVED:
            return self._redirect(request)
        return _page(answer, name, head=request.method == "HEAD")

    def _redirect(self, request: web.BaseRequest) -> web.Response:
        port = request.host.rpartition(":")[2]
        path = request.path.replace("/embed/", "/moved/", 1)
        return web.Response(status=302, headers={"Location": f"http://localhost:{port}{path}"})


def _page(answer: Answer, name: str, *, head: bool) -> web.Response:
    refusals = {Answer.NO_HEAD: 405, Answer.NO_HEAD_GONE: 501}
    if head and answer in refusals:
        return pages.error(refusals[answer])
    makers: dict[Answer, Callable[[], web.Response]] = {
        Answer.PLAYER: lambda: pages.player(name),
        Answer.NO_HEAD: lambda: pages.player(name),
        Answer.SOFT_TEXT: lambda: pages.soft_text(name),
        Answer.SOFT_TITLE: pages.soft_title,
        Answer.BLOCKED: pages.challenge,
        Answer.BLOCKED_200: lambda: pages.challenge(200, marked=False),
        Answer.ERROR_500: lambda: pages.error(500),
    }
    return makers.get(answer, pages.gone)()
