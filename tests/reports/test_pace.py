"""How far a run is: the arithmetic and the words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moviesync.reports.pace import RECENT, Pace, Snapshot, checks_left, fitting, format_line

WELL = {"TMDB": "ok", "VidSrc": "ok"}
HALF = Snapshot(pages=50, checked=1000, pages_left=50, checks_left=1000, whole=True)


def pace(snapshot: Snapshot, seconds: float = 10) -> Pace:
    """The pace of a run that did all it did in so many seconds."""
    pace = Pace()
    pace.note(100, replace(snapshot, pages=0, checked=0))
    pace.note(100 + seconds, snapshot)
    return pace


@pytest.mark.parametrize(
    ("known", "left"),
    [
        # Nothing is known but what is stored.
        ({"due": 70, "checked": 30}, 40),
        # All titles of a page need a check, until pages were seen.
        ({"pages_left": 2}, 40),
        ({"pages_left": 2, "on_pages": 40, "up_to_date": 40}, 0),
        ({"pages_left": 2, "on_pages": 40, "up_to_date": 20, "checked": 5}, 35),
        # The due ones were on the pages as well, and are checked once.
        ({"due": 20, "on_pages": 40, "up_to_date": 20, "checked": 30}, 10),
        ({"on_pages": 40, "repeated": 1, "checked": 39}, 0),
    ],
)
def test_what_is_left_counts_what_is_due(known: dict[str, int], left: int) -> None:
    none = {"due": 0, "on_pages": 0, "up_to_date": 0, "repeated": 0, "checked": 0, "pages_left": 0}
    assert checks_left(**(none | known)) == left


def test_the_time_left_is_that_of_the_slower_of_pages_and_checks() -> None:
    assert pace(HALF).left == 10
    assert pace(replace(HALF, pages_left=200)).left == 40
    assert pace(replace(HALF, pages_left=0, checks_left=300)).left == 3
    assert pace(replace(HALF, pages_left=0, checks_left=0)).left == 0


def test_the_time_left_is_unknown_if_a_site_gives_nothing() -> None:
    assert pace(replace(HALF, checked=0)).left is None
    assert pace(replace(HALF, pages=0)).left is None
    assert "time left unknown" in format_line(pace(replace(HALF, checked=0)), WELL)


def test_the_rate_is_that_of_the_last_minute() -> None:
    run = Pace()
    for second in range(200):
        run.note(second, replace(HALF, checked=10 * min(second, 100)))
    assert run.rate == pytest.approx(10 * (100 - (199 - RECENT)) / RECENT if 199 - RECENT < 100 else 0)
    assert run.left is None


def test_what_is_not_all_known_is_shown_as_the_least() -> None:
    due = replace(HALF, pages=0, pages_left=None, whole=False)
    assert due.share is None
    assert (
        format_line(pace(due), WELL)
        == "1,000 titles checked, 100 a second, over 10 s left; TMDB: ok, VidSrc: ok"
    )


def test_the_share_is_of_the_checks_or_of_the_pages_if_no_check_is_due() -> None:
    assert HALF.share == 0.5
    assert replace(HALF, checked=0, checks_left=0, pages_left=150).share == 0.25
    assert replace(HALF, pages=0, pages_left=0, checked=0, checks_left=0).share is None


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (90, "50 of 100 pages  1,000 titles  100/s  10 s left  TMDB ok  VidSrc waits 12 s"),
        (60, "50/100p  1,000t  100/s  10s  TMDB ok  VidSrc waits 12 s"),
        (45, "1,000t  100/s  10s  VidSrc waits 12 s"),
        (20, "1,000t  100/s  10s  VidSrc waits 12 s"),
    ],
)
def test_a_narrow_terminal_gets_what_fits(columns: int, text: str) -> None:
    assert fitting(pace(HALF), {"TMDB": "ok", "VidSrc": "waits 12 s"}, columns) == text
