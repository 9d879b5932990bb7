"""Item pipeline: no verdict goes further before controls have held after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured

from moviesync.checks.controls import Controls
from moviesync.exceptions import NotCovered
from moviesync.history import stats as names
from moviesync.items import Batch, Verdict

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector
    from typing_extensions import Self


class Coverage:
    """Holds each verdict of a check until it is covered, and drops it if it is not: its title stays due.

    Titles, and verdicts from a list, which is believed or refused as a whole, pass at once.
    """

    def __init__(self, controls: Controls, stats: StatsCollector):
        self._controls = controls
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        controls = crawler.get_extension(Controls)
        if controls is None:
            raise NotConfigured
        return cls(controls, crawler.stats)

    async def process_item(self, item: Batch | Verdict) -> Batch | Verdict:
        """Raises NotCovered."""
        if isinstance(item, Verdict) and not await self._controls.covered(item):
            self._stats.inc_value(names.NOT_COVERED)
            raise NotCovered()
        return item
