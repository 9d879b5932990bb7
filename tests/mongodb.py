"""A MongoDB server for tests: a real ``mongod`` where there is one, else a Java one of the same protocol."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

from pymongo import MongoClient

JAVA_FOLDER = Path(__file__).parent / "mongo"
LIBRARIES = JAVA_FOLDER / "target" / "dependency"
READY = "Waiting for connections"

# mongod does not notice that the tests are gone: this shell does, when its input ends.
WHILE_INPUT_LASTS = '"$@" & server=$!; read -r _; kill "$server"; wait "$server"'


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
        self._folder = folder or Path(tempfile.mkdtemp(prefix="moviesync-mongodb-"))
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when the server listens; raises ``MongoUnavailable`` where it cannot be had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = self._command()
        with (self._folder / "server.log").open("w+") as log:
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # A group of its own, so that `kill` reaches the server behind the shell.
                start_new_session=True,
            )
            assert process.stdout is not None
            line = next((line for line in process.stdout if line.strip().isdigit() or READY in line), None)
            if line is None:
                self.stop()
                log.seek(0)
                raise RuntimeError(f"{command[0]} ended before it listened: {log.read()[-2000:]}")
        if line.strip().isdigit():
            self.port = int(line)
        # A pipe that nobody reads would stop a talkative server.
        self._reader = Thread(target=_read_on, args=(process.stdout,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._process = None
        if self._reader is not None:
            self._reader.join()
            self._reader = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self.stop()

    def __enter__(self) -> MongoServer:
        try:
            self.start()
        except BaseException:
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
            shutil.rmtree(self._folder, ignore_errors=True)

    def _command(self) -> list[str]:
        if mongod := shutil.which("mongod"):
            self.port = self.port or _free_port()
            options = ["--dbpath", str(self._folder), "--bind_ip", "127.0.0.1", "--port", str(self.port)]
            return ["sh", "-c", WHILE_INPUT_LASTS, "sh", mongod, *options]
        java = shutil.which("java")
        if java is None or shutil.which("mvn") is None:
            raise MongoUnavailable("MongoDB tests need mongod, or java and mvn, on PATH")
        _fetch_libraries()
        source = str(JAVA_FOLDER / "Mongo.java")
        data = [str(self._folder / "data.h2")] if self._keeps_data else []
        return [java, "-cp", f"{LIBRARIES}/*", source, str(self.port), *data]


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
    LIBRARIES.parent.mkdir(exist_ok=True)
    done = LIBRARIES.parent / "fetched"
    # Two test runs at once must not fetch into one folder.
    with (LIBRARIES.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        command = ["mvn", "-q", "-B", "-f", str(JAVA_FOLDER / "pom.xml"), "dependency:copy-dependencies"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise MongoUnavailable(f"MongoDB tests: mvn could not fetch the server: {result.stdout[-500:]}")
        done.touch()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _read_on(pipe: IO[str]) -> None:
    with pipe:
        for _ in pipe:
            pass


def verdicts(uri: str, collection: str = "movies") -> dict[int, bool | None]:
    """The verdicts in the database of a URI, by id."""
    with MongoClient[dict[str, Any]](uri) as client:
        found = client.get_default_database()[collection].find({}, ["vidsrcAvailable"])
        return {document["_id"]: document["vidsrcAvailable"] for document in found}
