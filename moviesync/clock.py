"""The time as the documents hold it."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """UTC, to the millisecond: what both stores keep."""
    time = datetime.now(timezone.utc)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
