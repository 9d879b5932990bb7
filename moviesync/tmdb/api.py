"""TMDB's API v3, whatever it is asked for: what its statuses and errors mean, and how its JSON is read.

https://developer.themoviedb.org/docs/errors
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

OK = 200
UNAUTHORIZED = 401
SERVER_ERROR = 500
INVALID_PAGE = 22
"""``status_code`` of "Invalid page: Pages start at 1 and max at 500"."""

_MOST_DIGITS = 1000


class MalformedAnswer(ValueError):
    """An answer of TMDB that is not what was asked for; the text says in what way. Raised by ``read_json``
    and ``discover.read_page``."""


def is_well(status: int) -> bool:
    """Whether an answer with this status shows that the API works, whatever it says."""
    return status < SERVER_ERROR and status not in {403, 408, 429}


def error_code(body: bytes) -> int | None:
    """TMDB's own number for an error, if the answer names one.

    Its message is not used: it can repeat the request, key included.
    https://developer.themoviedb.org/docs/errors

    >>> error_code(b'{"success":false,"status_code":7,"status_message":"Invalid API key."}')
    7
    """
    try:
        answer = read_json(body)
    except MalformedAnswer:
        return None
    code = answer.get("status_code") if isinstance(answer, dict) else None
    return code if type(code) is int else None


def read_json(body: bytes) -> Any:
    text = body.decode("utf-8-sig", "replace")
    try:
        answer = json.loads(text, parse_constant=lambda _: None, parse_float=_float, parse_int=_int)
        if "\\ud" in text.lower():
            # A lone "\\ud800" is JSON, but no store takes it as text.
            answer = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    except ValueError as error:
        raise MalformedAnswer(f"no JSON ({error})") from None
    except RecursionError:
        raise MalformedAnswer("JSON nested too deeply") from None
    return answer


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def _int(digits: str) -> int | None:
    # Python refuses to read integers of some thousand digits, as that takes too long.
    return int(digits) if len(digits) < _MOST_DIGITS else None
