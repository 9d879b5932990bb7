"""``scrapy crawl``: Scrapy's own, with mistakes found first, and exit codes that say how it ended."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.commands import crawl
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.basecommand import leave, usage_mistakes
from moviesync.clock import now
from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE, exit_code
from moviesync.core.interrupts import Interrupts
from moviesync.core.usage import NO_KEY, has_key, settings_problems
from moviesync.log import file
from moviesync.log.formatter import quieten
from moviesync.output import folder_refusal, one_line, refusal
from moviesync.pipelines import feeds
from moviesync.reports import closing

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Command(crawl.Command):
    """Exit codes: 0 finished or paused by the user, 1 the run could not do its work, 2 wrong usage."""

    reason: str | None = None

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        with usage_mistakes():
            super().process_options(args, opts)
        if problems := [*spider_problems(self.settings, args, most=1), *arguments.problems(opts.spargs)]:
            leave(WRONG_USAGE, problems)
        if problems := settings_problems(self.settings):
            leave(WRONG_USAGE, problems)
        level = self.settings["LOG_LEVEL"]
        if not isinstance(logging.getLevelName(level), int):
            leave(WRONG_USAGE, [f"{level}: there is no such log level"])
        if not has_key(self.settings):
            leave(CANNOT_WORK, [NO_KEY])
        dry_run = Arguments.model_validate(opts.spargs).dry_run
        if dry_run:
            self.settings.set("JOBDIR", None, priority="cmdline")
        # Last, as it makes the files and their folders.
        _look_at_files(self.settings, dry_run=dry_run)
        quieten()

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        assert self.crawler_process
        if readable_by_others(self.settings["ENVIRONMENT_FILE"]):
            print("moviesync: every user of this machine can read .env: chmod 600 .env", file=sys.stderr)
        crawler = self.crawler_process.create_crawler(args[0])
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        started = now()
        crawl = self.crawler_process.crawl(crawler, **opts.spargs)
        with Interrupts(crawler, crawl.get_loop()) as interrupts:  # type: ignore[attr-defined]
            try:
                self.crawler_process.start(install_signal_handlers=False)
            except RuntimeError:
                # The event loop raises this if it was stopped before its end.
                if not interrupts.is_cut_off:
                    raise
        reason = self.reason or f"the run was cut off; {closing.same_command(opts.spargs)} goes on with it"
        if crawl.done() and not crawl.cancelled() and (mistake := crawl.exception()):  # type: ignore[attr-defined]
            logging.getLogger(__name__).error("The crawl could not begin", exc_info=mistake)
            reason = f"a mistake in moviesync: {mistake!r}"
        elif closing.feeds_lost(crawler.stats.get_stats()) and not exit_code(reason):
            reason = "a feed is not whole (the log says why); scrapy export writes what is stored"
        self.exitcode = exit_code(reason)
        self._close(crawler, reason, (now() - started).total_seconds())

    def _close(self, crawler: Crawler, reason: str, seconds: float) -> None:
        """Say what the run did."""
        spider, stats = crawler.spider, {}
        with suppress(RuntimeError):
            stats = crawler.stats.get_stats()
        if spider is not None:
            ended = closing.Ended(
                reason,
                self.exitcode,
                spider.name,
                spider.kind.collection,  # type: ignore[attr-defined]
                spider.args.model_dump(exclude_defaults=True),  # type: ignore[attr-defined]
                stats,
                seconds,
                () if self.exitcode == WRONG_USAGE else spider.plan.walk.gaps(),  # type: ignore[attr-defined]
                spider.plan.walk.is_begun and not spider.plan.walk.complete,  # type: ignore[attr-defined]
            )
            for line in closing.lines(ended):
                say(line)
        if self.exitcode:
            say(reason, logging.ERROR)

    def _closed(self, reason: str) -> None:
        self.reason = reason


def spider_problems(settings: BaseSettings, args: list[str], *, most: int | None = None) -> list[str]:
    """One line for each argument that names no spider. ``most``: how many spiders have to be named."""
    spiders = get_spider_loader(settings).list()
    known = f"there is {' and '.join(spiders)}"
    if options := [arg for arg in args if arg.startswith("-")]:
        return [f"{option}: there is no such option" for option in options]
    if most is not None and len(args) != most:
        return [f"name one spider: {known}"]
    return [f"{arg}: there is no such spider; {known}" for arg in args if arg not in spiders]


def _look_at_files(settings: BaseSettings, *, dry_run: bool) -> None:
    """End the program if a file that the command line or the environment names cannot be written."""
    schemes = settings.getwithbase("FEED_STORAGES")
    if problems := feeds.problems(map(str, settings.getdict("FEEDS")), schemes):
        leave(WRONG_USAGE, problems)
    if (folder := settings["JOBDIR"]) and (why := folder_refusal(folder)):
        leave(CANNOT_WORK, [f"JOBDIR={folder}: the folder cannot be used ({why}): name another"])
    path = settings["LOG_FILE"] or file.wanted(settings, dry_run=dry_run)
    if path and (why := refusal(path)):
        advice = f"name another, or {os.devnull} for none"
        leave(CANNOT_WORK, [f"LOG_FILE={path}: the log cannot be written ({why}): {advice}"])


def readable_by_others(path: str) -> bool:
    """Whether every user can read a file with secrets; False if ``path`` is empty."""
    return bool(path) and os.name == "posix" and bool(Path(path).stat().st_mode & stat.S_IROTH)


def say(line: str, level: int = logging.INFO) -> None:
    """Print one of the closing lines, and write it to the log file."""
    file.note(line, level)
    print(f"moviesync: {one_line(line)}", file=sys.stderr)
