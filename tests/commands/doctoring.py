"""Running ``scrapy doctor``, and reading its table."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from moviesync.demo.server import Sites
from moviesync.reports.tables import WIDTH
from tests.crawls import Folder

STATES = "ok|note|warning|problem"


class Line(NamedTuple):
    """A line of the table, whole, however many it takes on the terminal."""

    state: str
    text: str
    """What was found, and after an arrow what to do."""


class Told(NamedTuple):
    """What the command has printed."""

    page: str
    lines: dict[str, Line]
    """By name; those of a mirror are ``mirror, part``."""


def doctor(folder: Folder, *arguments: str, code: int = 0, **variables: Any) -> Told:
    """Run it; the table fits on a terminal, and nothing is written."""
    before = folder.files
    run = folder.run("doctor", *arguments, code=code, **variables)
    assert folder.files == before
    assert run.stderr == ""
    assert all(len(line) <= WIDTH for line in run.stdout.splitlines())
    lines: dict[str, Line] = {}
    name = whole = ""
    for line in run.stdout.splitlines()[:-1]:
        if found := re.match(rf"( *)(\S.*?) +({STATES})  +(.*)", line):
            whole = whole if found[1] else found[2]
            name = f"{whole}, {found[2]}" if found[1] else whole
            lines[name] = Line(found[3], found[4])
        else:
            lines[name] = Line(lines[name].state, f"{lines[name].text} {line.strip()}")
    assert all("->" in line.text for line in lines.values() if line.state in {"warning", "problem"})
    return Told(run.stdout, lines)


def wrong(told: Told) -> dict[str, str]:
    """The lines that are not well, with their state."""
    return {name: line.state for name, line in told.lines.items() if line.state in {"warning", "problem"}}


def hosts(sites: Sites) -> list[str]:
    return [url.removeprefix("http://") for url in sites.mirror_urls]
