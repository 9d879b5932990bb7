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
    "DOWNLOAD_MAXSIZE": int,
    "DOWNLOAD_WARNSIZE": int,
    "REDIRECT_MAX_TIMES": int,
    "CONCURRENT_ITEMS": int,
    "DOWNLOAD_DELAY": float,
    "DOWNLOAD_DELAY_JITTER": float,
    "AUTOTHROTTLE_START_DELAY": float,
    "AUTOTHROTTLE_MAX_DELAY": float,
    "AUTOTHROTTLE_TARGET_CONCURRENCY": float,
}
"""Settings of moviesync's components, and Scrapy's settings that they honour."""
ABOVE_0 = {"AUTOTHROTTLE_TARGET_CONCURRENCY"}
NOT_HONOURED = {
    "CONCURRENT_REQUESTS_PER_IP": "set CONCURRENT_REQUESTS_PER_DOMAIN, which counts by site",
    "DOWNLOAD_SLOTS": "set TMDB_RATE and VIDSRC_CONCURRENCY",
    "RANDOMIZE_DOWNLOAD_DELAY": "set DOWNLOAD_DELAY_JITTER",
    "RETRY_ENABLED": "set RETRY_TIMES=0",
    "RETRY_EXCEPTIONS": "set RETRY_TIMES, which counts for every failure that can pass",
    "RETRY_HTTP_CODES": "set RETRY_TIMES, which counts for every failure that can pass",
}
"""Scrapy's settings that have no effect here, and what to set instead."""
ARGUMENTS = {
    "BATCH_SIZE": "-a batch_size",
    "DRY_RUN": "-a dry_run",
    "ON_VIDSRC_DOWN": "-a on_vidsrc_down",
    "RECHECK_DAYS": "-a recheck_days",
}
"""Settings that follow from the arguments of a spider, and those arguments."""


NO_KEY = (
    "no key for TMDB: set TMDB_ACCESS_TOKEN or TMDB_API_KEY (in the environment or in .env),"
    " or try it without one: scrapy demo"
)


def has_key(settings: BaseSettings) -> bool:
    return bool(settings["TMDB_ACCESS_TOKEN"] or settings["TMDB_API_KEY"])


def refused_key(settings: BaseSettings, code: int | None) -> str:
    """One line on a key that TMDB refuses with this ``status_code``."""
    variable = "TMDB_ACCESS_TOKEN" if settings["TMDB_ACCESS_TOKEN"] else "TMDB_API_KEY"
    why = f"HTTP 401, code {code}"
    return f"TMDB refuses the key in {variable} ({why}): yours is at https://www.themoviedb.org/settings/api"


def settings_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, and each setting given with ``-s``, that cannot be used."""
    return [
        *environment_problems(settings),
        *_numbers(settings),
        *_not_honoured(settings),
        *_arguments(settings),
    ]


def environment_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, or setting given in its place with ``-s``, that cannot be used."""
    given = {name: str(settings[name]) for name in Environment.model_fields if settings[name] is not None}
    return [*settings["ENVIRONMENT_PROBLEMS"], *environment.read(given)[1]]


def _numbers(settings: BaseSettings) -> list[str]:
    problems = []
    for name, kind in NUMBERS.items():
        least = "above 0" if name in ABOVE_0 else "from 0 on"
        try:
            number = kind(settings[name])
            usable = number > 0 if name in ABOVE_0 else number >= 0
        except (TypeError, ValueError, OverflowError):
            usable = False
        if not usable:
            what = "whole number" if kind is int else "number"
            problems.append(f"-s {name}={settings[name]}: should be a {what} {least}")
    return problems


def _not_honoured(settings: BaseSettings) -> list[str]:
    return [
        f"-s {name}: has no effect here; {instead}"
        for name, instead in NOT_HONOURED.items()
        if (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["default"]
    ]


def _arguments(settings: BaseSettings) -> list[str]:
    return [
        f"-s {name}={settings[name]}: has no effect; give {argument}"
        for name, argument in ARGUMENTS.items()
        if (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["spider"]
    ]
