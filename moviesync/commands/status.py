"""``scrapy status``: what is in the database, and how far the walk is."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand

from moviesync.commands.crawl import environment_problems, leave
from moviesync.exceptions import CANNOT_WORK, WRONG_USAGE
from moviesync.report import status, status_table
from moviesync.stores import make_store
from moviesync.stores.base import StoreUnavailable
from moviesync.stores.documents import iso


class Command(ScrapyCommand):
    """Reads the store and changes nothing in it."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def short_desc(self) -> str:
        return "Show what is in the database, and how far the walk is"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        settings = self.settings
        assert settings
        if problems := [
            f"{arg}: scrapy status takes no such argument" for arg in args
        ] or environment_problems(settings):
            leave(WRONG_USAGE, problems)
        store = make_store(settings["MONGODB_URI"], settings["MONGODB_DATABASE"], settings["SQLITE_PATH"])
        try:
            found = asyncio.run(status(store))
        except StoreUnavailable as error:
            leave(CANNOT_WORK, [str(error)])
        print(
            json.dumps(found, default=iso, ensure_ascii=False, indent=1) if opts.json else status_table(found)
        )
