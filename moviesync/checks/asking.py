"""Asking VidSrc for a title whose answer is known, or for one of its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scrapy import Request

from moviesync.checks.response import ASKED, WAY, finding_of
from moviesync.checks.ways import Way
from moviesync.core.slots import CONTROL, FOLLOW_UP, PROBE, SITE, VIDSRC
from moviesync.core.stopping import Stopping
from moviesync.core.timelimit import TIME_LIMIT, TimeLimit
from moviesync.exceptions import MirrorChanged, RequestCancelled, TooManyRedirects, failure_reason
from moviesync.vidsrc.answer import GONE, OK, Finding, Unpackable, unpacked

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from moviesync.kinds import Kind

LONGEST = 10.0
"""Seconds for one control: a way that takes longer is of no value for a million titles."""
LARGEST_LIST = 64 * 1024 * 1024
"""Bytes; VidSrc's longest list, that of the episodes, has 7.5 MB."""
_BUSY = frozenset({403, 408, 425, 429})
_ERRORS = 500


class Asked(NamedTuple):
    """How a title was answered for."""

    finding: Finding | None
    """``None``: another way has to confirm it."""
    url: str
    """The address that answered."""
    failed: bool = False
    """The site did not answer, or with an error: that says nothing of how it answers otherwise."""
    unreachable: bool = False
    """There was no answer, to whatever question."""

    @property
    def available(self) -> bool | None:
        return self.finding.available if self.finding else None

    @property
    def reason(self) -> str:
        return self.finding.reason if self.finding else ""


async def ask(
    crawler: Crawler, base_url: str, way: Way, kind: Kind, tmdb_id: int, *, probe: bool = False
) -> Asked:
    """Ask a mirror for one title. ``probe``: also while its site is held, and with one try only.

    Raises RequestCancelled or MirrorChanged if the question is not to be asked any more.
    """
    url = way.url(base_url, kind, tmdb_id)
    request = _request(crawler, url, way.method, probe=probe)
    request.meta[WAY] = way
    try:
        response = await crawler.engine.download_async(request)
    except (RequestCancelled, MirrorChanged):
        raise
    except Exception as error:  # whatever it was, there is no answer
        _end_with_the_run(crawler)
        is_loop = isinstance(error, TooManyRedirects)
        return Asked(Finding(None, failure_reason(error)), url, failed=not is_loop, unreachable=not is_loop)
    finding = finding_of(response)
    nothing = finding is not None and finding.available is None
    return Asked(
        finding, response.url, failed=nothing and (response.status in _BUSY or response.status >= _ERRORS)
    )


async def ask_for_list(crawler: Crawler, url: str) -> tuple[Response | None, bytes, str]:
    """A list of VidSrc: the answer, its body, and in a few words why there is none (empty: there is one)."""
    request = _request(crawler, url, "GET", probe=True)
    request.meta["download_maxsize"] = LARGEST_LIST
    request.meta["download_timeout"] = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
    try:
        response = await crawler.engine.download_async(request)
        if response.status != OK:
            return None, b"", "is not there" if response.status in GONE else f"HTTP {response.status}"
        encoding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        return response, unpacked(response.body, encoding, LARGEST_LIST), ""
    except Unpackable as error:
        return None, b"", str(error)
    except RequestCancelled:
        raise
    except Exception as error:  # whatever it was, there is no list
        _end_with_the_run(crawler)
        return None, b"", failure_reason(error)


def _end_with_the_run(crawler: Crawler) -> None:
    """Raise RequestCancelled if the run is being stopped: an error then says nothing of the site."""
    stopping = crawler.get_extension(Stopping)
    if stopping and stopping.event.is_set():
        raise RequestCancelled()


def _request(crawler: Crawler, url: str, method: str, *, probe: bool) -> Request:
    timeout = min(LONGEST, crawler.settings.getfloat("DOWNLOAD_TIMEOUT"))
    meta = {SITE: VIDSRC, ASKED: url, FOLLOW_UP: True, CONTROL: True, TIME_LIMIT: TimeLimit(timeout)}
    if probe:
        meta |= {PROBE: True, "dont_retry": True}
    return Request(url, method=method, meta=meta)
