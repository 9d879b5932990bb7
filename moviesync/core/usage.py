"""What is wrong with the settings of a crawl: one line for each mistake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from moviesync import environment
from moviesync.core.priorities import is_set, override
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
    "CLOSESPIDER_ERRORCOUNT": int,
    "CLOSESPIDER_ITEMCOUNT": int,
    "CLOSESPIDER_PAGECOUNT": int,
    "CLOSESPIDER_PAGECOUNT_NO_ITEM": int,
    "CLOSESPIDER_TIMEOUT": float,
    "CLOSESPIDER_TIMEOUT_NO_ITEM": float,
    "MEMUSAGE_LIMIT_MB": int,
    "MEMUSAGE_WARNING_MB": int,
}
"""Settings that have to be numbers: moviesync's own, and those of Scrapy that take effect in a crawl."""
SWITCHES = ("AUTOTHROTTLE_DEBUG", "AUTOTHROTTLE_ENABLED", "LOG_ENABLED", "MEMUSAGE_ENABLED", "PROGRESS_BAR")
"""Settings that are on or off."""
ABOVE_0 = {"AUTOTHROTTLE_TARGET_CONCURRENCY", "CONCURRENT_ITEMS"}
"""Those that must not be 0."""
NOT_HONOURED = {
    "CONCURRENT_REQUESTS_PER_IP": "set CONCURRENT_REQUESTS_PER_DOMAIN, which counts by site",
    "DOWNLOAD_SLOTS": "set TMDB_RATE and VIDSRC_CONCURRENCY",
    "RANDOMIZE_DOWNLOAD_DELAY": "set DOWNLOAD_DELAY_JITTER",
    "RETRY_ENABLED": "set RETRY_TIMES=0",
    "RETRY_EXCEPTIONS": "set RETRY_TIMES, which counts for every failure that can pass",
    "RETRY_HTTP_CODES": "set RETRY_TIMES, which counts for every failure that can pass",
}
"""Scrapy's settings that have no effect here, and what to set instead."""
ARGUMENTS = ("BATCH_SIZE", "DRY_RUN", "ON_VIDSRC_DOWN", "RECHECK_DAYS", "VERDICTS")
"""Settings that follow from the arguments of a spider, which have the same names in lower case."""


NO_KEY = (
    "no key for TMDB: set TMDB_ACCESS_TOKEN or TMDB_API_KEY (in the environment or in .env),"
    " or try it without one: scrapy demo"
)


def refuse(settings: BaseSettings, lines: Iterable[str]) -> None:
    """Let the crawl end before it begins, for these reasons; the first refusal counts.

    Its feeds are not opened, as that would empty them, and its settings are such that every component can
    be made.
    """
    if settings["REFUSED"]:
        return
    settings.set("REFUSED", "; ".join(lines), priority="cmdline")
    override(settings, "FEEDS", {})
    for name in _wrong_environment(settings):
        settings.set(name, Environment.model_fields[name].default, priority="cmdline")
    for name in (*_wrong_numbers(settings), *_wrong_switches(settings)):
        settings.set(name, 1, priority="cmdline")


def has_key(settings: BaseSettings) -> bool:
    return bool(settings["TMDB_ACCESS_TOKEN"] or settings["TMDB_API_KEY"])


def key_variable(settings: BaseSettings) -> str:
    """The variable whose key is used, if one is set."""
    return "TMDB_ACCESS_TOKEN" if settings["TMDB_ACCESS_TOKEN"] else "TMDB_API_KEY"


def refused_key(settings: BaseSettings, code: int | None) -> str:
    """One line on a key that TMDB refuses with this ``status_code``."""
    why = f"HTTP 401, code {code}"
    return f"TMDB refuses the key in {key_variable(settings)} ({why}): yours is at https://www.themoviedb.org/settings/api"


def settings_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, and each setting given with ``-s``, that cannot be used."""
    return [
        *environment_problems(settings),
        *_wrong_numbers(settings).values(),
        *_wrong_switches(settings).values(),
        *_not_honoured(settings),
        *_given_as_settings(settings),
    ]


def environment_problems(settings: BaseSettings) -> list[str]:
    """One line for each variable, or setting given in its place with ``-s``, that cannot be used."""
    return [*(settings["ENVIRONMENT_PROBLEMS"] or ()), *_wrong_environment(settings).values()]


def _wrong_environment(settings: BaseSettings) -> dict[str, str]:
    given = {name: str(settings[name]) for name in Environment.model_fields if settings[name] is not None}
    return environment.problems(given)


def _wrong_numbers(settings: BaseSettings) -> dict[str, str]:
    wrong = {}
    for name, kind in NUMBERS.items():
        try:
            number = kind(settings[name])
            usable = number > 0 or (number == 0 and name not in ABOVE_0)
        except (TypeError, ValueError, OverflowError):
            usable = False
        if not usable:
            what = "whole number" if kind is int else "number"
            least = "above 0" if name in ABOVE_0 else "from 0 on"
            wrong[name] = f"-s {name}={settings[name]}: should be a {what} {least}"
    return wrong


def _wrong_switches(settings: BaseSettings) -> dict[str, str]:
    wrong = {}
    for name in SWITCHES:
        try:
            settings.getbool(name)
        except ValueError:  # noqa: PERF203 - each is asked for itself
            wrong[name] = f"-s {name}={settings[name]}: should be 0 or 1"
    return wrong


def _not_honoured(settings: BaseSettings) -> list[str]:
    return [
        f"-s {name}: has no effect here; {instead}"
        for name, instead in NOT_HONOURED.items()
        if is_set(settings, name)
    ]


def _given_as_settings(settings: BaseSettings) -> list[str]:
    return [
        f"-s {name}={settings[name]}: has no effect; give -a {name.lower()}"
        for name in ARGUMENTS
        if is_set(settings, name, above="spider")
    ]
