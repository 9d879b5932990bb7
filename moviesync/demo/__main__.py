"""The miniature sites in a process of their own, for benchmarks.

``python -m moviesync.demo '{"movies": 100000, "plain": 0.4, "vidsrc": {"latency": 0.08}}'`` prints one line
of JSON with the addresses (VidSrc's mirrors are ``mirror_urls``, the first is ``vidsrc_url`` too) and serves
until its standard input closes, or SIGTERM or SIGINT comes. Besides the fields of ``Knobs`` the argument may
hold the number of ``movies`` and ``shows``, ``plain`` and ``unknowable`` (see ``Catalogue``), ``tmdb_port``,
``vidsrc_port`` (of the first mirror) and ``dead_mirrors`` (see ``Sites``). ``/_log`` at VidSrc shows what was
asked.
"""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE, SHOW

SERVED = ("tmdb_port", "vidsrc_port", "dead_mirrors")


def main() -> None:
    """Serve as the first command line argument says."""
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    answers = {"plain": options.pop("plain", None), "unknowable": options.pop("unknowable", True)}
    movies, shows = Catalogue.recorded(MOVIE, **answers), Catalogue.recorded(SHOW, **answers)
    movies = movies.grown(options.pop("movies", len(movies)))
    shows = shows.grown(options.pop("shows", len(shows)))
    served = {name: options.pop(name) for name in SERVED if name in options}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with Sites(movies, shows, Knobs.of(options), **served) as sites:
        urls = {name: getattr(sites, name) for name in ("tmdb_url", "vidsrc_url", "mirror_urls")}
        print(json.dumps(urls), flush=True)
        sys.stdin.read()


def _stop(number: int, frame: FrameType | None) -> None:
    # A second signal must not interrupt the end of the sites.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
