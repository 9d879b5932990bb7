"""Serving on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager

from aiohttp import web

HOST = "127.0.0.1"

AT_THE_END = 0.01
"""Seconds for a request that is under way at the end; aiohttp takes 0 for "no limit"."""
LONGEST = 20.0
"""Seconds that it may take to begin, or to end."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Ready = Future[tuple[list[int], Callable[[], object]]]
"""The ports, and a function that ends the serving, for any thread."""
Served = tuple[Handler | None, int]
"""A handler and its port; ``None``: the port refuses connections."""


@contextmanager
def served(*handlers: Served) -> Iterator[list[int]]:
    """Serve each handler at its port (0: any free one); gives the ports. Without a handler a port is dead.

    Raises ``OSError`` if a port cannot be used. Entering or leaving fails if it takes too long.
    """
    ready: Ready = Future()
    thread = threading.Thread(target=_run, args=(handlers, ready), name="loopback", daemon=True)
    thread.start()
    ports, end = ready.result(LONGEST)
    try:
        yield ports
    finally:
        end()
        thread.join(LONGEST)
        if thread.is_alive():
            raise TimeoutError("what is served on loopback does not end")


def _run(handlers: tuple[Served, ...], ready: Ready) -> None:
    try:
        asyncio.run(_serve(handlers, ready))
    except BaseException as error:
        # The thread that waits raises it; later errors are raised here.
        if ready.done():
            raise
        ready.set_exception(error)


async def _serve(handlers: tuple[Served, ...], ready: Ready) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    async with AsyncExitStack() as opened:
        ports = [
            await _listen(opened, handler, port) if handler else opened.enter_context(_refusing(port))
            for handler, port in handlers
        ]
        ready.set_result((ports, lambda: loop.call_soon_threadsafe(ended.set)))
        await ended.wait()


async def _listen(opened: AsyncExitStack, handler: Handler, port: int) -> int:
    runner = _runner(handler)
    opened.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return int(runner.addresses[0][1])


@contextmanager
def _refusing(port: int) -> Iterator[int]:
    """Keep a port from everybody: it is bound, and nobody listens."""
    with socket.socket() as bound:
        bound.bind((HOST, port))
        yield int(bound.getsockname()[1])


def _runner(handler: Handler) -> web.ServerRunner:
    # Requests whose client has left do not go on: they would count as running.
    server = web.Server(handler, handler_cancellation=True, access_log=None)
    return web.ServerRunner(server, shutdown_timeout=AT_THE_END)
