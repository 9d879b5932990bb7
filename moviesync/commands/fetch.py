"""``scrapy fetch``: one page as Scrapy gets it. With ``--spider`` nothing is stored, and there is no run."""

from __future__ import annotations

from scrapy.commands import fetch

from moviesync.basecommand import WithoutARun


class Command(WithoutARun, fetch.Command):
    """Exit codes are those of Scrapy."""
