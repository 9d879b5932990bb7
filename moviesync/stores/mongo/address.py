"""What may be shown of a MongoDB address: never a user or a password, whatever the address looks like."""

from __future__ import annotations

import re
from urllib.parse import unquote

from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from moviesync.stores.documents import short_line

DEFAULT_DATABASE = "moviesync"
SCHEME = re.compile(r"mongodb(\+srv)?://")
HOSTS = re.compile(r"(\[[^\]]+\]|[^:,\[\]]+)(:\d+)?(,(\[[^\]]+\]|[^:,\[\]]+)(:\d+)?)*")
PASSWORD = re.compile(r"://[^:]*:(.*)@", re.DOTALL)

UNAUTHORIZED, AUTHENTICATION_FAILED = 13, 18
UNWELL_CODES = {
    UNAUTHORIZED,
    AUTHENTICATION_FAILED,
    91,  # ShutdownInProgress
    189,  # PrimarySteppedDown
    8000,  # Atlas: over quota, among others
    10107,  # NotWritablePrimary
    11600,  # InterruptedAtShutdown
    11602,  # InterruptedDueToReplStateChange
    13435,  # NotPrimaryNoSecondaryOk
    13436,  # NotPrimaryOrSecondary
    14031,  # OutOfDiskSpace
}
"""Errors of one operation that every other one would get as well."""


def shown_address(uri: str, database: str | None) -> str:
    """The address as people may see it: hosts, ports and the database.

    >>> shown_address("mongodb://user:secret@db.example:27017/films?w=1", None)
    'mongodb://db.example:27017/films'
    >>> shown_address("mongodb+srv://user:secret@db.example", None)
    'mongodb+srv://db.example/moviesync'
    >>> shown_address("mongodb://user:secret", None)
    'mongodb://…'
    """
    scheme = SCHEME.match(uri)
    # A password that is not percent-encoded may hold any sign, so only the last @ counts.
    place = uri.rpartition("@")[2] if "@" in uri else uri[scheme.end() if scheme else 0 :]
    hosts, _, path = place.partition("?")[0].partition("/")
    if not scheme or not HOSTS.fullmatch(hosts):
        return "mongodb://…"
    return f"{scheme[0]}{hosts}/{database or unquote(path) or DEFAULT_DATABASE}"


def explanation(error: PyMongoError, uri: str) -> str:
    """One line: what is wrong at the server, and what to do."""
    if isinstance(error, InvalidURI):
        # The driver's own text may quote parts of the URI.
        return (
            "MONGODB_URI is not a valid MongoDB address; "
            "it has the form mongodb://user:password@host:port/database, "
            "with signs like @ : / ? in user and password percent-encoded"
        )
    text = _text(error)
    if (password := PASSWORD.search(uri)) and password[1] and _holds(text, password[1]):
        text = type(error).__name__
    return f"{text} ({_hint(error, names_user='@' in uri)})"


def _text(error: PyMongoError) -> str:
    if isinstance(error, BulkWriteError):
        first = (error.details["writeConcernErrors"] + error.details["writeErrors"])[0]
        return short_line(first["errmsg"])
    if isinstance(error, OperationFailure) and error.details:
        return short_line(error.details.get("errmsg", error))
    # What follows lists every server and every time limit.
    return short_line(str(error).partition(" (configured timeouts:")[0].partition(", Timeout:")[0])


def _hint(error: PyMongoError, *, names_user: bool) -> str:
    if isinstance(error, ConnectionFailure):
        return "is the server running, and MONGODB_URI right?"
    if isinstance(error, ConfigurationError):
        return "check MONGODB_URI and MONGODB_DATABASE"
    code = error.code if isinstance(error, OperationFailure) else None
    if code == AUTHENTICATION_FAILED:
        return "check user and password in MONGODB_URI"
    if code == UNAUTHORIZED and not names_user:
        return "give a user and a password in MONGODB_URI"
    if code == UNAUTHORIZED:
        return "the user needs the role readWrite on this database"
    return "check the server, MONGODB_URI and MONGODB_DATABASE"


def _holds(text: str, password: str) -> bool:
    return password in text or unquote(password) in text
