"""``scrapy check``: Scrapy's own, on recorded answers, without a network, a key or a store."""

from __future__ import annotations

import argparse

from scrapy.commands import check

from moviesync.basecommand import WithoutARun, leave, spider_problems
from moviesync.core.exitcodes import WRONG_USAGE


class Command(WithoutARun, check.Command):
    """Exit code 2 if an argument names no spider."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        if problems := spider_problems(self.settings, args):
            leave(WRONG_USAGE, problems)
