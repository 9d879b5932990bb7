"""Connections that do not do what they should."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import NoReturn

from aiohttp import web

NO_LINGER = struct.pack("ii", 1, 0)
DRIP = 1.0
"""Seconds before each byte that drips."""


class Dropped(Exception):
    """The client has lost its connection; raised by a site instead of an answer."""


def drop(request: web.BaseRequest) -> NoReturn:
    """Reset the connection of a request: always raises ``Dropped``."""
    if request.transport is not None:
        # Without lingering the client gets a reset instead of an orderly end.
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        request.transport.abort()
    raise Dropped


async def hang() -> NoReturn:
    """Wait until the client leaves, or the site ends."""
    await asyncio.Event().wait()
    raise Dropped


async def cut(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """Send half of the answer's body and hang up; an answer without a body is dropped."""
    body = answer.body
    if request.method == "HEAD" or not isinstance(body, bytes) or not body:
        drop(request)
    half = await _begun(request, answer, len(body))
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


async def drip(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """Send the answer's body byte by byte."""
    body = answer.body
    if request.method == "HEAD" or not isinstance(body, bytes):
        return answer
    dripping = await _begun(request, answer, len(body))
    for byte in body:
        await asyncio.sleep(DRIP)
        await dripping.write(bytes([byte]))
    return dripping


async def _begun(request: web.BaseRequest, answer: web.Response, length: int) -> web.StreamResponse:
    begun = web.StreamResponse(status=answer.status, headers=answer.headers)
    begun.content_length = length
    await begun.prepare(request)
    return begun
