"""A large store beside a small one: what its questions cost, how soon a crawl and ``scrapy status`` are there."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.crawls import MOVIESYNC, Say
from benchmarks.mongodb import Server
from benchmarks.processes import SCRAPY, Failed, Miniature, memory_at_end, project, run, running
from benchmarks.results import Group

QUESTIONS = (sys.executable, "-m", "benchmarks.questions")
_LOOK = 0.02
_LONGEST = 120.0


@dataclass(frozen=True)
class FilledStore:
    """A store of so many titles, and the folder and variables with which commands find it."""

    size: int
    folder: Path
    variables: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.size:,} titles"

    def fill(self) -> None:
        run((*QUESTIONS, "fill", str(self.size)), self.folder, self.variables)
        # What the system still has to write to the disk would slow down what is measured next.
        os.sync()

    def answers(self, repeats: int) -> dict[str, float]:
        """Milliseconds by question."""
        found = run((*QUESTIONS, "ask", str(self.size), str(repeats)), self.folder, self.variables).output
        return {str(question): float(milliseconds) for question, milliseconds in json.loads(found).items()}

    def first_request(self) -> float:
        """Seconds from the start of a crawl to its first request; then it is paused, as Ctrl-C does it."""
        with Miniature({"movies": 20, "shows": 1}) as sites:
            started = time.monotonic()
            with running(MOVIESYNC, self.folder, {**sites.environment, **self.variables}) as process:
                while (first := _first(sites)) is None:
                    if time.monotonic() - started > _LONGEST or process.poll() is not None:
                        raise Failed(f"a crawl on {self.name} asks for nothing")
                    time.sleep(_LOOK)
                os.kill(process.pid, signal.SIGINT)
                memory_at_end(process, self.folder)
        return first - started

    def status(self) -> float:
        """Seconds of ``scrapy status``."""
        return run((*SCRAPY, "status"), self.folder, self.variables).seconds


def _first(sites: Miniature) -> float | None:
    times = [site["first"] for site in sites.log()["times"].values()]
    return min((moment for moment in times if moment is not None), default=None)


@contextmanager
def filled(sizes: Sequence[int], say: Say, mongodb: Server | None = None) -> Iterator[list[FilledStore]]:
    """Stores of these sizes, on SQLite where there is no server."""
    with ExitStack() as stack:
        stores = []
        for size in sizes:
            folder = project(Path(stack.enter_context(TemporaryDirectory())))
            variables = {"MONGODB_URI": stack.enter_context(mongodb.database())} if mongodb else {}
            stores.append(FilledStore(size, folder, variables))
            say(f"filling {'MongoDB' if mongodb else 'SQLite'} with {size:,} titles")
            stores[-1].fill()
        yield stores


def on_sqlite(sizes: Sequence[int], runs: int, repeats: int, say: Say) -> list[Group]:
    """Start-up and questions on stores of these sizes; the ratios are to the first."""
    with filled(sizes, say) as stores:
        first = Group("startup", "Start of a crawl to its first request, SQLite", "s", stores[0].name)
        status = Group("status", "scrapy status, SQLite", "s", stores[0].name)
        questions = _questions(stores, runs, repeats, say, "SQLite")
        for group, measure in ((first, FilledStore.first_request), (status, FilledStore.status)):
            _in_turn(stores, runs, say, group, measure)
    return [first, status, *questions]


def on_mongodb(mongodb: Server, sizes: Sequence[int], runs: int, repeats: int, say: Say) -> list[Group]:
    """Questions on stores of these sizes; the ratios are to the first."""
    with filled(sizes, say, mongodb) as stores:
        return _questions(stores, runs, repeats, say, "MongoDB")


def _in_turn(
    stores: Sequence[FilledStore], runs: int, say: Say, group: Group, measure: Callable[[FilledStore], float]
) -> None:
    for number in range(runs):
        for store in stores:
            say(f"run {number + 1} of {runs}: {group.title}, {store.name}")
            group.add(store.name, measure(store))


def _questions(stores: Sequence[FilledStore], runs: int, repeats: int, say: Say, place: str) -> list[Group]:
    groups = dict[str, Group]()
    for number in range(runs):
        for store in stores:
            say(f"run {number + 1} of {runs}: questions, {place}, {store.name}")
            for question, milliseconds in store.answers(repeats).items():
                key = f"{place.lower()}_{question.split()[0].strip(',')}"
                title = f"{place}: {question}"
                group = groups.setdefault(key, Group(key, title, "ms", stores[0].name))
                group.add(store.name, milliseconds)
    return list(groups.values())
