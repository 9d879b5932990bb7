"""Who has set a setting, by Scrapy's priorities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.settings import SETTINGS_PRIORITIES

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def is_set(settings: BaseSettings, name: str, *, above: str = "default") -> bool:
    """Whether somebody has set a setting, with a higher priority than ``above``."""
    return (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES[above]


def override(settings: BaseSettings, name: str, value: Any) -> None:
    """Set a setting of a spider with a higher priority than it has.

    The settings of the process are merged in later: with the same priority they would win.
    """
    priority = max(SETTINGS_PRIORITIES["spider"], 1 + (settings.getpriority(name) or 0))
    settings.set(name, value, priority=priority)
