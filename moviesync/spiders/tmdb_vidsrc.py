"""The walk through TMDB's discover pages, and the check of each title at VidSrc."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.http import Headers, Response
from scrapy_spider_metadata import Args  # type: ignore[attr-defined]

from moviesync import due, tmdb, vidsrc
from moviesync.arguments import Arguments
from moviesync.backlog import Backlog
from moviesync.clock import now
from moviesync.exceptions import DOWNLOAD_FAILURES, RunStopped, failure_reason
from moviesync.items import Page, Verdict
from moviesync.kinds import MOVIE, Kind
from moviesync.ledger import Ledger
from moviesync.limits import TMDB_SLOT, VIDSRC_SLOT, site_limits
from moviesync.stores import make_store
from moviesync.stores.base import Store, StoreUnavailable
from moviesync.stores.dry_run import DryRunStore
from moviesync.walk import Walk, Window

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure
    from typing_extensions import Self


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
        spider.pages_left = spider.args.max_pages
        spider.walk = Walk(cls.kind.collection, today=spider.started.date())
        spider.backlog = Backlog(concurrency)
        spider.backlog.connect(crawler)
        return spider

    started: datetime
    pages_left: int | None
    """Pages that ``max_pages`` still allows."""
    walk: Walk
    backlog: Backlog

    # What is to be done

    async def start(self) -> AsyncIterator[Any]:
        store, collection, days = self.store, self.kind.collection, self.args.recheck_days
        try:
            async for tmdb_id in due.unchecked(store, collection):
                yield await self._check_in_turn(tmdb_id)
            if days is not None:
                async for tmdb_id in due.stale(store, collection, before=self.started - timedelta(days=days)):
                    yield await self._check_in_turn(tmdb_id)
            async for request in self._walk():
                yield request
            async for tmdb_id in due.unchecked(store, collection, failed_before=self.started):
                yield await self._check_in_turn(tmdb_id)
        except StoreUnavailable as error:
            raise RunStopped(str(error)) from None

    async def _check_in_turn(self, tmdb_id: int) -> Request:
        await self.backlog.room_for_check()
        return self._check_request(tmdb_id)

    async def _walk(self) -> AsyncIterator[Request]:
        arguments = self.args
        ledger = Ledger(
            self.store,
            self.kind.collection,
            arguments.released_from,
            arguments.released_to,
            now=self.started,
        )
        walk = await ledger.walk(
            arguments.walk,
            anew_if_finished=arguments.start_page > 1 or arguments.start_index > 0,
        )
        if walk is None:
            return
        self.walk = walk
        for window in walk:
            if self.pages_left == 0:
                break
            opening = window.pages is None
            if opening:
                yield self._page_request(window, 1)
                await self.backlog.pages_done()
                await ledger.save(walk)
                self._tell_size(window)
            async for request in self._window_pages(window, after=1 if opening else 0):
                yield request
        if walk.exhausted and arguments.start_page > walk.pages:
            line = f"-a start_page={arguments.start_page} is past the end: the walk has {walk.pages} pages"
            raise RunStopped(line, exit_code=2)
        await ledger.save(walk, finished=now() if walk.complete else None)

    async def _window_pages(self, window: Window, *, after: int) -> AsyncIterator[Request]:
        more = True
        while more:
            more = False
            for number in self.walk.to_do(window, self.args.start_page, after=after):
                await self.backlog.room_for_page()
                if self.pages_left == 0:
                    return
                self._count_page()
                yield self._page_request(window, number)
                more, after = True, number
            # Only the last answers tell whether the window has grown meanwhile.
            await self.backlog.pages_done()

    def _tell_size(self, window: Window) -> None:
        if window.pages is not None:
            self.logger.info(
                "TMDB has %d pages of %s %s; the walk has %d in all",
                window.pages,
                self.kind.collection,
                window,
                self.walk.pages,
            )
        elif len(self.walk.windows) == 1:
            raise RunStopped("TMDB's first page could not be read (the line above says why): try again later")

    def _count_page(self) -> None:
        if self.pages_left is not None:
            self.pages_left -= 1

    # Pages

    def _page_request(self, window: Window, number: int) -> Request:
        self.backlog.page_asked(window, number)
        return Request(
            tmdb.discover_url(self.tmdb_url, self.kind, window, number),
            callback=self.parse_page,
            errback=self.page_failed,
            cb_kwargs={"window": window, "number": number},
            meta={"download_slot": TMDB_SLOT, "autothrottle_dont_adjust_delay": True},
            priority=1,
        )

    async def parse_page(self, response: Response, window: Window, number: int) -> AsyncIterator[Any]:
        """The answer of TMDB to a page of a window.

        @recorded 3/discover/movie.json
        @titles 20
        """
        if response.status == tmdb.UNAUTHORIZED:
            raise RunStopped(self._key_refused(response))
        if last := tmdb.refused_page(response.status, response.body, number):
            self.walk.refused(last)
            self.logger.info("TMDB shows no page of a query past %d", self.walk.cap)
            self.backlog.page_done(window, number)
            return
        try:
            page = tmdb.read_page(response.status, response.body, self.kind, now())
            wanted = self._note_size(page, window, number)
        except tmdb.MalformedPage as error:
            self._page_lost(window, number, str(error))
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

    def _note_size(self, page: tmdb.DiscoverPage, window: Window, number: int) -> bool:
        """Whether the page is to be walked, or was asked for its window's size alone."""
        opening = window.pages is None
        if page.total_pages is not None and page.total_results is not None:
            self.walk.opened(window, page.total_pages, page.total_results, page.days)
        elif opening:
            raise tmdb.MalformedPage("it does not say how many pages there are")
        if not opening:
            return True
        if self.pages_left == 0 or not self.walk.wants(window, number, self.args.start_page):
            return False
        self._count_page()
        return True

    def page_failed(self, failure: Failure) -> None:
        asked = failure.request.cb_kwargs  # type: ignore[attr-defined]
        self._page_lost(asked["window"], asked["number"], failure_reason(failure))

    def _page_lost(self, window: Window, number: int, reason: str) -> None:
        self.backlog.page_done(window, number)
        self.crawler.stats.inc_value("pages/failed")
        self.logger.warning(
            "Page %d of %s %s is left for the next run: %s", number, self.kind.collection, window, reason
        )

    def _tell_problems(self, page: tmdb.DiscoverPage, window: Window, number: int) -> None:
        if page.problems:
            self.crawler.stats.inc_value("items/unreadable", len(page.problems))
            self.logger.warning(
                "Page %d of %s %s: %d items are not as they should be: %s",
                number,
                self.kind.collection,
                window,
                len(page.problems),
                "; ".join(page.problems[:3]),
            )

    def _key_refused(self, response: Response) -> str:
        settings = self.crawler.settings
        variable = "TMDB_ACCESS_TOKEN" if settings["TMDB_ACCESS_TOKEN"] else "TMDB_API_KEY"
        return (
            f"TMDB refuses the key in {variable} (HTTP 401: {tmdb.error_message(response.body)});"
            " yours is at https://www.themoviedb.org/settings/api"
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
        """The answer of VidSrc to a HEAD; where it does not settle the matter, a GET is awaited.

        @recorded embed/movie/603
        @verdict unavailable
        """
        finding = vidsrc.judge_head(response.status, _text(response.headers))
        if finding is None:
            finding = await self._look(response)
        yield self._verdict(tmdb_id, finding)

    async def _look(self, head: Response) -> vidsrc.Finding:
        """Look at the page whose HEAD was answered with ``head``."""
        request = Request(head.url, meta={"download_slot": VIDSRC_SLOT})
        try:
            page = await self.crawler.engine.download_async(request)
        except DOWNLOAD_FAILURES as error:
            return vidsrc.Finding(None, failure_reason(error))
        return vidsrc.judge_get(page.status, _text(page.headers), page.body, head_status=head.status)

    def check_failed(self, failure: Failure) -> Verdict:
        tmdb_id = failure.request.cb_kwargs["tmdb_id"]  # type: ignore[attr-defined]
        return self._verdict(tmdb_id, vidsrc.Finding(None, failure_reason(failure)))

    def _verdict(self, tmdb_id: int, finding: vidsrc.Finding) -> Verdict:
        return Verdict(self.kind.collection, tmdb_id, finding.available, finding.reason, now())


def _text(headers: Headers) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.to_unicode_dict().items()}
