"""A whole crawl on a server that wants a password, and has less than MongoDB has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moviesync.demo.server import Sites
from tests.conftest import GUARDED_WITH
from tests.crawls import Folder, films
from tests.ferretdb import FerretServer
from tests.mongodb import verdicts, with_database


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Few films: with its data in SQLite, FerretDB looks at all documents for each that it writes."""
    with Sites(films(60)) as sites:
        yield sites


def test_a_crawl_on_ferretdb_goes_on_and_ends_with_the_truth(
    sites: Sites, folder: Folder, guarded_ferretdb: FerretServer
) -> None:
    uri = with_database(guarded_ferretdb.uri, "films")
    first = folder.crawl("-a", "max_pages=1", MONGODB_URI=uri)
    assert folder.status(MONGODB_URI=uri)["walk"]["movies"]["pagesDone"] == 1
    second = folder.crawl(MONGODB_URI=uri)
    assert verdicts(uri) == sites.truth("movies")
    # No page is asked for twice: 60 films make three.
    assert sites.asked("tmdb").total() == 3
    status = folder.status(MONGODB_URI=uri)
    assert status["walk"]["movies"]["complete"]
    assert status["movies"]["total"] == 60
    printed = "".join(run.stdout + run.stderr for run in (first, second))
    assert GUARDED_WITH not in printed
    assert "hunter2" not in printed
    assert "refused" not in printed


def test_a_crawl_with_a_wrong_password_ends_with_one_line(
    folder: Folder, guarded_ferretdb: FerretServer
) -> None:
    uri = with_database(guarded_ferretdb.uri_with("swordfish"), "films")
    errors = folder.crawl(code=1, MONGODB_URI=uri).stderr
    last = errors.splitlines()[-1]
    place = f"mongodb://127.0.0.1:{guarded_ferretdb.port}/films"
    assert last == (f"moviesync: {place}: Authentication failed. (check user and password in MONGODB_URI)")
    assert "swordfish" not in errors
