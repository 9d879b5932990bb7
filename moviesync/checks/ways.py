"""The ways of asking VidSrc about a title: they differ by what is asked for, and by what an answer means.

Which of them tells a title that is there from one that is not differs from mirror to mirror, and changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from moviesync import items
from moviesync.kinds import Kind
from moviesync.vidsrc import info, page
from moviesync.vidsrc.answer import Answer, Finding


@dataclass(frozen=True)
class Way:
    """One way of asking."""

    name: str
    by: str
    """What a verdict then rests on: ``Evidence.by``."""
    what: str
    """What it shows of a title that is there."""
    method: str
    url: Callable[[str, Kind, int], str]
    """The address of a title, from that of the mirror."""
    judge: Callable[[Answer], Finding | None]
    """``None``: only ``confirmed_by`` can say."""
    confirmed_by: Way | None = None


PAGE = Way("page by GET", items.PAGE, "a page", "GET", page.page_url, page.judge)
PAGE_BY_HEAD = Way("page by HEAD", items.PAGE, "a page", "HEAD", page.page_url, page.judge_head, PAGE)
INFO = Way("info", items.INFO, "info", "GET", info.info_url, info.judge)
WAYS = (PAGE_BY_HEAD, PAGE, INFO)
"""The cheapest first."""
