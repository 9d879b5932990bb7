"""FerretDB for tests: a server of MongoDB's protocol with passwords, and with less than MongoDB has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import quote

from tests.mongodb import TARGET, WHILE_INPUT_LASTS, MongoServer, MongoUnavailable, locked

MODULE, VERSION = "github.com/FerretDB/FerretDB", "v1.24.2"
BINARY = TARGET / f"ferretdb-{VERSION}"
LONGEST_BUILD = 900
"""Seconds: two minutes with nothing else to do."""
# It keeps its data with SQLite, so what is for PostgreSQL is left out, and no C compiler is needed.
BUILD = ("build", "-tags", "ferretdb_no_postgresql", "-trimpath")
ENVIRONMENT = {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
STARTED = ("--handler=sqlite", "--telemetry=disable", "--debug-addr=-")


class FerretServer(MongoServer):
    """A FerretDB of its own on the loopback; with ``user``, only that one is let in."""

    def __init__(self, folder: Path | None = None, *, user: str = "", password: str = "") -> None:
        super().__init__(folder)
        self._user = user
        self._password = password

    @property
    def uri(self) -> str:
        return self.uri_with(self._password) if self._user else super().uri

    def uri_with(self, password: str) -> str:
        """The address for the user with a password that may be another one."""
        return f"mongodb://{self._user}:{quote(password, safe='')}@127.0.0.1:{self.port}/?authSource=admin"

    def _command(self) -> list[str]:
        if why := problem():
            raise MongoUnavailable(why)
        places = [f"--sqlite-url=file:{self.folder}/", f"--state-dir={self.folder}"]
        access = [
            "--test-enable-new-auth",
            "--setup-database=admin",
            f"--setup-username={self._user}",
            f"--setup-password={self._password}",
        ]
        return [
            *WHILE_INPUT_LASTS,
            str(BINARY),
            *STARTED,
            *places,
            f"--listen-addr=127.0.0.1:{self.port}",
            *(access if self._user else []),
        ]


@cache
def problem() -> str:
    """Why there is no FerretDB on this machine; empty if there is one.

    The first call on a machine builds it. Several at once wait for the one that does.
    """
    if BINARY.exists():
        return ""
    if (go := shutil.which("go")) is None:
        return "FerretDB tests need go on PATH"
    with locked("ferretdb.lock"):
        try:
            if not BINARY.exists():
                _build(go)
        except subprocess.TimeoutExpired as error:
            return f"FerretDB tests: go takes more than {error.timeout:g} s"
        except subprocess.CalledProcessError as error:
            return f"FerretDB tests: go could not build the server: {(error.stdout + error.stderr)[-500:]}"
    return ""


def _build(go: str) -> None:
    fetched = _run(go, "mod", "download", "-json", f"{MODULE}@{VERSION}", folder=TARGET)
    sources, new = TARGET / "ferretdb-sources", BINARY.with_name("ferretdb.part")
    shutil.rmtree(sources, ignore_errors=True)
    shutil.unpack_archive(json.loads(fetched)["Zip"], sources)
    source = sources / f"{MODULE}@{VERSION}"
    # The build wants this file, and what the Go proxy serves lacks it.
    (source / "build" / "version" / "version.txt").write_text(VERSION)
    _run(go, *BUILD, "-o", str(new), "./cmd/ferretdb", folder=source)
    new.replace(BINARY)
    shutil.rmtree(sources)


def _run(*command: str, folder: Path) -> str:
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST_BUILD,
    ).stdout
