"""The spider arguments: defaults, what is taken, what is refused and in which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from moviesync.arguments import Arguments, problems


def test_defaults() -> None:
    assert Arguments().model_dump() == {
        "start_page": 1,
        "start_index": 0,
        "max_pages": None,
        "batch_size": 200,
        "concurrency": None,
        "dry_run": False,
        "recheck_days": None,
        "released_from": None,
        "released_to": None,
        "walk": "continue",
        "verdicts": "titles",
        "on_vidsrc_down": "stop",
    }
    assert problems({}) == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("start_page", "1", 1),
        ("start_page", "58324", 58324),
        ("start_index", "0", 0),
        ("start_index", "19", 19),
        ("max_pages", "2", 2),
        ("batch_size", "1", 1),
        ("batch_size", "10000", 10_000),
        ("concurrency", "64", 64),
        ("dry_run", "1", True),
        ("dry_run", "yes", True),
        ("dry_run", "True", True),
        ("dry_run", "0", False),
        ("dry_run", "no", False),
        ("recheck_days", "0", 0.0),
        ("recheck_days", "30", 30.0),
        ("recheck_days", "0.5", 0.5),
        ("released_from", "1999-12-31", date(1999, 12, 31)),
        ("released_to", "2100-01-01", date(2100, 1, 1)),
        ("walk", "continue", "continue"),
        ("walk", "new", "new"),
        ("walk", "skip", "skip"),
        ("verdicts", "titles", "titles"),
        ("verdicts", "list", "list"),
        ("verdicts", "none", "none"),
    ],
)
def test_good_values(name: str, text: str, value: Any) -> None:
    assert problems({name: text}) == []
    taken = getattr(Arguments.model_validate({name: text}), name)
    assert (taken, type(taken)) == (value, type(value))


BAD = {
    "start_page": ["0", "-1", "abc", "", "1.5", "nan"],
    "start_index": ["-1", "20", "x", ""],
    "max_pages": ["0", "-3", "all", ""],
    "batch_size": ["0", "10001", "abc", ""],
    "concurrency": ["0", "-16", "many", ""],
    "dry_run": ["maybe", "2", ""],
    "recheck_days": ["-1", "week", "", "nan"],
    "released_from": ["5", "1999", "1999-13-01", "31.12.1999", "1999-02-29", "today", "", "1999-01-01T00:00"],
    "released_to": ["0", "yesterday", "1999-1-1", ""],
    "walk": ["New", "none", "resume", ""],
    "verdicts": ["Titles", "lists", "no", ""],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_bad_values_are_one_line_each(name: str, text: str) -> None:
    (line,) = problems({name: text})
    assert line.startswith(f"-a {name}={text}: ")
    assert len(line) > len(f"-a {name}={text}: ")
    assert "Value error" not in line


@pytest.mark.parametrize("days", ["inf", "1e300", "99999999", "1000000"])
def test_more_days_than_there_are_dates_are_refused(days: str) -> None:
    assert len(problems({"recheck_days": days})) == 1


def test_a_value_of_two_lines_is_shown_in_one() -> None:
    (line,) = problems({"walk": "new\nskip"})
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("start_pge", "; did you mean start_page?"),
        ("maxpages", "; did you mean max_pages?"),
        ("Dry_run", "; did you mean dry_run?"),
        ("colour", ""),
    ],
)
def test_unknown_arguments(name: str, hint: str) -> None:
    assert problems({name: "5"}) == [f"-a {name}=5: there is no such argument{hint}"]


def test_the_number_that_scrapyd_gives_a_run_is_no_argument() -> None:
    given = {"_job": "d5d9c2c0b3a811ee", "max_pages": "2"}
    assert problems(given) == []
    assert Arguments.model_validate(given) == Arguments(max_pages=2)
    assert Arguments.model_validate(given).model_dump(exclude_defaults=True) == {"max_pages": 2}


def test_every_problem_is_told_at_once() -> None:
    lines = problems(
        {"start_pge": "5", "walk": "x", "batch_size": "abc", "max_pages": "2", "released_to": "x"}
    )
    names = [line.removeprefix("-a ").partition("=")[0] for line in lines]
    assert names == ["batch_size", "released_to", "start_pge", "walk"]


@pytest.mark.parametrize(
    ("first", "last", "lines"),
    [
        ("1999-01-01", "1999-01-01", []),
        ("1999-01-01", "1999-01-02", []),
        ("1999-01-02", "1999-01-01", ["-a: released_from is later than released_to"]),
    ],
)
def test_bounds_are_in_order(first: str, last: str, lines: list[str]) -> None:
    assert problems({"released_from": first, "released_to": last}) == lines
