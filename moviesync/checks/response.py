"""What VidSrc's answer says about a title: judged once, when it comes, and kept for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moviesync.vidsrc import page

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

FINDING = "finding"
"""Request meta: what its answer says, a ``Finding``, or ``None`` if a GET has to look at the page."""
HEAD_STATUS = "head_status"
"""Request meta of a GET: how the HEAD before it was answered."""

_REDIRECTS = range(300, 400)


def judge(request: Request, response: Response) -> page.Finding | None:
    """Judge an answer, and keep the finding in the meta of its request."""
    headers = {
        name: value.decode("latin-1")
        for name in page.HEADERS
        if (value := response.headers.get(name)) is not None
    }
    body = None if request.method == "HEAD" else response.body
    head_status = request.meta.get(HEAD_STATUS, 0)
    finding = page.judge(response.status, headers, body, head_status=head_status)
    request.meta[FINDING] = finding
    return finding


def finding_of(response: Response) -> page.Finding | None:
    """The finding of an answer: the one that is kept, or, if nobody has judged it yet, a new one."""
    request = response.request
    assert request
    return request.meta[FINDING] if FINDING in request.meta else judge(request, response)


def is_well(request: Request, response: Response) -> bool | None:
    """Judge an answer. True: it shows that VidSrc works; False: that it does not; ``None``: neither."""
    finding = judge(request, response)
    if finding is None or response.status in _REDIRECTS:
        return None
    return finding.available is not None
