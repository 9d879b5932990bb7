"""How a check ends: the verdict that follows from the answer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request

from moviesync.checks.response import ASKED, SESSION, WAY, evidence_of, finding_of, way_of
from moviesync.clock import now
from moviesync.core.slots import FOLLOW_UP, SITE
from moviesync.core.timelimit import TIME_LIMIT
from moviesync.exceptions import MirrorChanged, RequestCancelled, SiteDown, failure_reason
from moviesync.items import Verdict
from moviesync.vidsrc.answer import Finding

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NOT_CHECKED = (MirrorChanged, RequestCancelled, SiteDown)
"""How a check ends that has no result, not even an unknown: its title stays as it was."""


async def conclude(crawler: Crawler, collection: str, tmdb_id: int, response: Response) -> Verdict:
    """The verdict on a title; if the answer to a HEAD does not settle it, a GET is awaited.

    Raises one of ``NOT_CHECKED`` if that GET is not sent.
    """
    assert response.request
    session = response.request.meta.get(SESSION, 0)
    try:
        if (finding := finding_of(response)) is None:
            response = await crawler.engine.download_async(_confirmation(response, response.request))
            finding = finding_of(response)
    except NOT_CHECKED:
        raise
    except Exception as error:  # whatever it was, it says nothing of the title
        finding = Finding(None, failure_reason(error))
    assert finding
    evidence = None if finding.available is None else evidence_of(response)
    return Verdict(collection, tmdb_id, *finding, now(), evidence, session=session)


def without_answer(collection: str, tmdb_id: int, request: Request, error: Exception) -> Verdict:
    """The verdict on a title if there was no answer: unknown."""
    return Verdict(
        collection, tmdb_id, None, failure_reason(error), now(), session=request.meta.get(SESSION, 0)
    )


def _confirmation(head: Response, asked: Request) -> Request:
    """The request that looks at the page whose HEAD was answered with ``head``."""
    meta = {name: asked.meta[name] for name in (SITE, ASKED, SESSION, TIME_LIMIT) if name in asked.meta}
    # Goes before checks that are not begun, so that a check that is begun ends soon.
    return Request(head.url, meta={**meta, FOLLOW_UP: True, WAY: way_of(asked).confirmed_by})
