"""The walk against simulated catalogues: what it shows, in which order, at what cost."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import cycle
from math import ceil, exp

import pytest

from moviesync.tmdb.discover import PAGE_SIZE
from tests.traveller import DAY, TODAY, Server, daily, new_walk, travel

LARGE = {
    "one page beyond the cap": daily("2001-01-01", 61),
    "a century": daily("1920-01-01", 400, step=97),
    "unreleased": daily("2026-11-01", 100),
    "before the first films, and far ahead": daily("1700-01-01", 50) + daily("2200-01-01", 50),
    "full days": daily("1999-12-01", 20, a_day=60),
    "two full days side by side": daily("2000-01-01", 2, a_day=60) + daily("1950-01-01", 30),
}


@pytest.mark.parametrize("days", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("ahead", [1, 4])
def test_every_dated_title_is_shown_once_in_the_windows(days: list[date], ahead: int) -> None:
    server = Server(list(days))
    walk = new_walk(server)
    trip = travel(walk, server, ahead=ahead)
    assert trip.titles == Counter(range(len(days)))
    assert trip.numbers == list(range(1, len(trip.numbers) + 1))
    assert trip.shown[:3] == [("movies | without dates asc", page) for page in (1, 2, 3)]
    assert (walk.complete, walk.gaps()) == (True, [])
    assert walk.pages == sum(len(window.done) for window in walk.windows) == len(trip.shown)


@pytest.mark.parametrize("count", [0, 1, 20, 21, 59, 60])
def test_what_fits_is_asked_without_dates_alone(count: int) -> None:
    server = Server(daily("2000-01-01", count // 2), undated=count - count // 2)
    trip = travel(new_walk(server), server)
    assert trip.everything == set(range(count))
    assert trip.requests == len(trip.shown) == max(1, ceil(count / PAGE_SIZE))


def test_windows_come_newest_first_and_the_unreleased_last() -> None:
    server = Server(daily("2025-01-01", 1000))
    walk = new_walk(server)
    travel(walk, server)
    ends = [window.last or date.max for window in walk.windows if window.dated and walk.shown(window)]
    released = [end for end in ends if end <= TODAY]
    assert released == sorted(released, reverse=True)
    assert min(ends[len(released) :]) > TODAY


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize(("count", "since"), [(500, None), (160, date(1990, 1, 1))])
def test_a_cap_that_is_lower_than_known_is_learnt(count: int, since: date | None, ahead: int) -> None:
    server = Server(daily("2000-01-01", count), cap=3)
    walk = new_walk(server, cap=10, released_from=since)
    trip = travel(walk, server, ahead=ahead)
    assert (walk.cap, walk.complete, set(trip.titles)) == (3, True, set(range(count)))
    assert trip.refused <= ahead


@pytest.mark.parametrize(("a_day", "hidden_pages"), [(61, 0), (100, 0), (120, 0), (121, 1), (200, 4)])
def test_a_day_that_is_too_large_is_reached_from_both_ends(a_day: int, hidden_pages: int) -> None:
    server = Server(daily("2000-01-01", 1, a_day=a_day) + daily("1990-01-01", 30))
    walk = new_walk(server)
    trip = travel(walk, server)
    assert walk.complete
    assert len(trip.titles) == 30 + min(a_day, 120)
    gap = {"from": "2000-01-01", "to": "2000-01-01", "titles": hidden_pages * PAGE_SIZE}
    assert walk.gaps() == (
        [{**gap, "reason": "more titles on one day than can be shown"}] if hidden_pages else []
    )


def test_a_catalogue_of_one_day_is_no_sign_that_dates_are_ignored() -> None:
    server = Server(daily("2000-01-01", 1, a_day=100))
    walk = new_walk(server)
    trip = travel(walk, server)
    assert not walk.dates_ignored
    assert len(trip.titles) == 100


@pytest.mark.parametrize(
    ("undated_first", "since"),
    [
        (False, None),
        (True, None),
        (False, date(2000, 1, 1)),
        (True, date(2000, 1, 1)),
    ],
)
def test_a_server_that_ignores_the_dates_is_noticed(undated_first: bool, since: date | None) -> None:
    days = daily("1950-01-01", 400, step=60)
    server = Server(days, undated=40, undated_first=undated_first, ignores_dates=True)
    walk = new_walk(server, released_from=since)
    trip = travel(walk, server)
    assert walk.dates_ignored
    assert (walk.complete, len(trip.everything), trip.requests < 30) == (True, 60, True)
    assert [gap["reason"] for gap in walk.gaps()] == ["the server ignores the dates"]
    assert walk.gaps()[0]["titles"] == 380


BOUNDS = """1999-01-01..1999-06-30 ..1999-06-30 2026-01-01.. 2026-11-23..2026-11-23 2026-11-20..2026-11-28
    2026-11-24.. 2026-12-01..2027-06-01 ..2026-12-24 ..2026-11-23 2300-01-01.."""


@pytest.mark.parametrize("bounds", BOUNDS.split())
def test_a_bounded_walk_shows_what_lies_within(bounds: str) -> None:
    server = Server(daily("1998-01-01", 5000, step=3) + daily("2026-01-01", 500), undated=50)
    since, until = (date.fromisoformat(day) if day else None for day in bounds.split(".."))
    walk = new_walk(server, released_from=since, released_to=until)
    trip = travel(walk, server)
    within = [n for n, day in enumerate(server.days) if (since or day) <= day <= (until or day)]
    assert trip.titles == Counter(within)
    assert (walk.complete, walk.gaps()) == (True, [])


@pytest.mark.parametrize(("undated_first", "hidden"), [(True, 0), (False, 40)])
def test_undated_titles_that_no_page_shows_are_a_gap(undated_first: bool, hidden: int) -> None:
    server = Server(daily("2000-01-01", 100), undated=40, undated_first=undated_first)
    walk = new_walk(server)
    travel(walk, server)
    gap = {"from": None, "to": None, "titles": hidden, "reason": "undated titles that no page shows"}
    assert walk.gaps() == ([gap] if hidden else [])


def test_a_window_that_could_not_be_opened_is_no_gap() -> None:
    server = Server(daily("2000-01-01", 100), lost={("movies | ..2026-11-23 asc", 1)})
    walk = new_walk(server)
    travel(walk, server)
    assert not walk.complete
    assert walk.gaps() == []


@pytest.mark.parametrize("start", range(1, 30, 4))
def test_start_page_keeps_the_numbering(start: int) -> None:
    server = Server(daily("2000-01-01", 500))
    whole = travel(new_walk(server), server)
    walk = new_walk(server)
    rest = travel(walk, server, start_page=start)
    assert rest.shown == whole.shown[start - 1 :]
    assert rest.numbers == whole.numbers[start - 1 :]
    assert walk.complete is (start == 1)


def test_totals_that_drift_cost_few_titles() -> None:
    server = Server(daily("1960-01-01", 20_000), cap=50, totals=cycle([1, 0.97, 1.02, 0.98, 1.03]))
    walk = new_walk(server)
    trip = travel(walk, server, ahead=4)
    assert not walk.dates_ignored
    assert len(trip.titles) >= 0.999 * 20_000, len(trip.titles)
    assert trip.requests <= 1.2 * 20_000 / PAGE_SIZE, trip.requests


def test_learning_the_windows_of_a_catalogue_of_tmdbs_size_costs_one_request_in_a_hundred() -> None:
    titles, undated = 1_166_466, 60_000
    span = [date(1900, 1, 1) + n * DAY for n in range(128 * 365)]
    # A growth of 4 % a year, a tenth of it announced for days to come, and many a first of January.
    weights = [exp(0.04 * min(d.year - 1900, 126)) * (0.1 if d > TODAY else 1) * _popular(d) for d in span]
    scale = (titles - undated) / sum(weights)
    days = [day for day, weight in zip(span, weights, strict=True) for _ in range(round(weight * scale))]
    server = Server(days, undated=titles - len(days), cap=500)
    walk = new_walk(server)
    trip = travel(walk, server)
    learning, pages = trip.requests - len(trip.shown), ceil(titles / PAGE_SIZE)
    assert pages == 58_324
    assert len(trip.titles) == len(days)
    assert learning <= pages / 100, f"{learning} requests for {pages} pages in {len(walk.windows)} windows"


def _popular(day: date) -> int:
    return 30 if (day.month, day.day) == (1, 1) else 1
