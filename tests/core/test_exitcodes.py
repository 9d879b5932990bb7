"""How a run ends, as an exit code, and why a request got no answer, in words."""

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

from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE, exit_code
from moviesync.exceptions import (
    UNUSABLE_ANSWERS,
    CrawlStopped,
    RequestCancelled,
    SiteDown,
    TooManyRedirects,
    failure_reason,
)


@pytest.mark.parametrize(
    "reason",
    ["finished", "shutdown", "closespider_timeout", "closespider_itemcount", "closespider_errorcount"],
)
def test_a_run_that_has_done_its_work_or_was_ended_by_its_user_ended_well(reason: str) -> None:
    assert exit_code(reason) == 0


@pytest.mark.parametrize(
    "reason",
    [
        "cancelled",
        "start_error",
        "memusage_exceeded",
        "the run was cut off; the same command goes on with it",
        "TMDB has been down for 300 s (HTTP 500): try again later",
        "sqlite:films.db: no such table: movies",
        "a mistake in moviesync: ValueError('-a start_page')",
        "JOBDIR crawls/run1 is in use by another run: wait for it, or take another folder",
        "",
    ],
)
def test_any_other_line_says_why_the_work_could_not_be_done(reason: str) -> None:
    assert exit_code(reason) == CANNOT_WORK == 1


@pytest.mark.parametrize(
    "reason",
    [
        "-a start_page=99 is past the end: the walk has 9 pages",
        "-a start_pge=5: there is no such argument; did you mean start_page?",
    ],
)
def test_a_line_that_names_an_argument_is_wrong_usage(reason: str) -> None:
    assert exit_code(reason) == WRONG_USAGE == 2


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
