"""Both miniature sites, running."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from aiohttp import web

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.journal import Asked, Journal
from moviesync.demo.knobs import Knobs
from moviesync.demo.site import Site
from moviesync.demo.tmdb_site import TmdbSite
from moviesync.demo.vidsrc_site import VidsrcSite
from moviesync.kinds import MOVIE, SHOW

HOST = "127.0.0.1"

AT_THE_END = 0.01
"""Seconds that a request under way is given; aiohttp takes 0 for "any time"."""
LONGEST = 20.0
"""Seconds that the sites may take to begin, or to end."""


class Sites:
    """TMDB and VidSrc on loopback, in a thread of their own while the context lasts.

    Without catalogues they serve the recorded titles. ``knobs`` may be turned at any time. A port 0 is
    any free one. Entering raises ``OSError`` where a port cannot be had. Both ends of the context fail
    where they take too long.
    """

    def __init__(
        self,
        movies: Catalogue | None = None,
        shows: Catalogue | None = None,
        knobs: Knobs | None = None,
        *,
        keys: Collection[str] = (),
        tmdb_port: int = 0,
        vidsrc_port: int = 0,
    ) -> None:
        self.movies = Catalogue.recorded(MOVIE) if movies is None else movies
        self.shows = Catalogue.recorded(SHOW) if shows is None else shows
        self.knobs = knobs or Knobs()
        self.tmdb_url = ""
        self.vidsrc_url = ""
        self._journal = Journal()
        self._keys = frozenset({"demo", *keys})
        self._ports = (tmdb_port, vidsrc_port)
        self._vidsrc = VidsrcSite((self.movies, self.shows), self.knobs, self._journal)
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Sites:
        ready: Future[tuple[int, int]] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="demo sites", daemon=True)
        self._thread.start()
        tmdb_port, vidsrc_port = ready.result(LONGEST)
        self.tmdb_url = f"http://{HOST}:{tmdb_port}/3"
        self.vidsrc_url = f"http://{HOST}:{vidsrc_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(LONGEST)
            if self._thread.is_alive():
                raise TimeoutError("the miniature sites do not end")

    @property
    def log(self) -> list[Asked]:
        """The requests, as they finished."""
        return self._journal.requests

    @property
    def peak(self) -> Mapping[str, int]:
        """The most requests at once, by site."""
        return self._journal.peak

    @property
    def running(self) -> int:
        """Requests that are being dealt with, and are in no log yet."""
        return self._journal.running

    def asked(self, site: str, method: str | None = None) -> Counter[str]:
        """Count how often each path of a site was asked for, by one method or by any."""
        return self._journal.paths(site, method)

    def early(self, site: str, slack: float = 0.05) -> list[Asked]:
        """Return the requests that came before a ``Retry-After`` had passed (see ``Journal.early``)."""
        return self._journal.early(site, slack)

    def clear(self) -> None:
        """Forget log and peaks."""
        self._journal.clear()

    def summary(self) -> dict[str, Any]:
        """Return what each site was asked (see ``Journal.summary``)."""
        return self._journal.summary()

    def truth(self, collection: str) -> dict[int, bool | None]:
        """Return by id what a crawl should find, with the knobs as they are; ``None``: nothing."""
        catalogue = {one.kind.collection: one for one in (self.movies, self.shows)}[collection]
        return {tmdb_id: self._vidsrc.truth(catalogue, tmdb_id) for tmdb_id in catalogue.rows}

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which moviesync asks these sites."""
        return {
            "TMDB_BASE_URL": self.tmdb_url,
            "TMDB_ACCESS_TOKEN": "demo",
            "VIDSRC_BASE_URL": self.vidsrc_url,
        }

    def _run(self, ready: Future[tuple[int, int]]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            # The thread that waits raises it; later ones are the business of this thread.
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[tuple[int, int]]) -> None:
        self._loop = asyncio.get_running_loop()
        tmdb = TmdbSite((self.movies, self.shows), self.knobs, self._journal, self._keys)
        runners = [_runner(site) for site in (tmdb, self._vidsrc)]
        try:
            tmdb_port, vidsrc_port = [
                await _listen(runner, port) for runner, port in zip(runners, self._ports, strict=True)
            ]
            ready.set_result((tmdb_port, vidsrc_port))
            await self._ended.wait()
        finally:
            for runner in runners:
                await runner.cleanup()


def _runner(site: Site) -> web.ServerRunner:
    # Requests whose client has left do not go on: they would count as running.
    server = web.Server(site.handle, handler_cancellation=True, access_log=None)
    return web.ServerRunner(server, shutdown_timeout=AT_THE_END)


async def _listen(runner: web.ServerRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return int(runner.addresses[0][1])
