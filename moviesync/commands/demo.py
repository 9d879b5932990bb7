"""``scrapy demo``: the crawl on both sites in miniature, without a key, a network or a server."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from moviesync.basecommand import leave
from moviesync.commands import crawl
from moviesync.core.exitcodes import WRONG_USAGE
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.items import INFO, LIST, PAGE
from moviesync.kinds import MOVIE, SHOW
from moviesync.stores import make_store
from moviesync.stores.base import Counts

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

DATABASE = "demo.db"
SPIDER = "tmdb_vidsrc"
RATE = 100
"""Requests a second to TMDB in miniature, which has no limit."""
FOUND = {
    PAGE: ("VidSrc has a page of it", "it has none"),
    INFO: ("VidSrc has info of it", "it has none"),
    LIST: ("it is on VidSrc's list", "it is not"),
}
"""What "available" and "unavailable" rest on."""


class Command(crawl.Command):
    """The same spider as in ``scrapy crawl``, with its own database."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Try it: both sites in miniature, no key, no network, no server"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--fresh", action="store_true", help=f"begin again: remove {DATABASE} first")
        parser.add_argument(
            "--serve", action="store_true", help="only serve the sites, and print the variables to set"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        if args:
            leave(WRONG_USAGE, [f"{arg}: scrapy demo takes no such argument" for arg in args])
        # Titles that no answer tells anything of would be asked for again by each run.
        films, shows = (Catalogue.recorded(kind, unknowable=False) for kind in (MOVIE, SHOW))
        self.sites = Sites(films, shows)
        own = {
            "TMDB_ACCESS_TOKEN": "demo",
            "TMDB_RATE": RATE,
            "MONGODB_URI": None,
            "SQLITE_PATH": DATABASE,
            "LOG_LEVEL": "ERROR",
            "LOGFILE_PATH": None,
            "ENVIRONMENT_PROBLEMS": [],
            "VIDSRC_CONCURRENCY": 16,
            # Some answers fail at first; nobody should have to wait for the next try.
            "RETRY_WAIT": 0.05,
        }
        self.settings.setdict(own, priority="cmdline")
        super().process_options([SPIDER], opts)

    def _account(self, crawler: Crawler, reason: str, seconds: float) -> None:
        """Print nothing: the table at the end says it."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.serve:
            self._serve()
        else:
            self._crawl(opts)

    def _serve(self) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with self.sites as sites:
            print(
                "# Both sites in miniature are running. Set these in another terminal; Ctrl-C here ends them."
            )
            for name, value in {**sites.environment(), "TMDB_RATE": str(RATE)}.items():
                print(f"export {name}={value}")
            sys.stdout.flush()
            try:
                signal.pause()
            except KeyboardInterrupt:
                return

    def _crawl(self, opts: argparse.Namespace) -> None:
        assert self.settings
        if opts.fresh:
            for suffix in ("", "-wal", "-shm"):
                Path(DATABASE + suffix).unlink(missing_ok=True)
        with self.sites as sites:
            print(
                "Both sites in miniature run on loopback; the crawl takes some seconds ...", file=sys.stderr
            )
            self.settings.setdict(sites.environment(), priority="cmdline")
            super().run([SPIDER], opts)
            asked = sum(sites.asked("vidsrc").values())
        if self.exitcode == 0 and not opts.spargs.get("dry_run"):
            print(_summary(*asyncio.run(_stored()), asked))


async def _stored() -> tuple[Counts, dict[str, int]]:
    """The films in the database by state, and their verdicts by evidence."""
    store = make_store({"SQLITE_PATH": DATABASE})
    await store.open(readonly=True)
    try:
        return await store.counts(MOVIE.collection), await store.evidence(MOVIE.collection)
    finally:
        await store.close()


def _summary(counts: Counts, evidence: dict[str, int], asked: int) -> str:
    by = [words for name, words in FOUND.items() if evidence[name]]
    has, has_not = (", or ".join(words) for words in zip(*by, strict=True)) if by else ("", "")
    rows = [("titles", counts.total, ""), ("available", counts.available, has)]
    rows += [("unavailable", counts.unavailable, has_not)]
    if counts.unchecked:
        rows += [("unknown", counts.unchecked, "the next run asks for them")]
    table = "\n".join(f"{name:11}  {number:5}   {words}".rstrip() for name, number, words in rows)
    why = "VidSrc's pages are the same for every id, so its info was asked.\n" if evidence[INFO] else ""
    return f"""
{table}

{why}This run asked VidSrc {asked} times. What has a verdict is not asked for again:
run "scrapy demo" once more, or begin anew with "scrapy demo --fresh".
Look inside:   scrapy status -s SQLITE_PATH={DATABASE}
               or open {DATABASE}, table movies, with any SQLite tool
Go on with a key of your own (https://www.themoviedb.org/settings/api):
               TMDB_ACCESS_TOKEN=... scrapy crawl tmdb_vidsrc
"""
