"""What a page of HTML says to whoever looks at it, read in one pass and without trust.

A page of 2 MB must not hold up the others, whatever it is made of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from w3lib.encoding import read_bom, resolve_encoding

# Python has codecs that are for no text, that fail in ways of their own, or that take the square of the size;
# these are the ones that browsers have, as Python names them. https://encoding.spec.whatwg.org/#names-and-labels
_ENCODINGS = {
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "cp866", "cp874", "cp932", "cp949", "mac-roman"),
    *(f"iso8859-{number}" for number in range(1, 17)),
    *(f"cp125{number}" for number in range(9)),
    *("koi8-r", "koi8-u", "gbk", "gb2312", "gb18030", "big5", "big5hkscs", "euc_kr", "euc_jp", "iso2022_jp"),
    "shift_jis",
}
_TYPE_NAMES = re.compile(r"""\bcharset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_PAGE_NAMES = re.compile(
    r"""<(?:meta\s[^<>]*?\bcharset|\?xml\s[^<>]*?\bencoding)\s*=\s*["']?\s*([^\s"';,/>]+)""", re.IGNORECASE
)
_HEAD = 4096
"""Bytes of a page in which it names its encoding."""
_HTML_TYPES = ("", "text/html", "application/xhtml+xml")
_SAYS_HTML = re.compile(r"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_ELEMENT = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_PLAYER = re.compile(r"<(?:iframe|video|embed|object|frame)[\s/>]", re.IGNORECASE)
_BEGINS = re.compile(r"<(?:!doctype|html|head|body)[\s>]", re.IGNORECASE)
_HTML = re.compile(r"<html[\s>]", re.IGNORECASE)
_HTML_ENDS, _ENDS = (re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("html", "(?:html|body)"))
_TITLE = re.compile(r"<title(?:\s[^<>]*)?>", re.IGNORECASE)
# The dashes of an opening comment may close it, too: <!-->.
_HIDING = re.compile(r"<(?:!(?=--)|(/?)(script|style)(?![\w-])[^<>]*>)|--!?>", re.IGNORECASE)
_COMMENT = "--"
_TAG = re.compile(r"<[^<>]*>")
_MARKS = "\ufeff \t\r\n\f"
_LONG_NUMBER = re.compile(r"&#(?:x[0-9a-f]{100,}|[0-9]{100,});?", re.IGNORECASE)
"""A character written with more digits than any has."""
_MOST_REFERENCES = 20_000
"""Characters of a page that are written as ``&…``: each costs a call. A page has some dozens."""
_CHALLENGE_SCRIPT = b"_cf_chl_opt"
_CHALLENGE_TITLES = {"just a moment...", "just a moment…", "attention required! | cloudflare"}


@dataclass(frozen=True)
class Page:
    """A page, read with the characters that it names, and as UTF-8."""

    readings: tuple[tuple[str, str], ...]
    """The title in small letters with single blanks, and all the text that it shows in small letters without blanks,
    as markup may stand where they are; of each way to read it."""
    fault: str
    """Why it is not to be believed, whatever it says; empty: nothing is known against it."""
    lack: str
    """What it lacks to be a page that shows something; empty: nothing."""
    is_challenge: bool
    """Whether it is Cloudflare's page for visitors that it does not trust."""


def read(body: bytes, content_type: str) -> Page:
    """A page as its bytes and its header ``Content-Type`` give it; never raises."""
    declared = _decoded(body, content_type)
    utf8 = body.decode("utf-8", "replace")
    first = _reading(utf8 if declared is None else declared)
    readings = [first]
    if declared is not None and declared != utf8:
        readings.append(_reading(utf8))
    kind = content_type.partition(";")[0].strip().lower()
    fault = "not HTML" if kind not in _HTML_TYPES else ""
    if declared is None or first.odd:
        fault = "characters not understood"
    return Page(
        readings=tuple((reading.title, reading.text) for reading in readings),
        fault=fault or _cut(first),
        lack=_lack(first, typed=bool(kind)),
        is_challenge=_CHALLENGE_SCRIPT in body
        or any(reading.title in _CHALLENGE_TITLES for reading in readings),
    )


@dataclass(frozen=True)
class _Reading:
    markup: str
    """Without scripts, styles and comments."""
    loads: bool
    """Whether it has something that may become a player."""
    closed: bool
    """Whether each script, style and comment has its end."""
    title: str
    text: str
    odd: bool
    """Whether it has characters that cannot be understood."""


def _decoded(body: bytes, content_type: str) -> str | None:
    """The text, in the encoding of its mark, its header or itself; ``None``: that is no encoding of a page."""
    # https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
    name = read_bom(body)[0]
    for pattern, text in ((_TYPE_NAMES, content_type), (_PAGE_NAMES, body[:_HEAD].decode("latin-1"))):
        found = None if name else pattern.search(text)
        name = found[1] if found else name
    try:
        encoding = resolve_encoding(name or "utf-8")
    except ValueError:
        return None
    return body.decode(encoding, "replace") if encoding in _ENCODINGS else None


def _reading(text: str) -> _Reading:
    shown, last, hidden, scripted = [], 0, "", False
    for mark in _HIDING.finditer(text):
        name = (mark[2] or _COMMENT).lower()
        if mark[1] or mark[0].startswith("-"):
            if name == hidden:
                last, hidden = mark.end(), ""
        elif not hidden:
            shown.append(text[last : mark.start()])
            last, hidden = mark.start(), name
            scripted = scripted or name == "script"
    shown.append(text[last:])
    markup = "".join(shown).strip(_MARKS)
    opening = _TITLE.search(markup)
    title = markup[opening.end() :].partition("</")[0] if opening else ""
    visible = _TAG.sub("", markup)
    odd = visible.count("&") > _MOST_REFERENCES or bool(_LONG_NUMBER.search(visible))
    return _Reading(
        markup=markup,
        loads=scripted or bool(_PLAYER.search(markup)),
        closed=not hidden,
        title=" ".join(_plain(title, odd=odd)),
        text="".join(_plain(visible, odd=odd)),
        odd=odd,
    )


def _plain(text: str, *, odd: bool) -> list[str]:
    """The words of a text, in small letters."""
    return (text if odd else unescape(text)).replace("\0", " ").lower().split()


def _cut(page: _Reading) -> str:
    """Whether something of the page is missing; a stream that ends early is noticed before."""
    markup = page.markup
    whole = page.closed and markup.rfind("<") <= markup.rfind(">")
    if whole and _BEGINS.search(markup):
        whole = bool((_HTML_ENDS if _HTML.search(markup) else _ENDS).search(markup))
    return "" if whole else "answer cut short"


def _lack(page: _Reading, *, typed: bool) -> str:
    if not (page.markup or page.loads):
        return "empty page"
    if not _ELEMENT.search(page.markup) or not page.markup.startswith("<"):
        return "not HTML"
    if not typed and not _SAYS_HTML.search(page.markup):
        return "not HTML"
    return "" if page.text or page.loads else "empty page"
