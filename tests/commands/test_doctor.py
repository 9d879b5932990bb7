"""``scrapy doctor``: what it says of the sites, how it is used, and that it leaves no trace."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from moviesync.demo.knobs import SiteKnobs
from moviesync.demo.lies import Lie
from moviesync.demo.server import Sites
from tests.commands.doctoring import doctor, hosts, wrong
from tests.crawls import Folder, films, until

HTML = b"<!doctype html><title>Log in</title><p>Welcome"
KEY = "TMDB_ACCESS_TOKEN"


def lie(sites: Sites, what: Lie) -> None:
    for mirror in sites.knobs.mirrors:
        mirror.lie = what


def test_everything_is_well(folder: Folder, sites: Sites) -> None:
    told = doctor(folder)
    assert wrong(told) == {}
    assert told.page.endswith("\nEverything is well.\n")
    first, second, _ = hosts(sites)
    assert told.lines["TMDB key"].text == "TMDB_ACCESS_TOKEN is accepted"
    assert told.lines["VidSrc"].text == f"{first} is asked by info"
    assert told.lines[first].text == "is used"
    assert told.lines[second].text == "is used if those before it fail"
    assert told.lines[f"{first}, page by GET"] == ("note", "has a page for a title that cannot exist")
    assert told.lines[f"{first}, info"] == ("ok", "can be believed")
    for collection in ("movies", "shows"):
        assert re.fullmatch(r"\d+ ids, can be believed", told.lines[f"{first}, list of {collection}"].text)
    assert told.lines["store"].text == "sqlite:moviesync.db: not there yet: the first crawl makes it"
    assert told.lines["clock"].text == "as that of the sites"
    assert told.lines["versions"].text.startswith("Python 3.")
    assert {"disk", "log", ".env"} <= told.lines.keys()


def test_it_asks_little(folder: Folder, sites: Sites) -> None:
    doctor(folder)
    assert sites.asked("tmdb").total() == 1
    assert max(sites.asked("vidsrc", mirror=number).total() for number in range(3)) <= 12


def test_pages_that_tell_are_asked_by_head(folder: Folder, sites: Sites) -> None:
    for mirror in sites.knobs.mirrors:
        mirror.form = "old"
    told = doctor(folder)
    first = hosts(sites)[0]
    assert told.lines["VidSrc"].text == f"{first} is asked by page by HEAD"
    assert told.lines[f"{first}, page by HEAD"].state == "ok"


@pytest.mark.parametrize("variable", ["TMDB_ACCESS_TOKEN", "TMDB_API_KEY"])
def test_a_wrong_key(folder: Folder, variable: str) -> None:
    told = doctor(folder, code=1, **{"TMDB_ACCESS_TOKEN": "", variable: "wr0ngkey"})
    assert wrong(told) == {"TMDB key": "problem"}
    assert f"the key in {variable} (HTTP 401, code 7) -> yours is at https://" in told.lines["TMDB key"].text
    assert told.page.endswith("\n1 problem.\n")
    assert "wr0ngkey" not in told.page


def test_no_key(folder: Folder) -> None:
    told = doctor(folder, code=1, TMDB_ACCESS_TOKEN="")
    assert wrong(told) == {"TMDB key": "problem"}
    assert "set TMDB_ACCESS_TOKEN or TMDB_API_KEY" in told.lines["TMDB key"].text


def test_a_wrong_path_of_tmdb(folder: Folder, sites: Sites) -> None:
    told = doctor(folder, code=1, TMDB_BASE_URL=sites.tmdb_url.replace("/3", "/4"))
    assert wrong(told) == {"TMDB": "problem"}
    text = told.lines["TMDB"].text
    assert (
        "has no API at this address (HTTP 404, code 34) -> set TMDB_BASE_URL=https://api.themoviedb.org/3"
        in text
    )


def test_html_of_tmdb(folder: Folder, sites: Sites) -> None:
    sites.knobs.bodies["movies", 1] = HTML
    told = doctor(folder, code=1)
    assert wrong(told) == {"TMDB": "problem"}
    assert "answers with no JSON (HTTP 200) -> set TMDB_BASE_URL" in told.lines["TMDB"].text


def test_other_json_of_tmdb(folder: Folder, sites: Sites) -> None:
    sites.knobs.bodies["movies", 1] = b"{}"
    assert "no discover page (no list of results)" in doctor(folder, code=1).lines["TMDB"].text


def test_tmdb_does_not_answer(folder: Folder) -> None:
    told = doctor(folder, code=1, TMDB_BASE_URL="http://127.0.0.1:1/3")
    assert wrong(told) == {"TMDB": "problem"}
    assert told.lines["TMDB"].text.startswith("127.0.0.1:1: connection refused -> check the network")


def test_tmdb_is_down(folder: Folder, sites: Sites) -> None:
    sites.knobs.tmdb = SiteKnobs(down="500")
    assert "HTTP 500, code 11 -> try again later" in doctor(folder, code=1).lines["TMDB"].text


@pytest.mark.parametrize("what", [Lie.ALL_GONE, Lie.SAME_PAGE, Lie.EMPTY, Lie.TO_ROOT, Lie.COOKIE_WALL])
def test_a_parked_vidsrc(folder: Folder, sites: Sites, what: Lie) -> None:
    lie(sites, what)
    told = doctor(folder, code=1)
    assert wrong(told) == dict.fromkeys(("VidSrc", *hosts(sites)), "problem")
    assert "set VIDSRC_BASE_URL to another address" in told.lines["VidSrc"].text
    assert "verdicts=list" not in told.page


def test_only_lists_pass(folder: Folder, sites: Sites) -> None:
    for mirror in sites.knobs.mirrors:
        mirror.info = False
    told = doctor(folder, code=1)
    assert "-> -a verdicts=list takes VidSrc's list instead" in told.lines["VidSrc"].text


def test_no_list_passes(folder: Folder, sites: Sites) -> None:
    for mirror in sites.knobs.mirrors:
        mirror.lists = False
    told = doctor(folder)
    assert len(wrong(told)) == 6
    line = told.lines[f"{hosts(sites)[0]}, list of shows"]
    assert line == ("warning", "is not there -> do not use -a verdicts=list for now")


def test_one_mirror_is_dead(tmp_path: Path) -> None:
    with Sites(films(300), dead_mirrors=[0]) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        told = doctor(folder)
        first, second, _ = hosts(sites)
    assert wrong(told) == {first: "warning"}
    assert told.lines[first].text.startswith("connection refused -> nothing now, as another one works;")
    assert told.lines["VidSrc"].text == f"{second} is asked by info"
    assert told.page.endswith("\n1 warning.\n")


def test_a_mirror_that_hangs_takes_seconds(folder: Folder, sites: Sites) -> None:
    sites.knobs.mirrors[1].down = "hang"
    sites.knobs.vidsrc.hang = 60
    told = doctor(folder, "-s", "DOWNLOAD_TIMEOUT=1")
    assert wrong(told) == {hosts(sites)[1]: "warning"}
    assert "timeout" in told.lines[hosts(sites)[1]].text


def test_one_object_for_programs(folder: Folder, sites: Sites) -> None:
    answer = json.loads(folder.run("doctor", "--json").stdout)
    assert answer["ok"] is True
    checks = {check.pop("name"): check for check in answer["checks"]}
    assert checks[f"{hosts(sites)[0]}, info"] == {"state": "ok", "found": "can be believed", "advice": None}
    answer = json.loads(folder.run("doctor", "--json", code=1, **{KEY: "wrong"}).stdout)
    assert answer["ok"] is False
    assert [check["name"] for check in answer["checks"] if check["state"] == "problem"] == ["TMDB key"]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["now"], ["now: scrapy doctor takes no such argument"]),
        (["--fast"], ["--fast: there is no such option"]),
        (["-s", "RETRY_TIMES=x"], ["-s RETRY_TIMES=x: should be a whole number from 0 on"]),
        (["-s", "nothing"], ["Invalid -s value, use -s NAME=VALUE"]),
    ],
)
def test_wrong_usage_is_a_line_each(
    folder: Folder, sites: Sites, arguments: list[str], lines: list[str]
) -> None:
    run = folder.run("doctor", *arguments, code=2)
    assert run.stderr.splitlines() == [f"moviesync: {line}" for line in lines]
    assert run.stdout == ""
    assert sites.log == []


def test_settings_that_make_scrapy_write_files_are_not_used(folder: Folder) -> None:
    settings = (
        "JOBDIR=job",
        "LOG_FILE=log.txt",
        "HTTPCACHE_ENABLED=1",
        'FEEDS={"a.jsonl": {"format": "jsonl"}}',
    )
    doctor(folder, *(part for setting in settings for part in ("-s", setting)))


def test_an_interrupt_ends_it_with_one_line(folder: Folder, sites: Sites) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=5)
    process = folder.start("doctor")
    until(process, lambda: sites.running > 0)
    process.send_signal(signal.SIGINT)
    assert process.ended(1, within=10) == "moviesync: interrupted\n"
    assert process.stdout.text() == ""
    assert folder.files == set()


def test_it_is_no_spider(folder: Folder) -> None:
    assert folder.run("list").stdout.split() == ["tmdb_vidsrc", "tmdb_vidsrc_tv"]
