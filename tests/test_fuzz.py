"""Whatever TMDB, the environment and the user say: no exception, and nothing that cannot be used."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moviesync
from moviesync import arguments, environment
from moviesync.core.retryafter import retry_after
from moviesync.environment import Environment
from moviesync.kinds import KINDS, Kind
from moviesync.tmdb.api import MalformedAnswer, error_code
from moviesync.tmdb.discover import read_page, refused_page

SEEN = datetime(2026, 11, 23, tzinfo=timezone.utc)
RECORDED = Path(moviesync.__file__).parent / "recorded"
DISCOVER = [(RECORDED / "3" / f"{kind.discover_path}.json").read_bytes() for kind in KINDS]
SECRETS = {"TMDB_ACCESS_TOKEN", "TMDB_API_KEY", "MONGODB_URI", "REDIS_URL"}


def examples(number: int) -> settings:
    """So many examples, the same ones every time."""
    quiet = list(HealthCheck)
    return settings(max_examples=number, derandomize=True, deadline=None, suppress_health_check=quiet)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(2**63),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """One of the originals with some bytes changed, cut out or put in."""
    body = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(body)))
        stop = start + draw(st.sampled_from([0, 0, 1, 2, 7, 40, len(body)]))
        body = body[:start] + draw(st.binary(max_size=6)) + body[stop:]
    return body


@st.composite
def rewritten(draw: st.DrawFn, original: bytes) -> bytes:
    """A discover page with random JSON at some of its places."""
    answer: dict[str, Any] = json.loads(original)
    answer["results"] = answer["results"][:4]
    for _ in range(draw(st.integers(1, 4))):
        places = [answer, *filter(lambda item: isinstance(item, dict), _items(answer))]
        place = draw(st.sampled_from(places))
        if place:
            place[draw(st.sampled_from(sorted(place)))] = draw(JSON)
    return json.dumps(answer).encode()


def _items(answer: dict[str, Any]) -> list[Any]:
    results = answer.get("results")
    return results if isinstance(results, list) else []


def read(body: bytes, kind: Kind, status: int = 200) -> None:
    try:
        page = read_page(status, body, kind, SEEN)
    except MalformedAnswer:
        return
    assert status == 200
    assert len({title.tmdb_id for title in page.titles}) == len(page.titles)
    for title in page.titles:
        assert type(title.tmdb_id) is int
        assert 0 < title.tmdb_id < 2**63
        assert type(title.title) is str
        assert title.year is None or type(title.year) is int
        json.dumps(title.data, allow_nan=False, ensure_ascii=False).encode()
        title.title.encode()
    assert page.total_pages is None or page.total_pages >= 0
    assert page.total_results is None or page.total_results >= 0


@pytest.mark.parametrize(("kind", "page"), list(zip(KINDS, DISCOVER, strict=True)), ids=["movies", "shows"])
def test_a_page_that_is_not_as_it_was_is_read_or_malformed(kind: Kind, page: bytes) -> None:
    @examples(800)
    @given(mutated([page]) | rewritten(page))
    def holds(body: bytes) -> None:
        read(body, kind)

    holds()


ERROR = st.fixed_dictionaries({}, optional=dict.fromkeys(("status_code", "errors"), JSON | st.just(22)))
ANSWERS = st.binary(max_size=60) | (JSON | ERROR).map(lambda value: json.dumps(value).encode())


@examples(700)
@given(st.sampled_from([400, 422]) | st.integers(100, 599), ANSWERS, st.integers(1, 10**7))
def test_any_answer_of_tmdb_is_read_or_malformed(status: int, body: bytes, page: int) -> None:
    read(body, KINDS[0], status)
    assert error_code(body) is None or type(error_code(body)) is int
    last = refused_page(status, body, page)
    assert last is None or 0 < last < page


@pytest.mark.parametrize("depth", [100, 200, 300, 400, 500, 600, 800, 900, 950, 5_000, 200_000])
@pytest.mark.parametrize("value", ["[", '{"a":'])
def test_nesting_of_any_depth_is_read_or_malformed(depth: int, value: str) -> None:
    deep = value * depth + "1" + {"[": "]", '{"a":': "}"}[value] * depth
    for name in ("id", "title", "release_date", "popularity"):
        item = f'{{"id":1,"title":"A","{name}":{deep}}}'
        body = f'{{"results":[{item}],"total_pages":{deep},"total_results":1}}'.encode()
        for one in (body, body.replace(b'"A"', b'"\\ud800"')):
            with suppress(MalformedAnswer):
                read_page(200, one, KINDS[0], SEEN)
    for name in ("errors", "status_message"):
        refused_page(422, f'{{"status_code":22,"{name}":[{deep}]}}'.encode(), 7)
    error_code(deep.encode())


DATES = st.datetimes(timezones=st.just(timezone.utc)).map(lambda day: format_datetime(day, usegmt=True))
RETRY = st.text().map(str.encode) | st.binary() | st.integers().map(lambda number: str(number).encode())


DAYS = ["Fri, 31 Dec 9999 23:59:59 -2300", "Mon, 01 Jan 0001 00:00:00 +2300", "Mon, 23 Nov 2026 10:00:30 GMT"]
DAYS += ["Mon, 23 Nov 99999999999999999999 10:00:30 GMT", "Mon, 23 Nov 2026 10:00:30 +99999999999999999999"]
HEADER_TEXTS = [text.encode() for text in [*DAYS, "120", "9" * 400, "²", "٣"]]


@examples(1500)
@given(st.sampled_from(HEADER_TEXTS) | st.none() | RETRY | mutated(HEADER_TEXTS) | DATES.map(str.encode))
def test_a_retry_after_is_seconds_or_nothing(header: bytes | None) -> None:
    seconds = retry_after(header, SEEN)
    assert seconds is None or seconds >= 0
    # The last line of a run names the day.
    assert SEEN + timedelta(seconds=seconds or 0) >= SEEN


ODD = ["http://", "https://[::1", "http://a:99999", "mongodb://a,b/c?d=e", "mongodb://%", "1e999", "nan"]
SIGNS = st.characters() | st.sampled_from("\0\n @:/%?#.,[]-0123456789")
TEXT = st.text(SIGNS, max_size=30) | st.sampled_from(ODD)
URI = st.builds("{}{}".format, st.sampled_from(["http://", "mongodb://", "mongodb+srv://", ""]), TEXT)


@examples(600)
@given(st.dictionaries(st.sampled_from(sorted(Environment.model_fields)) | st.text(), st.none() | TEXT | URI))
def test_any_environment_is_read(variables: dict[str, str | None]) -> None:
    values, problems = environment.read(variables)
    assert all(problem == " ".join(problem.split()) and problem for problem in problems)
    shown = " ".join(problems)
    # What another variable has, too, may be shown.
    others = "".join(variables[name] or "" for name in variables.keys() - SECRETS)
    for secret in [(variables[name] or "").strip() for name in SECRETS & variables.keys()]:
        assert len(secret) < 20 or secret in others or secret not in shown
    assert 0.01 <= values.TMDB_RATE <= 1000
    assert 1 <= values.VIDSRC_CONCURRENCY <= 1000


@examples(600)
@given(st.dictionaries(st.sampled_from(sorted(arguments.Arguments.model_fields)) | TEXT, TEXT))
def test_any_arguments_are_usable_or_problems(given_arguments: dict[str, str]) -> None:
    problems = arguments.problems(given_arguments)
    assert all(problem == " ".join(problem.split()) and problem for problem in problems)
    if not problems:
        arguments.Arguments.model_validate(given_arguments)
