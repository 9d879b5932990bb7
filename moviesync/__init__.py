"""moviesync: every film and show on TMDB, and whether VidSrc has a page for it."""

__version__ = "0.1.0"
