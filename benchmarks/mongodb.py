"""The MongoDB server of a benchmark, and databases on it that are gone afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import uuid4

from tests.mongodb import MongoServer, MongoUnavailable, connected, with_database

VARIABLE = "MOVIESYNC_TEST_MONGODB_URI"


@dataclass(frozen=True)
class Server:
    """A server, or the lack of one."""

    uri: str
    """Empty: there is none."""
    description: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URI of a database of one's own."""
        name = f"moviesync_benchmark_{uuid4().hex[:12]}"
        uri = with_database(self.uri, name)
        try:
            yield uri
        finally:
            with connected(uri) as client:
                client.drop_database(name)


@contextmanager
def server() -> Iterator[Server]:
    """The server that the variable names, else a ``mongod``, else the Java one of the tests, else none."""
    if uri := os.environ.get(VARIABLE):
        yield Server(uri, f"the server that {VARIABLE} names")
        return
    with ExitStack() as stack:
        try:
            own = stack.enter_context(MongoServer())
        except MongoUnavailable as error:
            if "mongodb" in os.environ.get("MOVIESYNC_REQUIRE", ""):
                raise
            yield Server("", f"none, so it is not measured ({error})")
            return
        kind = "a mongod" if shutil.which("mongod") else "mongo-java-server in memory"
        yield Server(own.uri, f"{kind}, on this machine")
