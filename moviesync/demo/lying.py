"""What a mirror answers with each of its lies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol
from urllib.parse import quote

from aiohttp import web

from moviesync.demo import pages
from moviesync.demo.behaviours import Answer
from moviesync.demo.broken import cut, drop, hang
from moviesync.demo.lies import Lie
from moviesync.demo.question import question


class Truth(Protocol):
    """The right answer to a request, or the right one if its title had the answer ``instead``."""

    def __call__(self, instead: Answer | None = None) -> web.Response: ...


Scope = Callable[[web.BaseRequest], bool]
Tell = Callable[[web.BaseRequest, Truth], Awaitable[web.StreamResponse]]


class Telling(NamedTuple):
    """How a lie is told: which requests it is for, and what they get."""

    scope: Scope
    tell: Tell


def _everything(request: web.BaseRequest) -> bool:
    return True


def _heads(request: web.BaseRequest) -> bool:
    return request.method == "HEAD"


def _pages(request: web.BaseRequest) -> bool:
    asked = question(request.path)
    return asked is not None and asked.way == "page"


def _infos(request: web.BaseRequest) -> bool:
    asked = question(request.path)
    return asked is not None and asked.way == "info"


def _always(make: Callable[[], web.Response]) -> Tell:
    async def tell(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
        return make()

    return tell


def _status(status: int) -> Tell:
    return _always(lambda: pages.error(status))


def _as_if(answer: Answer) -> Tell:
    async def tell(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
        return truth(answer)

    return tell


def _redirects(path: str, *, back: bool = False) -> Tell:
    async def tell(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
        if request.path == path:
            return pages.page("Welcome", "<h1>Welcome</h1>")
        target = f"{path}?next={quote(request.path_qs)}" if back else path
        return web.Response(status=302, headers={"Location": target})

    return tell


async def _cookie_wall(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.path_qs, "Set-Cookie": "wall=1; Path=/"})


async def _hang(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
    await hang()


async def _drop(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
    drop(request)


async def _partial(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
    answer = truth()
    if answer.status == web.HTTPOk.status_code:
        answer.set_status(206)
    return answer


async def _cut(request: web.BaseRequest, truth: Truth) -> web.StreamResponse:
    answer = truth()
    return answer if request.method == "HEAD" or not answer.body else await cut(request, answer)


LIES: dict[Lie, Telling] = {
    Lie.ALL_GONE: Telling(_everything, _status(404)),
    Lie.SAME_PAGE: Telling(_everything, _always(pages.parked)),
    Lie.MAINTENANCE: Telling(_everything, _always(pages.maintenance)),
    Lie.EMPTY: Telling(_everything, _always(lambda: web.Response(content_type="text/html"))),
    Lie.NO_CONTENT: Telling(_everything, _always(lambda: web.Response(status=204))),
    Lie.TO_ROOT: Telling(_everything, _redirects("/")),
    Lie.TO_LOGIN: Telling(_everything, _redirects("/login", back=True)),
    Lie.COOKIE_WALL: Telling(_everything, _cookie_wall),
    Lie.CHALLENGE: Telling(_everything, _always(pages.challenge)),
    Lie.ERROR_500: Telling(_everything, _status(500)),
    Lie.SOFT_404: Telling(_everything, _always(pages.soft_title)),
    Lie.HEAD_404: Telling(_heads, _status(404)),
    Lie.HEAD_HANGS: Telling(_heads, _hang),
    Lie.HEAD_DROPPED: Telling(_heads, _drop),
    Lie.HEAD_400: Telling(_heads, _status(400)),
    Lie.HEAD_403: Telling(_heads, _status(403)),
    Lie.HEAD_500: Telling(_heads, _status(500)),
    Lie.PLAYER: Telling(_pages, _as_if(Answer.PLAYER)),
    Lie.INFO: Telling(_infos, _as_if(Answer.PLAYER)),
    Lie.NO_INFO: Telling(_infos, _as_if(Answer.GONE)),
    Lie.PARTIAL: Telling(_everything, _partial),
    Lie.CUT: Telling(_everything, _cut),
}
