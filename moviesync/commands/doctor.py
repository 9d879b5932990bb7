"""``scrapy doctor``: is everything set up, and does every site answer as it should."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand

from moviesync.basecommand import ReadingCommand, leave, usage_mistakes
from moviesync.core.crawlsettings import without_a_run
from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE
from moviesync.core.usage import settings_problems
from moviesync.doctor import machine, verdicts
from moviesync.doctor.findings import Check, State, as_document, is_well, last_line, table
from moviesync.doctor.sites import Answers, DoctorSpider
from moviesync.output import redactor
from moviesync.stores.documents import json_text

if TYPE_CHECKING:
    from types import FrameType

    from scrapy.settings import BaseSettings

WRITES_FILES: dict[str, Any] = {"LOG_FILE": None, "JOBDIR": None, "FEEDS": {}, "HTTPCACHE_ENABLED": False}
"""Scrapy's settings that make it write files, and the values with which it writes none."""


class Command(ReadingCommand):
    """Looks at everything that a crawl needs, and says what to do about what is not well.

    It writes nothing: no store, no log, no folder. Exit code 0 if nothing is a problem, else 1. ``--json`` gives

        {"ok": true, "checks": [{"name": "vidsrc.sh, info", "state": "ok", "found": "can be believed", "advice": null}]}

    in the order of the table. ``state`` is ``ok``, ``note`` (nothing is to be done), ``warning`` (moviesync works all
    the same) or ``problem`` (it does not); the last two have an ``advice``. ``ok`` is whether there is no problem.
    """

    requires_crawler_process = True

    def short_desc(self) -> str:
        return "See whether everything is set up, and every site answers as it should"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupted)
        settings = self.settings
        assert settings
        with usage_mistakes():
            ScrapyCommand.process_options(self, args, opts)
        # Mistakes in the environment are lines of the table.
        told = settings["ENVIRONMENT_PROBLEMS"] or ()
        given = [problem for problem in settings_problems(settings) if problem not in told]
        if problems := [*self.problems(args, opts), *given]:
            leave(WRONG_USAGE, problems)
        without_a_run(settings)
        settings.setdict(WRITES_FILES, priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        answers = self._ask()
        redacted = redactor(_secrets(self.settings))
        checks = [
            replace(check, found=redacted(check.found), advice=redacted(check.advice))
            for check in _checks(self.settings, answers)
        ]
        self.print(
            json_text(as_document(checks), indent=1) if opts.json else f"{table(checks)}\n{last_line(checks)}"
        )
        self.exitcode = 0 if is_well(checks) else CANNOT_WORK

    def _ask(self) -> Answers:
        """What the sites answer, in a crawl that ends with the answers."""
        assert self.crawler_process
        answers = Answers()
        task = self.crawler_process.crawl(DoctorSpider, answers=answers)
        assert isinstance(task, asyncio.Task)
        self.crawler_process.start(install_signal_handlers=False)
        mistake = task.exception() if task.done() and not task.cancelled() else None
        if isinstance(mistake, Exception):
            answers.mistake = mistake
        return answers


def _checks(settings: BaseSettings, answers: Answers) -> list[Check]:
    checks = machine.of_environment(settings, os.environ)
    if answers.mistake:
        advice = "report it, please; a crawl may work all the same"
        checks.append(Check("sites", State.PROBLEM, f"a mistake in moviesync: {answers.mistake!r}", advice))
    else:
        checks += [*verdicts.of_tmdb(answers.tmdb, settings), *verdicts.of_vidsrc(answers.mirrors)]
    return [
        *checks,
        asyncio.run(machine.of_store(settings)),
        *machine.of_files(settings),
        machine.of_clock(answers.seconds_ahead),
        machine.of_versions(),
    ]


def _secrets(settings: BaseSettings) -> list[str | None]:
    addresses = [settings["MONGODB_URI"], settings["TMDB_BASE_URL"], *settings.getlist("VIDSRC_BASE_URL")]
    passwords = [urlsplit(address or "").password for address in addresses]
    return [settings["TMDB_ACCESS_TOKEN"], settings["TMDB_API_KEY"], *passwords]


def _interrupted(number: int, _: FrameType | None) -> NoReturn:
    """End at once: nothing is half done, as nothing is written."""
    print("moviesync: interrupted", file=sys.stderr, flush=True)
    os._exit(CANNOT_WORK)
