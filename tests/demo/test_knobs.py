"""Knobs of the miniature sites, as JSON describes them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from moviesync.demo.knobs import Knobs, MirrorKnobs, SiteKnobs, mirrors_alike
from moviesync.demo.lies import Lie


def test_knobs_of_json() -> None:
    knobs = Knobs.of(
        {
            "cap": 3,
            "vidsrc": {"rate": 5},
            "mirrors": [
                {"form": "old", "lie": "a cookie wall", "lie_from": 60, "lie_for": 9},
                {"drip": [603], "list_modified": "2026-11-23T04:05:06+00:00", "down": "hang"},
                {"lie": None, "list_modified": None},
            ],
        }
    )
    assert (knobs.cap, knobs.vidsrc, knobs.tmdb) == (3, SiteKnobs(rate=5), SiteKnobs())
    modified = datetime(2026, 11, 23, 4, 5, 6, tzinfo=timezone.utc)
    assert knobs.mirrors == [
        MirrorKnobs(form="old", lie=Lie.COOKIE_WALL, lie_from=60, lie_for=9),
        MirrorKnobs(drip=frozenset({603}), list_modified=modified, down="hang"),
        MirrorKnobs(),
    ]


@pytest.mark.parametrize("lie", Lie)
def test_lies_go_by_their_values(lie: Lie) -> None:
    assert MirrorKnobs.of({"lie": lie.value}).lie is lie


def test_there_are_no_other_knobs() -> None:
    with pytest.raises(TypeError):
        Knobs.of({"mirrors": [{"always_available": True}]})
    with pytest.raises(ValueError, match="not a valid Lie"):
        Knobs.of({"mirrors": [{"lie": "nothing but the truth"}]})
    with pytest.raises(AttributeError):
        setattr(Knobs(), "always_available", True)  # noqa: B010 (mypy sees it too)


def test_mirrors_do_not_share_their_knobs() -> None:
    first, second, third = mirrors_alike(form="old")
    first.form = "today"
    assert (second.form, third.form) == ("old", "old")
    assert len(Knobs().mirrors) == 3
