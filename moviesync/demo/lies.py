"""The ways in which a mirror of VidSrc does not tell the truth."""

from __future__ import annotations

from enum import Enum


class Lie(Enum):
    """What a mirror answers in place of the truth; what each of them says is in ``lying.py``."""

    ALL_GONE = "404 for everything"
    """A parked domain, or a base address with a wrong path."""
    SAME_PAGE = "the same page for everything"
    """200 and HTML, also for info and lists: a parked domain."""
    MAINTENANCE = "a maintenance page for everything"
    """200."""
    EMPTY = "an empty 200 for everything"
    NO_CONTENT = "204 for everything"
    TO_ROOT = "everything redirects to /"
    """And there is a page."""
    TO_LOGIN = "everything redirects to /login"
    """With the address that was asked for in ``next``; and there is a page."""
    COOKIE_WALL = "a cookie wall"
    """302 to itself, with a cookie."""
    CHALLENGE = "a challenge page for everything"
    """403, with the header ``cf-mitigated``."""
    ERROR_500 = "500 for everything"
    SOFT_404 = "a soft 404 for everything"
    """200, and the title of the page is "404 Not Found"."""

    HEAD_404 = "every HEAD is 404"
    HEAD_HANGS = "HEAD hangs"
    HEAD_DROPPED = "HEAD is dropped"
    HEAD_400 = "every HEAD is 400"
    HEAD_403 = "every HEAD is 403"
    HEAD_500 = "every HEAD is 500"

    PLAYER = "a player for everything"
    """The page of every title has one; of a mirror of the form "old"."""
    INFO = "info for everything"
    """Every id has one; of a mirror of the form "today"."""
    NO_INFO = "no info for everything"
    """Every id is absent, in the way of the mirror."""

    PARTIAL = "206 for everything"
    """What is right, with 206 in place of 200."""
    CUT = "everything is cut short"
    """Half of what is right, though ``Content-Length`` says more."""
