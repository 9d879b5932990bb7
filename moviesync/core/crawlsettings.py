"""How CRAWL_SETTINGS become settings of moviesync's spiders, and of no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.settings import BaseSettings

from moviesync.core.priorities import is_set, override

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "EXTENSIONS": (
        "moviesync.extensions.storesession.StoreSession",
        "moviesync.extensions.logstats.LogStats",
        "moviesync.extensions.jobdir.JobDir",
        "moviesync.checks.controls.Controls",
        "moviesync.log.file.LogFile",
    ),
    "DOWNLOADER_MIDDLEWARES": ("moviesync.downloadermiddlewares.mirror.MirrorInUse",),
}
"""What makes a crawl a run: these open the store, write files, or send requests of their own."""


def apply_crawl_settings(settings: BaseSettings) -> None:
    """Set what CRAWL_SETTINGS say, as settings of a spider. What the user has set stays.

    Components are merged: those that the user adds or switches off, and moviesync's own.
    """
    for name, value in settings.getdict("CRAWL_SETTINGS").items():
        given = settings[name]
        if isinstance(value, dict) and isinstance(given, BaseSettings):
            own = {key: given[key] for key in given if is_set(given, key)}
            override(settings, name, {**value, **own})
        elif not is_set(settings, name):
            settings.set(name, value, priority="spider")


def without_a_run(settings: BaseSettings) -> None:
    """For a command that uses a spider without running it: no store, no files, no JOBDIR, no control request."""
    changed: dict[str, Any] = dict(settings.getdict("CRAWL_SETTINGS"))
    for name, components in RUN_COMPONENTS.items():
        changed[name] = {**changed[name], **dict.fromkeys(components)}
    settings.set("CRAWL_SETTINGS", changed, priority="cmdline")
