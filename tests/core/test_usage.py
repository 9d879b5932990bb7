"""Settings that cannot be used are found before a crawl begins, one line for each."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings

from moviesync import settings as project
from moviesync.core.usage import (
    ABOVE_0,
    NOT_HONOURED,
    NUMBERS,
    SWITCHES,
    environment_problems,
    settings_problems,
)


def settings(**given: Any) -> Settings:
    """The settings of a crawl, and these given with ``-s``."""
    settings = Settings()
    settings.setmodule(project, priority="project")
    settings.setdict(project.CRAWL_SETTINGS, priority="spider")
    # Those of the machine that runs the tests.
    settings.set("ENVIRONMENT_PROBLEMS", [], priority="cmdline")
    settings.setdict(given, priority="cmdline")
    return settings


def test_the_settings_as_they_come_have_no_problems() -> None:
    assert settings_problems(settings()) == []


def test_every_number_is_a_setting() -> None:
    assert {name for name in NUMBERS if name not in settings()} == set()


@pytest.mark.parametrize("name", NUMBERS)
def test_zero_and_text_of_a_number_can_be_used(name: str) -> None:
    for value in ("7", 7, "0"):
        if value != "0" or name not in ABOVE_0:
            assert settings_problems(settings(**{name: value})) == []


def test_no_requests_in_flight_are_no_target() -> None:
    """Scrapy's AutoThrottle refuses it, too: the delay would have no end."""
    (line,) = settings_problems(settings(AUTOTHROTTLE_TARGET_CONCURRENCY="0"))
    assert line.startswith("-s AUTOTHROTTLE_TARGET_CONCURRENCY=0: ")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["ten", "", "-1", "nan", None, [1]])
def test_what_is_no_number_is_a_problem(name: str, value: object) -> None:
    number = "whole number" if NUMBERS[name] is int else "number"
    least = "above 0" if name in ABOVE_0 else "from 0 on"
    line = f"-s {name}={value}: should be a {number} {least}"
    assert settings_problems(settings(**{name: value})) == [line]


@pytest.mark.parametrize("value", ["1.5", "inf", float("inf")])
@pytest.mark.parametrize("name", ["RETRY_TIMES", "CONCURRENT_REQUESTS"])
def test_a_count_has_to_be_a_whole_number(name: str, value: object) -> None:
    line = f"-s {name}={value}: should be a whole number from 0 on"
    assert settings_problems(settings(**{name: value})) == [line]


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_on_or_off(name: str) -> None:
    for value in ("0", "1", True, False, "true"):
        assert settings_problems(settings(**{name: value})) == []
    assert settings_problems(settings(**{name: "x"})) == [f"-s {name}=x: should be 0 or 1"]


@pytest.mark.parametrize(("name", "instead"), NOT_HONOURED.items())
def test_a_setting_that_has_no_effect_says_what_to_set_instead(name: str, instead: str) -> None:
    (line,) = settings_problems(settings(**{name: {} if name == "DOWNLOAD_SLOTS" else 1}))
    assert line.startswith(f"-s {name}")
    assert line.endswith(f": has no effect here; {instead}")


@pytest.mark.parametrize("problems", [settings_problems, environment_problems])
def test_variables_given_as_settings_are_looked_at(problems: Any) -> None:
    (line,) = problems(settings(TMDB_RATE="fast"))
    assert line.startswith("TMDB_RATE=fast: Input should be a valid number")
    (line,) = problems(settings(VIDSRC_CONCURRENCY=0))
    assert line.startswith("VIDSRC_CONCURRENCY=0: Input should be greater than or equal to 1")
    assert problems(settings(TMDB_RATE="", TMDB_API_KEY=None)) == []


def test_a_secret_is_not_shown() -> None:
    (line,) = settings_problems(settings(MONGODB_URI="mongodb://user:s3cr%et@films.example"))
    assert line.startswith("MONGODB_URI: is not a MongoDB address")
    assert "cr%et" not in line


def test_all_problems_are_shown_those_of_the_environment_first() -> None:
    given = settings(
        ENVIRONMENT_PROBLEMS=["TMDB_RATE=abc: no number"],
        RETRY_TIMES="x",
        DOWNLOAD_SLOTS="{}",
        TMDB_BASE_URL="ftp://a",
    )
    assert [line.partition(":")[0].partition("=")[0] for line in settings_problems(given)] == [
        "TMDB_RATE",
        "TMDB_BASE_URL",
        "-s RETRY_TIMES",
        "-s DOWNLOAD_SLOTS",
    ]
    assert len(environment_problems(given)) == 2
