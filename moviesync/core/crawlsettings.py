"""How CRAWL_SETTINGS become settings of moviesync's spiders, and of no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from moviesync.core.usage import is_set

if TYPE_CHECKING:
    from collections.abc import Mapping

WITHOUT_A_RUN: Mapping[str, tuple[str, ...]] = {
    "EXTENSIONS": (
        "moviesync.extensions.storesession.StoreSession",
        "moviesync.extensions.logstats.LogStats",
        "moviesync.extensions.jobdir.JobDir",
        "moviesync.extensions.autothrottle.AutoThrottle",
        "moviesync.log.file.LogFile",
    ),
    "DOWNLOADER_MIDDLEWARES": ("moviesync.checks.controls.Controls",),
}
"""What makes a crawl a run: it opens the store, writes files, and asks VidSrc of its own."""


def apply_crawl_settings(settings: BaseSettings) -> None:
    """Set what CRAWL_SETTINGS say, as settings of a spider. What the user has set stays.

    Components are merged: those that the user adds or switches off, and moviesync's own.
    """
    for name, value in settings.getdict("CRAWL_SETTINGS").items():
        given = settings[name]
        if isinstance(value, dict) and isinstance(given, BaseSettings):
            own = {key: given[key] for key in given if is_set(given, key)}
            # Above those of the process, which are merged in later.
            priority = max(SETTINGS_PRIORITIES["spider"], 1 + (settings.getpriority(name) or 0))
            settings.set(name, {**value, **own}, priority=priority)
        elif not is_set(settings, name):
            settings.set(name, value, priority="spider")


def without_a_run(settings: BaseSettings) -> None:
    """For a command that uses a spider and is no run of it: the store stays closed, nothing is written, no
    JOBDIR is taken, and VidSrc is asked for no control."""
    changed: dict[str, Any] = dict(settings.getdict("CRAWL_SETTINGS"))
    for name, components in WITHOUT_A_RUN.items():
        changed[name] = {**changed[name], **dict.fromkeys(components)}
    settings.set("CRAWL_SETTINGS", changed, priority="cmdline")
