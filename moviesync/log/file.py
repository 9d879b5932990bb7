"""Extension: what the console shows of a crawl, in a file that is rotated by size."""

from __future__ import annotations

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

_LOCK_PATIENCE = 1.0
"""Seconds to wait for another run's rotation, which takes some milliseconds."""


class LogFile:
    """Writes the lines of the console, with their level and format, to a file as well.

    The command has checked that the file can be written. If it takes no more later on, one line
    says so, and the run goes on.
    """

    def __init__(self, handler: logging.Handler):
        # It stays until the program ends, for the lines that come after the spider.
        logging.root.addHandler(handler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        path = wanted(settings, dry_run=settings.getbool("DRY_RUN"))
        if not path or is_open(path):
            raise NotConfigured
        handler = SharedFile(
            path,
            max_bytes=settings.getint("LOGFILE_MAX_BYTES"),
            backups=settings.getint("LOGFILE_BACKUPS"),
        )
        handler.setLevel(settings["LOG_LEVEL"])
        handler.setFormatter(logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))
        return cls(handler)


def is_open(path: str) -> bool:
    """Whether the log goes to this file already, as with two crawls in one process."""
    return any(
        isinstance(handler, SharedFile) and Path(handler.baseFilename) == Path(path).absolute()
        for handler in logging.root.handlers
    )


def wanted(settings: BaseSettings, *, dry_run: bool) -> str | None:
    """The file to write to; ``None``: no file.

    A user who names a file in Scrapy's way, or wants no log, gets just that. A dry run writes nothing.
    """
    if dry_run or settings["LOG_FILE"] or not settings.getbool("LOG_ENABLED"):
        return None
    return settings["LOGFILE_PATH"] or None


class SharedFile(RotatingFileHandler):
    """A rotated file that several runs may write to at once, and whose failures are one line.

    Each line is one write at the end of the file. Before it, a run looks whether another has rotated
    the file, and opens the new one; if two find it full, the lock lets only one rotate it.
    """

    def __init__(self, path: str, *, max_bytes: int, backups: int):
        self._shown = path
        self._warned = False
        super().__init__(
            path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8", errors="backslashreplace"
        )

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without a buffer: a line that a full disk refuses is not tried again with the next.
        raw = path.open("ab", buffering=0)
        return io.TextIOWrapper(
            cast("io.BufferedWriter", raw), self.encoding, self.errors, newline="\n", write_through=True
        )

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - logging's own name
        if self._put_aside():
            self._let_go()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - logging's own name
        # Imported here, as most runs never need it.
        from filelock import FileLock

        try:
            with FileLock(f"{self.baseFilename}.lock", timeout=_LOCK_PATIENCE):
                if not self._put_aside():
                    super().doRollover()
                    return
        except OSError as error:
            self._warn_once(f"cannot be rotated ({error.strerror or error}): it keeps growing")
        self._let_go()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        error = sys.exc_info()[1]
        why = getattr(error, "strerror", None) or repr(error)
        self._warn_once(f"takes no more ({why}): the run goes on, and only the console shows all lines")

    def _put_aside(self) -> bool:
        """Whether the file of that name is no longer the one that is open."""
        if self.stream is None:
            return False
        try:
            return not os.path.samestat(Path(self.baseFilename).stat(), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            return True

    def _let_go(self) -> None:
        """Close the file; the next line opens the one of that name."""
        if self.stream is not None:
            stream, self.stream = self.stream, None
            stream.close()

    def _warn_once(self, what: str) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("The log file %s %s", self._shown, what)


def note(line: str, level: int = logging.INFO) -> None:
    """Write a line to the log file that the console shows in another way."""
    for handler in logging.root.handlers:
        # Ours, or the one that Scrapy writes to in place of the console.
        if isinstance(handler, logging.FileHandler):
            handler.handle(logger.makeRecord("moviesync", level, "", 0, line, (), None))
