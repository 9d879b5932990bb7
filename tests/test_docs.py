"""README is true: its commands run, its outputs are what they print, its tables are complete. The links of all
pages lead somewhere, and the page on the architecture names what is there."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from moviesync.arguments import Arguments
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.server import Sites
from moviesync.environment import Environment
from moviesync.kinds import MOVIE
from tests.crawls import ROOT, Folder
from tests.docs import blocks, commands
from tests.test_layers import FILES, HEIGHT, imports, own, room

README = (ROOT / "README.md").read_text()
BLOCKS = blocks("README.md")
LATER = {"TMDB_EXPORT_URL", "REDIS_URL"}
"""Variables that are read and that nothing uses yet."""
LASTING = "scrapy dashboard"
"""A command that goes on until Ctrl-C, and has tests of its own."""
COMMANDS = [command for command in commands("README.md") if command.startswith("scrapy ")]
TRANSCRIPTS = [block.split("\n", 1) for kind, block in BLOCKS if kind == "console"]


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Sites that give a verdict on each title: a second crawl that finds none would end with 1."""
    with Sites(Catalogue.recorded(MOVIE, unknowable=False).grown(300)) as sites:
        yield sites


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


PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_into_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_behaviour_of_the_table_has_a_file() -> None:
    section = ARCHITECTURE.partition("## Where things are")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", section, re.MULTILINE)[1:]
    assert len(rows) >= 25
    for behaviour, files in rows:
        assert "](../moviesync/" in files, behaviour


def test_the_picture_shows_every_room_on_its_floor_and_what_imports_what() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "architecture.svg").getroot()  # noqa: S314 - our own file
    svg = "{http://www.w3.org/2000/svg}"
    texts = picture.iterfind(f"{svg}text[@class='room']")
    depths = {str(text.text): float(text.get("y", 0)) for text in texts}
    assert depths.keys() == HEIGHT.keys()
    floors = sorted({(depth, HEIGHT[name]) for name, depth in depths.items()})
    assert [height for _, height in floors] == sorted(set(HEIGHT.values()), reverse=True)

    modules = FILES.keys() - {"moviesync"}
    pairs = {(room(one), room(other)) for one in modules for other in own(imports(one)) - {"moviesync"}}
    real = {(one, other) for one, other in pairs if one != other}
    arrows = {tuple(str(title.text).split(" imports ")) for title in picture.iter(f"{svg}title")}
    assert arrows <= real
    # The picture leaves out rooms that import nothing else of it, and arrows beside a longer way.
    shown = {name for arrow in arrows for name in arrow}
    assert {(one, other) for one, other in ways(real) if other in shown} == ways(arrows)


def ways(arrows: Collection[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """From where to where arrows lead, be it over others."""
    found = set(arrows)
    while more := {(one, last) for one, via in found for start, last in arrows if start == via} - found:
        found |= more
    return found


def test_the_private_names_of_others_are_listed() -> None:
    table = ARCHITECTURE.partition("| private or undocumented name |")[2]
    used = set[str]()
    for path in FILES.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr):
                if ast.unparse(node.value) not in {"self", "cls"}:
                    used.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
                used.update(re.findall(r"'(_[a-z]\w*)'", ast.unparse(node)))
    assert used >= {"_set_url", "_retry_connection"}
    assert [name for name in used if name not in table] == []


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
