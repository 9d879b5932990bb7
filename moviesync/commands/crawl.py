"""``scrapy crawl``: Scrapy's own, with mistakes found first, and exit codes that say how it ended."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from scrapy import signals
from scrapy.commands import crawl
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.basecommand import environment_problems, leave, usage_told
from moviesync.clock import now
from moviesync.exceptions import CANNOT_WORK, WRONG_USAGE, CloseReason
from moviesync.log import file as logfile
from moviesync.log.formatter import quieten
from moviesync.output import folder_refusal, one_line, refusal
from moviesync.pipelines.feeds import FeedLine
from moviesync.pipelines.feeds import problems as feed_problems
from moviesync.reports.closing import account, has_unknown, titles_checked
from moviesync.reports.status import format_gap

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

# Settings of moviesync's components, and those of Scrapy's that README names.
NUMBERS: dict[str, type[int] | type[float]] = {
    "RETRY_TIMES": int,
    "LOGFILE_MAX_BYTES": int,
    "LOGFILE_BACKUPS": int,
    "RETRY_WAIT": float,
    "SITE_PATIENCE": float,
    "STORE_PATIENCE": float,
    "RUN_HEARTBEAT": float,
    "GROUP_COMMIT_LINGER": float,
    "LOGSTATS_INTERVAL": float,
    "DOWNLOAD_TIMEOUT": float,
}
# How a run may end with its work done, or left by the user's wish; anything else is exit code 1.
_WELL_ENDED = ("finished", "shutdown", "closespider_")


class Command(crawl.Command):
    """Exit codes: 0 finished or paused by the user, 1 the run could not do its work, 2 wrong usage."""

    reason: str | None = None
    _is_cut_off = False

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        with usage_told():
            super().process_options(args, opts)
        # A feed gets a line for each verdict; a page of titles is for the store.
        for feed in self.settings.getdict("FEEDS").values():
            feed.setdefault("item_classes", [FeedLine])
        if problems := [*spider_problems(self.settings, args, most=1), *arguments.problems(opts.spargs)]:
            leave(WRONG_USAGE, problems)
        if problems := [*environment_problems(self.settings), *number_problems(self.settings)]:
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
        dry_run = Arguments.model_validate(opts.spargs).dry_run
        if dry_run:
            self.settings.set("JOBDIR", None, priority="cmdline")
        # Last, as it makes the files and their folders.
        self._look_at_files(dry_run=dry_run)
        quieten()

    def _look_at_files(self, *, dry_run: bool) -> None:
        """See that the files can be written that the command line and the environment name."""
        assert self.settings
        feeds = map(str, self.settings.getdict("FEEDS"))
        if problems := feed_problems(feeds, self.settings.getwithbase("FEED_STORAGES")):
            leave(WRONG_USAGE, problems)
        if (folder := self.settings["JOBDIR"]) and (why := folder_refusal(folder)):
            leave(CANNOT_WORK, [f"JOBDIR={folder}: the folder cannot be used ({why}): name another"])
        path = self.settings["LOG_FILE"] or logfile.wanted(self.settings, dry_run=dry_run)
        if path and (why := refusal(path)):
            advice = f"name another, or {os.devnull} for none"
            leave(CANNOT_WORK, [f"LOG_FILE={path}: the log cannot be written ({why}): {advice}"])

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        assert self.crawler_process
        if readable_by_others(self.settings["ENVIRONMENT_FILE"]):
            print("moviesync: every user of this machine can read .env: chmod 600 .env", file=sys.stderr)
        crawler = self._create_crawler(args[0])
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        logging.getLogger("scrapy.crawler").addFilter(self._note_a_cut)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        # All is done: an interrupt could only spoil the exit code.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if self.reason is None or self._is_cut_off:
            self.reason = CloseReason(f"the run was cut off; {self._same_command(crawler)} goes on with it")
        elif feeds_lost(crawler.stats.get_stats()) and not exit_code(self.reason):
            self.reason = CloseReason(
                "a feed is not whole (the log says why); scrapy export writes what is stored"
            )
        self.exitcode = exit_code(self.reason)
        self._tell(crawler)
        if self.exitcode:
            say(self.reason, logging.ERROR)

    def _tell(self, crawler: Crawler) -> None:
        spider, stats = cast("TmdbVidsrcSpider", crawler.spider), crawler.stats.get_stats()
        if not self.exitcode or stats.get("store/pages") or titles_checked(stats):
            for line in account(stats, (now() - spider.started).total_seconds()):
                say(line)
        for gap in spider.itinerary.walk.gaps() if self.exitcode != WRONG_USAGE else ():
            say(format_gap(spider.kind.collection, gap))
        if not self.exitcode:
            say(f"next: {self._next(spider)}")

    def _next(self, spider: TmdbVidsrcSpider) -> str:
        """What its user will want to do after a run that ended well."""
        walk = spider.itinerary.walk
        if spider.args.dry_run:
            return "the same command without -a dry_run stores what it finds"
        if self.reason != "finished":
            return f"{self._same_command(spider.crawler)} goes on where this run was paused"
        if walk.windows and not walk.complete:
            return f"scrapy crawl {spider.name} goes on with the pages that are left"
        if has_unknown(spider.crawler.stats.get_stats()):
            return "the same command asks for the unknown titles again; scrapy status shows what is stored"
        return "scrapy status shows what is stored"

    @staticmethod
    def _same_command(crawler: Crawler) -> str:
        spider = cast("TmdbVidsrcSpider", crawler.spider)
        return f"the same command{' without -a walk=new' if spider and spider.args.walk == 'new' else ''}"

    def _closed(self, reason: str) -> None:
        self.reason = reason

    def _note_a_cut(self, record: logging.LogRecord) -> bool:
        """After a second Ctrl-C, everything that was cut off would log a traceback; there is no mistake in it."""
        if str(record.msg).endswith("forcing unclean shutdown"):
            self._is_cut_off = True
            logging.disable()
            sys.unraisablehook = lambda _: None
        return True


def exit_code(reason: str) -> int:
    """The exit code that goes with the reason for which a spider was closed."""
    if isinstance(reason, CloseReason):
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


def number_problems(settings: BaseSettings) -> list[str]:
    """One line for each setting, given with -s, that has to be a number and is none."""
    problems = []
    for name, kind in NUMBERS.items():
        try:
            usable = kind(settings[name]) >= 0
        except (TypeError, ValueError):
            usable = False
        if not usable:
            number = "whole number" if kind is int else "number"
            problems.append(f"-s {name}={settings[name]}: should be a {number} from 0 on")
    return problems


def feeds_lost(stats: dict[str, Any]) -> bool:
    """Whether Scrapy could not store a feed."""
    return any(name.startswith("feedexport/failed_count/") for name in stats)


def readable_by_others(path: str) -> bool:
    """Whether a file with secrets can be read by every user; not so where there is none."""
    return bool(path) and os.name == "posix" and bool(Path(path).stat().st_mode & stat.S_IROTH)


def has_key(settings: BaseSettings) -> bool:
    return bool(settings["TMDB_ACCESS_TOKEN"] or settings["TMDB_API_KEY"])


def say(line: str, level: int = logging.INFO) -> None:
    """Print one of the closing lines, which belongs into the log file, too."""
    print(f"moviesync: {one_line(line)}", file=sys.stderr)
    logfile.note(line, level)
