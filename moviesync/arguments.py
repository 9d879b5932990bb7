"""The spider arguments (``-a name=value``): their types, bounds and meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    model_validator,
)

from moviesync.environment import Concurrency, problem
from moviesync.tmdb.discover import PAGE_SIZE


def _day(text: object) -> object:
    # Pydantic alone would read "5" as the fifth second of 1970, some Pythons 19991231 as a date.
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("should be a date like 1999-12-31")
    return text


Day = Annotated[date, BeforeValidator(_day)]


class Arguments(BaseModel):
    """The arguments of a crawl; README has the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start_page: PositiveInt = 1
    start_index: Annotated[int, Field(ge=0, lt=PAGE_SIZE)] = 0
    max_pages: PositiveInt | None = None
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 200
    concurrency: Concurrency | None = None
    dry_run: bool = False
    recheck_days: Annotated[float, Field(ge=0, le=36_500)] | None = None
    released_from: Day | None = None
    released_to: Day | None = None
    walk: Literal["continue", "new", "skip"] = "continue"
    verdicts: Literal["titles", "list", "none"] = "titles"
    on_vidsrc_down: Literal["stop", "walk"] = "stop"

    @model_validator(mode="before")
    @classmethod
    def _without_job(cls, given: Any) -> Any:
        # scrapyd's number of the run, which it gives to every spider. It says nothing of what to do.
        return {name: value for name, value in given.items() if name != "_job"}

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Arguments:
        if self.released_from and self.released_to and self.released_from > self.released_to:
            raise ValueError("released_from is later than released_to")
        return self


def as_settings(collection: str, args: Arguments) -> dict[str, Any]:
    """The settings that follow from a spider's arguments; ``collection`` holds its titles.

    Components read the arguments from them. VIDSRC_CONCURRENCY and JOBDIR are also settings of users; for
    these an argument counts more.
    """
    settings: dict[str, Any] = {
        "COLLECTION": collection,
        "SPIDER_ARGUMENTS": args.model_dump(mode="json", exclude_defaults=True),
        "BATCH_SIZE": args.batch_size,
        "DRY_RUN": args.dry_run,
        "RECHECK_DAYS": args.recheck_days,
        "ON_VIDSRC_DOWN": args.on_vidsrc_down,
        "VERDICTS": args.verdicts,
    }
    if args.dry_run:
        settings["JOBDIR"] = None
    if args.concurrency is not None:
        settings["VIDSRC_CONCURRENCY"] = args.concurrency
    return settings


def problems(given: Mapping[str, Any]) -> list[str]:
    """One line for each argument that is unknown or not valid; empty if all are valid.

    >>> problems({"start_pge": "5", "batch_size": "abc"})  # doctest: +NORMALIZE_WHITESPACE
    ['-a batch_size=abc: Input should be a valid integer, unable to parse string as an integer',
     '-a start_pge=5: there is no such argument; did you mean start_page?']
    """
    try:
        Arguments.model_validate(dict(given))
    except ValidationError as error:
        return sorted(
            _problem(given, str(problem["loc"][0]) if problem["loc"] else "", problem["type"], problem["msg"])
            for problem in error.errors()
        )
    return []


def _problem(given: Mapping[str, Any], name: str, kind: str, text: str) -> str:
    if not name:
        return problem("-a", text)
    if kind == "extra_forbidden":
        close = get_close_matches(name, Arguments.model_fields, n=1)
        text = "there is no such argument" + (f"; did you mean {close[0]}?" if close else "")
    return problem(f"-a {name}={given[name]}", text)
