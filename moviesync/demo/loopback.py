"""Serving on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web

HOST = "127.0.0.1"

AT_THE_END = 0.01
"""Seconds for a request that is under way at the end; aiohttp takes 0 for "no limit"."""
LONGEST = 20.0
"""Seconds that it may take to begin, or to end."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Ready = Future[tuple[list[int], Callable[[], object]]]
"""The ports, and a function that ends the serving, for any thread."""


@contextmanager
def served(*handlers: tuple[Handler, int]) -> Iterator[list[int]]:
    """Serve each handler at its port (0: any free one); gives the ports.

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


def _run(handlers: tuple[tuple[Handler, int], ...], ready: Ready) -> None:
    try:
        asyncio.run(_serve(handlers, ready))
    except BaseException as error:
        # The thread that waits raises it; later errors are raised here.
        if ready.done():
            raise
        ready.set_exception(error)


async def _serve(handlers: tuple[tuple[Handler, int], ...], ready: Ready) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    runners = [_runner(handler) for handler, _ in handlers]
    try:
        ports = [await _listen(runner, port) for runner, (_, port) in zip(runners, handlers, strict=True)]
        ready.set_result((ports, lambda: loop.call_soon_threadsafe(ended.set)))
        await ended.wait()
    finally:
        for runner in runners:
            await runner.cleanup()


def _runner(handler: Handler) -> web.ServerRunner:
    # Requests whose client has left do not go on: they would count as running.
    server = web.Server(handler, handler_cancellation=True, access_log=None)
    return web.ServerRunner(server, shutdown_timeout=AT_THE_END)


async def _listen(runner: web.ServerRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return int(runner.addresses[0][1])
