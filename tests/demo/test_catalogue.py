"""The titles of the miniature sites, recorded and made up."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from moviesync.demo.behaviours import UNKNOWABLE, Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.kinds import KINDS, MOVIE, SHOW, Kind

TODAY = date(2026, 11, 23)


def test_recorded_titles() -> None:
    assert len(Catalogue.recorded(MOVIE)) == 876
    assert len(Catalogue.recorded(SHOW)) == 308


@pytest.mark.parametrize("kind", KINDS)
def test_grown_catalogue_is_the_same_every_time(kind: Kind) -> None:
    grown = Catalogue.recorded(kind).grown(3000, today=TODAY)
    assert grown.rows == Catalogue.recorded(kind).grown(3000, today=TODAY).rows
    assert len(grown) == 3000
    assert Catalogue.recorded(kind).ids < grown.ids
    assert Catalogue.recorded(kind).grown(5).ids == set(list(grown.rows)[:5])


def test_grown_catalogue_spreads_over_the_years() -> None:
    rows = Catalogue.recorded(MOVIE).grown(12000, today=TODAY).rows.values()
    days = [row["release_date"] for row in rows if row.get("release_date")]
    undated = [row.get("release_date", "absent") for row in rows if not row.get("release_date")]
    assert min(days) < "1920"
    assert str(TODAY) < max(days) <= str(TODAY + timedelta(days=365))
    assert 0.02 < sum(day > str(TODAY) for day in days) / 12000 < 0.05
    assert 0.003 < len(undated) / 12000 < 0.008
    assert {"", None, "absent"} == set(undated)


def test_shares_of_answers() -> None:
    catalogue = Catalogue.recorded(MOVIE).grown(12000, today=TODAY)
    answers = Counter(catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows)
    assert set(answers) == set(Answer)
    truths = Counter(catalogue.truth(tmdb_id) for tmdb_id in catalogue.rows)
    assert 0.38 < truths[True] / 12000 < 0.42
    assert 0.005 < truths[None] / 12000 < 0.015


def test_every_answer_is_in_the_demo() -> None:
    catalogue = Catalogue.recorded(MOVIE)
    assert {catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows} == set(Answer)


def test_plain_catalogue_for_benchmarks() -> None:
    catalogue = Catalogue.recorded(MOVIE, plain=0.25).grown(8000, today=TODAY)
    answers = Counter(catalogue.answer(tmdb_id) for tmdb_id in catalogue.rows)
    assert set(answers) == {Answer.PLAYER, Answer.GONE}
    assert 0.23 < answers[Answer.PLAYER] / 8000 < 0.27


@pytest.mark.parametrize("kind", KINDS)
def test_catalogue_without_unknowable_titles(kind: Kind) -> None:
    whole = Catalogue.recorded(kind).grown(3000, today=TODAY)
    knowable = Catalogue.recorded(kind, unknowable=False).grown(3000, today=TODAY)
    answers = {tmdb_id: whole.answer(tmdb_id) for tmdb_id in whole.rows}
    assert set(answers.values()) > UNKNOWABLE
    for tmdb_id, answer in answers.items():
        assert knowable.answer(tmdb_id) is (Answer.GONE if answer in UNKNOWABLE else answer)
    assert knowable.available == whole.available
