"""What VidSrc's answer says about a title: judged once, when it comes, and kept for later."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from moviesync.checks.ways import PAGE, Way
from moviesync.items import Evidence
from moviesync.vidsrc.answer import HEADERS, Answer, Finding

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

WAY = "way"
"""Request meta: the ``Way`` in which VidSrc is asked."""
ASKED = "asked"
"""Request meta: the address that was asked for first, before any redirect."""
SESSION = "session"
"""Request meta: in which session of ``Mirrors`` VidSrc is asked."""
HANDED_ON = "handed_on"
"""Request meta: another request was sent in place of this check, to another mirror, and was seen by all components."""
FINDING = "finding"
"""Request meta: what its answer says, a ``Finding``, or ``None`` if another way has to confirm it."""

REDIRECTS = range(300, 400)


def judge(request: Request, response: Response) -> Finding | None:
    """Judge an answer, and keep the finding in the meta of its request."""
    finding = way_of(request).judge(
        Answer(
            status=response.status,
            asked=request.meta.get(ASKED, request.url),
            url=response.url,
            headers={
                name: value.decode("latin-1")
                for name in HEADERS
                if (value := response.headers.get(name)) is not None
            },
            body=None if request.method == "HEAD" else response.body,
        )
    )
    request.meta[FINDING] = finding
    return finding


def finding_of(response: Response) -> Finding | None:
    """The finding of an answer: the one that is kept, or, if nobody has judged it yet, a new one."""
    request = response.request
    assert request
    return request.meta[FINDING] if FINDING in request.meta else judge(request, response)


def way_of(request: Request) -> Way:
    """The way in which a request asks."""
    way: Way = request.meta.get(WAY, PAGE)
    return way


def evidence_of(response: Response) -> Evidence:
    """What a verdict from an answer rests on."""
    assert response.request
    return Evidence(way_of(response.request).by, host_of(response.url))


def host_of(url: str) -> str:
    """The host that an address names, with its port if it names one, and never with a password.

    >>> host_of("https://user:secret@vidsrc.sh/embed"), host_of("http://127.0.0.1:8000")
    ('vidsrc.sh', '127.0.0.1:8000')
    """
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def is_well(request: Request, response: Response) -> bool | None:
    """Judge an answer. True: it shows that VidSrc works; False: that it does not; ``None``: neither."""
    finding = judge(request, response)
    if finding is None or response.status in REDIRECTS:
        return None
    return finding.available is not None
