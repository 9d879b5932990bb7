"""Extension: no secret in the log, whoever writes the line."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class Redaction:
    """Puts ``***`` in the place of every secret, in what the program logs and in its tracebacks.

    The middleware keeps keys away from where they could be logged; this is for what it does not
    see, as a warning of the HTTP client with the address in it.
    """

    def __init__(self, secrets: Iterable[str]):
        forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        # The longest first, as one can be part of another.
        self._forms = sorted(forms, key=len, reverse=True)
        self._make = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self._redacted_record)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        password = urlsplit(settings["MONGODB_URI"] or "").password
        secrets = list(filter(None, (settings["TMDB_ACCESS_TOKEN"], settings["TMDB_API_KEY"], password)))
        if not secrets:
            raise NotConfigured
        return cls(secrets)

    def redacted(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "***")
        return text

    def _redacted_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        message = record.getMessage()
        clean = self.redacted(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = self.redacted(logging.Formatter().formatException(record.exc_info))
        return record
