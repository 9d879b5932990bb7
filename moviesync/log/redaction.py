"""Extension: no secret and no control character in any line of the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from moviesync.output import CONTROLS, redactor

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class LogRedaction:
    """Puts ``***`` in the place of every secret, in what the program logs and in its tracebacks,
    and shows control characters as numbers.

    moviesync itself logs no keys, and quotes texts of the sites; this is for the lines of others, such
    as a warning of the HTTP client with an address in it.
    """

    def __init__(self, secrets: Iterable[str | None]):
        self._secrets = set(secrets)
        self._redacted = redactor(self._secrets)
        self._make = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._clean_record)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        password = urlsplit(settings["MONGODB_URI"] or "").password
        secrets = (settings["TMDB_ACCESS_TOKEN"], settings["TMDB_API_KEY"], password)
        # One for all crawls of a process.
        in_place = getattr(logging.getLogRecordFactory(), "__self__", None)
        if isinstance(in_place, cls):
            in_place.add(secrets)
            return in_place
        return cls(secrets)

    def add(self, secrets: Iterable[str | None]) -> None:
        self._secrets |= set(secrets)
        self._redacted = redactor(self._secrets)

    def clean(self, text: str) -> str:
        return self._redacted(text).translate(CONTROLS)

    def _clean_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # The text and its values do not match: the handlers report it.
            return record
        clean = self.clean(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = self.clean(logging.Formatter().formatException(record.exc_info))
        return record
