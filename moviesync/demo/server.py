"""Both miniature sites, running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.holdings import Holdings
from moviesync.demo.journal import Asked, Journal
from moviesync.demo.knobs import MIRRORS, Knobs
from moviesync.demo.loopback import HOST, served
from moviesync.demo.mirror import Mirror
from moviesync.demo.site import Load
from moviesync.demo.tmdb_site import TmdbSite
from moviesync.kinds import MOVIE, SHOW


class Sites:
    """TMDB and VidSrc on loopback, in a thread of their own while the context lasts.

    Without catalogues they serve the recorded titles. ``knobs`` may be turned at any time. VidSrc has some
    ``mirrors``, each at a port of its own; those in ``dead_mirrors`` (counted from 0) refuse connections.
    Port 0 is any free one. Entering raises ``OSError`` if a port cannot be used.
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
        mirrors: int = MIRRORS,
        dead_mirrors: Collection[int] = (),
    ) -> None:
        self.movies = Catalogue.recorded(MOVIE) if movies is None else movies
        self.shows = Catalogue.recorded(SHOW) if shows is None else shows
        self.knobs = knobs or Knobs()
        self.tmdb_url = ""
        self.mirror_urls: list[str] = []
        """The addresses of VidSrc's mirrors, in order."""
        self._journal = Journal()
        catalogues = (self.movies, self.shows)
        self._holdings, load = Holdings(catalogues, self.knobs), Load()
        tmdb = TmdbSite(catalogues, self.knobs, self._journal, frozenset({"demo", *keys}))
        numbers = range(mirrors)
        vidsrc = [Mirror(number, self._holdings, self.knobs, self._journal, load) for number in numbers]
        handlers = [None if one.mirror in dead_mirrors else one.handle for one in vidsrc]
        self.knobs.mirror(mirrors - 1)
        ports = [vidsrc_port, *[0] * (mirrors - 1)]
        self._served = served((tmdb.handle, tmdb_port), *zip(handlers, ports, strict=True))

    def __enter__(self) -> Sites:
        tmdb_port, *ports = self._served.__enter__()
        self.tmdb_url = f"http://{HOST}:{tmdb_port}/3"
        self.mirror_urls = [f"http://{HOST}:{port}" for port in ports]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.__exit__(kind, error, trace)

    @property
    def vidsrc_url(self) -> str:
        """The address of VidSrc's first mirror."""
        return self.mirror_urls[0] if self.mirror_urls else ""

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
        """Requests that are being handled, and are in no log yet."""
        return self._journal.running

    def asked(self, site: str, method: str | None = None, *, mirror: int | None = None) -> Counter[str]:
        """Count how often each path of a site was asked for, by one method or by any, of one mirror or of all."""
        return self._journal.paths(site, method, mirror)

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
        """Return by id what a crawl should find, whatever mirrors say; ``None``: nothing."""
        catalogue = {one.kind.collection: one for one in (self.movies, self.shows)}[collection]
        return {tmdb_id: self._holdings.truth(catalogue, tmdb_id) for tmdb_id in catalogue.rows}

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which moviesync asks these sites."""
        return {
            "TMDB_BASE_URL": self.tmdb_url,
            "TMDB_ACCESS_TOKEN": "demo",
            "VIDSRC_BASE_URL": ",".join(self.mirror_urls),
        }
