"""A look at a MongoDB database that changes nothing."""

from __future__ import annotations

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError

from moviesync.kinds import COLLECTIONS
from moviesync.stores.base import PROGRESS, RUNS, Document
from moviesync.stores.looking import Look, Whose
from moviesync.stores.mongo.address import DEFAULT_DATABASE, explanation, shown_address
from moviesync.stores.mongo.client import make_client
from moviesync.stores.mongo.schema import AGE_INDEX

OURS = {*COLLECTIONS, PROGRESS, RUNS}


async def look(uri: str, name: str | None) -> Look:
    """What is in the database. Whether it can be written is seen by what the server says of itself and the user."""
    address = shown_address(uri, name)
    try:
        client = make_client(uri)
        try:
            database = client[name] if name else client.get_default_database(DEFAULT_DATABASE)
            return Look(address, await _whose(database), not_writable=await _refused(database))
        finally:
            await client.close()
    except PyMongoError as error:
        # Without the error itself: its text may hold parts of the URI.
        return Look(address, trouble=explanation(error, uri))


async def _whose(database: AsyncDatabase[Document]) -> Whose:
    there = set(await database.list_collection_names())
    if not there:
        return Whose.NOBODYS
    if not there & OURS:
        return Whose.OTHERS
    for name in there & set(COLLECTIONS):
        if AGE_INDEX not in await database[name].index_information():
            return Whose.FIRST_VERSION
    return Whose.OURS


async def _refused(database: AsyncDatabase[Document]) -> str:
    try:
        # The old name of "hello", which every server knows.
        about = await database.command("isMaster")
        if about.get("readOnly") or not about.get("ismaster", True):
            return "the server takes no writes"
        status = await database.command({"connectionStatus": 1, "showPrivileges": True})
    except OperationFailure:
        # Not every server knows these questions.
        return ""
    privileges = status.get("authInfo", {}).get("authenticatedUserPrivileges", [])
    if not privileges:
        return ""
    here = (one for one in privileges if one["resource"].get("db", "") in {"", database.name})
    return "" if any("insert" in one["actions"] for one in here) else "the user may not write"
