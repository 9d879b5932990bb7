"""``scrapy export``: every title of a state, once, in a form that other programs read."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shlex
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from moviesync.items import LIST, Title, Verdict
from moviesync.reports.export import BATCH, COLUMNS, FORMATS, export
from moviesync.stores.base import Store
from moviesync.stores.documents import iso
from moviesync.stores.sqlite.store import SQLiteStore
from tests.crawls import SCRAPY, Folder
from tests.places import HOST, HOUR, NOW, Place, found, movie, verdict


async def exported(store: Store, form: str, state: str | None = None, collection: str = "movies") -> str:
    texts: list[str] = []
    number = await export(store, collection, state=state, form=FORMATS[form], write=texts.append)
    text = "".join(texts)
    assert number == text.count("\n") - (form == "csv")
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder whose commands know no site and no key, but a store of 1,100 films and a show."""
    filled = [movie(number, title=f"Film {number}") for number in range(1, 2 * BATCH + 101)]
    checked = [verdict(number, number % 3 == 0) for number in range(1, 601)]
    _fill(tmp_path / "moviesync.db", [*filled, movie(7, collection="shows", title="Lost")], checked)
    return Folder(tmp_path, {})


def _fill(path: Path, titles: Sequence[Title], verdicts: Sequence[Verdict]) -> None:
    async def write() -> None:
        store = SQLiteStore(str(path))
        await store.open()
        await store.write(titles, verdicts)
        await store.close()

    asyncio.run(write())


async def test_json_lines_are_the_documents(store: Store) -> None:
    failed = verdict(2, None, reason="timeout", at=NOW + HOUR)
    await store.write([movie(1, title="Amélie \x9b\n"), movie(2)], [verdict(1), failed])
    first, second = map(json.loads, (await exported(store, "jsonl")).splitlines())
    document = await store.title("movies", 1)
    assert document
    moments = {name: iso(NOW) for name in ("lastChecked", "statusSince", "firstSeen", "lastSeen")}
    assert first == document | moments
    assert second["checkError"] == {"reason": "timeout", "at": iso(NOW + HOUR)}
    assert await exported(store, "jsonl", collection="shows") == ""


async def test_csv_has_the_columns_people_ask_for(store: Store) -> None:
    failed = verdict(2, None, reason="HTTP 500")
    titles = {1: 'Say "Yes", please', 2: "Line\nbreak\x1b", 3: "=HYPERLINK(1)", 4: "-30-", 5: "@Home"}
    await store.write([movie(number, title=text) for number, text in titles.items()], [found(1), failed])
    text = await exported(store, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.count("\n") == 1 + len(titles)
    assert rows[0] == {
        "tmdbId": "1",
        "title": 'Say "Yes", please',
        "year": "1999",
        "vidsrcAvailable": "true",
        "lastChecked": iso(NOW),
        "firstSeen": iso(NOW),
        "lastSeen": iso(NOW),
        "checkReason": "",
        "statusSince": iso(NOW),
        "evidenceBy": "page",
        "evidenceHost": HOST,
        "episodes": "",
    }
    assert (rows[1]["vidsrcAvailable"], rows[1]["checkReason"]) == ("", "HTTP 500")
    assert [row["title"] for row in rows[1:]] == [
        r"Line\nbreak\u001b",
        "'=HYPERLINK(1)",
        "'-30-",
        "'@Home",
    ]
    assert await exported(store, "csv", collection="shows") == ",".join(COLUMNS) + "\n"


async def test_the_episodes_of_a_show_are_a_number_for_spreadsheets_and_whole_for_programs(
    store: Store,
) -> None:
    shows = [movie(number, collection="shows", title="Lost") for number in (1, 2)]
    listed = found(1, by=LIST, collection="shows", episodes={"1": [1, 2, 3], "2": [1]})
    await store.write(shows, [listed])
    rows = list(csv.DictReader(io.StringIO(await exported(store, "csv", collection="shows"))))
    told = [(row["evidenceBy"], row["evidenceHost"], row["episodes"]) for row in rows]
    assert told == [("list", HOST, "4"), ("", "", "")]
    first, second = map(json.loads, (await exported(store, "jsonl", collection="shows")).splitlines())
    assert first["episodes"] == {"1": [1, 2, 3], "2": [1]}
    assert first["evidence"] == {"by": "list", "host": HOST}
    assert not {"episodes", "evidence", "statusSince"} & second.keys()


async def test_what_was_written_by_hand_is_exported(place: Place, store: Store) -> None:
    nonsense: list[dict[str, Any]] = [
        {
            "title": None,
            "vidsrcAvailable": "yes",
            "checkError": "once",
            "evidence": {"by": 1},
            "episodes": {"1": "all"},
        },
        {"title": 7, "year": "=1", "lastChecked": "soon"},
    ]
    for number, document in enumerate(nonsense, -1):
        place.insert("movies", {"_id": number, **document})
    rows = list(csv.DictReader(io.StringIO(await exported(store, "csv", "unchecked"))))
    assert [row["tmdbId"] for row in rows] == ["-1", "0"]
    assert rows[1]["year"] == "'=1"
    assert len((await exported(store, "jsonl")).splitlines()) == 2


def test_to_standard_output_and_to_a_file(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.path / "moviesync.db")) as connection, connection:
        # Half of a surrogate pair, which JSON can hold and UTF-8 cannot.
        connection.execute("UPDATE movies SET tmdbData = ? WHERE _id = 3", [r'"\ud800"'])
    run = folder.run("export")
    documents = [json.loads(line) for line in run.stdout.splitlines()]
    assert [document["_id"] for document in documents] == list(range(1, 2 * BATCH + 101))
    assert documents[2]["tmdbData"] == "\ud800"
    assert run.stderr == "moviesync: exported 1,100 movies\n"

    path = folder.path / "out.csv"
    path.write_text("old")
    path.chmod(0o640)
    run = folder.run("export", "movies", "--available", "--format", "csv", "-o", "out.csv")
    assert (run.stdout, run.stderr) == ("", "moviesync: exported 200 available movies to out.csv\n")
    available = [number for number, found in folder.verdicts().items() if found]
    with path.open() as lines:
        assert [int(row["tmdbId"]) for row in csv.DictReader(lines)] == available
    assert path.stat().st_mode & 0o777 == 0o640
    assert folder.files == {"moviesync.db", "out.csv"}


def shell(folder: Folder, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of bash with ``$SCRAPY``; it ends with the exit code of what fails in a pipe."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=folder.path,
        env={**folder.environment, "SCRAPY": shlex.join(SCRAPY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "line"),
    [
        # Blocks of a kilobyte: less than the export has.
        (
            "ulimit -f 64; eval $SCRAPY export -o out",
            "/out: File too large",
        ),
        ("eval $SCRAPY export -o missing/out", "/missing/out: No such file or directory"),
        ("eval $SCRAPY export -o out/put", "/out/put: Not a directory"),
        ("eval $SCRAPY export >/dev/full", "standard output takes no more (No space left on device)"),
        ("eval $SCRAPY export >&-", "standard output is closed"),
        ("eval $SCRAPY export | head -n 1 | grep -q Film", "standard output takes no more (Broken pipe)"),
    ],
)
def test_an_export_that_cannot_be_written_is_a_line(folder: Folder, script: str, line: str) -> None:
    (folder.path / "out").write_text("old")
    run = shell(folder, script)
    assert run.returncode == 1, run.stderr
    last = run.stderr.splitlines()[-1]
    assert line in last
    assert last.startswith("moviesync: ")
    assert "Traceback" not in run.stderr
    assert (folder.path / "out").read_text() == "old"
    assert folder.files == {"moviesync.db", "out"}


def test_wrong_usage_is_a_line_a_mistake(folder: Folder) -> None:
    arguments = ("films", "2024", "--format", "xml", "--available", "--unchecked", "-o", "./moviesync.db")
    before = (folder.path / "moviesync.db").read_bytes()
    errors = folder.run("export", *arguments, code=2).stderr
    assert errors.splitlines() == [
        "moviesync: 2024: scrapy export takes no such argument",
        "moviesync: films: there are movies and shows",
        "moviesync: --format xml: there are jsonl and csv",
        "moviesync: --available --unchecked: choose one, or none for all",
        "moviesync: -o ./moviesync.db: that is the database",
    ]
    assert (folder.path / "moviesync.db").read_bytes() == before
