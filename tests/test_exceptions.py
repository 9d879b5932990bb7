"""The exceptions of a run, and why a request got no answer, in words."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.python.failure import Failure

from moviesync.exceptions import (
    UNUSABLE_ANSWERS,
    CrawlStopped,
    RequestCancelled,
    SiteDown,
    TooManyRedirects,
    failure_reason,
)


def test_a_run_that_stops_closes_the_spider_with_its_line() -> None:
    stopped = CrawlStopped("the disk is full: make room")
    assert isinstance(stopped, CloseSpider)
    assert stopped.reason == "the disk is full: make room"


def with_cause(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TooManyRedirects(), "too many redirects"),
        (CannotResolveHostError(), "host not found"),
        (DownloadConnectionRefusedError(), "connection refused"),
        (with_cause(DownloadConnectionRefusedError(), ssl.SSLError()), "TLS failure"),
        (DownloadTimeoutError(), "timeout"),
        (DownloadCancelledError(), "answer too large"),
        (ResponseDataLossError(), "answer cut short"),
        (DownloadFailedError(), "connection lost"),
        (UnsupportedURLSchemeError(), "address not usable"),
        (ValueError(), "address not usable"),
        (IgnoreRequest(), "answer not usable"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_failure_has_a_word_or_two(error: Exception, words: str) -> None:
    failure: Any = Failure(error)  # type: ignore[no-untyped-call]
    assert failure_reason(error) == failure_reason(failure) == words


def test_what_is_not_sent_is_an_answer_that_cannot_be_used_to_scrapy() -> None:
    """So that nothing of Scrapy's logs it as an error or tries it again."""
    for kind in (RequestCancelled, SiteDown, TooManyRedirects):
        assert issubclass(kind, UNUSABLE_ANSWERS)
