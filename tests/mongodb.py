"""A MongoDB server for tests: a real ``mongod`` if there is one, else a Java one of the same protocol."""

from __future__ import annotations

import fcntl
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.database import Database
from typing_extensions import Self

from tests.processes import Process, start

JAVA_FOLDER = Path(__file__).parent / "mongodb_server"
TARGET = JAVA_FOLDER / "target"
"""What is fetched or built once for a machine."""
LIBRARIES = TARGET / "dependency"
READY = re.compile(r"(\d+)$|.*Waiting for connections|.*Listening on TCP \S+:(\d+)")
"""The line with which a server says that it listens, and on which port if it chose one itself."""
LONGEST_FETCH = 60
QUICKLY = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
"""It starts in half the time, and the tests give it little to do."""

# Some servers do not notice that the tests are gone: this shell does, when its input ends.
WHILE_INPUT_LASTS = ("sh", "-c", '"$@" 2>&1 & server=$!; read -r _; kill "$server"; wait "$server"', "sh")

Collections = Database[dict[str, Any]]


class MongoUnavailable(Exception):
    """No MongoDB server can be started here; the text says why."""


class MongoServer:
    """A server of its own on the loopback, within ``with`` or between ``start`` and ``stop``.

    ``folder`` keeps the data: a server started there anew, also after ``kill``, has what was
    acknowledged. ``port`` 0 is any free one.
    """

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        self.port = port
        self._keeps_data = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="moviesync-mongodb-"))
        self._process: Process | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when the server listens; raises ``MongoUnavailable`` if it cannot be had."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._command()
        self._process = process = start(command, reads=True)
        ready = next((found for line in process.stdout if (found := READY.match(line))), None)
        if ready is None:
            self.stop()
            printed = process.stdout.text() + process.stderr.text()
            raise RuntimeError(f"{type(self).__name__} ended before it listened: {printed[-2000:]}")
        self.port = int(ready[1] or ready[2] or self.port)

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            with self._process as process:
                process.end_input()
                process.wait()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            self._forget_folder()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._forget_folder()

    def _forget_folder(self) -> None:
        if not self._keeps_data:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list[str]:
        if mongod := shutil.which("mongod"):
            self.port = self.port or _free_port()
            options = ["--dbpath", str(self.folder), "--bind_ip", "127.0.0.1", "--port", str(self.port)]
            return [*WHILE_INPUT_LASTS, mongod, *options]
        java = shutil.which("java")
        if java is None or shutil.which("mvn") is None:
            raise MongoUnavailable("MongoDB tests need mongod, or java and mvn, on PATH")
        _fetch_libraries()
        source = str(JAVA_FOLDER / "Mongo.java")
        data = [str(self.folder / "data.h2")] if self._keeps_data else []
        return [java, *QUICKLY, "-cp", f"{LIBRARIES}/*", source, str(self.port), *data]


def with_database(uri: str, name: str) -> str:
    """The URI, naming another database.

    >>> with_database("mongodb://user:secret@db.example/films?w=1", "test")
    'mongodb://user:secret@db.example/test?w=1&authSource=films'
    """
    place, _, options = uri.partition("?")
    scheme, _, rest = place.partition("://")
    hosts, _, database = rest.partition("/")
    # Without this, the user would be looked for in the new database.
    if "@" in hosts and "authsource=" not in options.lower():
        options += f"{'&' if options else ''}authSource={database or 'admin'}"
    return f"{scheme}://{hosts}/{quote(name)}{'?' if options else ''}{options}"


def _fetch_libraries() -> None:
    done = TARGET / "fetched"
    with locked("lock"):
        if done.exists():
            return
        command = ["mvn", "-q", "-B", "-f", str(JAVA_FOLDER / "pom.xml"), "dependency:copy-dependencies"]
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LONGEST_FETCH
            )
        except subprocess.TimeoutExpired:
            raise MongoUnavailable(f"MongoDB tests: mvn fetches for over {LONGEST_FETCH} s") from None
        if result.returncode:
            raise MongoUnavailable(f"MongoDB tests: mvn could not fetch the server: {result.stdout[-500:]}")
        done.touch()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Within, no other test process is, as two must not fetch into one folder."""
    TARGET.mkdir(exist_ok=True)
    with (TARGET / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def connected(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
    """A client, whose calls fail if the server accepts them and never answers."""
    return MongoClient(uri, socketTimeoutMS=20_000, **options)


def verdicts(uri: str, collection: str = "movies") -> dict[int, bool | None]:
    """The verdicts in the database of a URI, by id."""
    with connected(uri) as client:
        found = client.get_default_database()[collection].find({}, ["vidsrcAvailable"])
        return {document["_id"]: document.get("vidsrcAvailable") for document in found}
