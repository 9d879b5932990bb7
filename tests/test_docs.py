"""README is true: its commands run, its outputs are what they print, its tables are complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from moviesync.arguments import Arguments
from moviesync.demo.server import Sites
from moviesync.environment import Environment
from tests.crawls import ROOT, Folder
from tests.docs import blocks, commands

README = (ROOT / "README.md").read_text()
BLOCKS = blocks("README.md")
LATER = {"TMDB_EXPORT_URL", "REDIS_URL"}
"""Variables that are read and that nothing uses yet."""
LASTING = "scrapy dashboard"
"""A command that goes on until Ctrl-C, and has tests of its own."""
COMMANDS = [command for command in commands("README.md") if command.startswith("scrapy ")]
TRANSCRIPTS = [block.split("\n", 1) for kind, block in BLOCKS if kind == "console"]


@pytest.fixture
def cold(tmp_path: Path, sites: Sites) -> Folder:
    """A folder whose commands start as those of a user do."""
    return Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"}, warm=False)


def test_the_first_two_blocks_set_up_and_run_the_demo_and_the_tests() -> None:
    setup = "python3 -m venv .venv && .venv/bin/pip install -q -r {} && .venv/bin/{}\n"
    assert BLOCKS[0] == ("sh", setup.format("requirements.txt", "scrapy demo"))
    assert BLOCKS[1] == ("sh", setup.format("requirements-dev.txt", "python -m pytest"))


def test_commands_of_the_readme_run_in_their_order(folder: Folder) -> None:
    assert len(COMMANDS) >= 12
    for command in COMMANDS:
        if command == LASTING:
            continue
        folder.run(*shlex.split(command)[1:])


def test_outputs_of_the_readme_are_what_its_commands_print(cold: Folder) -> None:
    assert len(TRANSCRIPTS) >= 3
    for command, output in TRANSCRIPTS:
        run = cold.run(*shlex.split(command)[2:])
        assert timeless(output) in timeless(run.stdout + run.stderr)


def timeless(output: str) -> str:
    """An output without what is another each time: moments, durations, and the columns these take."""
    output = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "(moment)", output)
    output = re.sub(r"(\d+ min )?\d+ s\b", "(duration)", output)
    return "\n".join(" ".join(line.split()) for line in output.strip().splitlines())


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (set(Arguments.model_fields), set()),
        (set(Environment.model_fields), LATER),
    ],
    ids=["arguments", "variables"],
)
def test_tables_name_every_argument_and_variable(names: set[str], left_out: set[str]) -> None:
    told = {
        name
        for row in re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert names - told == left_out


def test_links_into_the_project_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_example_environment_lists_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.lstrip("#").partition("=")[0] for line in lines if "=" in line}
    assert names == set(Environment.model_fields) - LATER


def test_nothing_of_the_workplace_is_in_the_project() -> None:
    paths = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".toml", ".yaml", ".txt"}]
    own = [path for path in paths if not {".venv", "target"} & set(path.relative_to(ROOT).parts)]
    assert len(own) > 40
    for path in own:
        if path != Path(__file__):
            assert not re.search(r"(?<![\w.])/(home|root|tmp)/", path.read_text()), path
