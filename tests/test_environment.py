"""The environment: defaults, what is taken, what is refused, and that no secret is told."""

from __future__ import annotations

from typing import Any

import pytest

from moviesync.environment import Environment, read

DEFAULTS = {
    "TMDB_ACCESS_TOKEN": None,
    "TMDB_API_KEY": None,
    "TMDB_BASE_URL": "https://api.themoviedb.org/3",
    "TMDB_EXPORT_URL": "https://files.tmdb.org/p/exports",
    "TMDB_RATE": 4.0,
    "VIDSRC_BASE_URL": "https://vidsrc.sh,https://vidsrc2.ru,https://vidsrc.ir",
    "VIDSRC_CONCURRENCY": 16,
    "VIDSRC_KNOWN_MOVIES": "603,550,278,238,155",
    "VIDSRC_KNOWN_SHOWS": "1399,1396,66732,94997,2316",
    "MONGODB_URI": None,
    "MONGODB_DATABASE": None,
    "SQLITE_PATH": "moviesync.db",
    "LOG_FILE": "logs/moviesync.log",
    "REDIS_URL": None,
}


@pytest.mark.parametrize("empty", [None, "", "  ", "\t\n"])
def test_what_is_unset_or_empty_has_its_default(empty: str | None) -> None:
    environment, problems = read(dict.fromkeys(DEFAULTS, empty))
    assert (environment.model_dump(), problems) == (DEFAULTS, [])
    assert Environment().model_dump() == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("TMDB_ACCESS_TOKEN", "t0ken", "t0ken"),
        ("TMDB_ACCESS_TOKEN", " t0ken\n", "t0ken"),
        ("TMDB_API_KEY", "k3y", "k3y"),
        ("TMDB_BASE_URL", "http://127.0.0.1:8000/3/", "http://127.0.0.1:8000/3"),
        ("TMDB_BASE_URL", "HTTPS://example.org", "HTTPS://example.org"),
        ("TMDB_EXPORT_URL", "http://[::1]:80/e", "http://[::1]:80/e"),
        ("VIDSRC_BASE_URL", "https://vidsrc.me", "https://vidsrc.me"),
        (
            "VIDSRC_BASE_URL",
            " https://a.example/ ,, https://b.example,",
            "https://a.example,https://b.example",
        ),
        ("VIDSRC_BASE_URL", "https://a.example,https://a.example/", "https://a.example"),
        ("VIDSRC_KNOWN_MOVIES", "550, 603", "550,603"),
        ("VIDSRC_KNOWN_SHOWS", "1399", "1399"),
        ("TMDB_RATE", "40", 40.0),
        ("TMDB_RATE", "0.5", 0.5),
        ("VIDSRC_CONCURRENCY", "1", 1),
        ("MONGODB_URI", "mongodb://localhost/films", "mongodb://localhost/films"),
        ("MONGODB_URI", "mongodb+srv://u:p@example.org", "mongodb+srv://u:p@example.org"),
        ("MONGODB_DATABASE", "films", "films"),
        ("SQLITE_PATH", "/data/films.db", "/data/films.db"),
        ("LOG_FILE", "films.log", "films.log"),
        ("REDIS_URL", "redis://localhost:6379/0", "redis://localhost:6379/0"),
    ],
)
def test_good_values(name: str, text: str, value: Any) -> None:
    environment, problems = read({name: text})
    assert (environment.model_dump(), problems) == ({**DEFAULTS, name: value}, [])


ADDRESSES = ["vidsrc.xyz", "ftp://example.org", "http://", "https:///3", "//example.org", "http://[::1"]
BAD = {
    "TMDB_BASE_URL": ADDRESSES,
    "TMDB_EXPORT_URL": ADDRESSES,
    "VIDSRC_BASE_URL": [*ADDRESSES, "https://a.example,b.example", "https://a.example https://b.example"],
    "VIDSRC_KNOWN_MOVIES": ["0", "-603", "603;550", "603 550", "the matrix", "603.5"],
    "VIDSRC_KNOWN_SHOWS": ["0", "tt0944947"],
    "TMDB_RATE": ["0", "-4", "fast", "inf", "nan", "4/s"],
    "VIDSRC_CONCURRENCY": ["0", "-1", "1.5", "many"],
    "MONGODB_URI": ["localhost", "http://localhost", "mongo://localhost"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_bad_values_are_one_line_each_and_keep_the_default(name: str, text: str) -> None:
    environment, problems = read({name: text, "SQLITE_PATH": "films.db"})
    assert environment.model_dump() == {**DEFAULTS, "SQLITE_PATH": "films.db"}
    (line,) = problems
    assert line.startswith("MONGODB_URI: " if name == "MONGODB_URI" else f"{name}={text}: ")
    assert "\n" not in line
    assert "Value error" not in line


@pytest.mark.parametrize("port", ["99999", "abc", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert len(read({"TMDB_BASE_URL": f"http://localhost:{port}/3"})[1]) == 1


def test_several_problems_at_once() -> None:
    environment, problems = read(
        {"TMDB_RATE": "x", "VIDSRC_CONCURRENCY": "0", "MONGODB_URI": "x", "OTHER": "x"}
    )
    assert sorted(line.partition(":")[0] for line in problems) == [
        "MONGODB_URI",
        "TMDB_RATE=x",
        "VIDSRC_CONCURRENCY=0",
    ]
    assert environment.model_dump() == DEFAULTS


def test_other_variables_are_nobodys_business() -> None:
    environment, problems = read({"PATH": "/bin", "tmdb_rate": "9", "TMDB_RATES": "9"})
    assert (environment.model_dump(), problems) == (DEFAULTS, [])


def test_no_secret_is_told() -> None:
    secrets = {
        "TMDB_ACCESS_TOKEN": "s3cret-token",
        "TMDB_API_KEY": "s3cret-key",
        "MONGODB_URI": "mongo://user:s3cret@localhost",
        "REDIS_URL": "redis://:s3cret@localhost",
    }
    problems = read({**secrets, "TMDB_RATE": "x"})[1]
    assert len(problems) == 2
    assert "s3cret" not in "\n".join(problems)


def test_no_password_of_an_address_is_told() -> None:
    (line,) = read({"TMDB_BASE_URL": "ftp://user:s3cret@example.org"})[1]
    assert "s3cret" not in line
