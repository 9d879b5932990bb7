"""The same for shows."""

from __future__ import annotations

from moviesync.kinds import SHOW
from moviesync.spiders.tmdb_vidsrc import TmdbVidsrcSpider


class TmdbVidsrcTvSpider(TmdbVidsrcSpider):
    """Shows, into the collection ``shows``; see TmdbVidsrcSpider."""

    name = "tmdb_vidsrc_tv"
    kind = SHOW
