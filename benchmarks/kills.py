"""Kill moviesync at random moments, again and again, and see whether anything is lost.

``python -m benchmarks.kills --kills 100 --seed 1`` crawls the miniature sites, with latency, kills
the whole process group with SIGKILL at seeded random moments and starts the same command again,
until a run comes to its end; then it compares every document with the truth and counts the
titles that VidSrc was asked for in more than one run. Rounds of this go on until so many kills have hit, in
equal parts on either store, with JOBDIR and without. ``--form old`` has pages that tell, today's form has info.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from moviesync.core.scheduler import HELD
from moviesync.demo.knobs import Form, Knobs, SiteKnobs, mirrors_alike
from moviesync.demo.server import Sites
from tests.crawls import Folder, films
from tests.mongodb import MongoServer, verdicts, with_database

CONCURRENCY = 16
TITLES = 3_000
CAP = 50
"""Pages that TMDB in miniature shows of a query: few, so that the walk takes windows of dates."""
MOST_REPEATED = 2 * CONCURRENCY + HELD
"""Titles that one kill may have asked for again: those under way, and those that wait for their controls."""
LATENCY = 0.03
LONGEST = 120.0
"""Seconds after which a run, or a request, that should have ended has not."""
MOST_ROUNDS = 10
"""Rounds for each kill."""
MOMENTS = (0.6, 3.0)
"""A run is killed so long after its start, in seconds: before, while and after it asks the sites."""


@dataclass
class Outcome:
    """What was left of one or more rounds."""

    kills: int = 0
    rounds: int = 0
    lost: int = 0
    """Dated titles that the store does not have."""
    wrong: int = 0
    """Titles with another verdict than the truth."""
    asked_twice: int = 0
    """Titles that VidSrc was asked for in more than one run, counted each time; some of them as controls."""
    most_at_a_kill: int = 0
    """The most of them that one kill brought about."""
    unfinished: int = 0
    """Rounds after which the ledger did not say "complete"."""

    @property
    def good(self) -> bool:
        bad = self.lost or self.wrong or self.unfinished
        return not bad and self.most_at_a_kill <= MOST_REPEATED

    def __str__(self) -> str:
        return (
            f"{self.kills:5} {self.rounds:6} {self.lost:5} {self.wrong:6} {self.asked_twice:11}"
            f" {self.most_at_a_kill:14}   {'good' if self.good else 'BAD'}"
        )


class Repeats:
    """Which run's end made the runs after it ask VidSrc for a title again."""

    def __init__(self) -> None:
        self.after_run: Counter[int] = Counter()
        self._asked: Counter[str] = Counter()
        self._last_run: dict[str, int] = {}
        self._run = 0

    def note(self, asked: Counter[str]) -> None:
        """Take up how often each title was asked for, after another run has ended."""
        for path in asked - self._asked:
            if path in self._last_run:
                self.after_run[self._last_run[path]] += 1
            self._last_run[path] = self._run
        self._asked = asked
        self._run += 1


HEADING = "store    JOBDIR  kills rounds  lost  wrong asked twice most at a kill"


def a_round(
    moments: Iterator[float],
    most_kills: int,
    *,
    jobdir: bool,
    uri: str,
    titles: int,
    form: Form,
    outcome: Outcome,
) -> None:
    """Crawl one catalogue, killed at most so often, to its end; add what came of it to ``outcome``."""
    movies = films(titles, plain=0.3)
    slow = SiteKnobs(latency=LATENCY)
    knobs = Knobs(tmdb=slow, vidsrc=slow, mirrors=mirrors_alike(form=form), cap=CAP)
    with Sites(movies, knobs=knobs) as sites, tempfile.TemporaryDirectory() as path:
        variables = {"TMDB_RATE": "200", "VIDSRC_CONCURRENCY": str(CONCURRENCY), "MONGODB_URI": uri}
        folder = Folder(Path(path), {**sites.environment(), **variables})
        command = ["crawl", "tmdb_vidsrc", *(["-s", "JOBDIR=crawls/run1"] if jobdir else [])]
        repeats = Repeats()
        for number in range(most_kills + 1):
            killed = killed_in_time(folder, command, next(moments) if number < most_kills else None)
            wait_for_the_end_of_requests(sites)
            repeats.note(sites.asked("vidsrc", "GET" if form == "today" else "HEAD"))
            if not killed:
                break
            outcome.kills += 1
        found = verdicts(uri) if uri else folder.verdicts()
        truth = {
            tmdb_id: verdict
            for tmdb_id, verdict in sites.truth("movies").items()
            if movies.rows[tmdb_id].get("release_date")
        }
        outcome.rounds += 1
        outcome.asked_twice += repeats.after_run.total()
        outcome.most_at_a_kill = max(outcome.most_at_a_kill, *repeats.after_run.values(), 0)
        outcome.lost += len(truth.keys() - found.keys())
        outcome.wrong += sum(found[key] is not truth[key] for key in truth.keys() & found.keys())
        outcome.unfinished += not folder.status()["walk"]["movies"]["complete"]


def killed_in_time(folder: Folder, command: list[str], seconds: float | None) -> bool:
    """Run a command, kill its process group after so many seconds; False where it had ended before.

    Where it ends by itself, this has to be in good order.
    """
    with folder.start(*command, "-L", "ERROR") as process:
        if seconds is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            if process.poll() is None:
                process.kill()
                return True
        process.ended(0, within=LONGEST)
        return False


def wait_for_the_end_of_requests(sites: Sites) -> None:
    """What a killed run had under way ends when the sites notice it."""
    deadline = time.monotonic() + LONGEST
    while sites.running:
        if time.monotonic() > deadline:
            raise TimeoutError("a request at the sites does not end")
        time.sleep(0.005)


def at_random(seed: int, between: tuple[float, float] = MOMENTS) -> Iterator[float]:
    """Moments at which to kill, the same ones every time."""
    chance = random.Random(seed)  # noqa: S311 - not secret
    while True:
        yield chance.uniform(*between)


def kill(
    kills: int,
    moments: Iterator[float],
    *,
    jobdir: bool,
    server: str,
    titles: int = TITLES,
    form: Form = "today",
) -> Outcome:
    """Rounds until so many kills have hit, on a MongoDB server, or where ``server`` is empty on SQLite."""
    outcome = Outcome()
    while outcome.kills < kills:
        if outcome.rounds > MOST_ROUNDS * kills:
            raise RuntimeError("runs come to their end before they are killed")
        uri = (
            with_database(server, f"moviesync_kills_{os.getpid()}_{jobdir}_{outcome.rounds}")
            if server
            else ""
        )
        left = kills - outcome.kills
        a_round(moments, left, jobdir=jobdir, uri=uri, titles=titles, form=form, outcome=outcome)
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="in all (100)")
    parser.add_argument("--seed", type=int, default=1, help="which random moments (1)")
    parser.add_argument("--form", choices=get_args(Form), default="today", help="how VidSrc is made (today)")
    options = parser.parse_args()
    good = True
    print(HEADING, flush=True)
    with MongoServer() as mongodb:
        settings = [(server, jobdir) for server in ("", mongodb.uri) for jobdir in (False, True)]
        for part, (server, jobdir) in enumerate(settings):
            share = options.kills * (part + 1) // 4 - options.kills * part // 4
            outcome = kill(
                share, at_random(options.seed + part), jobdir=jobdir, server=server, form=options.form
            )
            print(
                f"{'mongodb' if server else 'sqlite':8} {'yes' if jobdir else 'no':5} {outcome}", flush=True
            )
            good = good and outcome.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
