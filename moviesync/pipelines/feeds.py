"""Scrapy's own feeds (``-O verdicts.jsonl``): a line for each check, with the documents' field names."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import NotConfigured
from w3lib.url import file_uri_to_path

from moviesync.extensions.storesession import StoreSession
from moviesync.items import Batch, Verdict
from moviesync.output import refusal
from moviesync.stores.base import Document, Store, StoreUnavailable
from moviesync.stores.documents import iso

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


@dataclass(frozen=True, kw_only=True)
class FeedLine(Verdict):
    """A verdict with what the store knows of its title; ``FEED_EXPORT_FIELDS`` names the fields in a feed."""

    title: str | None
    year: int | None
    last_checked: str | None
    """``None`` if the check gave no verdict: the document's ``lastChecked`` stays as it is."""
    evidence_by: str | None
    evidence_host: str | None
    """What the verdict rests on, as two fields, so that CSV has a column for each."""


class FeedPipeline:
    """Item pipeline: makes a FeedLine of each verdict that is stored, if there is a feed.

    A check knows only the id of its title, so the store is asked; a run without a feed does not ask.
    """

    def __init__(self, store: Store):
        self._store = store

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        session = crawler.get_extension(StoreSession)
        if session is None or not crawler.settings.getdict("FEEDS"):
            raise NotConfigured
        return cls(session.store)

    async def process_item(self, item: Batch | Verdict) -> Batch | Verdict:
        if not isinstance(item, Verdict):
            return item
        document: Document | None = None
        # The run ends; the verdict is stored, and its line has no title.
        with suppress(StoreUnavailable):
            document = await self._store.title(item.collection, item.tmdb_id)
        found = document or {}
        by, host = (item.evidence.by, item.evidence.host) if item.evidence else (None, None)
        checked = iso(item.at) if item.available is not None else None
        return FeedLine(
            **{one.name: getattr(item, one.name) for one in fields(item)},
            title=found.get("title"),
            year=found.get("year"),
            last_checked=checked,
            evidence_by=by,
            evidence_host=host,
        )


def with_feed_lines(feeds: dict[str, Any]) -> dict[str, Any]:
    """The setting FEEDS, so that each feed gets a line for each check; a batch of titles is for the store."""
    return {address: {"item_classes": [FeedLine], **options} for address, options in feeds.items()}


def problems(feeds: Iterable[str], schemes: Collection[str]) -> list[str]:
    """One line for each feed whose scheme is not in ``schemes``, or whose file cannot be written.

    Scrapy would notice it only at the first line, and the run would go on without the feed.
    """
    found = []
    for feed in feeds:
        scheme = "" if PureWindowsPath(feed).drive else urlsplit(feed).scheme
        if scheme not in schemes:
            # The rest may hold a password.
            found.append(f"{scheme}:...: a feed can be a file, or one of {', '.join(filter(None, schemes))}")
            continue
        local = scheme in {"", "file"} and "%(" not in feed
        if local and (why := refusal(file_uri_to_path(feed) if scheme else feed)):
            found.append(f"{feed}: the feed cannot be written ({why})")
    return found
