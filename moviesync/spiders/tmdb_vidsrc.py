"""The walk through TMDB's discover pages, and the check of each title at VidSrc."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from moviesync import arguments
from moviesync.arguments import Arguments
from moviesync.checks.response import HEAD_STATUS, finding_of
from moviesync.clock import now
from moviesync.core.crawlsettings import apply_crawl_settings
from moviesync.core.priorities import override
from moviesync.core.slots import FOLLOW_UP, SITE, TMDB, VIDSRC
from moviesync.core.usage import NO_KEY, has_key, refuse, refused_key, settings_problems
from moviesync.exceptions import UNUSABLE_ANSWERS, CrawlStopped, RequestCancelled, SiteDown, failure_reason
from moviesync.extensions.storesession import StoreSession
from moviesync.history import stats as names
from moviesync.items import Batch, Verdict
from moviesync.kinds import MOVIE, Kind
from moviesync.pipelines.feeds import with_feed_lines
from moviesync.sources import stored
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.plan import CrawlPlan
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import Window
from moviesync.stores.base import Store, StoreUnavailable
from moviesync.tmdb import api
from moviesync.tmdb.discover import discover_url
from moviesync.vidsrc.page import Finding, page_url

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from moviesync.core.scheduler import Scheduler


NOT_CHECKED = (RequestCancelled, SiteDown)
"""How a check ends that has no result, not even an unknown: its title stays as it was."""


class TmdbVidsrcSpider(Args[Arguments], Spider):
    """Films: a discover page gives a Batch of titles and a check of each, a check gives a Verdict.

    Stored titles that are due come first, then the walk, then those whose check failed before
    this run.
    """

    name = "tmdb_vidsrc"
    kind: Kind = MOVIE
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
    def queue(self) -> Scheduler:
        return cast("Scheduler", self.crawler.engine.scheduler)

    async def start(self) -> AsyncIterator[Any]:
        session = self.crawler.get_extension(StoreSession)
        assert session
        try:
            async for request in self._due(session.store, failed_before=None):
                yield request
            async for request in self._walk(session):
                yield request
            await self.queue.all_done()
            self.queue.forget_dropped()
            for failed_before in (None, self.started):
                async for request in self._due(session.store, failed_before):
                    yield request
            await self.queue.all_done()
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        if self.plan.left_over:
            raise CrawlStopped(self.plan.left_over)
        if self.queue.dropped:
            raise CrawlStopped(
                f"VidSrc was down: {self.queue.dropped} titles are not checked; the same command asks for them"
            )

    async def _due(self, store: Store, failed_before: datetime | None) -> AsyncIterator[Request]:
        """Checks of stored titles that are due: they failed before a time, or (``None``) never failed."""
        collection, days = self.kind.collection, self.args.recheck_days
        async for tmdb_id in stored.unchecked(store, collection, failed_before=failed_before):
            yield await self._check_in_turn(tmdb_id)
        if days is None:
            return
        before = self.started - timedelta(days=days)
        async for tmdb_id in stored.stale(store, collection, before=before, failed_before=failed_before):
            yield await self._check_in_turn(tmdb_id)

    async def _check_in_turn(self, tmdb_id: int) -> Request:
        await self.queue.room_for_check()
        return self._check_request(tmdb_id)

    async def _walk(self, session: StoreSession) -> AsyncIterator[Request]:
        given = self.args
        bounds = (given.released_from, given.released_to)
        checkpoint = Checkpoint(session.store, self.kind.collection, *bounds, now=self.started)
        anew = given.start_page > 1 or given.start_index > 0
        if not await checkpoint.load(given.walk, anew_if_finished=anew):
            self.crawler.stats.set_value(names.PAGES_LEFT, 0)
            return
        self.plan = CrawlPlan(
            self.kind,
            checkpoint.walk,
            start_page=given.start_page,
            start_index=given.start_index,
            max_pages=given.max_pages,
        )
        session.checkpoint, session.plan = checkpoint, self.plan
        async for window, number in self.plan.pages(checkpoint, self.queue):
            yield self._page_request(window, number)
        self._note_pages_left()

    def _note_pages_left(self) -> None:
        self.crawler.stats.set_value(names.PAGES_LEFT, self.plan.pages_left)

    def _page_request(self, window: Window, number: int) -> Request:
        base_url, dates = self.crawler.settings["TMDB_BASE_URL"], {"first": window.first, "last": window.last}
        return Request(
            discover_url(base_url, self.kind, number, **dates, order=window.order),
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"window": window.key, "number": number},
            meta={SITE: TMDB},
        )

    async def parse_page(self, response: Response, window: str, number: int) -> AsyncIterator[Any]:
        """A Batch, and a check of each of its titles.

        @recorded_page
        @titles 20
        """
        if response.status == api.UNAUTHORIZED:
            raise CrawlStopped(refused_key(self.crawler.settings, api.error_code(response.body)))
        batch = self.plan.answer(window, number, response.status, response.body, seen=now())
        self.crawler.stats.set_value(names.UNREADABLE_ITEMS, self.plan.unreadable_items)
        if batch is None:
            self._nothing_to_store(window, number)
            return
        yield batch
        for title in batch.titles:
            yield self._check_request(title.tmdb_id)

    def page_failed(self, failure: Failure) -> Iterator[Batch]:
        if isinstance(failure.value, RequestCancelled):
            return
        asked = failure.request.cb_kwargs  # type: ignore[attr-defined]
        is_there = isinstance(failure.value, UNUSABLE_ANSWERS)
        page = (asked["window"], asked["number"])
        batch = self.plan.no_answer(*page, failure_reason(failure), is_there=is_there)
        if batch is None:
            self._nothing_to_store(*page)
        else:
            yield batch

    def _nothing_to_store(self, window: str, number: int) -> None:
        """Note that a page is done. A page with a batch is done when the batch is stored."""
        self._note_pages_left()
        self.queue.page_done(window, number)

    def _check_request(self, tmdb_id: int) -> Request:
        return Request(
            page_url(self.crawler.settings["VIDSRC_BASE_URL"], self.kind, tmdb_id),
            method="HEAD",
            callback=self.parse_check,
            errback=self.check_failed,
            cb_kwargs={"tmdb_id": tmdb_id},
            meta={SITE: VIDSRC, "deltafetch_key": str(tmdb_id)},
        )

    async def parse_check(self, response: Response, tmdb_id: int) -> AsyncIterator[Verdict]:
        """The verdict; if the answer to the HEAD does not settle it, a GET is awaited.

        @recorded_check 603
        @verdict unavailable
        """
        finding = finding_of(response) or await self._look(response)
        if finding:
            yield self._verdict(tmdb_id, finding)
        else:
            self.queue.check_dropped(tmdb_id)

    async def _look(self, head: Response) -> Finding | None:
        """Look at the page whose HEAD was answered with ``head``; ``None`` if the run ends before."""
        # Goes before checks that are not begun, so that a check that is begun ends soon.
        request = Request(head.url, meta={SITE: VIDSRC, FOLLOW_UP: True, HEAD_STATUS: head.status})
        try:
            page = await self.crawler.engine.download_async(request)
        except NOT_CHECKED:
            return None
        except Exception as error:  # whatever it was, it says nothing of the title
            return Finding(None, failure_reason(error))
        return finding_of(page)

    def check_failed(self, failure: Failure) -> Verdict | None:
        tmdb_id = failure.request.cb_kwargs["tmdb_id"]  # type: ignore[attr-defined]
        if isinstance(failure.value, NOT_CHECKED):
            self.queue.check_dropped(tmdb_id)
            return None
        return self._verdict(tmdb_id, Finding(None, failure_reason(failure)))

    def _verdict(self, tmdb_id: int, finding: Finding) -> Verdict:
        return Verdict(self.kind.collection, tmdb_id, finding.available, finding.reason, now())
