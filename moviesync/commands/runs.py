"""``scrapy runs``: the last runs, and how they ended."""

from __future__ import annotations

import argparse
import re

from moviesync.basecommand import ReadingCommand
from moviesync.clock import now
from moviesync.history import runs
from moviesync.reports.overview import runs_table
from moviesync.stores.documents import json_text

SHOWN = "10"


class Command(ReadingCommand):
    """The latest run comes first."""

    def short_desc(self) -> str:
        return "List the last runs, and how they ended"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        # An optional value, so that a missing one is reported like any other mistake.
        parser.add_argument(
            "--limit", nargs="?", default=SHOWN, const="", metavar="N", help=f"how many (default {SHOWN})"
        )
        parser.add_argument("--json", action="store_true", help="one JSON list, for programs")

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        problems = super().problems(args, opts)
        if not re.fullmatch("0*[1-9][0-9]{0,5}", opts.limit):
            problems.append(f"--limit {opts.limit}: should be a number from 1 to 999999")
        return problems

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        limit = int(opts.limit)
        documents = self.read(lambda store: runs.last(store, limit))
        at = now()
        if opts.json:
            shown = [{**document, "state": runs.state(document, at)} for document in documents]
            self.print(json_text(shown, indent=1))
        else:
            self.print(runs_table(documents, at))
