"""``scrapy doctor``: what it says of this machine: the store, the log, the variables; and that it shows no secret."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from moviesync.demo.server import Sites
from tests.commands.doctoring import doctor, wrong
from tests.crawls import Folder


def table(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_store_of_ours(folder: Folder) -> None:
    folder.crawl("-a", "max_pages=1")
    path = folder.path / "moviesync.db"
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert doctor(folder).lines["store"] == ("ok", "sqlite:moviesync.db: moviesync's, and up to date")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_store_of_another_layout(folder: Folder) -> None:
    table(folder.path / "moviesync.db", "CREATE TABLE movies (id INTEGER, name TEXT)")
    told = doctor(folder, code=1)
    assert wrong(told) == {"store": "problem"}
    assert "table movies has no column _id -> another program or version made it" in told.lines["store"].text


def test_a_store_of_another_program(folder: Folder) -> None:
    table(folder.path / "books.db", "CREATE TABLE books (id INTEGER)")
    told = doctor(folder, SQLITE_PATH="books.db")
    assert wrong(told) == {"store": "warning"}
    assert "another program's" in told.lines["store"].text


def test_a_store_that_is_no_database(folder: Folder) -> None:
    (folder.path / "moviesync.db").write_text("no database " * 100)
    told = doctor(folder, code=1)
    text = "sqlite:moviesync.db: file is not a database -> move it away, or set SQLITE_PATH to another file"
    assert told.lines["store"] == ("problem", text)


def test_a_folder_that_is_a_file(folder: Folder) -> None:
    told = doctor(folder, code=1, SQLITE_PATH="scrapy.cfg/films.db", LOG_FILE="scrapy.cfg/films.log")
    assert wrong(told) == {"store": "problem", "log": "problem"}
    assert "scrapy.cfg is not a folder -> allow it, or set SQLITE_PATH" in told.lines["store"].text


def test_a_mongodb_that_does_not_answer(folder: Folder) -> None:
    uri = "mongodb://user:s3cret@127.0.0.1:1/films"
    told = doctor(folder, code=1, MONGODB_URI=f"{uri}?serverSelectionTimeoutMS=200")
    assert wrong(told) == {"store": "problem"}
    assert "-> is the server running, and MONGODB_URI right?" in told.lines["store"].text
    assert "s3cret" not in told.page


def test_a_file_that_others_can_read(folder: Folder) -> None:
    file = folder.path / ".env"
    file.write_text("TMDB_API_KEY=s3cret\nTMDB_RATE=200\n")
    file.chmod(0o644)
    told = doctor(folder)
    assert told.lines[".env"] == ("warning", ".env: every user of this machine can read it -> chmod 600 .env")
    assert told.lines["variables"].text.startswith("TMDB_API_KEY (.env); TMDB_ACCESS_TOKEN, ")
    assert "s3cret" not in told.page
    file.chmod(0o600)
    assert doctor(folder).lines[".env"].state == "ok"


def test_mistakes_in_the_environment_are_lines(folder: Folder) -> None:
    (folder.path / ".env").write_text("nonsense here\n")
    (folder.path / ".env").chmod(0o600)
    told = doctor(folder, code=1, TMDB_RATE="fast", TMDB_API_KEY="two words")
    assert told.page.count("-> correct it where it is set") == 3
    assert "two words" not in told.page
    assert told.lines["VidSrc"].state == "ok"


def test_no_password_of_an_address_is_shown(folder: Folder, sites: Sites) -> None:
    addresses = [url.replace("//", "//user:s3cret@") for url in (sites.tmdb_url, sites.mirror_urls[0])]
    run = folder.start("doctor", TMDB_BASE_URL=addresses[0], VIDSRC_BASE_URL=addresses[1])
    with run:
        assert run.wait(60) in {0, 1}
    assert "VidSrc" in run.stdout.text()
    assert "s3cret" not in run.stdout.text() + run.stderr.text()
