"""Every package that is imported is required, with bounds and a reason, and every requirement is used."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from itertools import pairwise

import pytest
from packaging.utils import canonicalize_name

from tests.crawls import ROOT
from tests.requirements import names, requirements

FILES = ("requirements.txt", "requirements-dev.txt")
OWN = {"moviesync", "tests", "benchmarks"}
NEVER_IMPORTED = {
    "mypy",
    "pytest-asyncio",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "scrapyd",
    "scrapyd-client",
    "setuptools",
    "types-tqdm",
}
"""Programs, what they take in by themselves, and stubs."""


@cache
def packages() -> dict[str, str]:
    """The package that each importable name comes from."""
    found: dict[str, str] = {}
    for distribution in distributions():
        for file in distribution.files or ():
            if file.suffix in {".py", ".so"}:
                found[file.parts[0].partition(".")[0]] = canonicalize_name(distribution.metadata["Name"])
    return found


def imported(folder: str, *, for_types: bool) -> set[str]:
    """The packages that the modules of a folder import, when they run or ``for_types`` alone."""
    modules = set[str]()
    for path in (ROOT / folder).rglob("*.py"):
        for node, only_for_types in _nodes(ast.parse(path.read_text("utf-8"))):
            if only_for_types == for_types and isinstance(node, ast.Import):
                modules.update(alias.name for alias in node.names)
            elif only_for_types == for_types and isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
    tops = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - OWN
    return {packages()[top] for top in tops}


def _nodes(node: ast.AST, *, for_types: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        under = for_types or (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"))
        yield child, under
        yield from _nodes(child, for_types=under)


def test_the_package_imports_what_it_requires() -> None:
    assert imported("moviesync", for_types=False) == names("requirements.txt")


def test_what_is_imported_for_types_is_required() -> None:
    required = names("requirements.txt") | names("requirements-dev.txt")
    assert imported("moviesync", for_types=True) <= required


def test_tests_and_benchmarks_import_what_they_require() -> None:
    both = {name for folder in ("tests", "benchmarks") for name in imported(folder, for_types=False)}
    own = names("requirements-dev.txt")
    assert both <= own | names("requirements.txt")
    unused = own - both - NEVER_IMPORTED - imported("moviesync", for_types=True)
    assert not unused
    assert own >= NEVER_IMPORTED


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_has_a_least_version_and_an_end(file: str) -> None:
    for one in requirements(file):
        assert {bound.operator for bound in one.specifier} == {">=", "<"}, one


def test_every_requirement_has_a_reason() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert len(lines) == 2 * len(requirements("requirements.txt"))
    for reason, one in list(pairwise(lines))[::2]:
        assert reason.startswith("# "), one
        assert not one.startswith("#")
