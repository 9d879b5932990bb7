"""``scrapy fetch``: one page as Scrapy gets it. With ``--spider`` nothing is stored, and there is no run."""

from __future__ import annotations

import argparse

from scrapy.commands import fetch

from moviesync.core.crawlsettings import without_a_run


class Command(fetch.Command):
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        without_a_run(self.settings)
