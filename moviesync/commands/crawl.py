"""``scrapy crawl``: Scrapy's own, with mistakes found first, and exit codes that say how it ended."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scrapy import signals
from scrapy.commands import crawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from moviesync import arguments
from moviesync.command import environment_problems, leave
from moviesync.exceptions import CANNOT_WORK, WRONG_USAGE, Ending
from moviesync.items import Verdict
from moviesync.report import told_gap, told_verdicts

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

# How a run may end with its work done, or left by the user's wish; anything else is exit code 1.
_WELL_ENDED = ("finished", "shutdown", "closespider_")


class Command(crawl.Command):
    """Exit codes: 0 finished or paused by the user, 1 the run could not do its work, 2 wrong usage."""

    reason: str | None = None

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        try:
            super().process_options(args, opts)
        except UsageError as error:
            leave(WRONG_USAGE, [str(error)])
        # A feed gets a line for each verdict; a page of titles is for the store.
        for feed in self.settings.getdict("FEEDS").values():
            feed.setdefault("item_classes", [Verdict])
        if problems := [*spider_problems(self.settings, args, most=1), *arguments.problems(opts.spargs)]:
            leave(WRONG_USAGE, problems)
        if problems := environment_problems(self.settings):
            leave(WRONG_USAGE, problems)
        level = self.settings["LOG_LEVEL"]
        if not isinstance(logging.getLevelName(level), int):
            leave(WRONG_USAGE, [f"{level}: there is no such log level"])
        if not has_key(self.settings):
            leave(
                CANNOT_WORK,
                [
                    "no key for TMDB: set TMDB_ACCESS_TOKEN or TMDB_API_KEY (in the environment or in .env),"
                    " or try it without one: scrapy demo"
                ],
            )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        assert self.crawler_process
        if readable_by_others(self.settings["ENVIRONMENT_FILE"]):
            print("moviesync: every user of this machine can read .env: chmod 600 .env", file=sys.stderr)
        crawler = self._create_crawler(args[0])
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        logging.getLogger("scrapy.crawler").addFilter(_silence_when_cut_off)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        if self.reason is None:
            self.reason = Ending("the run was cut off; the same command goes on with it")
        self.exitcode = exit_code(self.reason)
        self._tell(crawler)
        if self.exitcode:
            print(f"moviesync: {self.reason}", file=sys.stderr)

    def _tell(self, crawler: Crawler) -> None:
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        lines = [told_verdicts(crawler.stats.get_stats())]
        lines += [told_gap(spider.kind.collection, gap) for gap in spider.itinerary.walk.gaps()]
        for line in filter(None, lines):
            print(f"moviesync: {line}", file=sys.stderr)

    def _closed(self, reason: str) -> None:
        self.reason = reason


def _silence_when_cut_off(record: logging.LogRecord) -> bool:
    """After a second Ctrl-C, everything that was cut off would log a traceback; there is no mistake in it."""
    if str(record.msg).endswith("forcing unclean shutdown"):
        logging.disable()
        sys.unraisablehook = lambda _: None
    return True


def exit_code(reason: str) -> int:
    """The exit code that goes with the reason for which a spider was closed."""
    if isinstance(reason, Ending):
        return reason.exit_code
    return 0 if reason.startswith(_WELL_ENDED) else CANNOT_WORK


def spider_problems(settings: BaseSettings, args: list[str], *, most: int | None = None) -> list[str]:
    """One line for each argument that names no spider; with ``most`` there have to be so many."""
    spiders = get_spider_loader(settings).list()
    known = f"there is {' and '.join(spiders)}"
    if options := [arg for arg in args if arg.startswith("-")]:
        return [f"{option}: there is no such option" for option in options]
    if most is not None and len(args) != most:
        return [f"name one spider: {known}"]
    return [f"{arg}: there is no such spider; {known}" for arg in args if arg not in spiders]


def readable_by_others(path: str) -> bool:
    """Whether a file with secrets can be read by every user; not so where there is none."""
    return bool(path) and os.name == "posix" and bool(Path(path).stat().st_mode & stat.S_IROTH)


def has_key(settings: BaseSettings) -> bool:
    return bool(settings["TMDB_ACCESS_TOKEN"] or settings["TMDB_API_KEY"])
