"""The walk through TMDB's discover pages, and the check of each title at VidSrc."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from moviesync.arguments import Arguments
from moviesync.checks.response import judge
from moviesync.clock import now
from moviesync.core.slots import TMDB_SLOT, VIDSRC_SLOT, site_limits
from moviesync.exceptions import UNUSABLE_ANSWERS, CrawlStopped, RequestCancelled, SiteDown, failure_reason
from moviesync.items import Page, Verdict
from moviesync.kinds import MOVIE, Kind
from moviesync.sources import stored
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.plan import CrawlPlan
from moviesync.sources.discover.walk import Walk
from moviesync.sources.discover.window import Window
from moviesync.stores import make_store
from moviesync.stores.base import Store, StoreUnavailable
from moviesync.stores.dry_run import DryRunStore
from moviesync.tmdb import api, discover
from moviesync.vidsrc import page as vidsrc

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from moviesync.core.scheduler import Scheduler


NOT_CHECKED = (RequestCancelled, SiteDown)
"""How a check ends that comes to nothing, not even to an unknown: its title stays as it was."""


class TmdbVidsrcSpider(Args[Arguments], Spider):
    """Films: a discover page gives a Page item and a check of each title, a check a Verdict item.

    Stored titles that are due come first, then the walk, then those whose check failed before
    this run.
    """

    name = "tmdb_vidsrc"
    kind: Kind = MOVIE
    store: Store
    tmdb_url: str
    vidsrc_url: str
    started: datetime
    itinerary: CrawlPlan

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        concurrency = spider.args.concurrency or settings.getint("VIDSRC_CONCURRENCY")
        settings.setdict(site_limits(settings.getfloat("TMDB_RATE"), concurrency), priority="spider")
        spider.tmdb_url = settings["TMDB_BASE_URL"]
        spider.vidsrc_url = settings["VIDSRC_BASE_URL"]
        spider.store = (
            DryRunStore()
            if spider.args.dry_run
            else make_store(settings["MONGODB_URI"], settings["MONGODB_DATABASE"], settings["SQLITE_PATH"])
        )
        spider.started = now()
        spider.itinerary = CrawlPlan(Walk(cls.kind.collection, today=spider.started.date()))
        return spider

    @property
    def queue(self) -> Scheduler:
        return cast("Scheduler", self.crawler.engine.scheduler)

    # What is to be done

    async def start(self) -> AsyncIterator[Any]:
        try:
            async for request in self._due(failed_before=None):
                yield request
            async for request in self._walk():
                yield request
            await self.queue.all_done()
            self.queue.dropped = 0
            for failed_before in (None, self.started):
                async for request in self._due(failed_before):
                    yield request
            await self.queue.all_done()
        except StoreUnavailable as error:
            raise CrawlStopped(str(error)) from None
        if self.itinerary.left_over:
            raise CrawlStopped(self.itinerary.left_over)
        if self.queue.dropped:
            raise CrawlStopped(
                f"VidSrc was down: {self.queue.dropped} titles are not checked; the same command asks for them"
            )

    async def _due(self, failed_before: datetime | None) -> AsyncIterator[Request]:
        """Checks of stored titles that are due: those whose check failed before a time, or that never failed."""
        store, collection, days = self.store, self.kind.collection, self.args.recheck_days
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

    async def _walk(self) -> AsyncIterator[Request]:
        arguments = self.args
        bounds = (arguments.released_from, arguments.released_to)
        ledger = Checkpoint(self.store, self.kind.collection, *bounds, now=self.started)
        anew = arguments.start_page > 1 or arguments.start_index > 0
        walk = await ledger.walk(arguments.walk, anew_if_finished=anew)
        if walk is None:
            self.itinerary.skip()
            return
        self.itinerary = CrawlPlan(walk, start_page=arguments.start_page, max_pages=arguments.max_pages)
        async for window, number in self.itinerary.pages(ledger, self.queue):
            yield self._page_request(window, number)

    def _page_request(self, window: Window, number: int) -> Request:
        dates = {"first": window.first, "last": window.last}
        return Request(
            discover.discover_url(self.tmdb_url, self.kind, number, **dates, order=window.order),
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"window": window, "number": number},
            meta={"download_slot": TMDB_SLOT, "autothrottle_dont_adjust_delay": True},
        )

    async def parse_page(self, response: Response, window: Window, number: int) -> AsyncIterator[Any]:
        """A Page and a check of each of its titles.

        @recorded_page
        @titles 20
        """
        if response.status == api.UNAUTHORIZED:
            raise CrawlStopped(self._key_refused(response))
        if last := discover.refused_page(response.status, response.body, number):
            self.itinerary.refused(last)
            self.queue.page_done(window, number)
            return
        try:
            page = discover.read_page(response.status, response.body, self.kind, now())
            wanted = self.itinerary.wanted(page, window, number)
        except api.MalformedAnswer as error:
            for page_item in self._not_read(window, number, str(error), answered=response.status == api.OK):
                yield page_item
            return
        if not wanted:
            yield Page(window, number, [], whole=False)
            return
        self._tell_problems(page, window, number)
        first = self.args.start_index if window.offset + number == self.args.start_page else 0
        titles = page.titles[first:]
        yield Page(window, number, titles, undated=page.undated, whole=not first)
        for title in titles:
            yield self._check_request(title.tmdb_id)

    def page_failed(self, failure: Failure) -> Iterator[Page]:
        if isinstance(failure.value, RequestCancelled):
            return
        asked = failure.request.cb_kwargs  # type: ignore[attr-defined]
        answered = isinstance(failure.value, UNUSABLE_ANSWERS)
        yield from self._not_read(
            asked["window"], asked["number"], failure_reason(failure), answered=answered
        )

    def _not_read(self, window: Window, number: int, reason: str, *, answered: bool) -> Iterator[Page]:
        """``answered``: the page is there and nobody can read it; otherwise it can be had another time."""
        gap = answered and window.pages
        follows = "noted as a gap, and the walk goes on" if gap else "the same command asks for it again"
        place = (number, self.kind.collection, window)
        self.logger.warning("Page %d of %s, %s, could not be read: %s; %s", *place, reason, follows)
        if gap:
            window.unreadable.add(number)
            yield Page(window, number, [], whole=False)
        else:
            self.itinerary.lost(reason)
            self.queue.page_done(window, number)

    def _tell_problems(self, page: discover.DiscoverPage, window: Window, number: int) -> None:
        if page.problems:
            self.crawler.stats.inc_value("items/unreadable", len(page.problems))
            place = f"Page {number} of {self.kind.collection}, {window}"
            told = "; ".join(page.problems[:3])
            self.logger.warning("%s: %d items are not as they should be: %s", place, len(page.problems), told)

    def _key_refused(self, response: Response) -> str:
        variable = "TMDB_ACCESS_TOKEN" if self.crawler.settings["TMDB_ACCESS_TOKEN"] else "TMDB_API_KEY"
        why = f"HTTP 401, code {api.error_code(response.body)}"
        return (
            f"TMDB refuses the key in {variable} ({why}): yours is at https://www.themoviedb.org/settings/api"
        )

    # Checks

    def _check_request(self, tmdb_id: int) -> Request:
        return Request(
            vidsrc.page_url(self.vidsrc_url, self.kind, tmdb_id),
            method="HEAD",
            callback=self.parse_check,
            errback=self.check_failed,
            cb_kwargs={"tmdb_id": tmdb_id},
            meta={"download_slot": VIDSRC_SLOT, "deltafetch_key": str(tmdb_id)},
        )

    async def parse_check(self, response: Response, tmdb_id: int) -> AsyncIterator[Verdict]:
        """The verdict; where the answer to the HEAD does not settle it, a GET is awaited.

        @recorded_check 603
        @verdict unavailable
        """
        finding = judge(response) or await self._look(response)
        if finding:
            yield self._verdict(tmdb_id, finding)
        else:
            self.queue.check_dropped(tmdb_id)

    async def _look(self, head: Response) -> vidsrc.Finding | None:
        """Look at the page whose HEAD was answered with ``head``; ``None`` where the run ends before."""
        # Before checks that are not begun: a check is over soon, or is not begun.
        request = Request(head.url, meta={"download_slot": VIDSRC_SLOT}, priority=1)
        try:
            page = await self.crawler.engine.download_async(request)
        except NOT_CHECKED:
            return None
        except Exception as error:  # whatever it was, it says nothing of the title
            return vidsrc.Finding(None, failure_reason(error))
        return judge(page, head_status=head.status)

    def check_failed(self, failure: Failure) -> Verdict | None:
        tmdb_id = failure.request.cb_kwargs["tmdb_id"]  # type: ignore[attr-defined]
        if isinstance(failure.value, NOT_CHECKED):
            self.queue.check_dropped(tmdb_id)
            return None
        return self._verdict(tmdb_id, vidsrc.Finding(None, failure_reason(failure)))

    def _verdict(self, tmdb_id: int, finding: vidsrc.Finding) -> Verdict:
        return Verdict(self.kind.collection, tmdb_id, finding.available, finding.reason, now())
