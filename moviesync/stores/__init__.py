"""Where the catalogue is kept: one interface (``base``), two implementations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moviesync.stores.base import Store
from moviesync.stores.looking import Look
from moviesync.stores.sqlite import look as sqlite_look
from moviesync.stores.sqlite.store import SQLiteStore


def make_store(settings: Mapping[str, Any]) -> Store:
    """The store that the settings name, not opened yet: MongoDB if there is a ``MONGODB_URI``, else the SQLite
    file ``SQLITE_PATH``."""
    if uri := settings.get("MONGODB_URI"):
        # Imported here, as the driver takes 0.1 s, and a run without MongoDB need not wait for it.
        from moviesync.stores.mongo.store import MongoStore

        return MongoStore(uri, settings.get("MONGODB_DATABASE"))
    return SQLiteStore(settings["SQLITE_PATH"])


async def look_at_store(settings: Mapping[str, Any]) -> Look:
    """What is at the place that the settings name; changes nothing there, and raises nothing for what it finds."""
    if uri := settings.get("MONGODB_URI"):
        from moviesync.stores.mongo import look as mongo_look

        return await mongo_look.look(uri, settings.get("MONGODB_DATABASE"))
    return sqlite_look.look(settings["SQLITE_PATH"])
