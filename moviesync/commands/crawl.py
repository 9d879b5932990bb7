"""``scrapy crawl``: Scrapy's own, with mistakes found first, and exit codes that say how it ended."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import NoReturn

from scrapy import signals
from scrapy.commands import crawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from moviesync import arguments
from moviesync.exceptions import Ending

WRONG_USAGE = 2
CANNOT_WORK = 1
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
        if problems := [*self._spider_problems(args), *arguments.problems(opts.spargs)]:
            leave(WRONG_USAGE, problems)
        if problems := self.settings["ENVIRONMENT_PROBLEMS"]:
            leave(WRONG_USAGE, problems)
        if not has_key(self.settings):
            leave(
                CANNOT_WORK,
                [
                    "no key for TMDB: set TMDB_ACCESS_TOKEN or TMDB_API_KEY (in the environment or in .env),"
                    " or try it without one: scrapy demo"
                ],
            )

    def _spider_problems(self, args: list[str]) -> list[str]:
        assert self.settings
        spiders = get_spider_loader(self.settings).list()
        known = f"there is {' and '.join(spiders)}"
        if options := [arg for arg in args if arg.startswith("-")]:
            return [f"{option}: there is no such option" for option in options]
        if len(args) != 1:
            return [f"name one spider: {known}"]
        return [] if args[0] in spiders else [f"{args[0]}: there is no such spider; {known}"]

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        crawler = self._create_crawler(args[0])
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        if self.reason is None:
            self.reason = Ending("the run was cut off; the same command goes on with it")
        self.exitcode = exit_code(self.reason)
        if self.exitcode:
            print(f"moviesync: {self.reason}", file=sys.stderr)

    def _closed(self, reason: str) -> None:
        self.reason = reason


def exit_code(reason: str) -> int:
    """The exit code that goes with the reason for which a spider was closed."""
    if isinstance(reason, Ending):
        return reason.exit_code
    return 0 if reason.startswith(_WELL_ENDED) else CANNOT_WORK


def has_key(settings: BaseSettings) -> bool:
    return bool(settings["TMDB_ACCESS_TOKEN"] or settings["TMDB_API_KEY"])


def leave(code: int, lines: Iterable[str]) -> NoReturn:
    """End the program, with one line a mistake on standard error and nothing else."""
    for line in lines:
        print(f"moviesync: {line}", file=sys.stderr)
    sys.exit(code)
