"""The stats of a crawl that moviesync reads: their names, and what each counts. docs/reference.md lists them.

A name that ends with ``/`` begins the names of several stats.
"""

from __future__ import annotations

PAGES = "store/pages"
TITLES = "store/titles"
NEW = "store/new"
REFUSED = "store/refused"
AVAILABLE = "verdicts/available"
UNAVAILABLE = "verdicts/unavailable"
UNKNOWN = "verdicts/unknown/"
UP_TO_DATE = "deltafetch/skipped"
REPEATED = "scheduler/repeated"
PAGES_LEFT = "walk/pages_left"
UNREADABLE_ITEMS = "items/unreadable"
CONTROLS = "vidsrc/controls"
CONTROLS_FAILED = "vidsrc/controls_failed"
NOT_COVERED = "vidsrc/not_covered"
MIRRORS = "vidsrc/mirrors"
RETRIES = "retry/count"
RETRY_REASONS = "retry/reason_count/"
LOST_FEEDS = "feedexport/failed_count/"
MISTAKES = "spider_exceptions/count"

MEANINGS = {
    PAGES: "discover pages whose titles are stored",
    TITLES: "titles on those pages",
    NEW: "titles that were not in the store before",
    REFUSED: "titles and verdicts that the store did not take",
    AVAILABLE: "verdicts that are stored as available",
    UNAVAILABLE: "verdicts that are stored as unavailable",
    UNKNOWN: "checks without a verdict, by reason",
    UP_TO_DATE: "titles of a page that needed no check",
    REPEATED: "checks that were not scheduled, as the title was being checked, or just had been",
    PAGES_LEFT: "pages that this run has still to walk, as far as known",
    UNREADABLE_ITEMS: "entries of discover pages that are not as they should be",
    CONTROLS: "controls that were asked during the run, besides those with which mirrors are probed",
    CONTROLS_FAILED: "times that controls did not hold, or got no answer",
    NOT_COVERED: "verdicts that were dropped, as no controls covered them; their titles stay due",
    MIRRORS: "by host, what the mirrors have answered, if none of them could be believed at the last look",
    RETRIES: "further tries of requests (Scrapy's)",
    RETRY_REASONS: "further tries, by reason (Scrapy's)",
    MISTAKES: "exceptions in callbacks, which are mistakes in moviesync (Scrapy's)",
    LOST_FEEDS: "feeds that could not be stored, by kind of storage (Scrapy's)",
}
