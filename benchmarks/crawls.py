"""Crawls of the miniature sites: four programs side by side, and moviesync alone on catalogues that grow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.mongodb import Server
from benchmarks.processes import ROOT, SCRAPY, Ended, Failed, Miniature, project, run
from benchmarks.results import Group

PLACES = 20
"""Requests at once at VidSrc."""
AVAILABLE = 0.08
TMDB_LATENCY, VIDSRC_LATENCY = 0.08, 0.12
# Requests a second at TMDB: what it is said to allow, and more than any program gets to.
TMDB_RATE, NO_RATE = 40, 200
MISSED = 0.02
"""Share of the titles that a program may miss: undated ones are in no window of dates."""

SQLITE, MONGODB = "moviesync, SQLite", "moviesync, MongoDB"
STOCK, CEILING = "stock Scrapy, nothing stored", "plain aiohttp, nothing stored"
MOVIESYNC = (*SCRAPY, "crawl", "tmdb_vidsrc")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """One way to check a catalogue; ``on_mongodb`` gets a database there."""

    name: str
    command: Sequence[str]
    on_mongodb: bool = False


@dataclass(frozen=True)
class Crawl:
    """What one crawl came to."""

    ended: Ended
    titles: int
    """Titles that VidSrc was asked for."""
    seconds: float
    """From the first request at either site to the last."""
    utilisation: float
    """Busy place-seconds by all place-seconds from VidSrc's first request to its last; what is above the
    places does not count."""
    peak: int
    """The most requests that VidSrc had at once."""
    store_size: float
    """MB of the SQLite file, where there is one."""

    @property
    def rate(self) -> float:
        return self.titles / self.seconds


def programs(mongodb: Server) -> list[Program]:
    stock = (*SCRAPY, "runspider", str(ROOT / "benchmarks" / "stock.py"))
    found = [Program(SQLITE, MOVIESYNC), Program(MONGODB, MOVIESYNC, on_mongodb=True)]
    found += [Program(STOCK, stock), Program(CEILING, (sys.executable, "-m", "benchmarks.ceiling"))]
    return [program for program in found if mongodb.uri or not program.on_mongodb]


def crawl(program: Program, titles: int, mongodb: Server, *, latency: bool) -> Crawl:
    """One crawl of so many titles, from an empty store."""
    # Pages that tell, as stock Scrapy asks for them.
    knobs: dict[str, Any] = {"movies": titles, "shows": 1, "plain": AVAILABLE, "mirrors": [{"form": "old"}]}
    if latency:
        knobs |= {"tmdb": {"latency": TMDB_LATENCY}, "vidsrc": {"latency": VIDSRC_LATENCY}}
    limits = {"VIDSRC_CONCURRENCY": str(PLACES), "TMDB_RATE": str(TMDB_RATE if latency else NO_RATE)}
    with TemporaryDirectory() as path, Miniature(knobs) as sites, _database(program, mongodb) as database:
        folder = Path(path)
        if program.command == MOVIESYNC:
            project(folder)
        variables = sites.environment | limits | database
        if program.name == STOCK:
            # Scrapy's limits are by the host's name, and the two sites have different ones.
            variables["VIDSRC_BASE_URL"] = sites.vidsrc_url.replace("127.0.0.1", "localhost")
        ended = run(program.command, folder, variables)
        log = sites.log()
        size = sum(file.stat().st_size for file in folder.glob("moviesync.db*")) / 1e6
    asked = log["vidsrc"]["methods"].get("HEAD", 0)
    if asked < (1 - MISSED) * titles:
        raise Failed(f"{program.name} checked {asked} of {titles} titles:\n{ended.output[-2000:]}")
    times = log["times"]
    seconds = max(site["last"] for site in times.values()) - min(site["first"] for site in times.values())
    return Crawl(ended, asked, seconds, utilisation(times["vidsrc"]), log["vidsrc"]["peak"], size)


@contextmanager
def _database(program: Program, mongodb: Server) -> Iterator[dict[str, str]]:
    if program.on_mongodb:
        with mongodb.database() as uri:
            yield {"MONGODB_URI": uri}
    else:
        yield {}


def utilisation(times: Mapping[str, Any]) -> float:
    """Which part of the places was busy.

    >>> utilisation({"first": 10.0, "last": 14.0, "at_once": {"0": 1.0, "10": 2.0, "25": 1.0}})
    0.5
    """
    busy = sum(min(int(at_once), PLACES) * seconds for at_once, seconds in times["at_once"].items())
    return float(busy / (PLACES * (times["last"] - times["first"])))


def side_by_side(mongodb: Server, titles: int, runs: int, say: Say, *, latency: bool) -> list[Group]:
    """The programs in turn, so often."""
    setting = f"{1000 * TMDB_LATENCY:.0f} and {1000 * VIDSRC_LATENCY:.0f} ms" if latency else "no latency"
    short = "latency" if latency else "no_latency"
    rate = Group(
        f"rate_{short}", f"Titles a second, {setting}", "1/s, first to last request", STOCK, drawn=True
    )
    wall = Group(f"seconds_{short}", f"Whole command, {titles:,} titles, {setting}", "s", STOCK)
    peak = Group(f"peak_{short}", f"Most at once at VidSrc, {PLACES} wanted, {setting}", "requests", STOCK)
    memory = Group(f"memory_{short}", f"Peak memory, {titles:,} titles, {setting}", "MB", STOCK)
    busy = Group(
        f"utilisation_{short}", f"VidSrc's places that are busy, {setting}", "share", STOCK, drawn=True
    )
    for number in range(runs):
        for program in programs(mongodb):
            say(f"run {number + 1} of {runs}: {program.name}, {titles:,} titles, {setting}")
            came_to = crawl(program, titles, mongodb, latency=latency)
            rate.add(program.name, came_to.rate)
            wall.add(program.name, came_to.ended.seconds)
            peak.add(program.name, came_to.peak)
            memory.add(program.name, came_to.ended.memory)
            busy.add(program.name, came_to.utilisation)
    # Without latency a site answers one request before it looks at the next.
    return [busy, rate, wall, peak] if latency else [rate, wall, memory]


def growing(sizes: Sequence[int], runs: int, say: Say) -> list[Group]:
    """moviesync on SQLite, with catalogues of these sizes in turn; the ratios are to the first."""
    names = [f"{size:,} titles" for size in sizes]
    seconds = Group("scale_seconds", "Whole command, SQLite, no latency", "s", names[0])
    rate = Group("scale_rate", "Titles a second as the catalogue grows", "1/s", names[0])
    memory = Group("scale_memory", "Peak memory as the catalogue grows", "MB", names[0], drawn=True)
    store = Group("scale_store", "Size of the store", "MB", names[0])
    for number in range(runs):
        for size, name in zip(sizes, names, strict=True):
            say(f"run {number + 1} of {runs}: {SQLITE}, {name}")
            came_to = crawl(Program(SQLITE, MOVIESYNC), size, Server("", ""), latency=False)
            seconds.add(name, came_to.ended.seconds)
            rate.add(name, came_to.rate)
            memory.add(name, came_to.ended.memory)
            store.add(name, came_to.store_size)
    return [seconds, rate, memory, store]
