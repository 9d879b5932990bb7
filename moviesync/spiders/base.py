"""What the spiders have in common: their arguments, when a crawl is refused, and what they find at hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from scrapy import Spider
from scrapy.settings import BaseSettings
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.checks.mirrors import Mirrors
from moviesync.clock import now
from moviesync.core.crawlsettings import apply_crawl_settings
from moviesync.core.priorities import override
from moviesync.core.stopping import Stopping
from moviesync.core.usage import NO_KEY, has_key, refuse, settings_problems
from moviesync.kinds import Kind
from moviesync.pipelines.feeds import with_feed_lines
from moviesync.sources.discover.plan import CrawlPlan
from moviesync.sources.discover.walk import Walk

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from moviesync.core.scheduler import Scheduler


class CatalogueSpider(Args[Arguments], Spider):
    """A spider for one kind of title. If its arguments or settings cannot be used, its crawl is refused."""

    kind: Kind
    plan: CrawlPlan
    started: datetime

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_crawl_settings(settings)
        settings.setdict(arguments.as_settings(cls.kind.collection, Arguments()), priority="spider")
        if feeds := settings.getdict("FEEDS"):
            override(settings, "FEEDS", with_feed_lines(feeds))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        settings = crawler.settings
        problems = [*arguments.problems(kwargs), *settings_problems(settings)]
        if not problems and not has_key(settings):
            problems = [NO_KEY]
        # In "scrapy shell" the settings are fixed already, and there is no crawl.
        if problems and not settings.frozen:
            refuse(settings, problems)
            kwargs = {}
        spider = super().from_crawler(crawler, *args, **kwargs)
        if not settings.frozen:
            settings.setdict(arguments.as_settings(cls.kind.collection, spider.args), priority="cmdline")
        spider.started = now()
        spider.plan = CrawlPlan(cls.kind, Walk(cls.kind.collection, today=spider.started.date()))
        return spider

    @property
    def _checks(self) -> bool:
        """Whether VidSrc is asked about each title."""
        return self.args.verdicts == "titles"

    @property
    def mirrors(self) -> Mirrors:
        mirrors = self.crawler.get_extension(Mirrors)
        assert mirrors
        return mirrors

    @property
    def ends(self) -> bool:
        """Whether the run is being stopped: what is left to do is for the next one."""
        stopping = self.crawler.get_extension(Stopping)
        assert stopping
        return stopping.event.is_set()

    @property
    def queue(self) -> Scheduler:
        return cast("Scheduler", self.crawler.engine.scheduler)
