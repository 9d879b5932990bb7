"""The store of a dry run: it keeps nothing, and shows what it was given."""

from __future__ import annotations

from collections.abc import Sequence

from moviesync.items import Title, Verdict
from moviesync.output import OutputLost, write_out
from moviesync.stores.base import Refused, StoreUnavailable
from moviesync.stores.documents import json_text
from moviesync.stores.sqlite.store import SQLiteStore


class DryRunStore(SQLiteStore):
    """An empty catalogue in memory; each document goes to standard output when its check is done.

    One line of JSON a title. If nobody reads standard output any more, StoreUnavailable is raised.
    """

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.address = "standard output (dry run)"

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        refused = await super().write(titles, verdicts)
        titles_checked = [await self.title(verdict.collection, verdict.tmdb_id) for verdict in verdicts]
        documents = [document for document in titles_checked if document is not None]
        try:
            write_out("".join(f"{json_text(document)}\n" for document in documents))
        except OutputLost as error:
            raise StoreUnavailable(f"{error}: the dry run ends") from None
        return refused
