"""The variables that set moviesync up, their types and defaults. Only ``settings`` reads them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("should be an address that begins with http:// or https://")
    if parts.query or parts.fragment or set(text) & _BLANKS:
        raise ValueError("should be an address without blanks, ? and #")
    return text.rstrip("/")


def _each(check: Callable[[str], str]) -> Callable[[str], str]:
    """A check of a list of texts with commas between them; what it gives has no blanks and no double entries."""

    def checked(text: str) -> str:
        given = [part for part in map(str.strip, text.split(",")) if part]
        return ",".join(dict.fromkeys(map(check, given)))

    return checked


def _tmdb_id(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text, re.ASCII):
        raise ValueError("should be TMDB ids with commas between them, like 603,550")
    return text


def _mongodb_address(text: str) -> str:
    if not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("should begin with mongodb:// or mongodb+srv://")
    if text.startswith("mongodb://"):
        # Imported here, as the driver takes 0.1 s, and users without MongoDB need not wait for it.
        from pymongo.errors import PyMongoError
        from pymongo.synchronous.uri_parser import parse_uri

        try:
            parse_uri(text, warn=False)
        except (PyMongoError, ValueError):
            # The driver's own message could hold parts of the password.
            raise ValueError("is not a MongoDB address; user and password must be percent-encoded") from None
    return text


def _key(text: str) -> str:
    key = text.removeprefix("Bearer ").strip()
    if not key.isascii() or set(key) & _BLANKS:
        raise ValueError("is not a key: a key is one word of ASCII letters, digits and signs")
    return key


_BLANKS = set(" \t\r\n\v\f\0")
_SECRET = {"TMDB_ACCESS_TOKEN", "TMDB_API_KEY", "MONGODB_URI", "REDIS_URL"}

WebAddress = Annotated[str, AfterValidator(_web_address)]
WebAddresses = Annotated[str, AfterValidator(_each(_web_address))]
Ids = Annotated[str, AfterValidator(_each(_tmdb_id))]
Key = Annotated[str, AfterValidator(_key)]
Rate = Annotated[float, Field(ge=0.01, le=1_000)]
Concurrency = Annotated[int, Field(ge=1, le=1_000)]


class Environment(BaseModel):
    """Every variable by its name; README and ``.env.example`` list the same ones."""

    model_config = ConfigDict(extra="ignore")

    TMDB_ACCESS_TOKEN: Key | None = None
    TMDB_API_KEY: Key | None = None
    TMDB_BASE_URL: WebAddress = "https://api.themoviedb.org/3"
    TMDB_EXPORT_URL: WebAddress = "https://files.tmdb.org/p/exports"
    TMDB_RATE: Rate = 4.0
    VIDSRC_BASE_URL: WebAddresses = "https://vidsrc.sh,https://vidsrc2.ru,https://vidsrc.ir"
    VIDSRC_CONCURRENCY: Concurrency = 16
    VIDSRC_KNOWN_MOVIES: Ids = "603,550,278,238,155"
    VIDSRC_KNOWN_SHOWS: Ids = "1399,1396,66732,94997,2316"
    MONGODB_URI: Annotated[str, AfterValidator(_mongodb_address)] | None = None
    MONGODB_DATABASE: str | None = None
    SQLITE_PATH: str = "moviesync.db"
    LOG_FILE: str = "logs/moviesync.log"
    REDIS_URL: str | None = None


def from_file(path: str) -> tuple[dict[str, str | None], list[str]]:
    """The variables of a ``.env`` file, and one line for each mistake in it; nothing if ``path`` is empty."""
    try:
        if not path:
            return {}, []
        with Path(path).open(encoding="utf-8") as lines:
            bad = [binding.original.line for binding in parse_stream(lines) if binding.error]
        if bad:
            return {}, [problem(f"{path}, line {line}", "not NAME=value") for line in bad]
        return dotenv_values(path), []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [problem(path, f"cannot be read as UTF-8 text ({error})")]


def readable_by_others(path: str) -> bool:
    """Whether every user can read a file with secrets; False if ``path`` is empty."""
    return bool(path) and os.name == "posix" and bool(Path(path).stat().st_mode & stat.S_IROTH)


def read(variables: Mapping[str, str | None]) -> tuple[Environment, list[str]]:
    """The environment, and one line for every variable that is not valid.

    A variable that is empty counts as unset; one that is not valid keeps its default, so that
    commands that do not need it still run.

    >>> environment, problems = read({"TMDB_RATE": "fast", "SQLITE_PATH": ""})
    >>> environment.TMDB_RATE, environment.SQLITE_PATH
    (4.0, 'moviesync.db')
    >>> problems
    ['TMDB_RATE=fast: Input should be a valid number, unable to parse string as a number']
    """
    wrong = problems(variables)
    usable = {name: value for name, value in _given(variables).items() if name not in wrong}
    return Environment.model_validate(usable), list(wrong.values())


def problems(variables: Mapping[str, str | None]) -> dict[str, str]:
    """One line for every variable that is not valid, by its name."""
    given = _given(variables)
    try:
        Environment.model_validate(given)
    except ValidationError as error:
        wrong = {str(found["loc"][0]): found["msg"] for found in error.errors()}
        # An address can hold a password.
        return {
            name: problem(name if "@" in given[name] or name in _SECRET else f"{name}={given[name]}", why)
            for name, why in wrong.items()
        }
    return {}


def names_set(variables: Mapping[str, str | None]) -> list[str]:
    """The names of the variables of moviesync that are set, in the order of the tables."""
    return [name for name in Environment.model_fields if name in _given(variables)]


def _given(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value.strip() for name, value in variables.items() if value and value.strip()}


def problem(given: str, why: str) -> str:
    """One line on what was given and why it is not valid.

    >>> problem("-a walk=back", "Value error, no such walk")
    '-a walk=back: no such walk'
    """
    # Pydantic puts "Value error, " before a validator's text.
    return " ".join(f"{given}: {why.removeprefix('Value error, ')}".split())
