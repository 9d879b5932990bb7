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

# What a module, or any module of a package, may import of moviesync.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "kinds": (),
    "clock": (),
    "environment": (),
    "output": (),
    "items": ("sources.discover.window", "kinds"),
    "tmdb": ("tmdb", "items", "kinds"),
    "vidsrc": ("vidsrc", "kinds"),
    "stores": ("stores", "output", "items", "kinds"),
    "history": ("history", "stores"),
    "sources": ("sources", "tmdb", "stores", "items", "kinds", "clock", "exceptions"),
    "reports": ("reports", "history", "sources", "output", "stores", "items", "kinds"),
    "dashboard": ("dashboard", "history", "sources", "clock", "stores", "kinds"),
    "basecommand": ("environment", "exceptions", "output", "stores"),
}
PURE = ("scrapy", "pymongo", "aiohttp", "twisted")
WITHOUT_FRAMEWORK = {
    **dict.fromkeys(("output", "kinds", "items", "tmdb", "vidsrc", "reports"), PURE),
    **dict.fromkeys(("stores", "sources.discover.checkpoint", "history"), ("scrapy", "twisted")),
    "dashboard": ("scrapy", "pymongo", "twisted"),
}
TOP = (
    "spiders",
    "downloadermiddlewares",
    "spidermiddlewares",
    "pipelines",
    "extensions",
    "commands",
)
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


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_imports_run_downward(layer: str) -> None:
    allowed = [f"moviesync.{name}" for name in MAY_IMPORT[layer]]
    for module in FILES:
        if within(module, f"moviesync.{layer}"):
            wrong = {name for name in own(imports(module)) if not any(within(name, a) for a in allowed)}
            assert not wrong, f"{module} imports {wrong}"


@pytest.mark.parametrize("layer", WITHOUT_FRAMEWORK)
def test_knowledge_is_without_framework(layer: str) -> None:
    for module in FILES:
        if within(module, f"moviesync.{layer}"):
            wrong = {name.partition(".")[0] for name in imports(module)} & set(WITHOUT_FRAMEWORK[layer])
            assert not wrong, f"{module} imports {wrong}"


def test_components_are_imported_by_none_below_them() -> None:
    tops = [f"moviesync.{name}" for name in TOP]
    for module in FILES:
        if any(within(module, top) for top in tops):
            continue
        wrong = {name for name in own(imports(module)) if any(within(name, top) for top in tops)}
        assert not wrong, f"{module} imports {wrong}"


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
