"""Scrapy's own feeds: a line for each title with its verdict."""

from __future__ import annotations

import csv
import json
import re

import pytest

from moviesync.demo.server import Sites
from moviesync.pipelines.feeds import problems
from tests.crawls import Folder

FIELDS = ["tmdbId", "title", "year", "vidsrcAvailable", "lastChecked", "reason", "evidenceBy", "evidenceHost"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SCHEMES = {"", "file", "ftp", "stdout"}


def test_feeds_tell_the_verdicts_in_the_words_of_the_documents(folder: Folder, sites: Sites) -> None:
    folder.crawl(*(option for name in ("jsonl", "csv", "json") for option in ("-O", f"out/verdicts.{name}")))
    out = folder.path / "out"
    lines = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    assert {line["tmdbId"]: line["vidsrcAvailable"] for line in lines} == sites.truth("movies")
    assert len(lines) == len(sites.movies.rows)
    query = "SELECT _id, title, year, lastChecked FROM movies"
    stored = {tmdb_id: fields for tmdb_id, *fields in folder.rows(query)}
    for line in lines:
        assert list(line) == FIELDS
        assert [line[name] for name in ("title", "year", "lastChecked")] == stored[line["tmdbId"]]
        assert line["vidsrcAvailable"] is None or MOMENT.fullmatch(line["lastChecked"])
    assert json.loads((out / "verdicts.json").read_text()) == lines
    with (out / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {name: "" if line[name] is None else str(line[name]) for name in FIELDS} for line in lines
    ]
    # No show is stored, so none is due.
    arguments = ("-a", "walk=skip", "-O", "out/verdicts.jsonl")
    errors = folder.run("crawl", "tmdb_vidsrc_tv", *arguments).stderr
    assert (out / "verdicts.jsonl").read_text() == ""
    assert "moviesync: no title was checked" in errors


def test_a_dry_run_writes_the_feed_that_it_is_told_to_and_nothing_else(folder: Folder) -> None:
    run = folder.crawl("-a", "dry_run=1", "-a", "max_pages=1", "-O", "verdicts.jsonl")
    lines = map(json.loads, (folder.path / "verdicts.jsonl").read_text().splitlines())
    documents = map(json.loads, run.stdout.splitlines())
    assert {line["tmdbId"]: line["title"] for line in lines} == {
        one["_id"]: one["title"] for one in documents
    }
    assert folder.files == {"verdicts.jsonl"}


def test_a_feed_that_cannot_be_written_is_wrong_usage(folder: Folder) -> None:
    (line,) = folder.crawl("-O", "scrapy.cfg/verdicts.csv", code=2).stderr.splitlines()
    assert line == "moviesync: scrapy.cfg/verdicts.csv: the feed cannot be written (Its folder is a file)"
    assert folder.files == set()


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ("ftp://user:s3cret@host/verdicts.csv", None),
        ("stdout:", None),
        ("/nowhere/%(time)s.csv", None),
        ("gopher://user:s3cret@host/verdicts.csv", "gopher:...: a feed can be a file, or one of "),
        (
            "file:///dev/null/verdicts.csv",
            "file:///dev/null/verdicts.csv: the feed cannot be written (Its folder",
        ),
    ],
)
def test_feeds_are_looked_at_before_the_run(feed: str, words: str | None) -> None:
    found = problems([feed], SCHEMES)
    assert bool(found) == bool(words)
    assert not words or found[0].startswith(words)
    assert "s3cret" not in str(found)
