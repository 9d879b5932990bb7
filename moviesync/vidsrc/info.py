"""VidSrc's ``info`` of a title: where it is, and what it means.

Several public projects of October 2026 use it; VidSrc has no documentation of it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moviesync.kinds import Kind
from moviesync.vidsrc import markup
from moviesync.vidsrc.answer import OK, Answer, Finding, Unpackable, blocked, proves_nothing, unpacked

AVAILABLE = Finding(True, "info")
ABSENT = Finding(False, "no info")
_NOT_FOUND = 404
_NO_ID = (None, "", "-1", -1)
"""What VidSrc puts for a TMDB id that it does not know."""
_OTHER = Finding(None, "not the JSON of an info")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
# An error that is the site's own trouble, and does not say that the title is not there.
_TROUBLE = re.compile(
    r"too many|rate.?limit|limit (?:exceeded|reached)|time[ds]?[ -]?out|maintenance|internal|server error|try again"
    r"|busy|overload|unauthori[sz]ed|forbidden|denied|token|api.?key|blocked|captcha|exception"
    r"|(?:database|sql|connection|query|gateway) ?(?:error|failed|failure|lost|refused|unavailable)|could not connect"
    r"|(?:^|\b(?:http|error|code|status)\W{0,3})(?:40[0-35-9]|41[1-9]|4[2-9][0-9]|5[0-9]{2})\b",
    re.IGNORECASE | re.MULTILINE,
)


def info_url(base_url: str, kind: Kind, tmdb_id: int) -> str:
    """The address of a title's info.

    >>> from moviesync.kinds import SHOW
    >>> info_url("https://vidsrc.sh", SHOW, 1399)
    'https://vidsrc.sh/info/tv/1399.json'
    """
    return f"{base_url}/info/{kind.vidsrc_name}/{tmdb_id}.json"


def judge(answer: Answer) -> Finding:
    """What an answer to a GET says of its title; never raises.

    A JSON object with ``status_code`` 200 says that it is there; HTTP 404, a ``status_code`` 404, or an ``error``
    that it is not, unless the error is one of the site itself. Numbers may be texts.
    """
    if nothing := proves_nothing(answer):
        return nothing
    content = _content(answer)
    if isinstance(content, Finding):
        return content if answer.status == OK or content == blocked(answer.status) else ABSENT
    said = _said(content, answer.asked)
    if answer.status == OK:
        return said
    # HTTP 404 needs no body; one that says something else leaves a doubt.
    if said.available:
        return Finding(None, f"HTTP {answer.status} with status_code {OK}")
    return ABSENT if said == _OTHER else said


def _content(answer: Answer) -> dict[str, Any] | Finding:
    """The JSON object of an answer, or why there is none."""
    try:
        body = unpacked(answer.body or b"", answer.headers.get("content-encoding", ""))
    except Unpackable as error:
        return Finding(None, str(error))
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        if markup.read(body, answer.headers.get("content-type", "")).is_challenge:
            return blocked(answer.status)
        return Finding(None, "not JSON" if body.strip() else "empty answer")
    return content if isinstance(content, dict) else _OTHER


def _said(content: dict[str, Any], asked: str) -> Finding:
    code = _number(content.get("status_code"))
    if code not in (None, OK, _NOT_FOUND):
        return Finding(None, f"status_code {code}")
    if code == _NOT_FOUND:
        return ABSENT
    if content.get("error"):
        return ABSENT if code is None and _says_no(content) else Finding(None, "an error of the site")
    if code is None:
        return _OTHER
    tmdb_id = content.get("tmdb_id")
    if tmdb_id not in _NO_ID and f"/{_number(tmdb_id)}.json" not in asked:
        return Finding(None, "info of another title")
    return AVAILABLE


def _says_no(content: dict[str, Any]) -> bool:
    """Whether the error of an info is one of its title, not one of the site."""
    error = content["error"]
    parts = list(error.values()) if isinstance(error, dict) else error if isinstance(error, list) else [error]
    texts = [str(part)[:1000] for part in (*parts, content.get("message")) if isinstance(part, (str, int))]
    return bool(texts) and not _TROUBLE.search("\n".join(texts))


def _number(value: object) -> int | None:
    """A whole number that is written as a number or as text; ``None``: it is none of these."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 10**18 else None
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else None
