"""Extension: which run has JOBDIR, and whether what is there can be trusted."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.job import job_dir

from moviesync import __version__
from moviesync.core.usage import refuse

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)

LEFT_BY_SCRAPY = ("requests.queue", "requests.seen", "spider.state")


class JobDir:
    """One run at a time has a JOBDIR; what a run left there without ending cleanly is dropped.

    The file ``moviesync.json`` says which run has the folder, from before Scrapy looks into it, and
    whether that run ended cleanly. Nothing of the crawl itself is in JOBDIR: the store says what
    is due. Raises ``filelock.Timeout`` if another run has the folder.
    """

    def __init__(self, folder: Path, run: dict[str, Any]):
        self._folder = folder
        self._marker = folder / "moviesync.json"
        self._lock = FileLock(folder / "moviesync.lock")
        self._run = run
        self._lock.acquire(timeout=0)
        self._look()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        folder = job_dir(crawler.settings)
        if not folder or crawler.settings["REFUSED"]:
            raise NotConfigured
        arguments = crawler.settings.getdict("SPIDER_ARGUMENTS")
        query = {name: arguments[name] for name in ("released_from", "released_to") if name in arguments}
        run = {"version": __version__, "spider": crawler.spidercls.name, "query": query}
        try:
            extension = cls(Path(folder), run)
        except Timeout:
            line = f"JOBDIR {folder} is in use by another run: wait for it, or take another folder"
            refuse(crawler.settings, [line])
            raise NotConfigured from None
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_closed(self) -> None:
        self._write(clean=True)
        self._lock.release()

    def _look(self) -> None:
        """Drop what cannot be trusted, and mark the folder as this run's."""
        try:
            last = json.loads(self._marker.read_text())
            trusted = last.pop("clean")
        except FileNotFoundError:
            last, trusted = None, not any((self._folder / name).exists() for name in LEFT_BY_SCRAPY)
        except (ValueError, KeyError, AttributeError):
            last, trusted = None, False
        if not trusted:
            logger.warning(
                "JOBDIR %s was not left cleanly: dropped; the store says what is due", self._folder
            )
        elif last and last != self._run:
            logger.warning(
                "JOBDIR %s belongs to another run (%s %s, version %s): dropped; the store says what is due",
                self._folder,
                last.get("spider"),
                last.get("query") or "without dates",
                last.get("version"),
            )
            trusted = False
        if not trusted:
            for name in LEFT_BY_SCRAPY:
                path = self._folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self._write(clean=False)

    def _write(self, *, clean: bool) -> None:
        self._marker.write_text(json.dumps({**self._run, "clean": clean}))
