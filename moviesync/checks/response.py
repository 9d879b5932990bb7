"""What is known about VidSrc, asked of a Scrapy response."""

from __future__ import annotations

from scrapy.http import Response

from moviesync.vidsrc import page as vidsrc

REDIRECTS = range(300, 400)


def judge(response: Response, *, head_status: int = 0) -> vidsrc.Finding | None:
    """``vidsrc.judge`` of an answer; the method of its request tells whether it has a body."""
    headers = {
        name: value.decode("latin-1")
        for name in vidsrc.HEADERS
        if (value := response.headers.get(name)) is not None
    }
    body = None if response.request and response.request.method == "HEAD" else response.body
    return vidsrc.judge(response.status, headers, body, head_status=head_status)


def is_well(response: Response) -> bool | None:
    """Whether an answer shows that VidSrc works; ``None``: it shows neither."""
    finding = judge(response)
    if finding is None or response.status in REDIRECTS:
        return None
    return finding.available is not None
