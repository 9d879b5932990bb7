"""``scrapy parse``: what a callback makes of one page. Nothing is stored, and there is no run."""

from __future__ import annotations

from scrapy.commands import parse

from moviesync.basecommand import WithoutARun


class Command(WithoutARun, parse.Command):
    """Exit codes are those of Scrapy."""
