"""Under scrapyd: the project is deployed, and its spiders are scheduled, listed, cancelled and scheduled again."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moviesync.demo.server import Sites
from tests.crawls import Folder
from tests.docs import commands
from tests.scrapyd_server import PROJECT, Scrapyd, copied

PAGE = "docs/install.md"
PAGES = 15
SPIDERS = ["tmdb_vidsrc", "tmdb_vidsrc_tv"]
USUAL = "http://127.0.0.1:6800"
"""Where a scrapyd is, and where scrapy.cfg has its programs look for it."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied(tmp_path / "project")


@pytest.fixture
def scrapyd(tmp_path: Path, project: Path, sites: Sites) -> Iterator[Scrapyd]:
    """A server to which this project is deployed, the way docs/install.md shows."""
    folder = tmp_path / "scrapyd"
    folder.mkdir()
    with Scrapyd(folder, {**sites.environment(), "TMDB_RATE": "200"}) as scrapyd:
        configuration = project / "scrapy.cfg"
        assert USUAL in configuration.read_text()
        configuration.write_text(configuration.read_text().replace(USUAL, scrapyd.address))
        (deploy,) = (line for line in commands(PAGE) if line.startswith("scrapyd-deploy"))
        run(deploy, project)
        yield scrapyd


def run(command: str, folder: Path) -> str:
    """What a program of this Python prints."""
    program, *arguments = shlex.split(command)
    path = shutil.which(program, path=str(Path(sys.executable).parent))
    assert path, f"{program} is not there"
    ended = subprocess.run([path, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def store(scrapyd: Scrapyd) -> Folder:
    """The folder in which the server runs its jobs, and so the store is."""
    return Folder(scrapyd.folder, {})


def runs(scrapyd: Scrapyd) -> list[dict[str, Any]]:
    """The runs in the store, the first one first."""
    told = json.loads(store(scrapyd).run("runs", "--json").stdout)
    assert isinstance(told, list)
    return told[::-1]


def test_both_spiders_run(scrapyd: Scrapyd) -> None:
    assert scrapyd.get("listspiders", project=PROJECT)["spiders"] == SPIDERS
    films = scrapyd.schedule("tmdb_vidsrc", max_pages="2", setting="LOG_LEVEL=DEBUG")
    scrapyd.finished(films)
    shows = scrapyd.schedule("tmdb_vidsrc_tv", max_pages="1")
    scrapyd.finished(shows)
    for spider, job, pages in (("tmdb_vidsrc", films, 2), ("tmdb_vidsrc_tv", shows, 1)):
        log = scrapyd.log(spider, job)
        # The argument by which scrapyd numbers its jobs is shown nowhere.
        assert f": scrapy crawl {spider} -a max_pages={pages}\n" in log
        assert f"titles, {pages * 20} of them new" in log
        assert not any(words in log for words in ("_job", "Traceback", " ERROR")), log
        assert (" DEBUG: " in log) == (job == films)
    assert [(one["spider"], one["arguments"], one["reason"]) for one in runs(scrapyd)] == [
        ("tmdb_vidsrc", {"max_pages": 2}, "finished"),
        ("tmdb_vidsrc_tv", {"max_pages": 1}, "finished"),
    ]
    # The log is scrapyd's, and there is no second one.
    assert not (scrapyd.folder / "logs" / "moviesync.log").exists()
    assert len(store(scrapyd).verdicts("movies")) == 40
    assert len(store(scrapyd).verdicts("shows")) == 20


def test_a_cancelled_job_goes_on_when_it_is_scheduled_again(scrapyd: Scrapyd, sites: Sites) -> None:
    first = scrapyd.schedule("tmdb_vidsrc", setting="TMDB_RATE=2")
    scrapyd.wait(lambda: sites.asked("tmdb").total() > 2 or scrapyd.state(first) == "finished")
    assert scrapyd.state(first) == "running"
    assert scrapyd.post("cancel", project=PROJECT, job=first)["prevstate"] == "running"
    scrapyd.finished(first)
    assert "Spider closed (shutdown)" in scrapyd.log("tmdb_vidsrc", first)
    assert sites.asked("tmdb").total() < PAGES
    scrapyd.finished(scrapyd.schedule("tmdb_vidsrc"))
    assert store(scrapyd).verdicts() == sites.truth("movies")
    assert sites.asked("tmdb").total() == PAGES
    assert [one["reason"] for one in runs(scrapyd)] == ["shutdown", "finished"]


def test_a_wrong_argument_is_told_and_the_schedule_of_the_docs_is_right(
    scrapyd: Scrapyd, project: Path
) -> None:
    scrapyd.finished(scrapyd.schedule("tmdb_vidsrc", start_pge="5"))
    assert "-a start_pge=5: there is no such argument; did you mean start_page?" in scrapyd.printed
    assert "exitstatus=2" in scrapyd.printed
    (schedule,) = (line for line in commands(PAGE) if line.startswith("scrapyd-client"))
    scrapyd.finished(run(schedule, project).rpartition("=> ")[2].strip())
    assert [(one["arguments"], one["reason"]) for one in runs(scrapyd)] == [({"max_pages": 5}, "finished")]
