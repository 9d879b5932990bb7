"""``scrapy dashboard``: a page that shows what is in the store, and follows a crawl."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import re
import sys
from pathlib import Path

from moviesync.basecommand import ReadingCommand, leave
from moviesync.core.exitcodes import CANNOT_WORK
from moviesync.dashboard.api import Answers
from moviesync.dashboard.app import application
from moviesync.dashboard.serving import is_loopback, serve
from moviesync.stores import make_store

HOST, PORT = "127.0.0.1", "8787"
LAST_PORT = 65_535


class Command(ReadingCommand):
    """Ctrl-C ends it with exit code 0."""

    def short_desc(self) -> str:
        return "Show a live page of what is in the database, beside a crawl or without one"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        # Optional values, so that a missing one is reported like any other mistake.
        parser.add_argument(
            "--port", nargs="?", default=PORT, const="", help=f"0: any free one (default {PORT})"
        )
        parser.add_argument(
            "--host", nargs="?", default=HOST, const="", help=f"address to serve on (default {HOST})"
        )

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        return [*super().problems(args, opts), *_problems(opts.host, opts.port)]

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        settings = self.settings
        assert settings
        file = None if settings["MONGODB_URI"] else Path(settings["SQLITE_PATH"])
        answers = Answers(lambda: make_store(settings), file=file)
        local = is_loopback(opts.host)
        if not local:
            warning = f"--host {opts.host}: anyone who reaches this machine can read the page"
            print(f"moviesync: {warning}", file=sys.stderr)
        app = application(answers, {"localhost", HOST, "::1", opts.host} if local else ())

        def ready(address: str) -> None:
            self.print(f"{answers.address} is shown at {address} (Ctrl-C ends it)")

        try:
            asyncio.run(serve(app, opts.host, int(opts.port), ready))
        except KeyboardInterrupt:
            return
        except OSError as error:
            leave(CANNOT_WORK, [_explanation(opts.host, opts.port, error)])


def _problems(host: str, port: str) -> list[str]:
    problems = []
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > LAST_PORT:
        problems.append(f"--port {port}: should be a number from 0 to {LAST_PORT}")
    try:
        is_loopback(host)
    except ValueError:
        problems.append(f"--host {host}: should be an IP address of this machine, such as {HOST}")
    return problems


def _explanation(host: str, port: str, error: OSError) -> str:
    # From Python 3.13 on asyncio gives no number if none of the addresses belongs to this machine.
    reason = os.strerror(error.errno or errno.EADDRNOTAVAIL)
    return f"--host {host} --port {port}: {reason.lower()}; choose another, as in --port 0"
