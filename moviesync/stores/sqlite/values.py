"""Documents as the columns of a SQLite row, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from moviesync.stores.base import Document
from moviesync.stores.documents import UNSTORABLE, iso, moment_or_same

MOMENTS = {"lastChecked", "statusSince", "firstSeen", "lastSeen"}
OBJECTS = {"evidence", "tmdbData", "episodes", "checkError"}
OPTIONAL = {"statusSince", "evidence", "episodes", "checkError"}
"""Fields that a document lacks where the column is null."""


def document_of(columns: Sequence[str], row: Sequence[Any]) -> Document:
    """The document of a row; values written by hand that mean nothing stay as they are."""
    document = dict(zip(columns, row, strict=True))
    if document.get("vidsrcAvailable") in (0, 1):
        document["vidsrcAvailable"] = bool(document["vidsrcAvailable"])
    for name in document.keys() & MOMENTS:
        document[name] = moment_or_same(document[name])
    for name in document.keys() & OBJECTS:
        document[name] = loaded(document[name])
    if "checkError" in document:
        document["checkError"] = with_moments(document["checkError"])
    return {name: value for name, value in document.items() if value is not None or name not in OPTIONAL}


def evidence_by(text: Any) -> Any:
    """What a verdict rests on, by the column ``evidence``; ``None`` if it does not say."""
    evidence = loaded(text)
    return evidence.get("by") if isinstance(evidence, dict) else None


def dumped(value: Document) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_dumped_moment)


def _dumped_moment(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def loaded(text: Any) -> Any:
    try:
        return json.loads(text)
    except UNSTORABLE:
        return text


def with_moments(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_moments(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_moments(inner) for inner in value]
    return moment_or_same(value)
