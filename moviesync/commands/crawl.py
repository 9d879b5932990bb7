"""``scrapy crawl``: Scrapy's own, with mistakes found first, and exit codes that say how it ended."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.commands import crawl
from scrapy.settings import BaseSettings

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.basecommand import leave, spider_problems, usage_mistakes
from moviesync.clock import now
from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE, exit_code
from moviesync.core.interrupts import Interrupts
from moviesync.core.usage import NO_KEY, has_key, settings_problems
from moviesync.environment import readable_by_others
from moviesync.extensions.storesession import StoreSession
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
        if problems := [*spider_problems(self.settings, args, single=True), *arguments.problems(opts.spargs)]:
            leave(WRONG_USAGE, problems)
        if problems := settings_problems(self.settings):
            leave(WRONG_USAGE, problems)
        level = self.settings["LOG_LEVEL"]
        if not isinstance(logging.getLevelName(level), int):
            leave(WRONG_USAGE, [f"{level}: there is no such log level"])
        if not has_key(self.settings):
            leave(CANNOT_WORK, [NO_KEY])
        dry_run = Arguments.model_validate(opts.spargs).dry_run
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
        task = self.crawler_process.crawl(crawler, **opts.spargs)
        assert isinstance(task, asyncio.Task)
        with Interrupts(crawler, task.get_loop()) as interrupts:
            try:
                self.crawler_process.start(install_signal_handlers=False)
            except RuntimeError:
                # The event loop raises this if it was stopped before its end.
                if not interrupts.is_cut_off:
                    raise
        reason = self._reason(crawler, task, opts.spargs)
        self.exitcode = exit_code(reason)
        self._account(crawler, reason, (now() - started).total_seconds())
        if self.exitcode:
            say(reason, logging.ERROR)

    def _reason(self, crawler: Crawler, task: asyncio.Task[None], given: dict[str, str]) -> str:
        """Why the run ended. An unexpected exception is a mistake in moviesync; the log has its traceback."""
        reason = self.reason or f"the run was cut off; {closing.same_command(given)} goes on with it"
        if task.done() and not task.cancelled() and (mistake := task.exception()):
            logging.getLogger(__name__).error("The crawl could not begin", exc_info=mistake)
            return f"a mistake in moviesync: {mistake!r}"
        if exit_code(reason):
            return reason
        stats = crawler.stats.get_stats()
        if closing.mistakes(stats):
            return (
                "a mistake in moviesync (the log shows it); the same command asks again for what is missing"
            )
        if closing.feeds_lost(stats):
            return "a feed is not whole (the log says why); scrapy export writes what is stored"
        return reason

    def _account(self, crawler: Crawler, reason: str, seconds: float) -> None:
        """Say what the run did."""
        try:
            stats, session = crawler.stats.get_stats(), crawler.get_extension(StoreSession)
        except RuntimeError:
            # It could not even begin: Scrapy has neither stats nor extensions.
            return
        walk = session.checkpoint.walk if session and session.checkpoint else None
        ended = closing.Ended(
            reason=reason,
            exit_code=self.exitcode,
            spider=crawler.spidercls.name,
            collection=crawler.settings["COLLECTION"],
            arguments=crawler.settings.getdict("SPIDER_ARGUMENTS"),
            stats=stats,
            seconds=seconds,
            gaps=walk.gaps() if walk and self.exitcode != WRONG_USAGE else (),
            walk_goes_on=walk is not None and walk.is_begun and not walk.complete,
        )
        for line in closing.lines(ended):
            say(line)

    def _closed(self, reason: str) -> None:
        self.reason = reason


def _look_at_files(settings: BaseSettings, *, dry_run: bool) -> None:
    """End the program if a file that the command line or the environment names cannot be written."""
    schemes = settings.getwithbase("FEED_STORAGES")
    if problems := feeds.problems(map(str, settings.getdict("FEEDS")), schemes):
        leave(WRONG_USAGE, problems)
    folder = None if dry_run else settings["JOBDIR"]
    if folder and (why := folder_refusal(folder)):
        leave(CANNOT_WORK, [f"JOBDIR={folder}: the folder cannot be used ({why}): name another"])
    path = settings["LOG_FILE"] or file.wanted(settings, dry_run=dry_run)
    if path and (why := refusal(path)):
        advice = f"name another, or {os.devnull} for none"
        leave(CANNOT_WORK, [f"LOG_FILE={path}: the log cannot be written ({why}): {advice}"])


def say(line: str, level: int = logging.INFO) -> None:
    """Print one of the closing lines, and write it to the log file."""
    file.note(line, level)
    print(f"moviesync: {one_line(line)}", file=sys.stderr)
