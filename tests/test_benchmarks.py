"""The figures of ``python -m benchmarks``, and the page that shows them; how fast anything is, is not judged here."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.chart import chart
from benchmarks.results import Group, heading, table
from moviesync.demo.journal import Asked, Journal
from tests.crawls import ROOT

DOCS = ROOT / "docs"


def test_the_page_shows_the_figures_that_lie_beside_it() -> None:
    told = json.loads((DOCS / "performance.json").read_text("utf-8"))
    groups = [Group.of_json(group) for group in told["groups"]]
    page = (DOCS / "performance.md").read_text("utf-8")
    assert told["about"]["quick"] is False
    assert told["about"]["runs"] >= 3
    assert f"```text\n{heading(told['about'])}\n\n{table(groups)}\n```" in page
    assert (DOCS / "performance.svg").read_text("utf-8") == chart(groups)
    (command,) = re.findall(r"python -m benchmarks (--json.*)", page)
    assert command == "--json docs/performance.json --svg docs/performance.svg"


@pytest.mark.parametrize(
    ("times", "at_once"),
    [
        ([], {}),
        ([(1.0, 3.0)], {1: 2.0}),
        ([(1.0, 3.0), (2.0, 4.0), (3.0, 5.0), (6.0, 7.0)], {1: 3.0, 2: 2.0, 3: 0.0, 0: 1.0}),
    ],
    ids=["nothing", "one", "several"],
)
def test_journal_tells_how_long_a_site_had_how_many_at_once(
    times: list[tuple[float, float]], at_once: dict[int, float]
) -> None:
    journal = Journal()
    for started, finished in times:
        journal.start("vidsrc")
        journal.finish(Asked(started, finished, "vidsrc", "HEAD", "/embed/movie/1", {}, 404))
    assert journal.at_once("vidsrc") == at_once


def test_ratio_is_the_median_of_those_within_each_run() -> None:
    group = Group("rate", "Titles a second", "1/s", "stock")
    for ours, theirs in ((200.0, 100.0), (90.0, 30.0), (500.0, 200.0)):
        group.add("ours", ours)
        group.add("stock", theirs)
    assert (group.ratio("ours"), group.ratio("stock")) == (2.5, 1)
    assert table([group]).splitlines()[-2].split() == ["ours", "200", "90.0", "500", "2.50"]
    assert Group.of_json(json.loads(json.dumps(group.as_json()))) == group
