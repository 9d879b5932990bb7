"""Imports run downward, in no circle, and no module grows beyond what one can hold in mind."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import GenericAlias

import pytest

import moviesync

PACKAGE = Path(moviesync.__file__).parent
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}

FLOORS = (
    ("commands", "settings"),
    ("basecommand", "demo"),
    ("spiders", "contracts", "doctor"),
    ("pipelines", "downloadermiddlewares", "spidermiddlewares"),
    ("extensions",),
    ("checks",),
    ("core",),
    ("log", "arguments"),
    ("reports", "dashboard"),
    ("sources",),
    ("history", "exceptions"),
    ("stores",),
    ("tmdb", "vidsrc"),
    ("items", "environment"),
    ("kinds", "clock", "output"),
)
"""The rooms of the house, from the roof down. A module imports from its own room and from floors below."""
HEIGHT = {room: -number for number, rooms in enumerate(FLOORS) for room in rooms}
FRAMEWORKS = ("scrapy", "pymongo", "aiohttp", "twisted")
PURE = ("kinds", "clock", "output", "items", "tmdb", "vidsrc", "reports")
"""Rooms without any framework: what is known of the sites, and what people are shown."""
WITHOUT_SCRAPY = ("stores", "history", "dashboard")
MOST_ROOT_MODULES = 10
MOST_LINES = 250


def imports(module: str) -> set[str]:
    """Modules that a module imports when it runs; names under TYPE_CHECKING are for readers."""
    found = set[str]()
    for node in _running(ast.parse(FILES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            source = node.module or ""
            found.update(
                name if (name := f"{source}.{alias.name}") in FILES else source for alias in node.names
            )
    return found


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _running(child)


def within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if within(module, "moviesync")}


def test_the_modules_are_found() -> None:
    assert {
        "moviesync",
        "moviesync.sources.discover.walk",
        "moviesync.stores.sqlite.store",
        "moviesync.demo.server",
    } <= set(FILES)
    assert imports("moviesync.tmdb.discover") >= {"re", "moviesync.items", "moviesync.kinds"}


def room(module: str) -> str:
    return module.split(".")[1]


def rooms_of(name: str) -> list[str]:
    return [module for module in FILES if within(module, f"moviesync.{name}")]


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in FILES if module != "moviesync"} == HEIGHT.keys()


def test_the_root_has_few_modules() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert len(modules) <= MOST_ROOT_MODULES


@pytest.mark.parametrize("name", HEIGHT)
def test_imports_run_downward(name: str) -> None:
    for module in rooms_of(name):
        others = {one for one in own(imports(module)) - {"moviesync"} if room(one) != name}
        wrong = {one for one in others if HEIGHT[room(one)] >= HEIGHT[name]}
        assert not wrong, f"{module} imports {wrong}"


@pytest.mark.parametrize("name", [*PURE, *WITHOUT_SCRAPY])
def test_rooms_are_without_framework(name: str) -> None:
    forbidden = set(FRAMEWORKS if name in PURE else ("scrapy", "twisted"))
    for module in rooms_of(name):
        wrong = {one.partition(".")[0] for one in imports(module)} & forbidden
        assert not wrong, f"{module} imports {wrong}"


@pytest.mark.parametrize("word", ["Downloader", "Slot", "AutoThrottle"])
def test_no_class_is_made_from_the_inside_of_scrapys_downloader(word: str) -> None:
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                assert word not in bases, f"{module}.{node.name}"


@pytest.mark.parametrize("module", [name for name in FILES if within(name, "moviesync.commands")])
def test_commands_hold_no_generic_alias(module: str) -> None:
    """Scrapy takes every class in these modules for a command, and to Python 3.10 ``dict[str, Any]`` is a class."""
    aliases = [
        name
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, GenericAlias)
    ]
    assert not aliases


def test_no_imports_go_in_a_circle() -> None:
    # The package of a module is loaded before it, but not the other way round.
    graph = {module: own(imports(module)) - {module} for module in FILES}
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) == len(FILES)


@pytest.mark.parametrize("module", FILES)
def test_no_file_is_too_long(module: str) -> None:
    assert len(FILES[module].read_text("utf-8").splitlines()) <= MOST_LINES
