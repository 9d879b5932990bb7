"""``python -m benchmarks`` works; how fast anything is, is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.mongodb import VARIABLE
from benchmarks.results import Group, table
from moviesync.demo.journal import Asked, Journal
from tests.crawls import ROOT

FOUR = {
    "moviesync, SQLite",
    "moviesync, MongoDB",
    "stock Scrapy, nothing stored",
    "plain aiohttp, nothing stored",
}
FOUR_WITHOUT_LATENCY = ("rate_no_latency", "seconds_no_latency", "memory_no_latency")
FOUR_WITH_LATENCY = ("utilisation_latency", "rate_latency", "seconds_latency", "peak_latency")
GROWING = ("scale_seconds", "scale_rate", "scale_memory", "scale_store")
QUESTIONS = ("write", "settled", "unchecked", "stale")
LARGE_STORE = (
    *("startup", "status"),
    *(f"{store}_{question}" for store in ("sqlite", "mongodb") for question in QUESTIONS),
)
BY_PROGRAM = FOUR_WITHOUT_LATENCY + FOUR_WITH_LATENCY


def test_quick_measures_everything_and_writes_table_figures_and_chart(
    tmp_path: Path, mongodb_server: str
) -> None:
    files = ["--json", str(tmp_path / "figures.json"), "--svg", str(tmp_path / "chart.svg")]
    command = [sys.executable, "-m", "benchmarks", "--quick", "--titles", "40", *files]
    environment = os.environ | {VARIABLE: mongodb_server}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]

    told = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    groups = {group["key"]: group for group in told["groups"]}
    assert set(groups) == {*BY_PROGRAM, *GROWING, *LARGE_STORE}
    assert told["about"]["quick"] is True
    assert all(set(groups[key]["rows"]) == FOUR for key in BY_PROGRAM)
    assert all(groups[key]["rows"] for key in (*GROWING, *LARGE_STORE))
    for group in told["groups"]:
        assert group["rows"][group["against"]]["ratio"] == 1
        for row in group["rows"].values():
            assert len(row["runs"]) == told["about"]["runs"]
            assert all(figure > 0 for figure in (row["lowest"], row["ratio"], *row["runs"]))
            assert row["lowest"] <= row["median"] <= row["highest"]
    for program in FOUR:
        assert groups["utilisation_latency"]["rows"][program]["highest"] <= 1

    for group in told["groups"]:
        assert f"{group['title']} ({group['unit']}" in result.stdout
        assert all(f"  {subject} " in result.stdout for subject in group["rows"])

    chart = ElementTree.parse(tmp_path / "chart.svg").getroot()  # noqa: S314 - our own
    words = " ".join(text for text in chart.itertext())
    assert "prefers-color-scheme: dark" in words
    assert all(program in words for program in FOUR)


def test_performance_page_has_a_place_for_the_table() -> None:
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    begin, end = "<!-- table: begin -->", "<!-- table: end -->"
    assert page.count(begin) == page.count(end) == 1
    assert page.index(begin) < page.index(end)


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
