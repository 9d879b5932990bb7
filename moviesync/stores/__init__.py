"""The places in which the catalogue is kept: one interface (``base``), two implementations."""

from __future__ import annotations

from moviesync.stores.base import Store
from moviesync.stores.sqlite.store import SQLiteStore


def make_store(mongodb_uri: str | None, mongodb_database: str | None, sqlite_path: str) -> Store:
    """The store that the settings name, not opened yet: MongoDB if there is a URI, else a SQLite file."""
    if mongodb_uri:
        # Here, as the driver takes a tenth of a second, and a run without MongoDB need not wait for it.
        from moviesync.stores.mongo.store import MongoStore

        return MongoStore(mongodb_uri, mongodb_database)
    return SQLiteStore(sqlite_path)
