"""How a run ends, as an exit code."""

from __future__ import annotations

import pytest

from moviesync.core.exitcodes import CANNOT_WORK, WRONG_USAGE, exit_code


@pytest.mark.parametrize(
    "reason",
    ["finished", "shutdown", "closespider_timeout", "closespider_itemcount", "closespider_errorcount"],
)
def test_a_run_that_has_done_its_work_or_was_ended_by_its_user_ended_well(reason: str) -> None:
    assert exit_code(reason) == 0


@pytest.mark.parametrize(
    "reason",
    [
        "cancelled",
        "start_error",
        "memusage_exceeded",
        "the run was cut off; the same command goes on with it",
        "TMDB has been down for 300 s (HTTP 500): try again later",
        "sqlite:films.db: no such table: movies",
        "a mistake in moviesync: ValueError('-a start_page')",
        "JOBDIR crawls/run1 is in use by another run: wait for it, or take another folder",
        "",
    ],
)
def test_any_other_line_says_why_the_work_could_not_be_done(reason: str) -> None:
    assert exit_code(reason) == CANNOT_WORK == 1


@pytest.mark.parametrize(
    "reason",
    [
        "-a start_page=99 is past the end: the walk has 9 pages",
        "-a start_pge=5: there is no such argument; did you mean start_page?",
    ],
)
def test_a_line_that_names_an_argument_is_wrong_usage(reason: str) -> None:
    assert exit_code(reason) == WRONG_USAGE == 2
