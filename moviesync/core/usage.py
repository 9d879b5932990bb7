"""What is wrong with the settings of a crawl: one line for each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.settings import SETTINGS_PRIORITIES

from moviesync import environment
from moviesync.environment import Environment

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

NUMBERS: dict[str, type[int] | type[float]] = {
    "RETRY_TIMES": int,
    "LOGFILE_MAX_BYTES": int,
    "LOGFILE_BACKUPS": int,
    "CONCURRENT_REQUESTS": int,
    "CONCURRENT_REQUESTS_PER_DOMAIN": int,
    "RETRY_WAIT": float,
    "SITE_PATIENCE": float,
    "STORE_PATIENCE": float,
    "RUN_HEARTBEAT": float,
    "GROUP_COMMIT_LINGER": float,
    "LOGSTATS_INTERVAL": float,
    "DOWNLOAD_TIMEOUT": float,
    "DOWNLOAD_DELAY": float,
    "DOWNLOAD_DELAY_JITTER": float,
    "AUTOTHROTTLE_START_DELAY": float,
    "AUTOTHROTTLE_MAX_DELAY": float,
    "AUTOTHROTTLE_TARGET_CONCURRENCY": float,
}
"""Settings of moviesync's components, and those of Scrapy's that they honour."""
NOT_HONOURED = {
    "CONCURRENT_REQUESTS_PER_IP": "set CONCURRENT_REQUESTS_PER_DOMAIN, which counts by site",
    "DOWNLOAD_SLOTS": "set TMDB_RATE and VIDSRC_CONCURRENCY",
    "RANDOMIZE_DOWNLOAD_DELAY": "set DOWNLOAD_DELAY_JITTER",
}
"""Settings of Scrapy's that a user may expect to work, and what to set instead."""


def settings_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, and each setting given with ``-s``, that cannot be used."""
    return [*environment_problems(settings), *_numbers(settings), *_not_honoured(settings)]


def environment_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, or setting given in its place with ``-s``, that cannot be used."""
    given = {name: str(settings[name]) for name in Environment.model_fields if settings[name] is not None}
    return [*settings["ENVIRONMENT_PROBLEMS"], *environment.read(given)[1]]


def _numbers(settings: BaseSettings) -> list[str]:
    problems = []
    for name, kind in NUMBERS.items():
        try:
            usable = kind(settings[name]) >= 0
        except (TypeError, ValueError, OverflowError):
            usable = False
        if not usable:
            number = "whole number" if kind is int else "number"
            problems.append(f"-s {name}={settings[name]}: should be a {number} from 0 on")
    return problems


def _not_honoured(settings: BaseSettings) -> list[str]:
    return [
        f"-s {name}: has no effect here; {instead}"
        for name, instead in NOT_HONOURED.items()
        if (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["default"]
    ]
