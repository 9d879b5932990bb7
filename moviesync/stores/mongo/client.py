"""A client of a MongoDB server that fails in time, and reads what others wrote."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from bson.codec_options import DatetimeConversion
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, InvalidURI

from moviesync.stores.base import Document
from moviesync.stores.mongo.address import SCHEME

CLIENT_DEFAULTS: dict[str, Any] = {
    "appname": "moviesync",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    # A server that accepts and never answers must not hold a run for ever.
    "socketTimeoutMS": 120_000,
}


def make_client(uri: str) -> AsyncMongoClient[Document]:
    """A client that is not connected yet; raises ``PyMongoError`` if the URI is not valid."""
    if not SCHEME.match(uri):
        # The driver would take the text for the name of a host.
        raise InvalidURI
    given = uri.lower()
    defaults = {name: value for name, value in CLIENT_DEFAULTS.items() if f"{name.lower()}=" not in given}
    try:
        client = AsyncMongoClient[Document](
            uri,
            tz_aware=True,
            tzinfo=timezone.utc,
            # What others wrote is to be read, dates beyond the year 9999 and broken texts too.
            datetime_conversion=DatetimeConversion.DATETIME_AUTO,
            unicode_decode_error_handler="replace",
            **defaults,
        )
    except (TypeError, ValueError) as error:
        raise InvalidURI from error
    if not client.write_concern.acknowledged:
        raise ConfigurationError("w=0 asks for writes that nobody acknowledges")
    return client
