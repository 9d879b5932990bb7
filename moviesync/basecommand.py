"""What the commands share: a line for each usage mistake, and reading the store.

Scrapy takes every class in ``moviesync.commands`` for a command, so this module is outside.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, TypeVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from moviesync.core.crawlsettings import without_a_run
from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE
from moviesync.core.usage import environment_problems
from moviesync.output import OutputLost, write_out
from moviesync.stores import make_store
from moviesync.stores.base import Store, StoreUnavailable

Answer = TypeVar("Answer")


class ReadingCommand(ScrapyCommand):
    """A command that reads the store, changes nothing in it, and prints what it found."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        """One line for each argument and option that is not valid."""
        name = type(self).__module__.rpartition(".")[2]
        return [
            f"{arg}: there is no such option"
            if arg.startswith("-")
            else f"{arg}: scrapy {name} takes no such argument"
            for arg in args
        ]

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        with usage_mistakes():
            super().process_options(args, opts)
        if problems := [*self.problems(args, opts), *environment_problems(self.settings)]:
            leave(WRONG_USAGE, problems)

    def read(self, question: Callable[[Store], Awaitable[Answer]]) -> Answer:
        """The store's answer to ``question``; opens and closes the store."""
        assert self.settings
        store = make_store(self.settings)

        async def ask() -> Answer:
            try:
                await store.open(readonly=True)
                return await question(store)
            finally:
                await store.close()

        try:
            return asyncio.run(ask())
        except StoreUnavailable as error:
            leave(CANNOT_WORK, [str(error)])
        except KeyboardInterrupt:
            leave(CANNOT_WORK, ["interrupted"])

    @staticmethod
    def print(text: str) -> None:
        """Print lines; ends the program if nobody reads them any more."""
        try:
            write_out(f"{text}\n")
        except OutputLost as error:
            leave(CANNOT_WORK, [str(error)])


class WithoutARun(ScrapyCommand):
    """Before one of Scrapy's commands: it uses a spider without running a crawl."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        without_a_run(self.settings)


@contextmanager
def usage_mistakes() -> Iterator[None]:
    """In this context, a usage mistake that Scrapy finds ends the program with one line."""
    try:
        yield
    except UsageError as error:
        leave(WRONG_USAGE, [str(error)])


def spider_problems(settings: BaseSettings, args: list[str], *, single: bool = False) -> list[str]:
    """One line for each argument that names no spider. ``single``: exactly one spider has to be named."""
    spiders = get_spider_loader(settings).list()
    known = f"there are {' and '.join(spiders)}"
    if options := [arg for arg in args if arg.startswith("-")]:
        return [f"{option}: there is no such option" for option in options]
    if single and len(args) != 1:
        return [f"name one spider: {known}"]
    return [f"{arg}: there is no such spider; {known}" for arg in args if arg not in spiders]


def leave(code: int, lines: Iterable[str]) -> NoReturn:
    """End the program with one line for each mistake on standard error, and nothing else."""
    for line in lines:
        print(f"moviesync: {line}", file=sys.stderr)
    sys.exit(code)
