"""Programs that tests start: what they have printed, also while they run, and how they end. Every wait has an end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

TIMEOUT = 60
"""Seconds after which a program that should have ended, or said something, has not."""
_LOOK = 0.01
_PORTION = 65536


class Child(Protocol):
    """What is left of ``subprocess.Popen`` where the rest is done here."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...


class Output:
    """What a program prints, in a file without a name: it never waits for a reader, and nothing gets lost.

    Each turn of a loop over it takes the next line, waiting for it while the program runs.
    """

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="moviesync-output-")
        Path(path).unlink()
        weakref.finalize(self, os.close, self._file)
        self._taken = 0
        self.child: Child | None = None

    def fileno(self) -> int:
        return self._file

    def text(self) -> str:
        """All of it so far, taken or not."""
        return b"".join(self._from(0)).decode(errors="replace")

    def __iter__(self) -> Output:
        return self

    def __next__(self) -> str:
        deadline = time.monotonic() + TIMEOUT
        while True:
            # In this order: what it printed last is there when it has ended.
            ended = self.child is None or self.child.poll() is not None
            line = self._line(ended=ended)
            if line:
                self._taken += len(line)
                return line.decode()
            if ended:
                raise StopIteration
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing more is printed after:\n{self.text()[-3000:]}")
            time.sleep(_LOOK)

    def _line(self, *, ended: bool) -> bytes:
        """The next line, empty where it is not yet all there."""
        line = b""
        for batch in self._from(self._taken):
            begin, newline, _ = batch.partition(b"\n")
            line += begin + newline
            if newline:
                return line
        return line if ended else b""

    def _from(self, place: int) -> Iterator[bytes]:
        # The place at which the program writes stays where it is.
        while batch := os.pread(self._file, _PORTION, place):
            yield batch
            place += len(batch)


class Process:
    """A program with a session of its own, much like ``subprocess.Popen``; killed where a ``with`` is left."""

    def __init__(
        self,
        args: Sequence[str],
        child: Child,
        stdout: Output,
        stderr: Output,
        stdin: IO[bytes] | None = None,
    ) -> None:
        self.args = args
        self.pid = child.pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._child = child
        self._stdin = stdin
        stdout.child = stderr.child = child

    def poll(self) -> int | None:
        self.returncode = self._child.poll()
        return self.returncode

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Its exit code; raises ``subprocess.TimeoutExpired``."""
        self.returncode = self._child.wait(timeout)
        return self.returncode

    def communicate(self, timeout: float = TIMEOUT) -> tuple[str, str]:
        """All that it printed, when it has ended."""
        self.wait(timeout)
        return self.stdout.text(), self.stderr.text()

    def ended(self, *codes: int, within: float = TIMEOUT) -> str:
        """What it wrote to standard error. It has to end soon, with one of these exit codes and in good order."""
        try:
            _, errors = self.communicate(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {within:g} s:\n{self.abort()}") from None
        assert self.returncode in codes, errors[-3000:]
        assert all(words not in errors for words in ("Traceback", "Exception ignored")), errors[-3000:]
        return errors

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, number)

    def abort(self) -> str:
        """End it; what it printed last: with PYTHONFAULTHANDLER, where it was."""
        self.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            self.wait(10)
        self.kill()
        return self.stderr.text()[-9000:]

    def end_input(self) -> None:
        if self._stdin:
            self._stdin.close()

    def kill(self) -> None:
        """End it, and all that it started, as a power cut would."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.wait()
        self.end_input()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def start(
    args: Sequence[str],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    reads: bool = False,
    stdout: int | None = None,
) -> Process:
    """Start a program.

    One that ``reads`` has an input that lasts until ``end_input``; ``stdout`` is where its output goes
    instead of to ``Process.stdout``.
    """
    output, errors = Output(), Output()
    child = subprocess.Popen(
        args,
        cwd=folder,
        env=variables,
        stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
        stdout=output.fileno() if stdout is None else stdout,
        stderr=errors.fileno(),
        start_new_session=True,
    )
    return Process(args, child, output, errors, child.stdin)
