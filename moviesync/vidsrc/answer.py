"""What every answer of VidSrc has in common, whatever was asked: what it is, and what it can never prove."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

OK = 200
GONE = frozenset({404, 410})
REFUSED_METHOD = frozenset({405, 501})
NO_TITLE = 999_999_999
"""A TMDB id that no title has."""
LARGEST = 2 * 1024 * 1024
"""Bytes of an answer, unpacked; a page has 54 KB."""
HEADERS = ("cf-mitigated", "content-encoding", "content-type")
"""The headers of an answer that its judges look at."""

# Cloudflare marks the pages for visitors that it does not trust; they say nothing about the title.
# https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
_CHALLENGE_HEADER = "cf-mitigated"
_PACKED = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_PLAIN = {"", "identity"}
_SLUG = re.compile(r"[-.]")
"""What parts an id from what may follow it."""
_MOST_PACKINGS = 3
"""Packings within each other; each may have ``LARGEST`` bytes."""
_NOT_UNDERSTOOD, _TOO_LARGE = "encoding not understood", "answer too large"


class Finding(NamedTuple):
    """What an answer says of a title."""

    available: bool | None
    """``None``: nothing."""
    reason: str
    """What the finding rests on, in a word or two; stored if it says nothing."""


@dataclass(frozen=True)
class Answer:
    """An answer of VidSrc, and the address that was asked for, before any redirect."""

    status: int
    asked: str
    url: str
    """The address that gave the answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of ``HEADERS`` that it has, with names in small letters."""
    body: bytes | None = None
    """``None``: it answers a HEAD."""

    @property
    def is_challenge(self) -> bool:
        return _CHALLENGE_HEADER in self.headers

    @property
    def is_of_title(self) -> bool:
        """Whether it comes from the address of the title, not from where a redirect led."""
        return names_title(self.asked, self.url)


class Unpackable(ValueError):
    """A body that cannot be read; raised by ``unpacked``. The text says why, in a few words."""


def proves_nothing(answer: Answer) -> Finding | None:
    """The finding of an answer that says nothing of its title, whatever it holds; ``None``: it may say something."""
    if answer.is_challenge:
        return blocked(answer.status)
    if not answer.is_of_title:
        return Finding(None, "redirected elsewhere")
    if answer.status != OK and answer.status not in GONE:
        return Finding(None, f"HTTP {answer.status}")
    return None


def blocked(status: int) -> Finding:
    return Finding(None, f"blocked (HTTP {status})")


def names_title(asked: str, url: str) -> bool:
    """Whether an address, after redirects, still names the title that was asked for.

    The host may be another one, and the name of the title may follow its id.

    >>> names_title("https://a.example/embed/movie/603", "https://b.example/watch/movie/603-the-matrix")
    True
    >>> names_title("https://a.example/embed/movie/603", "https://a.example/login?next=/embed/movie/603")
    False
    """
    return asked == url or _title(asked) == _title(url)


def _title(url: str) -> tuple[str, str]:
    """The kind and the id that an address ends with, as far as it does."""
    try:
        parts = urlsplit(url)
        named = parse_qs(parts.query).get("tmdb", [])
    except ValueError:
        return "", url
    steps = ["", "", *filter(None, parts.path.split("/"))]
    # /embed/movie?tmdb=603 is another way to write /embed/movie/603.
    if named and named[-1] != _SLUG.split(steps[-1])[0]:
        steps.append(named[-1])
    kind, number = steps[-2:]
    return kind.lower(), _SLUG.split(number)[0]


def unpacked(body: bytes, encoding: str, most: int = LARGEST) -> bytes:
    """The body without its packing, as the header ``Content-Encoding`` names it.

    Raises Unpackable if the packing is not known, if the body is not whole, or if it has more than ``most`` bytes.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in _PLAIN]
    if len(names) > _MOST_PACKINGS or not _PACKED.keys() >= set(names):
        raise Unpackable(_NOT_UNDERSTOOD)
    for name in reversed(names):
        body = _inflated(body, _PACKED[name], most)
    if len(body) > most:
        raise Unpackable(_TOO_LARGE)
    return body


def _inflated(body: bytes, window: int, most: int) -> bytes:
    # "deflate" comes with a header of its own from some servers, and without from others.
    raw = window == zlib.MAX_WBITS and not _has_zlib_header(body)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if raw else window)
    try:
        content = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise Unpackable(_NOT_UNDERSTOOD) from None
    if len(content) > most:
        raise Unpackable(_TOO_LARGE)
    if not unpacker.eof:
        raise Unpackable("answer cut short")
    # A second piece may follow; whoever leaves it out has not read the whole.
    if unpacker.unused_data.strip(b"\0"):
        raise Unpackable(_NOT_UNDERSTOOD)
    return content


def _has_zlib_header(body: bytes) -> bool:
    # https://www.rfc-editor.org/rfc/rfc1950#section-2.2
    method, multiple = 8, 31
    return len(body) > 1 and body[0] & 0x0F == method and int.from_bytes(body[:2], "big") % multiple == 0
