"""How far a run is, in the log and as a bar on a terminal."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from select import select
from time import monotonic

import pyte
import pytest
from scrapy import signals
from scrapy.utils.test import get_crawler

from moviesync.core.gate import Gate
from moviesync.core.slots import TMDB, VIDSRC, Hold
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from tests.crawls import SCRAPY, Folder
from tests.processes import TIMEOUT


class Lines(logging.Handler):
    """The lines of a log, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = asyncio.Queue[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put_nowait(record.getMessage())

    async def next(self) -> str:
        """The next line that is logged."""
        while not self._lines.empty():
            self._lines.get_nowait()
        return await asyncio.wait_for(self._lines.get(), 10)


class Run:
    """A crawler with LogStats, which logs a line all the time."""

    def __init__(self, lines: Lines) -> None:
        own = {"moviesync.core.gate.Gate": 0, "moviesync.extensions.logstats.LogStats": 1}
        limits = {"TMDB_RATE": 40, "VIDSRC_CONCURRENCY": 4}
        settings = {"EXTENSIONS_BASE": own, "COLLECTION": "movies", "LOGSTATS_INTERVAL": 0.001, **limits}
        self.crawler = get_crawler(settings_dict=settings)
        gate = self.crawler.get_extension(Gate)
        assert gate
        self.gate = gate
        self._lines = lines

    async def states(self) -> list[str]:
        """Those of TMDB and VidSrc, as the next line has them."""
        return (await self._lines.next()).partition("; ")[2].split(", ")


@pytest.fixture
async def run(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Run]:
    logger, lines = logging.getLogger("moviesync.extensions.logstats"), Lines()
    caplog.set_level(logging.INFO, logger.name)
    logger.addHandler(lines)
    run = Run(lines)
    await run.crawler.signals.send_catch_log_async(signals.engine_started)
    yield run
    await run.crawler.signals.send_catch_log_async(signals.spider_closed)
    logger.removeHandler(lines)


async def test_the_line_says_why_a_site_is_asked_nothing(run: Run) -> None:
    assert await run.states() == ["TMDB: ok", "VidSrc: ok"]
    run.gate.slow_down(VIDSRC, 0.5)
    assert await run.states() == ["TMDB: ok", "VidSrc: slow"]
    for site in (TMDB, VIDSRC):
        run.gate.hold(site, Hold.STORE)
    assert await run.states() == ["TMDB: waits for the store", "VidSrc: waits for the store"]
    for site in (TMDB, VIDSRC):
        run.gate.release(site, Hold.STORE)
    run.gate.hold(VIDSRC, Hold.DOWN)
    assert await run.states() == ["TMDB: ok", "VidSrc: down"]
    # How long it takes is worth more than the other reason.
    run.gate.hold(VIDSRC, Hold.ASKED_TO_WAIT, until=monotonic() + 900.5)
    _, state = await run.states()
    found = re.fullmatch(r"VidSrc: waits (\d+) s", state)
    assert found
    assert 880 < int(found[1]) <= 901
    run.gate.hold(VIDSRC, Hold.ASKED_TO_WAIT, until=monotonic() - 5)
    assert await run.states() == ["TMDB: ok", "VidSrc: waits 1 s"]
    run.gate.release(VIDSRC, Hold.ASKED_TO_WAIT)
    run.gate.release(VIDSRC, Hold.DOWN)
    run.gate.slow_down(VIDSRC, 0)
    assert await run.states() == ["TMDB: ok", "VidSrc: ok"]


async def test_the_line_is_read_from_the_stats(run: Run) -> None:
    stats = run.crawler.stats
    for name, value in {"store/pages": 3, "verdicts/available": 1000, "walk/pages_left": 2}.items():
        stats.set_value(name, value)
    assert (await run._lines.next()).startswith("3 of 5 pages, 1,000 titles checked, ")


class Terminal:
    """A terminal of some columns on which a command runs, and all that it ever showed."""

    def __init__(self, folder: Folder, columns: int, *arguments: str):
        self.screen = pyte.HistoryScreen(columns, 200, history=1000)
        self.seen: list[str] = []
        """Every bottom line that there was."""
        self._stream = pyte.ByteStream(self.screen)
        self._end, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, columns, 0, 0))
        self._modes = termios.tcgetattr(self._end)
        self.process = subprocess.Popen(
            [*SCRAPY, *arguments],
            cwd=folder.path,
            env={**folder.environment, "TERM": "xterm", "LANG": "C.UTF-8"},
            stdin=terminal,
            stdout=subprocess.DEVNULL,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)

    def until(self, words: str | None) -> None:
        """Read until the bottom line holds these words, or to the end."""
        deadline = monotonic() + TIMEOUT
        while monotonic() < deadline:
            if not select([self._end], [], [], 1)[0]:
                continue
            try:
                data = os.read(self._end, 4096)
            except OSError:
                break
            self._stream.feed(data)
            self.seen.append(self.lines[-1])
            if words and words in self.lines[-1]:
                return
        assert words is None, self.lines
        self.process.wait(TIMEOUT)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()] or [""]

    @property
    def is_as_it_was(self) -> bool:
        return termios.tcgetattr(self._end) == self._modes and not self.screen.cursor.hidden

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._end)


def test_the_bar_stays_below_the_log_and_leaves_nothing(tmp_path: Path) -> None:
    films = Catalogue(MOVIE, list(Catalogue.recorded(MOVIE).rows.values())[:400])
    knobs = Knobs(vidsrc=SiteKnobs(latency=0.1, rate=60, retry_after=2))
    with Sites(films, knobs=knobs) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "200"})
        arguments = ("crawl", "tmdb_vidsrc", "-s", "LOGSTATS_INTERVAL=1", "-s", "LOG_FORMAT=%(message)s END")
        with Terminal(folder, 60, *arguments) as terminal:
            terminal.until("VidSrc waits")
            sites.knobs.vidsrc = SiteKnobs(latency=0.1)
            terminal.until("VidSrc ok")
            terminal.process.send_signal(signal.SIGINT)
            terminal.until(None)
            assert terminal.process.returncode == 0
            assert terminal.is_as_it_was
            lines = terminal.lines
    text = "\n".join(lines)
    # Nothing of the bar is left among the lines, and every line is whole.
    assert not re.search(r"\d+% ", text)
    assert lines[-1] == "moviesync: next: the same command goes on where this run was paused"[60:]
    log = (folder.path / "logs/moviesync.log").read_text().splitlines()
    shown = "".join(line.ljust(60) for line in lines)
    assert len(log) > 10
    for line in log:
        assert line.removesuffix(" END") in shown
    bars = [line for line in terminal.seen if re.match(r" *\d+% ", line)]
    assert any(
        re.fullmatch(r" *\d+% \S* +\d+/20p  \d+t  [\d.]+/s  \S+  TMDB ok  VidSrc ok", bar) for bar in bars
    )
    assert any(re.fullmatch(r" *\d+% \S* +\d+t  [\d.]+/s  .*  VidSrc waits \d+ s", bar) for bar in bars)
