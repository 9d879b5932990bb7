"""How far a run is: the arithmetic, the words, and the bar on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from dataclasses import replace
from pathlib import Path
from select import select
from time import monotonic

import pyte
import pytest

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from moviesync.reports.pace import RECENT, Pace, Snapshot, checks_left, fitting, told
from tests.crawls import SCRAPY, Folder
from tests.processes import TIMEOUT

WELL = {"TMDB": "ok", "VidSrc": "ok"}
HALF = Snapshot(pages=50, checked=1000, pages_left=50, checks_left=1000, whole=True)


def pace(snapshot: Snapshot, seconds: float = 10) -> Pace:
    """The pace of a run that did all it did in so many seconds."""
    pace = Pace()
    pace.note(100, replace(snapshot, pages=0, checked=0))
    pace.note(100 + seconds, snapshot)
    return pace


@pytest.mark.parametrize(
    ("known", "left"),
    [
        # Nothing is known but what is stored.
        ({"due": 70, "checked": 30}, 40),
        # All titles of a page need a check, until pages were seen.
        ({"pages_left": 2}, 40),
        ({"pages_left": 2, "on_pages": 40, "up_to_date": 40}, 0),
        ({"pages_left": 2, "on_pages": 40, "up_to_date": 20, "checked": 5}, 35),
        # The due ones were on the pages as well, and are checked once.
        ({"due": 20, "on_pages": 40, "up_to_date": 20, "checked": 30}, 10),
        ({"on_pages": 40, "repeated": 1, "checked": 39}, 0),
    ],
)
def test_what_is_left_counts_what_is_due(known: dict[str, int], left: int) -> None:
    none = {"due": 0, "on_pages": 0, "up_to_date": 0, "repeated": 0, "checked": 0, "pages_left": 0}
    assert checks_left(**(none | known)) == left


def test_the_time_left_is_that_of_the_slower_of_pages_and_checks() -> None:
    assert pace(HALF).left == 10
    assert pace(replace(HALF, pages_left=200)).left == 40
    assert pace(replace(HALF, pages_left=0, checks_left=300)).left == 3
    assert pace(replace(HALF, pages_left=0, checks_left=0)).left == 0


def test_the_time_left_is_unknown_where_a_site_gives_nothing() -> None:
    assert pace(replace(HALF, checked=0)).left is None
    assert pace(replace(HALF, pages=0)).left is None
    assert "time left unknown" in told(pace(replace(HALF, checked=0)), WELL)


def test_the_rate_is_that_of_the_last_minute() -> None:
    run = Pace()
    for second in range(200):
        run.note(second, replace(HALF, checked=10 * min(second, 100)))
    assert run.rate == pytest.approx(10 * (100 - (199 - RECENT)) / RECENT if 199 - RECENT < 100 else 0)
    assert run.left is None


def test_what_is_not_all_known_is_told_as_the_least() -> None:
    due = replace(HALF, pages=0, pages_left=None, whole=False)
    assert due.share is None
    assert told(pace(due), WELL) == "1,000 titles checked, 100 a second, over 10 s left; TMDB: ok, VidSrc: ok"


def test_the_share_is_of_the_checks_or_of_the_pages_where_none_is_due() -> None:
    assert HALF.share == 0.5
    assert replace(HALF, checked=0, checks_left=0, pages_left=150).share == 0.25
    assert replace(HALF, pages=0, pages_left=0, checked=0, checks_left=0).share is None


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (90, "50 of 100 pages  1,000 titles  100/s  10 s left  TMDB ok  VidSrc waits 12 s"),
        (60, "50/100p  1,000t  100/s  10s  TMDB ok  VidSrc waits 12 s"),
        (45, "1,000t  100/s  10s  VidSrc waits 12 s"),
        (20, "1,000t  100/s  10s  VidSrc waits 12 s"),
    ],
)
def test_a_narrow_terminal_gets_what_fits(columns: int, text: str) -> None:
    assert fitting(pace(HALF), {"TMDB": "ok", "VidSrc": "waits 12 s"}, columns) == text


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
