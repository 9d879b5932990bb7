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
    # Fifty numbers; the closing lines show those that users ask for.
    "scrapy.statscollectors": ("Dumping Scrapy stats:",),
    # Advice on settings that moviesync makes; a failed request is logged or counted by its reason.
    # And a note that the client is experimental: Scrapy uses it without Twisted's event loop.
    "scrapy.core.downloader.handlers._base_streaming": (
        "Got data loss ",
        "Expected to ",
        "Received ",
        "AiohttpDownloadHandler is experimental ",
    ),
}
"""Lines that only help to find a mistake, by logger and beginning."""


_FEEDS = "scrapy.extensions.feedexport"


def quieten() -> None:
    """Log the framework's lines that users do not need at level DEBUG, and a feed that cannot be written
    as one line instead of a traceback."""
    for name in _FOR_DEBUG:
        logging.getLogger(name).addFilter(_demote)
    logging.getLogger(_FEEDS).addFilter(_in_a_line)
    logging.getLogger("scrapy.utils.signal").addFilter(_feed_in_a_line)


def _in_a_line(record: logging.LogRecord) -> bool:
    if record.exc_info and (error := record.exc_info[1]):
        _replace(record, f"{record.getMessage()}: {error}")
    return True


def _demote(record: logging.LogRecord) -> bool:
    if str(record.msg).startswith(_FOR_DEBUG[record.name]):
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return True


def _feed_in_a_line(record: logging.LogRecord) -> bool:
    """Log each line that a feed could not take, without a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, OSError) and "FeedExporter" in record.getMessage():
        _replace(record, f"a line is missing in a feed: {error}")
    return True


def _replace(record: logging.LogRecord, line: str) -> None:
    """Make it this line, without a traceback."""
    record.msg, record.args = line, ()
    record.exc_info = record.exc_text = None


class QuietLogFormatter(LogFormatter):
    """No line for a request or an item: the store has them, and the spider logs the pages."""

    def crawled(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        return None
