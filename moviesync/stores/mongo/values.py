"""How JSON values that MongoDB cannot hold as they are get stored and read back.

MongoDB 4.4 takes no keys that begin with ``$`` or hold a ``.``, BSON no NUL in a key and no integer
beyond 64 bit, and FerretDB no list in a list and no float that is not finite (for NaN it closes the
connection). In a key, such a character becomes its fullwidth double (NUL: its picture). If a key holds
such a double from the start, a fullwidth backslash is put before it. An integer, float or list that
cannot be held becomes a document with one key: that backslash and ``int``, ``float`` or ``list``. An
escaped key never looks like one of these.
"""

from __future__ import annotations

import math
import re
from typing import Any

from bson.int64 import Int64

from moviesync.items import LARGEST_ID, SMALLEST_ID
from moviesync.stores.base import Document

DOUBLES = {"$": "＄", ".": "．", "\0": "␀"}  # noqa: RUF001 - the fullwidth characters are meant
ESCAPE = "＼"  # noqa: RUF001 - the fullwidth backslash is meant
BIG_INTEGER = f"{ESCAPE}int"
INNER_LIST = f"{ESCAPE}list"
NOT_FINITE = f"{ESCAPE}float"
UNCHECKED = ("vidsrcAvailable", "lastChecked")
"""Fields that are null until the first verdict. FerretDB leaves them out until then: its ``$setOnInsert``
sets no nulls."""
DEEPEST = 90
"""Levels of nesting; a MongoDB server takes 100, and the document around the value has some."""

ESCAPED = DOUBLES | {double: ESCAPE + double for double in (*DOUBLES.values(), ESCAPE)}
PLAIN = {escaped: plain for plain, escaped in ESCAPED.items()}
TO_ESCAPE = re.compile(f"[{re.escape(''.join(ESCAPED))}]")
TO_UNESCAPE = re.compile("|".join(sorted(map(re.escape, PLAIN), key=len, reverse=True)))


def escaped(value: Any, depth: int = 0) -> Any:
    """The value in a form that MongoDB takes; raises ``ValueError`` if it is nested too deeply."""
    if depth > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        return {_escaped_key(key): escaped(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped_inner(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not SMALLEST_ID <= value <= LARGEST_ID:
        return {BIG_INTEGER: str(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {NOT_FINITE: str(value)}
    return value


def unescaped(value: Any) -> Any:
    """The value that was given to ``escaped``; lists in lists are read as well, as earlier versions wrote them."""
    if isinstance(value, dict):
        if value.keys() == {BIG_INTEGER}:
            return _number(int, value, BIG_INTEGER)
        if value.keys() == {NOT_FINITE}:
            return _number(float, value, NOT_FINITE)
        if value.keys() == {INNER_LIST}:
            return unescaped(value[INNER_LIST])
        return {_plain_key(key): unescaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unescaped(inner) for inner in value]
    return int(value) if isinstance(value, Int64) else value


def title_of(document: Document) -> Document:
    """A stored title as the contract has it."""
    title: Document = unescaped(document)
    for name in UNCHECKED:
        title.setdefault(name, None)
    return title


def _escaped_inner(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return {INNER_LIST: escaped(value, depth + 1)}
    return escaped(value, depth)


def _escaped_key(key: Any) -> Any:
    if isinstance(key, str) and TO_ESCAPE.search(key):
        return TO_ESCAPE.sub(lambda found: ESCAPED[found[0]], key)
    return key


def _plain_key(key: str) -> str:
    return key if key.isascii() else TO_UNESCAPE.sub(lambda found: PLAIN[found[0]], key)


def _number(kind: type[int | float], document: Document, key: str) -> Any:
    try:
        return kind(document[key])
    except (TypeError, ValueError):
        return document
