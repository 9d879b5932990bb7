"""Which of the framework's events are worth a line in the log."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.logformatter import LogFormatter

_FOR_DEBUG = {
    # What Scrapy is made of, and how it is set up: the same for every run.
    "scrapy.utils.log": ("Scrapy ", "Versions:"),
    "scrapy.addons": ("Enabled ",),
    "scrapy.middleware": ("Enabled ",),
    "scrapy.crawler": ("Overridden settings:",),
    # Progress says what is run.
    "scrapy.core.engine": ("Spider opened",),
    # Fifty numbers, of which the closing lines tell those that its user asks for.
    "scrapy.statscollectors": ("Dumping Scrapy stats:",),
    # Advice on settings that moviesync has made; what becomes of the request is told or counted by its reason.
    "scrapy.core.downloader.handlers._base_streaming": ("Got data loss ", "Expected to ", "Received "),
}
"""Lines that are for whoever looks for a mistake, by logger and beginning."""


def quieten() -> None:
    """Make the framework's lines that tell the user of a crawl nothing lines of level DEBUG."""
    for name in _FOR_DEBUG:
        logging.getLogger(name).addFilter(_demote)


def _demote(record: logging.LogRecord) -> bool:
    if str(record.msg).startswith(_FOR_DEBUG[record.name]):
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return True


class QuietLogFormatter(LogFormatter):
    """No line for a request or an item: the store has them, and the spider tells of pages."""

    def crawled(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        return None
