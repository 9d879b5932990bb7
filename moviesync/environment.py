"""The variables that set moviesync up, their types and defaults. ``settings`` alone reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, ValidationError


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("should be an address that begins with http:// or https://")
    return text.rstrip("/")


def _mongodb_address(text: str) -> str:
    if not text.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("should begin with mongodb:// or mongodb+srv://")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Environment(BaseModel):
    """Every variable by its name; README and ``.env.example`` list the same ones."""

    model_config = ConfigDict(extra="ignore")

    TMDB_ACCESS_TOKEN: str | None = None
    TMDB_API_KEY: str | None = None
    TMDB_BASE_URL: WebAddress = "https://api.themoviedb.org/3"
    TMDB_EXPORT_URL: WebAddress = "https://files.tmdb.org/p/exports"
    TMDB_RATE: Rate = 4.0
    VIDSRC_BASE_URL: WebAddress = "https://vidsrc.xyz"
    VIDSRC_CONCURRENCY: PositiveInt = 16
    MONGODB_URI: Annotated[str, AfterValidator(_mongodb_address)] | None = None
    MONGODB_DATABASE: str | None = None
    SQLITE_PATH: str = "moviesync.db"
    LOG_FILE: str = "logs/moviesync.log"
    REDIS_URL: str | None = None


def read(variables: Mapping[str, str | None]) -> tuple[Environment, list[str]]:
    """The environment, and one line for every variable that is no use.

    A variable that is empty counts as unset; one that is no use keeps its default, so that
    commands that do not need it still run.

    >>> environment, problems = read({"TMDB_RATE": "fast", "SQLITE_PATH": ""})
    >>> environment.TMDB_RATE, environment.SQLITE_PATH
    (4.0, 'moviesync.db')
    >>> problems
    ['TMDB_RATE=fast: Input should be a valid number, unable to parse string as a number']
    """
    given = {name: value.strip() for name, value in variables.items() if value and value.strip()}
    try:
        return Environment.model_validate(given), []
    except ValidationError as error:
        wrong = {str(problem["loc"][0]): message(problem["msg"]) for problem in error.errors()}
    usable = {name: value for name, value in given.items() if name not in wrong}
    secret = {"MONGODB_URI"}
    problems = [
        f"{name}: {why}" if name in secret else f"{name}={given[name]}: {why}" for name, why in wrong.items()
    ]
    return Environment.model_validate(usable), problems


def message(text: str) -> str:
    """A validation message without the words that pydantic puts before those of a validator."""
    return text.removeprefix("Value error, ")
