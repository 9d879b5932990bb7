"""Extension: what the console shows of a crawl, in a file that is rotated by size."""

from __future__ import annotations

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, cast

from filelock import FileLock
from scrapy import signals
from scrapy.exceptions import NotConfigured

from moviesync.exceptions import RunStopped

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider

logger = logging.getLogger(__name__)

_LOCK_PATIENCE = 1.0
"""Seconds for which another run's rotation is waited for; it takes some milliseconds."""


class LogFile:
    """Writes the lines of the console, with their level and format, to the file ``path`` as well.

    A file that cannot be opened ends the run before its first request; one that takes no more
    later on is told once, and the run goes on without it.
    """

    def __init__(self, path: str, *, max_bytes: int, backups: int, level: str, formatter: logging.Formatter):
        self._problem = ""
        try:
            handler = SharedFile(path, max_bytes=max_bytes, backups=backups)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._problem = (
                f"LOG_FILE={path}: it cannot be written ({why}); name another file, or /dev/null for none"
            )
            return
        handler.setLevel(level)
        handler.setFormatter(formatter)
        # It stays until the program ends, for the lines that come after the spider.
        logging.root.addHandler(handler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings, spider = crawler.settings, cast("TmdbVidsrcSpider", crawler.spider)
        # Who names a file in Scrapy's way, or wants no log, gets just that. A dry run writes nothing.
        other = settings["LOG_FILE"] or not settings.getbool("LOG_ENABLED")
        if other or not settings["LOGFILE_PATH"] or spider.args.dry_run:
            raise NotConfigured
        extension = cls(
            settings["LOGFILE_PATH"],
            max_bytes=settings.getint("LOGFILE_MAX_BYTES"),
            backups=settings.getint("LOGFILE_BACKUPS"),
            level=settings["LOG_LEVEL"],
            formatter=logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]),
        )
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        return extension

    def spider_opened(self) -> None:
        if self._problem:
            raise RunStopped(self._problem)


class SharedFile(RotatingFileHandler):
    """A rotated file that several runs may write to at once, and whose failures are one line.

    Each line is one write at the end of the file. Before it, a run looks whether another has put the
    file aside, and takes the new one; of two that find it full, the lock lets one put it aside.
    """

    def __init__(self, path: str, *, max_bytes: int, backups: int):
        self._shown = path
        self._told = False
        super().__init__(
            path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8", errors="backslashreplace"
        )
        self._rotation = FileLock(f"{self.baseFilename}.lock", timeout=_LOCK_PATIENCE)

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without a buffer: nothing of a line that a full disk refuses is tried again with the next.
        raw = path.open("ab", buffering=0)
        return io.TextIOWrapper(
            cast("io.BufferedWriter", raw), self.encoding, self.errors, newline="\n", write_through=True
        )

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - logging's own name
        if self._put_aside():
            self._let_go()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - logging's own name
        try:
            with self._rotation:
                if not self._put_aside():
                    super().doRollover()
                    return
        except OSError as error:
            self._tell(f"cannot be put aside ({error.strerror or error}): it grows on")
        self._let_go()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        error = sys.exc_info()[1]
        why = error.strerror if isinstance(error, OSError) else None
        self._tell(f"takes no more ({why or error!r}): the run goes on, and only the console shows all lines")

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

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            logger.warning("The log file %s %s", self._shown, what)


def note(line: str, level: int = logging.INFO) -> None:
    """Put a line into the log file that the console was shown in another way."""
    for handler in logging.root.handlers:
        if isinstance(handler, SharedFile):
            handler.handle(logger.makeRecord("moviesync", level, "", 0, line, (), None))
