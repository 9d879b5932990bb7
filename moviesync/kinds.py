"""What is a film and what is a show: all that differs between the two, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One kind of title, as TMDB, VidSrc and the store name it."""

    collection: str
    """Collection (MongoDB) or table (SQLite) of its titles."""
    discover_path: str
    """TMDB's discover endpoint, relative to the base address."""
    title_field: str
    """Field of a TMDB list item that holds the title."""
    date_field: str
    """Field of a TMDB list item that holds the day of release."""
    date_parameter: str
    """What discover calls that day in ``.gte``, ``.lte`` and ``sort_by``."""
    vidsrc_name: str
    """What VidSrc calls the kind in its addresses."""
    known_variable: str
    """The variable with the ids of titles that VidSrc is known to have."""
    has_episodes: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What makes discover show all titles of the kind."""
    undated_parameters: Mapping[str, str] = field(default_factory=dict)
    """What makes discover show undated titles if no dates are asked for."""


MOVIE = Kind(
    collection="movies",
    discover_path="discover/movie",
    title_field="title",
    date_field="release_date",
    date_parameter="primary_release_date",
    vidsrc_name="movie",
    known_variable="VIDSRC_KNOWN_MOVIES",
    parameters={"include_video": "true"},
)

SHOW = Kind(
    collection="shows",
    discover_path="discover/tv",
    title_field="name",
    date_field="first_air_date",
    date_parameter="first_air_date",
    vidsrc_name="tv",
    known_variable="VIDSRC_KNOWN_SHOWS",
    has_episodes=True,
    undated_parameters={"include_null_first_air_dates": "true"},
)

KINDS = (MOVIE, SHOW)
COLLECTIONS = tuple(kind.collection for kind in KINDS)
"""The collections or tables of their titles, in the order in which they are shown."""


def kind_of(collection: str) -> Kind:
    """The kind whose titles are in a collection. Raises KeyError if there is none."""
    return {kind.collection: kind for kind in KINDS}[collection]
