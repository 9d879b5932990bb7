"""The page and its answers over HTTP: for reading only, and by default for this machine only."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from moviesync.dashboard.api import Answers

STATIC = Path(__file__).with_name("static")
LONGEST_SEARCH = 200

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {whence}" for what, whence in POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "moviesync",
    "X-Content-Type-Options": "nosniff",
}
READING = ("GET", "HEAD")


def application(answers: Answers, names: Collection[str]) -> web.Application:
    """``names``: the host names that a request may give; empty: any."""
    app = web.Application(middlewares=[_guard(frozenset(names))])
    app.on_response_prepare.append(_harden)

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def now(_: web.Request) -> web.Response:
        return _json(await answers.now())

    async def years(_: web.Request) -> web.Response:
        return _json(await answers.years())

    async def search(request: web.Request) -> web.Response:
        text = request.query.get("text", "").strip()
        if not text or len(text) > LONGEST_SEARCH:
            raise web.HTTPBadRequest(text=f"text: 1 to {LONGEST_SEARCH} characters")
        return _json(await answers.search(text))

    async def end(_: web.Application) -> None:
        await answers.close()

    app.router.add_get("/", page)
    app.router.add_get("/api/now", now)
    app.router.add_get("/api/years", years)
    app.router.add_get("/api/search", search)
    app.router.add_static("/static", STATIC)
    app.on_cleanup.append(end)
    return app


def _guard(names: frozenset[str]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # "DNS rebinding": a foreign page can point its own host name to this machine, and then read the
        # answers through its visitor's browser. The browser sends that name.
        if names and _host(request.headers.get("Host", "")) not in names:
            raise web.HTTPForbidden(text="this page is served to this machine alone")
        if request.method not in READING:
            raise web.HTTPMethodNotAllowed(request.method, READING)
        return await handler(request)

    return guard


def _host(header: str) -> str:
    """The name in a Host header, without the port.

    >>> _host("[::1]:8787"), _host("LOCALHOST"), _host("]"), _host("")
    ('::1', 'localhost', '', '')
    """
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    # A browser may keep files if it asks before each use; it may not keep the numbers.
    response.headers["Cache-Control"] = "no-store" if request.path.startswith("/api/") else "no-cache"


def _json(value: Any) -> web.Response:
    # The escape means the same in JSON, and no browser can take a title for a tag.
    text = json.dumps(value, allow_nan=False).replace("<", "\\u003c")
    return web.Response(text=text, content_type="application/json")
