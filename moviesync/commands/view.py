"""``scrapy view``: one page in the browser. With ``--spider`` nothing is stored, and there is no run."""

from __future__ import annotations

from scrapy.commands import view

from moviesync.basecommand import WithoutARun


class Command(WithoutARun, view.Command):
    """Exit codes are those of Scrapy."""
