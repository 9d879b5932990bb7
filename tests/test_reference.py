"""docs/reference.md is true and complete: settings with their values, stats, and request meta keys."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import default_settings

import moviesync
from moviesync.arguments import Arguments, as_settings
from moviesync.checks import response
from moviesync.core import slots, timelimit
from moviesync.core.usage import NOT_HONOURED, NUMBERS
from moviesync.demo.server import Sites
from moviesync.environment import Environment
from moviesync.history.stats import MEANINGS
from moviesync.kinds import MOVIE
from tests.crawls import ROOT, Folder, films

PAGE = (ROOT / "docs" / "reference.md").read_text()
MORE = "…"
"""Ends a name that begins the names of several stats."""
NOT_AMONG_THE_DEFAULTS = {"DELTAFETCH_ENABLED", "DELTAFETCH_RESET", "CONCURRENT_REQUESTS_PER_IP"}
"""Those of scrapy-deltafetch, and one that Scrapy has given up."""
COMPONENTS = {
    "DOWNLOADER_MIDDLEWARES",
    "SPIDER_MIDDLEWARES",
    "EXTENSIONS",
    "ITEM_PIPELINES",
    "SPIDER_CONTRACTS",
    "DOWNLOAD_HANDLERS",
}
NOT_IN_A_CRAWL_THAT_IS_WELL = {"feedexport/failed_count/…", "spider_exceptions/count"}
PREFIXES = ("store/", "verdicts/", "walk/", "scheduler/", "items/", "deltafetch/", "vidsrc/")
"""What the names of moviesync's own stats begin with."""

Rows = list[list[str]]


def tables(heading: str) -> Rows:
    """The rows of the tables under a heading, and under those below it, with their cells."""
    level = heading.partition(" ")[0]
    assert f"\n{heading}\n" in PAGE, heading
    text = PAGE.split(f"\n{heading}\n", 1)[1]
    text = re.split(rf"^#{{1,{len(level)}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    assert rows, heading
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def first(rows: Rows) -> set[str]:
    return {row[0].strip("`") for row in rows}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What ``moviesync.settings`` sets if no variable and no ``.env`` says otherwise."""
    for name in (*Environment.model_fields, "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "moviesync.settings", raising=False)
    found = runpy.run_module("moviesync.settings")
    return {name: value for name, value in found.items() if name.isupper()}


def test_every_setting_is_listed_and_every_listed_one_exists(settings: dict[str, Any]) -> None:
    own, of_scrapy = first(tables("## Settings of moviesync")), first(tables("## Settings of Scrapy"))
    from_arguments = set(as_settings(MOVIE.collection, Arguments())) | {"REFUSED"}
    defined = settings.keys() | settings["CRAWL_SETTINGS"].keys() | from_arguments
    assert defined - own - of_scrapy == set()
    assert first(tables("### Settings that follow from arguments")) == from_arguments
    assert own <= defined
    assert not own & set(vars(default_settings))
    assert of_scrapy - set(vars(default_settings)) == NOT_AMONG_THE_DEFAULTS
    assert first(tables("### Set by moviesync for every command")) <= settings.keys()
    assert first(tables("### Set by moviesync for its spiders")) == settings["CRAWL_SETTINGS"].keys()


def test_every_setting_that_the_code_reads_is_listed() -> None:
    listed = first(tables("## Settings of moviesync")) | first(tables("## Settings of Scrapy"))
    read = {
        name
        for path in Path(moviesync.__file__).parent.rglob("*.py")
        for name in re.findall(r"settings(?:\.get\w*\(|\[)\"([A-Z_]+)\"", path.read_text("utf-8"))
    }
    assert len(read) > 30
    assert read - listed == {"DOWNLOAD_HANDLERS_BASE", "FEED_STORAGES"}


@pytest.mark.parametrize("heading", ["## Settings of moviesync", "## Settings of Scrapy"])
def test_values_are_those_of_the_program(settings: dict[str, Any], heading: str) -> None:
    values: dict[str, Any] = {
        **vars(default_settings),
        **as_settings(MOVIE.collection, Arguments()),
        **settings,
        **settings["CRAWL_SETTINGS"],
        "ENVIRONMENT_FILE": None,
        "REFUSED": None,
    }
    compared = 0
    others = [tables(f"### {title}") for title in ("Components", "Refused", "Without effect")]
    for row in tables(heading):
        name, shown = row[0].strip("`"), row[1]
        if any(row in other for other in others) or shown.startswith("*"):
            continue
        assert shown.strip("`") == ("" if values[name] is None else str(values[name])), name
        compared += 1
    assert compared > 20


def test_components_are_those_of_the_program(settings: dict[str, Any]) -> None:
    shown = {(row[0].strip("`"), row[1].strip("`"), row[2]) for row in tables("### Components")}
    values = settings | settings["CRAWL_SETTINGS"]
    handlers: Mapping[str, str] = values["DOWNLOAD_HANDLERS"]
    real = {
        (name, path, "off" if order is None else str(order))
        for name in COMPONENTS - {"DOWNLOAD_HANDLERS"}
        for path, order in values[name].items()
    }
    (handler,) = set(handlers.values())
    assert shown == real | {("DOWNLOAD_HANDLERS", handler, ", ".join(handlers))}


def test_what_is_honoured_and_what_is_refused_are_complete() -> None:
    honoured = first(tables("### Honoured"))
    assert NUMBERS.keys() & set(vars(default_settings)) <= honoured
    refused = tables("### Refused")
    assert first(refused) == NOT_HONOURED.keys()
    for name, instead, *_ in refused:
        for other in re.findall(r"`(\w+)`", instead):
            assert other in NOT_HONOURED[name.strip("`")]
    assert not honoured & (first(refused) | first(tables("### Without effect")))


def test_every_stat_is_listed_with_its_meaning() -> None:
    shown = {row[0].strip("`").removesuffix(MORE): row[1] for row in tables("## Stats")}
    assert {name: shown.get(name, "")[: len(meaning)] for name, meaning in MEANINGS.items()} == MEANINGS
    own = first(tables("### Stats of moviesync"))
    assert {name.removesuffix(MORE) for name in own} <= MEANINGS.keys()


def test_a_crawl_sets_no_stat_that_is_not_listed(tmp_path: Path) -> None:
    shown = tuple(name.removesuffix(MORE) for name in first(tables("## Stats")))
    with Sites(films(60)) as sites:
        sites.knobs.per_title = dict.fromkeys(list(sites.movies.rows)[-5:], (500, {}, b""))
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        log = folder.crawl("-L", "DEBUG", "-s", "RETRY_TIMES=1").stderr
    dumped = log.partition("Dumping Scrapy stats:")[2].partition("}")[0]
    found = set(re.findall(r"^[ {]'([^']+)':", dumped, re.MULTILINE))
    own = {name for name in found if name.startswith(PREFIXES)}
    assert {"store/pages", "verdicts/available", "verdicts/unknown/HTTP 500"} <= own
    assert [name for name in own if not name.startswith(shown)] == []
    # The other way round, for those of Scrapy.
    for name in first(tables("### Stats of Scrapy that matter")) - NOT_IN_A_CRAWL_THAT_IS_WELL:
        assert any(one.startswith(name.removesuffix(MORE)) for one in found), name


def test_every_request_meta_key_is_listed() -> None:
    modules = {"core/slots.py": slots, "checks/response.py": response, "core/timelimit.py": timelimit}
    shown = {}
    for key, constant, *_ in tables("## Request meta keys"):
        if match := re.fullmatch(r"`(\w+)` in \[([\w/.]+)\]\(\.\./moviesync/\2\)", constant):
            shown[match[1]] = key.strip("`")
            assert getattr(modules[match[2]], match[1]) == key.strip("`")
    documented = {
        name
        for path in Path(moviesync.__file__).parent.rglob("*.py")
        for name in re.findall(r'^([A-Z_]+) = "\w+"\n"""Request meta', path.read_text("utf-8"), re.MULTILINE)
    }
    assert documented == shown.keys()
