"""VidSrc's lists of ids: what is on them, and when they are not to be believed."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviesync.kinds import MOVIE, SHOW
from moviesync.vidsrc.answer import NO_TITLE
from moviesync.vidsrc.id_list import (
    EpisodeList,
    IdList,
    episodes_problem,
    episodes_url,
    list_url,
    problem,
    read_episodes,
    read_ids,
)

KNOWN = [603, 550]


def test_urls() -> None:
    assert list_url("http://127.0.0.1:8000/v", MOVIE) == "http://127.0.0.1:8000/v/ids/movie_tmdb.txt"
    assert list_url("https://vidsrc.sh", SHOW) == "https://vidsrc.sh/ids/tv_tmdb.txt"
    assert episodes_url("https://vidsrc.sh") == "https://vidsrc.sh/ids/eps_tmdb.txt"


@pytest.mark.parametrize(
    ("body", "ids", "lines", "bad"),
    [
        (b"", set(), 0, 0),
        (b"\r\n \n\t\n", set(), 0, 0),
        (b"\xef\xbb\xbf", set(), 0, 0),
        (b"603\n550\n", {603, 550}, 2, 0),
        (b"603\r\n550", {603, 550}, 2, 0),
        (b"603\r550\r", {603, 550}, 2, 0),
        (b"\xef\xbb\xbf603\n\n  550\t\n", {603, 550}, 2, 0),
        (b"603\n603\n0603\n", {603}, 3, 0),
        (b"2147483647\n999999999", {2147483647, NO_TITLE}, 2, 0),
        (b"0\n-1\n+5\n1.0\n1e3\n1_0\ntt0133093\n603,550\n60 3\n", set(), 9, 9),
        (b"2147483648\n99999999999\n" + b"9" * 100_000, set(), 3, 3),
        ("٣\n²\n\uff16\n".encode(), set(), 3, 3),
        (b"603\n\xef\xbb\xbf550\n\xff\xfe\n\0\n", {603}, 4, 3),
        ("603\n550\n".encode("utf-16"), set(), 3, 3),
        (b"<!DOCTYPE html>\n<html>\n603\n</html>\n", {603}, 4, 3),
        (b"[603, 550]", set(), 1, 1),
    ],
)
def test_the_ids_of_a_list(body: bytes, ids: set[int], lines: int, bad: int) -> None:
    assert read_ids(body) == IdList(frozenset(ids), lines, bad)


@pytest.mark.parametrize(
    ("found", "previous", "words"),
    [
        (IdList(frozenset({603}), 1, 0), None, ""),
        (IdList(frozenset({550, 7}), 2, 0), 0, ""),
        (IdList(frozenset({603}), 100, 1), None, ""),
        (IdList(frozenset({603}), 100, 2), None, "has 2 lines of 100 that are no ids"),
        (IdList(frozenset(), 12_000, 12_000), None, "has 12,000 lines of 12,000 that are no ids"),
        (IdList(frozenset(), 0, 0), None, "is empty"),
        (IdList(frozenset(), 0, 0), 80_000, "is empty"),
        (IdList(frozenset({7, 8}), 2, 0), None, "lacks every title that VidSrc is known to have"),
        (IdList(frozenset({603, NO_TITLE}), 2, 0), None, "has an id that no title has"),
        (IdList(frozenset(range(1, 901)), 900, 0), 1000, ""),
        (IdList(frozenset(range(1, 900)), 899, 0), 1000, "has shrunk from 1,000 to 899 ids"),
        (IdList(frozenset(range(1, 40_001)), 40_000, 0), 80_000, "has shrunk from 80,000 to 40,000 ids"),
        (IdList(frozenset(range(1, 40_001)), 40_000, 0), 20_000, ""),
    ],
)
def test_whether_a_list_is_to_be_believed(found: IdList, previous: int | None, words: str) -> None:
    assert problem(found, positives=KNOWN, previous=previous) == words


def test_a_list_is_not_believed_without_a_title_that_is_known() -> None:
    words = "lacks every title that VidSrc is known to have"
    assert problem(IdList(frozenset({603}), 1, 0), positives=[], previous=None) == words


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(st.binary(max_size=12) | st.integers().map(lambda number: str(number).encode())))
def test_any_list_is_read(lines: list[bytes]) -> None:
    body = b"\n".join(lines)
    found = read_ids(body)
    assert len(found.ids) <= found.lines - found.bad
    assert found.bad <= found.lines
    problem(found, positives=KNOWN, previous=10)
    whole = read_episodes(body)
    split = read_episodes([body[start : start + 1] for start in range(len(body))])
    assert (whole.lines, whole.bad) == (split.lines, split.bad)


EPISODES = (
    b"\xef\xbb\xbf1399_1x2\r\n1399_1x10\n1399_0x1\n 66732_10x1 \n\n1399_1x2\n1399_2x1\n1399_1x1\n66732_2x0"
)


def pieces(size: int) -> Iterator[bytes]:
    return (EPISODES[start : start + size] for start in range(0, len(EPISODES), size))


@pytest.mark.parametrize(
    "found",
    [
        read_episodes(EPISODES),
        read_episodes(EPISODES + b"\n"),
        *(read_episodes(pieces(size)) for size in range(1, 40)),
    ],
)
def test_the_episodes_of_a_list(found: EpisodeList) -> None:
    assert (found.lines, found.bad) == (8, 0)
    assert set(found.shows) == {1399, 66732}
    # Seasons in the order of their numbers.
    assert json.dumps(found.of(1399)) == '{"0": [1], "1": [1, 2, 10], "2": [1]}'
    assert json.dumps(found.of(66732)) == '{"2": [0], "10": [1]}'
    assert found.of(1) == {}
    assert episodes_problem(found) == ""


@pytest.mark.parametrize(
    "line",
    [
        "1399",
        "1399_1",
        "1399_1x",
        "_1x1",
        "1399_x1",
        "1399-1x1",
        "1399_1x1x1",
        "1399_1X1",
        "1399_1x1,",
        "0_1x1",
        "-1_1x1",
        "1399_-1x1",
        "1399_65536x1",
        "1399_1x65536",
        "1399_1x99999999999",
        "2147483648_1x1",
        "9" * 99 + "_1x1",
        "٣_1x1",
        "tt0944947_1x1",
        "1399_1 x1",
        "\ufeff\ufeff1399_1x1",
        "\0",
        "1399_1x1" + " " * 200 + "1",
        "x" * 1000,
    ],
)
@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_a_line_that_is_no_episode(line: str, size: int) -> None:
    body = f"{line}\n1399_65535x65535\n{line}".encode()
    found = read_episodes([body[start : start + size] for start in range(0, len(body), size)])
    assert (found.lines, found.bad) == (3, 2)
    assert found.of(1399) == {"65535": [65535]}
    assert list(found.shows) == [1399]
    assert episodes_problem(found) == "has 2 lines of 3 that are no episodes"


@pytest.mark.parametrize("body", [b"", b"\n\r\n", [], [b"", b" "], b"\xef\xbb\xbf"])
def test_no_episodes(body: bytes | list[bytes]) -> None:
    assert episodes_problem(read_episodes(body)) == "is empty"


LINES, SHOWS = 100_000, 4_000


def many_episodes() -> Iterator[bytes]:
    for start in range(0, LINES, 5000):
        numbers = range(start, start + 5000)
        yield b"".join(
            b"%d_%dx%d\r\n" % (1 + n * SHOWS // LINES, 1 + n % 25 // 10, 1 + n % 10) for n in numbers
        )


def test_the_whole_list_of_episodes_stays_small() -> None:
    tracemalloc.start()
    try:
        found = read_episodes(many_episodes())
        stays, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.lines, found.bad, len(found.shows)) == (LINES, 0, SHOWS)
    assert found.of(1) == {"1": [*range(1, 11)], "2": [*range(1, 11)], "3": [*range(1, 6)]}
    # As objects of Python they would have 7 MB, and more in a set.
    assert stays < 2_000_000
    assert peak < stays + 1_500_000


@pytest.mark.parametrize("piece", [b"1", b" ", b"\r", b"1399_1x1 ", b"_", b"x"])
def test_a_list_without_lines_takes_no_longer_than_its_size(piece: bytes) -> None:
    body = piece * (8_000_000 // len(piece))
    begun = time.process_time()
    read_episodes(body)
    read_ids(body)
    assert time.process_time() - begun < 5
