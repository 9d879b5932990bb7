"""Scrapy's own commands and a script of one's own: what a Scrapy user expects to work works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import moviesync
from moviesync.demo.knobs import mirrors_alike
from moviesync.demo.server import Sites
from moviesync.sources.discover.window import Window
from tests.crawls import ROOT, STRICT, Folder
from tests.processes import start

SPIDER_FILE = Path(moviesync.__file__).parent / "spiders" / "tmdb_vidsrc.py"
SCRIPT = """
import sys
from scrapy.crawler import {process}
from scrapy.utils.project import get_project_settings

settings = get_project_settings()
settings.set("FEEDS", {{"script.jsonl": {{"format": "jsonlines"}}}})
process = {process}(settings)
process.crawl("tmdb_vidsrc", **dict(one.split("=") for one in sys.argv[1:]))
process.start()
"""


def script(folder: Folder, *arguments: str, process: str = "AsyncCrawlerProcess", code: int = 0) -> str:
    """Run a script that crawls; what it wrote to standard error."""
    (folder.path / "script.py").write_text(SCRIPT.format(process=process))
    command = [sys.executable, *STRICT, "script.py", *arguments]
    with start(command, folder.path, folder.environment) as started:
        return started.ended(code)


def scrapy(folder: Folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose own code gives warnings."""
    command = [sys.executable, "-m", "scrapy", *arguments]
    return subprocess.run(
        command, cwd=folder.path, env=folder.environment, check=True, capture_output=True, text=True
    )


def lines(folder: Folder, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder.path / name).read_text().splitlines()]


def undated(feed: list[dict[str, object]]) -> list[dict[str, object]]:
    """Lines of a feed in one order, without what is another each time."""
    return sorted((line | {"lastChecked": None} for line in feed), key=lambda line: str(line["tmdbId"]))


@pytest.mark.parametrize("command", ["fetch", "view"])
def test_a_page_is_fetched_as_everywhere(folder: Folder, sites: Sites, command: str) -> None:
    url = f"{sites.vidsrc_url}/embed/movie/{min(sites.movies.ids)}"
    output = folder.run(command, "--nolog", url, BROWSER="echo %s").stdout
    assert ("<html>" in output) if command == "fetch" else ("file://" in output or output == "")
    assert sites.asked("vidsrc").total() == 1
    assert folder.files == set()


@pytest.mark.parametrize("command", ["fetch", "view"])
def test_a_page_is_fetched_with_a_spider_and_there_is_no_run(
    folder: Folder, sites: Sites, command: str
) -> None:
    url = f"{sites.vidsrc_url}/embed/movie/{min(sites.movies.ids)}"
    folder.run(command, "--nolog", "--spider", "tmdb_vidsrc", url, BROWSER="echo %s")
    assert sites.asked("vidsrc").total() == 1
    assert folder.files == set()


def test_check_asks_no_site(folder: Folder, sites: Sites) -> None:
    assert "Ran 4 contracts" in folder.run("check").stderr
    assert sites.log == []


@pytest.mark.parametrize("spider", [[], ["--spider", "tmdb_vidsrc"], ["--spider", "tmdb_vidsrc_tv"]])
def test_the_shell_shows_a_page_and_stores_nothing(folder: Folder, sites: Sites, spider: list[str]) -> None:
    url = f"{sites.vidsrc_url}/embed/movie/{min(sites.movies.ids)}"
    output = folder.run("shell", "--nolog", *spider, url, "-c", "response.request.method").stdout
    assert output == "GET\n"
    assert folder.files == set()


def test_bench_runs(folder: Folder) -> None:
    errors = scrapy(folder, "bench", "-s", "CLOSESPIDER_TIMEOUT=1").stderr
    assert "Crawled " in errors
    assert "'finish_reason': 'closespider_timeout'" in errors


def test_parse_shows_what_callbacks_make_of_a_page_and_stores_nothing(folder: Folder, sites: Sites) -> None:
    sites.knobs.mirrors[:] = mirrors_alike(form="old")
    truth = {tmdb_id: verdict for tmdb_id, verdict in sites.truth("movies").items() if verdict is False}
    tmdb_id = min(truth)
    asked = json.dumps({"tmdb_id": tmdb_id})
    url = f"{sites.vidsrc_url}/embed/movie/{tmdb_id}"
    common = ("parse", "--spider", "tmdb_vidsrc", "--nocolour", "-L", "ERROR")
    check = scrapy(folder, *common, "-c", "parse_check", "--cbkwargs", asked, url)
    assert "'available': False" in check.stdout
    asked = json.dumps({"window": Window("movies").key, "number": 1})
    page = (SPIDER_FILE.parent.parent / "recorded/3/discover/movie.json").as_uri()
    found = scrapy(folder, *common, "-c", "parse_page", "--cbkwargs", asked, page)
    assert found.stdout.count("<HEAD http") == 20
    assert folder.files == set()


def test_the_same_feed_comes_from_crawl_runspider_and_a_script(folder: Folder, sites: Sites) -> None:
    folder.crawl("-a", "max_pages=1", "-O", "crawl.jsonl", SQLITE_PATH="1.db")
    folder.run(
        "runspider", str(SPIDER_FILE), "-a", "max_pages=1", "-O", "runspider.jsonl", SQLITE_PATH="2.db"
    )
    folder.environment["SQLITE_PATH"] = "3.db"
    script(folder, "max_pages=1")
    feed = undated(lines(folder, "crawl.jsonl"))
    assert len(feed) == 20
    assert {line["vidsrcAvailable"] for line in feed} >= {True, False}
    assert undated(lines(folder, "runspider.jsonl")) == undated(lines(folder, "script.jsonl")) == feed


def test_a_bad_argument_of_a_script_is_one_line_and_nothing_is_asked(folder: Folder, sites: Sites) -> None:
    errors = script(folder, "max_pges=1", "batch_size=x")
    line = "Closing spider (-a batch_size=x: "
    (told,) = [one for one in errors.splitlines() if line in one]
    assert told.endswith("-a max_pges=1: there is no such argument; did you mean max_pages?)")
    assert "Traceback" not in errors
    assert sites.log == []
    assert not {name for name in folder.files if name.endswith(".db")}


def test_a_bad_setting_outside_the_crawl_command_is_one_line(folder: Folder, sites: Sites) -> None:
    errors = folder.run("runspider", str(SPIDER_FILE), "-s", "TMDB_RATE=fast", "-s", "RETRY_WAIT=x").stderr
    assert "Closing spider (TMDB_RATE=fast: Input should be a valid number" in errors
    assert "; -s RETRY_WAIT=x: should be a number from 0 on)" in errors
    assert sites.log == []
    assert not {name for name in folder.files if name.endswith(".db")}


def test_a_script_without_a_key_is_one_line(folder: Folder, sites: Sites) -> None:
    folder.environment["TMDB_ACCESS_TOKEN"] = ""
    errors = script(folder)
    assert "Closing spider (no key for TMDB: set TMDB_ACCESS_TOKEN or TMDB_API_KEY" in errors
    assert sites.log == []


def test_a_crawler_process_says_that_it_does_not_work(folder: Folder) -> None:
    (folder.path / "script.py").write_text(SCRIPT.format(process="CrawlerProcess"))
    command = [sys.executable, "script.py"]
    run = subprocess.run(
        command, cwd=folder.path, env=folder.environment, check=False, capture_output=True, text=True
    )
    line = "RuntimeError: CrawlerProcess doesn't support TWISTED_REACTOR_ENABLED=False."
    assert (run.returncode, run.stderr.splitlines()[-1]) == (1, line)
    # It is Scrapy's line, from before it looks at the project; the docs say what to use instead.
    assert line in (ROOT / "docs/install.md").read_text()
