"""The walk through TMDB's discover pages, and the check of each title at VidSrc."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request
from scrapy.http import Response

from moviesync.checks import lists
from moviesync.checks.check import NOT_CHECKED, conclude, without_answer
from moviesync.clock import now
from moviesync.core.slots import SITE, TMDB
from moviesync.core.usage import refused_key
from moviesync.exceptions import UNUSABLE_ANSWERS, CrawlStopped, RequestCancelled, failure_reason
from moviesync.extensions.storesession import StoreSession
from moviesync.history import stats as names
from moviesync.items import SMALLEST_ID, Batch, Verdict
from moviesync.kinds import MOVIE
from moviesync.reports.closing import not_checked, titles_checked, too_few_verdicts
from moviesync.sources import stored
from moviesync.sources.discover.checkpoint import Checkpoint
from moviesync.sources.discover.plan import CrawlPlan
from moviesync.sources.discover.window import Window
from moviesync.spiders.base import CatalogueSpider
from moviesync.stores.base import Store, StoreUnavailable
from moviesync.tmdb import api
from moviesync.tmdb.discover import discover_url

if TYPE_CHECKING:
    from twisted.python.failure import Failure


PASSES = 3
"""How often titles are asked for again in one run if their verdicts were dropped."""


class TmdbVidsrcSpider(CatalogueSpider):
    """Films: a discover page gives a Batch of titles and a check of each, a check gives a Verdict.

    Stored titles that are due come first, then the walk, then those whose check failed before
    this run. With ``-a verdicts=list`` VidSrc's list gives the verdicts, and there are no checks.
    """

    name = "tmdb_vidsrc"
    kind = MOVIE
    title_list: lists.TitleList | None = None
    """What gives the verdicts, if there are no checks."""
    _is_new = False
    """The store held no title when the run began."""

    async def start(self) -> AsyncIterator[Any]:
        session = self.crawler.get_extension(StoreSession)
        assert session
        try:
            self._is_new = not await session.store.ids(self.kind.collection, after=SMALLEST_ID, limit=1)
            for part in (self._listed, self._first_checks, self._walk, self._last_checks):
                async for output in part(session):
                    yield output
        except StoreUnavailable as error:
            if self.ends:
                return
            raise CrawlStopped(str(error)) from None
        if self.ends:
            return
        stats = self.crawler.stats.get_stats()
        if why := self.plan.left_over or not_checked(self.queue.dropped) or too_few_verdicts(stats):
            raise CrawlStopped(why)

    async def _listed(self, session: StoreSession) -> AsyncIterator[Batch]:
        """The verdicts of all stored titles from VidSrc's list; the walk then uses the same list."""
        if self.args.verdicts != "list":
            return
        self.title_list = await lists.take(self.crawler, self.mirrors, session.store, self.started)
        async for verdicts in self.title_list.of_stored():
            await self.queue.room_for_batch()
            yield Batch([], None, verdicts)
        await self.queue.all_done()
        await self.title_list.note_taken()

    async def _first_checks(self, session: StoreSession) -> AsyncIterator[Request]:
        async for request in self._due(session.store, failed_before=None):
            yield request

    async def _last_checks(self, session: StoreSession) -> AsyncIterator[Request]:
        """Checks of titles whose last check failed before this run, and of those that were dropped in it."""
        await self.queue.all_done()
        stats = self.crawler.stats.get_stats()
        for _ in range(0 if self.ends else PASSES):
            checked, dropped = titles_checked(stats), self.queue.dropped
            self.queue.forget_dropped()
            for failed_before in (None, self.started) if dropped else (self.started,):
                async for request in self._due(session.store, failed_before):
                    yield request
            await self.queue.all_done()
            if self.ends or not self.queue.dropped or titles_checked(stats) == checked:
                break

    async def _due(self, store: Store, failed_before: datetime | None) -> AsyncIterator[Request]:
        """Checks of stored titles that are due: they failed before a time, or (``None``) never failed."""
        if not self._checks:
            return
        days = self.args.recheck_days
        before = None if days is None else self.started - timedelta(days=days)
        due = stored.due(store, self.kind.collection, checked_before=before, failed_before=failed_before)
        async for tmdb_id in due:
            await self.queue.room_for_check()
            yield self._check_request(tmdb_id)

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
        ids = [title.tmdb_id for title in batch.titles]
        if self.title_list:
            yield replace(batch, verdicts=await self.title_list.verdicts(ids))
            return
        waits = self._is_new and self._checks and self.args.on_vidsrc_down == "stop"
        if waits and not await self.mirrors.are_probed():
            # The run ends, as no mirror can be believed; nothing is stored before that is known.
            self._nothing_to_store(window, number)
            return
        yield batch
        if self._checks:
            for tmdb_id in ids:
                yield self._check_request(tmdb_id)

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
        request = self.mirrors.check(
            tmdb_id,
            callback=self.parse_check,
            errback=self.check_failed,
            cb_kwargs={"tmdb_id": tmdb_id},
        )
        request.meta["deltafetch_key"] = str(tmdb_id)
        return request

    async def parse_check(self, response: Response, tmdb_id: int) -> AsyncIterator[Verdict]:
        """The verdict.

        @recorded_check 603
        @verdict unavailable
        """
        try:
            yield await conclude(self.crawler, self.kind.collection, tmdb_id, response)
        except NOT_CHECKED:
            self.queue.check_dropped(tmdb_id)

    def check_failed(self, failure: Failure) -> Verdict | None:
        asked, error = failure.request, cast("Exception", failure.value)  # type: ignore[attr-defined]
        tmdb_id = asked.cb_kwargs["tmdb_id"]
        if isinstance(error, NOT_CHECKED):
            self.queue.check_dropped(tmdb_id)
            return None
        return without_answer(self.kind.collection, tmdb_id, asked, error)
