"""Which of the framework's events are worth a line in the log."""

from __future__ import annotations

from typing import Any

from scrapy.logformatter import LogFormatter


class QuietLogFormatter(LogFormatter):
    """No line for a request or an item: the store has them, and the spider tells of pages."""

    def crawled(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        return None

    def dropped(self, *_: Any) -> None:  # type: ignore[override]
        return None
