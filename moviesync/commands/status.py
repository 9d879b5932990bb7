"""``scrapy status``: what is in the database, and how far the walk is; or one title of it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moviesync.basecommand import ReadingCommand, leave
from moviesync.clock import now
from moviesync.core.exitcodes import CANNOT_WORK
from moviesync.kinds import COLLECTIONS
from moviesync.reports.overview import overview, status_page
from moviesync.reports.status import status_of
from moviesync.reports.title import title_page
from moviesync.stores.base import Store
from moviesync.stores.documents import json_text

if TYPE_CHECKING:
    from moviesync.stores.base import Document


class Command(ReadingCommand):
    """With an id, the film and the show that have it, or one of them."""

    def syntax(self) -> str:
        return "[options] [id]"

    def short_desc(self) -> str:
        return "Show what is in the database, and how far the walk is; or one title"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        for name in COLLECTIONS:
            parser.add_argument(f"--{name}", action="store_true", help=f"with an id: look in {name} alone")
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        ids = [arg for arg in args if re.fullmatch("[0-9]{1,18}", arg)]
        others = [arg for arg in args if arg not in ids]
        problems = super().problems([*ids[1:], *others], opts)
        options = " ".join(f"--{name}" for name in _chosen(opts))
        if len(_chosen(opts)) > 1:
            problems.append(f"{options}: choose one, or none for both")
        elif options and not args:
            problems.append(f"{options}: name the id of a title, too")
        return problems

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            self._title(int(args[0]), _chosen(opts) or COLLECTIONS, as_json=opts.json)
        elif opts.json:
            self.print(json_text(self.read(status_of), indent=1))
        else:
            self.print(status_page(self.read(lambda store: overview(store, now()))))

    def _title(self, tmdb_id: int, collections: Sequence[str], *, as_json: bool) -> None:
        async def found(store: Store) -> dict[str, Document]:
            documents = {name: await store.title(name, tmdb_id) for name in collections}
            return {name: document for name, document in documents.items() if document}

        documents = self.read(found)
        if not documents:
            leave(CANNOT_WORK, [f"{tmdb_id}: there is no such title in {' or '.join(collections)}"])
        if as_json:
            self.print(json_text(documents, indent=1))
        else:
            self.print("\n\n".join(title_page(name, document) for name, document in documents.items()))


def _chosen(opts: argparse.Namespace) -> list[str]:
    """The collections that an option names."""
    return [name for name in COLLECTIONS if getattr(opts, name)]
