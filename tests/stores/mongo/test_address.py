"""What is said of a MongoDB address, also when nothing is there or nobody is let in: never the password."""

from __future__ import annotations

import re
import socket

import pytest

from moviesync.stores.base import StoreUnavailable
from moviesync.stores.mongo.address import shown_address
from moviesync.stores.mongo.store import MongoStore
from tests.ferretdb import FerretServer
from tests.places import movie, stored

HIDDEN = "hunter2"


async def opening_fails(store: MongoStore, *, readonly: bool = False) -> str:
    with pytest.raises(StoreUnavailable) as failure:
        await store.open(readonly=readonly)
    text = str(failure.value)
    assert text.startswith(f"{store.address}: ")
    assert "\n" not in text
    assert HIDDEN not in text
    return text


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_server_that_is_not_there(closed_port: int) -> None:
    host = f"127.0.0.1:{closed_port}"
    store = MongoStore(f"mongodb://user:{HIDDEN}@{host}/films?serverSelectionTimeoutMS=200")
    text = await opening_fails(store)
    assert store.address == f"mongodb://{host}/films"
    assert "Connect call failed" in text
    assert "is the server running" in text
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.counts("movies")


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://user:{HIDDEN}",
        f"mongodb://user:{HIDDEN}/x@db.example",
        f"mongodb://user:{HIDDEN}?x@db.example/films",
        f"mongodb://user:@{HIDDEN}@db.example",
        f"mongodb://user:{HIDDEN}@db.example:99999",
        f"mongodb://user:{HIDDEN}@",
        f"postgres://user:{HIDDEN}@db.example",
        f"user:{HIDDEN}@db.example",
        f"mongodb+srv://user:{HIDDEN}@db.example:27017",
        f"mongodb://user:{HIDDEN}@db.example/a b",
        f"mongodb://user:{HIDDEN}@db.example/?w=0",
        "db.example:27017",
    ],
)
async def test_address_that_is_none(uri: str) -> None:
    assert "MONGODB_URI" in await opening_fails(MongoStore(uri))


async def test_database_name_that_is_none() -> None:
    assert "MONGODB_DATABASE" in await opening_fails(MongoStore("mongodb://127.0.0.1", "a b"))


@pytest.mark.parametrize(
    ("uri", "database", "address"),
    [
        ("mongodb://localhost", None, "mongodb://localhost/moviesync"),
        ("mongodb://localhost/", "films", "mongodb://localhost/films"),
        (f"mongodb://u:{HIDDEN}@a:1,b:2/films?w=1", None, "mongodb://a:1,b:2/films"),
        (f"mongodb+srv://u:{HIDDEN}@db.example/?w=1", None, "mongodb+srv://db.example/moviesync"),
        (f"mongodb://u:{HIDDEN}@[::1]:27017", None, "mongodb://[::1]:27017/moviesync"),
    ],
)
def test_shown_address(uri: str, database: str | None, address: str) -> None:
    assert shown_address(uri, database) == address


async def test_the_right_password_is_let_in(guarded_ferretdb: FerretServer) -> None:
    store = MongoStore(guarded_ferretdb.uri, "films")
    await store.open()
    assert await store.write([movie()], []) == []
    assert (await stored(store))["title"] == "The Matrix"
    await store.close()


@pytest.mark.parametrize("readonly", [False, True])
async def test_a_wrong_password_is_one_line_without_it(
    guarded_ferretdb: FerretServer, readonly: bool
) -> None:
    text = await opening_fails(MongoStore(guarded_ferretdb.uri_with(HIDDEN), "films"), readonly=readonly)
    assert text.endswith("Authentication failed. (check user and password in MONGODB_URI)")


async def test_an_address_without_a_password_is_told_so(guarded_ferretdb: FerretServer) -> None:
    store = MongoStore(f"mongodb://127.0.0.1:{guarded_ferretdb.port}/films")
    hint = "(give a user and a password in MONGODB_URI)"
    assert (await opening_fails(store)).endswith(hint)
    # For reading, it is let in as far as to the first question.
    await store.open(readonly=True)
    with pytest.raises(StoreUnavailable, match=re.escape(hint)):
        await store.counts("movies")
    await store.close()
