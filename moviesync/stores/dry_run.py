"""The store of a dry run: it keeps nothing, and shows what it was given."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from moviesync.items import Title, Verdict
from moviesync.stores.base import Refused, StoreUnavailable
from moviesync.stores.documents import iso
from moviesync.stores.sqlite import SQLiteStore

# JSON escapes the control characters below 0x20; a terminal obeys these as well.
ESCAPES = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


class DryRunStore(SQLiteStore):
    """An empty catalogue in memory; each document goes to standard output when its check is done.

    One line of JSON a title. Where nobody reads standard output any more, StoreUnavailable says so.
    """

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.address = "standard output (dry run)"

    async def write(self, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> list[Refused]:
        refused = await super().write(titles, verdicts)
        try:
            for verdict in verdicts:
                document = await self.title(verdict.collection, verdict.tmdb_id)
                text = json.dumps(document, default=iso, ensure_ascii=False)
                sys.stdout.buffer.write(text.translate(ESCAPES).encode() + b"\n")
            sys.stdout.buffer.flush()
        except AttributeError:
            raise StoreUnavailable("standard output is closed: a dry run has nowhere to write") from None
        except OSError as error:
            # Python would try once more when it exits, and end with an exit code of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise StoreUnavailable(
                f"standard output takes no more ({error.strerror}): the dry run ends"
            ) from None
        return refused
