"""What the page shows, as JSON values."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from moviesync.clock import now
from moviesync.dashboard.reading import Question, Reader
from moviesync.dashboard.seldom import SeldomQuestion
from moviesync.history import runs
from moviesync.kinds import COLLECTIONS
from moviesync.sources.discover import checkpoint
from moviesync.stores.base import Document, Store, StoreUnavailable
from moviesync.stores.documents import iso, json_text

Answer = TypeVar("Answer")
Object = dict[str, Any]

MINUTES = 60
"""Length of the curve."""
LATEST, RUNS_SHOWN, FOUND = 8, 8, 8
"""How many verdicts, runs, and found titles of each kind are shown."""
QUICK, COSTLY = 0.1, 0.03
"""Share of the time for each question that an index answers, and for one that reads every title."""
PATIENCE, LONG_PATIENCE = 10.0, 60.0


class Answers:
    """All answers for the page; ``file`` is the store's file, if it has one.

    If the store fails, the answer is an object with its ``problem``.
    """

    def __init__(self, make_store: Callable[[], Store], *, file: Path | None) -> None:
        self.address = make_store().address
        self._file = file
        is_file = file is not None
        self._quick = Reader(make_store, is_file=is_file, patience=PATIENCE)
        # Its own connection, so that a question of several seconds keeps nothing else waiting.
        self._costly = Reader(make_store, is_file=is_file, patience=LONG_PATIENCE)
        self._parts = {
            part.__name__.strip("_"): Question(partial(self._quick.ask, part), share=QUICK)
            for part in (_counts, _evidence, _walks, _checked, _failures, _latest, _runs)
        }
        # An index of the years would cost a SQLite file more than 4 % of all its writes.
        self._years = SeldomQuestion(
            partial(self._costly.ask, _years), self._parts["counts"].answer, share=COSTLY
        )

    async def now(self) -> Object:
        """Counts, what verdicts rest on, walks, titles checked in each of the last minutes, failures, runs."""

        async def ask() -> Object:
            return {name: await part.answer() for name, part in self._parts.items()}

        missing = self._file is not None and not self._file.exists()
        return {"store": self.address, "time": iso(now()), "missing": missing, **await _or_problem(ask)}

    async def years(self) -> Object:
        """Titles by year of release and state."""
        return await _or_problem(self._years.answer)

    async def search(self, text: str) -> Object:
        """The titles that contain a text, or have that id."""
        return await _or_problem(lambda: self._costly.ask(lambda store: _found(store, text)))

    async def close(self) -> None:
        await self._quick.close()
        await self._costly.close()


async def _or_problem(ask: Callable[[], Awaitable[Object]]) -> Object:
    try:
        return await ask()
    except StoreUnavailable as error:
        return {"problem": str(error)}


async def _counts(store: Store) -> Object:
    return {name: dataclasses.asdict(await store.counts(name)) for name in COLLECTIONS}


async def _evidence(store: Store) -> Object:
    return {name: await store.evidence(name) for name in COLLECTIONS}


async def _walks(store: Store) -> Object:
    return {name: await checkpoint.summary(store, name) for name in COLLECTIONS}


async def _checked(store: Store) -> Object:
    """Titles checked in each minute up to now, the oldest first."""
    end = now()
    moments = [end - timedelta(minutes=ago) for ago in range(MINUTES, -1, -1)]
    return {name: await store.checked(name, moments) for name in COLLECTIONS}


async def _failures(store: Store) -> Object:
    return {name: list((await store.failures(name)).items()) for name in COLLECTIONS}


async def _latest(store: Store) -> list[Object]:
    found = [_title(name, one) for name in COLLECTIONS for one in await store.latest(name, LATEST)]
    return sorted(found, key=lambda title: str(title["checked"]), reverse=True)[:LATEST]


async def _years(store: Store) -> Object:
    return {name: await store.years(name) for name in COLLECTIONS}


async def _runs(store: Store) -> list[Object]:
    """The last runs, the latest first, as they look now."""
    at = now()
    return [_run(run, at) for run in await runs.last(store, RUNS_SHOWN)]


def _run(run: Document, at: datetime) -> Object:
    pages, checked = runs.done(run)
    given = run.get("arguments")
    return {
        **{name: _plain(run.get(name)) for name in ("spider", "started", "reason")},
        "state": runs.state(run, at),
        "seconds": runs.duration(run, at),
        "pages": pages,
        "checked": checked,
        "arguments": _plain(given) if isinstance(given, dict) else {},
    }


async def _found(store: Store, text: str) -> Object:
    found: list[Object] = []
    more = False
    for name in COLLECTIONS:
        documents = await store.found(name, text, FOUND + 1)
        if text.isascii() and text.isdecimal() and (exact := await store.title(name, int(text))):
            documents = [exact, *(one for one in documents if one["_id"] != exact["_id"])]
        more = more or len(documents) > FOUND
        # As text, since JavaScript's numbers are less exact than a document's.
        found += [{**_title(name, one), "document": json_text(one, indent=2)} for one in documents[:FOUND]]
    return {"found": found, "more": more}


def _title(collection: str, document: Document) -> Object:
    fields = {
        "id": "_id",
        "title": "title",
        "year": "year",
        "available": "vidsrcAvailable",
        "checked": "lastChecked",
        "since": "statusSince",
        "evidence": "evidence",
    }
    return {"kind": collection, **{name: _plain(document.get(field)) for name, field in fields.items()}}


def _plain(value: Any) -> Any:
    """The value in a form that JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return _as_text(value)


def _as_text(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)
