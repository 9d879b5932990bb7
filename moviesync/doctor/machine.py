"""What ``scrapy doctor`` looks at on this machine: variables, store, disk, log, clock and versions."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import scrapy

import moviesync
from moviesync import environment
from moviesync.doctor.findings import Check, State
from moviesync.reports.tables import format_duration
from moviesync.stores import look_at_store
from moviesync.stores.looking import Whose
from moviesync.stores.sqlite.look import nearest, refused

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

LITTLE, TOO_LITTLE = 2_000_000_000, 200_000_000
"""Bytes free on a disk. A title takes about 1 KB (docs/performance.md), so 1.4 million films and shows take 1.5 GB;
with less than ``TOO_LITTLE`` a run would not get far."""
MOST_SECONDS_OFF = 60
"""Between this machine's clock and those of the sites."""
_WHOSE = {
    Whose.NOBODYS: "not there yet: the first crawl makes it",
    Whose.OURS: "moviesync's, and up to date",
    Whose.FIRST_VERSION: "moviesync's, of the first version: the next crawl brings it up to date",
    Whose.OTHERS: "another program's: a crawl would put its titles beside what is there",
}


def of_environment(settings: BaseSettings, variables: Mapping[str, str]) -> list[Check]:
    """The file, the names that are set, and each mistake in them; ``variables`` are those of the process."""
    path = settings["ENVIRONMENT_FILE"]
    in_file = environment.names_set(environment.from_file(path)[0])
    real = environment.names_set(variables)
    checks = [_file(path)]
    told = [
        f"{', '.join(names)} ({where})"
        for where, names in (
            (".env", [name for name in in_file if name not in real]),
            ("environment", real),
        )
        if names
    ]
    checks.append(Check("variables", State.OK, "; ".join(told) or "none is set: the defaults hold"))
    mistakes = settings["ENVIRONMENT_PROBLEMS"] or ()
    return checks + [
        Check("variables", State.PROBLEM, mistake, "correct it where it is set", part="mistake")
        for mistake in mistakes
    ]


def _file(path: str) -> Check:
    if not path:
        return Check(".env", State.NOTE, "none is found: variables come from the environment alone")
    shown = os.path.relpath(path)
    try:
        if environment.readable_by_others(path):
            return Check(
                ".env",
                State.WARNING,
                f"{shown}: every user of this machine can read it",
                f"chmod 600 {shown}",
            )
    except OSError as error:
        return Check(".env", State.PROBLEM, f"{shown}: {error.strerror}", "check the file, and who owns it")
    return Check(".env", State.OK, f"{shown}, which other users cannot read")


async def of_store(settings: BaseSettings) -> Check:
    """Whether it is there, whose it is, and whether it can be used."""
    look = await look_at_store(settings)
    name = "MONGODB_URI and MONGODB_DATABASE" if settings["MONGODB_URI"] else "SQLITE_PATH"
    if look.trouble:
        # Its last words, in parentheses, are what to do.
        why, _, advice = look.trouble.removesuffix(")").rpartition(" (")
        found = f"{look.address}: {why or advice}"
        return Check("store", State.PROBLEM, found, advice if why else f"set {name} to another place")
    if look.not_writable:
        found = f"{look.address}: it cannot be written, as {look.not_writable}"
        return Check("store", State.PROBLEM, found, f"allow it, or set {name} to another place")
    found = f"{look.address}: {_WHOSE[look.whose]}"
    if look.whose is Whose.OTHERS:
        return Check("store", State.WARNING, found, f"set {name} to a place of its own")
    return Check("store", State.OK, found)


def of_files(settings: BaseSettings) -> list[Check]:
    """The log file, and free space where it and the SQLite file are."""
    places = {} if settings["MONGODB_URI"] else {"SQLite file": Path(settings["SQLITE_PATH"])}
    checks = []
    if path := settings["LOGFILE_PATH"]:
        checks.append(_log(Path(path)))
        if not _is_device(Path(path)):
            places["log"] = Path(path)
    by_disk: dict[int, list[str]] = {}
    for name, place in places.items():
        by_disk.setdefault(nearest(place).stat().st_dev, []).append(name)
    return [*checks, *(_space(names, places[names[0]]) for names in by_disk.values())]


def _log(file: Path) -> Check:
    why = f"{file} is a folder" if nearest(file) == file.absolute() and file.is_dir() else refused(file)
    if _is_device(file):
        why = ""
    if why:
        return Check("log", State.PROBLEM, f"{file}: {why}", f"set LOG_FILE to another file, or {os.devnull}")
    return Check("log", State.OK, f"{file}: can be written")


def _is_device(file: Path) -> bool:
    """Whether it is no place on a disk, as ``/dev/null`` is none."""
    return nearest(file) == file.absolute() and not file.is_file() and not file.is_dir()


def _space(names: Collection[str], place: Path) -> Check:
    there = nearest(place)
    free = shutil.disk_usage(there).free
    found = f"{free / 1e9:,.1f} GB free for {' and '.join(names)}"
    advice = "free some space: the whole catalogue takes about 1.5 GB"
    if free < TOO_LITTLE:
        return Check("disk", State.PROBLEM, found, advice)
    return Check("disk", State.WARNING, found, advice) if free < LITTLE else Check("disk", State.OK, found)


def of_clock(seconds_ahead: Mapping[str, float]) -> Check:
    """This machine's clock; ``seconds_ahead`` says for each site how far its own is ahead of it.

    >>> of_clock({"a": 1.0, "b": 90.0, "c": 0.5}).found
    "as that of the sites; b's is 1 min 30 s ahead"
    >>> of_clock({"a": -200.0}).found
    '3 min 20 s ahead of the clocks of the sites'
    """
    if not seconds_ahead:
        return Check("clock", State.NOTE, "not compared: no site says what time it is")
    off = median(seconds_ahead.values())
    if abs(off) > MOST_SECONDS_OFF:
        side = "behind" if off > 0 else "ahead of"
        found = f"{format_duration(abs(off))} {side} the clocks of the sites"
        return Check("clock", State.WARNING, found, "set the clock of this machine, or switch on NTP")
    odd = [
        f"; {host}'s is {format_duration(abs(seconds))} {'ahead' if seconds > 0 else 'behind'}"
        for host, seconds in seconds_ahead.items()
        if abs(seconds) > MOST_SECONDS_OFF
    ]
    return Check("clock", State.OK, f"as that of the sites{''.join(odd)}")


def of_versions() -> Check:
    """What is installed."""
    python, own = platform.python_version(), moviesync.__version__
    return Check("versions", State.OK, f"Python {python}, Scrapy {scrapy.__version__}, moviesync {own}")
