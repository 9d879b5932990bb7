"""How the MongoDB store fares when its server goes away."""

from __future__ import annotations

import re

import pytest

from moviesync.stores.base import StoreUnavailable
from moviesync.stores.mongo.store import MongoStore
from tests.mongodb import MongoServer
from tests.places import movie


async def test_killed_server_has_what_it_acknowledged(own_mongodb_server: MongoServer) -> None:
    store = MongoStore(f"{own_mongodb_server.uri}/films?serverSelectionTimeoutMS=1500")
    await store.open()
    await store.write([movie(number) for number in range(100)], [])
    own_mongodb_server.kill()
    with pytest.raises(StoreUnavailable, match=re.escape(store.address)):
        await store.write([movie(100)], [])
    with pytest.raises(StoreUnavailable, match=re.escape(store.address)):
        await store.counts("movies")
    own_mongodb_server.start()
    assert (await store.counts("movies")).total == 100
    assert await store.write([movie(100)], []) == []
    await store.close()
