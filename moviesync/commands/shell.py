"""``scrapy shell``: one page to try things on. With ``--spider`` nothing is stored, and there is no run."""

from __future__ import annotations

from scrapy.commands import shell

from moviesync.basecommand import WithoutARun


class Command(WithoutARun, shell.Command):
    """Exit codes are those of Scrapy."""
