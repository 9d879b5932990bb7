"""``scrapy status``: what is in the database, and how far the walk is; or one title of it."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from moviesync.basecommand import ReadingCommand, leave
from moviesync.clock import now
from moviesync.core.exitcodes import CANNOT_WORK
from moviesync.kinds import COLLECTIONS
from moviesync.reports.overview import overview, status_page, title_page
from moviesync.reports.status import status_of
from moviesync.stores.base import Store
from moviesync.stores.documents import json_text

if TYPE_CHECKING:
    from moviesync.stores.base import Document


class Command(ReadingCommand):
    """With an id, the film and the show that have it."""

    def syntax(self) -> str:
        return "[options] [id]"

    def short_desc(self) -> str:
        return "Show what is in the database, and how far the walk is; or one title"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def problems(self, args: list[str], opts: argparse.Namespace) -> list[str]:
        ids = [arg for arg in args if re.fullmatch("[0-9]{1,18}", arg)]
        others = [arg for arg in args if arg not in ids]
        return super().problems([*ids[1:], *others], opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            self._title(int(args[0]), as_json=opts.json)
        elif opts.json:
            self.print(json_text(self.read(status_of), indent=1))
        else:
            self.print(status_page(self.read(lambda store: overview(store, now()))))

    def _title(self, tmdb_id: int, *, as_json: bool) -> None:
        async def found(store: Store) -> dict[str, Document]:
            documents = {name: await store.title(name, tmdb_id) for name in COLLECTIONS}
            return {name: document for name, document in documents.items() if document}

        documents = self.read(found)
        if not documents:
            leave(CANNOT_WORK, [f"{tmdb_id}: there is no such title in {' or '.join(COLLECTIONS)}"])
        if as_json:
            self.print(json_text(documents, indent=1))
        else:
            self.print("\n\n".join(title_page(name, document) for name, document in documents.items()))
