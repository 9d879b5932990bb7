"""Serving the page until the user ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from ipaddress import ip_address

from aiohttp import web

AT_THE_END = 0.01
"""Seconds for an answer that is under way at the end; aiohttp takes 0 for "no limit"."""


async def serve(app: web.Application, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM comes; calls ``ready`` with the address of the page.

    Raises ``OSError`` if it cannot listen on host and port.
    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=AT_THE_END)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        address, bound = runner.addresses[0][:2]
        ready(f"http://{f'[{address}]' if ':' in address else address}:{bound}/")
        await ended.wait()
    finally:
        await runner.cleanup()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host; raises ``ValueError`` if it is not an IP address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    return host == "localhost" or ip_address(host).is_loopback
