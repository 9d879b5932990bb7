"""The ways in which VidSrc answers for a title."""

from __future__ import annotations

from enum import Enum


class Answer(Enum):
    """How VidSrc answers for one title, to HEAD and to GET."""

    PLAYER = "player"
    """200, a page with a player."""
    GONE = "gone"
    """404."""
    SOFT_TEXT = "soft text"
    """200, and the text says that the media is unavailable."""
    SOFT_TITLE = "soft title"
    """200, and the title of the page is "404 Not Found"."""
    NO_HEAD = "no head"
    """HEAD is refused with 405, GET gives a page with a player."""
    NO_HEAD_GONE = "no head, gone"
    """HEAD is refused with 501, GET gives 404."""
    MOVED = "moved"
    """A redirect to another host, and there a page with a player."""
    MOVED_GONE = "moved, gone"
    """A redirect to another host, and there 404."""
    BLOCKED = "blocked"
    """403, a challenge page with the header ``cf-mitigated``."""
    BLOCKED_200 = "blocked, 200"
    """200, a challenge page without that header: only the page itself shows it."""
    ERROR_500 = "error 500"
    """500, every time."""


SHARES = {
    Answer.PLAYER: 0.368,
    Answer.MOVED: 0.020,
    Answer.NO_HEAD: 0.012,
    Answer.NO_HEAD_GONE: 0.008,
    Answer.MOVED_GONE: 0.010,
    Answer.SOFT_TEXT: 0.025,
    Answer.SOFT_TITLE: 0.015,
    Answer.BLOCKED: 0.004,
    Answer.BLOCKED_200: 0.003,
    Answer.ERROR_500: 0.003,
}
"""What part of the titles gets which answer; the rest is ``GONE``."""

AVAILABLE = frozenset({Answer.PLAYER, Answer.NO_HEAD, Answer.MOVED})
UNKNOWABLE = frozenset({Answer.BLOCKED, Answer.BLOCKED_200, Answer.ERROR_500})


def truth(answer: Answer) -> bool | None:
    """Return whether a title with this answer is available; ``None``: no answer ever shows it."""
    return None if answer in UNKNOWABLE else answer in AVAILABLE


def pick(number: float, shares: dict[Answer, float]) -> Answer:
    """Return the answer that ``number`` (0 up to 1) falls on, ``GONE`` beyond the last share."""
    for answer, share in shares.items():
        number -= share
        if number < 0:
            return answer
    return Answer.GONE
