"""How JSON values that MongoDB cannot hold as they are go there and come back.

MongoDB 4.4 takes no keys that begin with ``$`` or hold a ``.``, and BSON no NUL in a key and no
integer beyond 64 bit. Such a character becomes its fullwidth double (NUL: its picture), and a
backslash, also fullwidth, goes before a character that was such a double from the start.
Such an integer becomes its digits in a document of one key: that backslash and ``int``, which no
escaping makes.
"""

from __future__ import annotations

import re
from typing import Any

from bson.int64 import Int64

DOUBLES = {"$": "＄", ".": "．", "\0": "␀"}  # noqa: RUF001 - the fullwidth characters are meant
ESCAPE = "＼"  # noqa: RUF001 - the fullwidth backslash is meant
BIG_INTEGER = f"{ESCAPE}int"
LEAST, MOST = -(2**63), 2**63 - 1
DEEPEST = 90
"""Levels of nesting; a MongoDB server takes 100, and the document around the value has some."""

ESCAPED = DOUBLES | {double: ESCAPE + double for double in (*DOUBLES.values(), ESCAPE)}
PLAIN = {escaped: plain for plain, escaped in ESCAPED.items()}
TO_ESCAPE = re.compile(f"[{re.escape(''.join(ESCAPED))}]")
TO_UNESCAPE = re.compile("|".join(sorted(map(re.escape, PLAIN), key=len, reverse=True)))


def escaped(value: Any, depth: int = 0) -> Any:
    """The value in a form that MongoDB takes; raises ``ValueError`` where it is nested too deeply."""
    if depth > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        return {_escaped_key(key): escaped(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [escaped(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not LEAST <= value <= MOST:
        return {BIG_INTEGER: str(value)}
    return value


def unescaped(value: Any) -> Any:
    """The value that was given to ``escaped``."""
    if isinstance(value, dict):
        if value.keys() == {BIG_INTEGER}:
            return _integer(value[BIG_INTEGER])
        return {_plain_key(key): unescaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unescaped(inner) for inner in value]
    return int(value) if isinstance(value, Int64) else value


def _escaped_key(key: Any) -> Any:
    if isinstance(key, str) and TO_ESCAPE.search(key):
        return TO_ESCAPE.sub(lambda found: ESCAPED[found[0]], key)
    return key


def _plain_key(key: str) -> str:
    return key if key.isascii() else TO_UNESCAPE.sub(lambda found: PLAIN[found[0]], key)


def _integer(digits: Any) -> Any:
    try:
        return int(digits)
    except (TypeError, ValueError):
        return {BIG_INTEGER: digits}
