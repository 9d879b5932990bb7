"""How a run ends before its work is done, and why a request got no answer."""

from __future__ import annotations

import ssl

from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    DropItem,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.python.failure import Failure


class CrawlStopped(CloseSpider):
    """The run cannot do its work; raised from ``start()``, a callback, or a handler of ``spider_opened``.

    Its reason is one line: what is wrong and what to do. ``core.exitcodes`` gives the exit code for it.
    """


class RequestCancelled(IgnoreRequest):
    """The run ends, and this request is not sent, or not again; raised by the gate and by waits."""

    def __init__(self) -> None:
        super().__init__("the run ends")


class SiteDown(IgnoreRequest):
    """The site is down and the run goes on without it; raised by CircuitBreaker."""


class MirrorChanged(IgnoreRequest):
    """VidSrc is asked elsewhere, or in another way, from now on; raised by Mirrors in requests that wait."""


class NotCovered(DropItem):
    """A verdict is not stored, as no controls cover it, and its title stays due; raised by Coverage."""

    def __init__(self) -> None:
        super().__init__("no controls cover it")


class TooManyRedirects(IgnoreRequest):
    """A site redirected more often than REDIRECT_MAX_TIMES; raised by InlineRedirect."""


_REASONS: dict[type[Exception], str] = {
    TooManyRedirects: "too many redirects",
    CannotResolveHostError: "host not found",
    DownloadConnectionRefusedError: "connection refused",
    DownloadTimeoutError: "timeout",
    DownloadCancelledError: "answer too large",
    ResponseDataLossError: "answer cut short",
    DownloadFailedError: "connection lost",
    UnsupportedURLSchemeError: "address not usable",
    ValueError: "address not usable",
    IgnoreRequest: "answer not usable",
}


UNUSABLE_ANSWERS = (DownloadCancelledError, IgnoreRequest)
"""Failures that another try does not mend, and that say nothing about the site: an answer that cannot be
used, and requests that moviesync itself ended."""


def failure_reason(error: BaseException | Failure) -> str:
    """In a word or two why a request got no answer; it is stored as ``checkError.reason``."""
    if isinstance(error, Failure):
        error = error.value or Exception()
    if isinstance(error.__cause__, ssl.SSLError):
        # Scrapy takes it for a refused connection.
        return "TLS failure"
    return next((words for kind, words in _REASONS.items() if isinstance(error, kind)), type(error).__name__)
