"""What a mirror answers about a title: by its form, and by what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from aiohttp import web

from moviesync.demo import info, pages
from moviesync.demo.behaviours import AVAILABLE, Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Form, MirrorKnobs, Raw
from moviesync.demo.question import Question, Way

MOVED = {Answer.MOVED: Answer.PLAYER, Answer.MOVED_GONE: Answer.GONE}
"""What a title that has moved answers at its new address."""
REFUSED_HEAD = {Answer.NO_HEAD: 405, Answer.NO_HEAD_GONE: 501}
OUT_OF_ORDER: dict[Answer, Callable[[], web.Response]] = {
    Answer.BLOCKED: pages.challenge,
    Answer.BLOCKED_200: lambda: pages.challenge(200, marked=False),
    Answer.ERROR_500: lambda: pages.error(500),
}
PAGES: dict[Answer, Callable[[str], web.Response]] = {
    Answer.PLAYER: pages.player,
    Answer.NO_HEAD: pages.player,
    Answer.SOFT_TEXT: pages.soft_text,
    Answer.SOFT_TITLE: lambda name: pages.soft_title(),
}
"""The page by answer and name of the title; any other title has none."""


class About(NamedTuple):
    """One question, and what its answer depends on."""

    request: web.BaseRequest
    question: Question
    catalogue: Catalogue
    own: MirrorKnobs
    answer: Answer | Raw

    @property
    def name(self) -> str:
        """The name of the title, or its id."""
        row = self.catalogue.rows.get(self.question.tmdb_id, {})
        return str(row.get(self.catalogue.kind.title_field) or self.question.tmdb_id)


def _shell(about: About) -> web.Response:
    """Return the page that is the same for all."""
    return pages.shell()


def _page(about: About) -> web.Response:
    """Return a page that tells."""
    return _told(about, _page_for)


def _info(about: About) -> web.Response:
    return _told(about, _info_for) if about.own.info else pages.gone()


WAYS: dict[tuple[Form, Way], Callable[[About], web.Response]] = {
    ("today", "page"): _shell,
    ("today", "info"): _info,
    ("old", "page"): _page,
}
"""What answers, by form of the mirror and way of asking; where there is nothing, all is 404."""


def _told(about: About, make: Callable[[About, Answer], web.Response]) -> web.Response:
    """Return what ``make`` makes of a title's answer, at the address where the title is."""
    answer = about.answer
    if not isinstance(answer, Answer):
        status, headers, body = answer
        return web.Response(status=status, headers=headers, body=body)
    if about.question.moved:
        return make(about, MOVED.get(answer, Answer.GONE))
    return _redirect(about.request) if answer in MOVED else make(about, answer)


def _redirect(request: web.BaseRequest) -> web.Response:
    port = request.host.rpartition(":")[2]
    _, _, title = request.path.lstrip("/").partition("/")
    return web.Response(status=302, headers={"Location": f"http://localhost:{port}/moved/{title}"})


def _page_for(about: About, answer: Answer) -> web.Response:
    if about.request.method == "HEAD" and answer in REFUSED_HEAD:
        return pages.error(REFUSED_HEAD[answer])
    if answer in OUT_OF_ORDER:
        return OUT_OF_ORDER[answer]()
    return PAGES[answer](about.name) if answer in PAGES else pages.gone()


def _info_for(about: About, answer: Answer) -> web.Response:
    if answer in OUT_OF_ORDER:
        return OUT_OF_ORDER[answer]()
    if answer not in AVAILABLE:
        return info.absent(about.own)
    tmdb_id, catalogue = about.question.tmdb_id, about.catalogue
    row = catalogue.rows.get(tmdb_id, {})
    return info.present(catalogue.kind, row, tmdb_id, about.request.host, about.own)
