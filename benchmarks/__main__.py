"""How fast moviesync is, beside others, in one go against the miniature sites.

``python -m benchmarks`` takes about twenty minutes on a quiet machine; ``--quick`` takes under a minute and
only shows that everything works. ``docs/performance.md`` says what is measured and what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import crawls, large_store
from benchmarks.chart import chart
from benchmarks.mongodb import Server, server
from benchmarks.processes import Failed
from benchmarks.results import Group, heading, table


@dataclass(frozen=True)
class Sizes:
    """How many titles each part takes."""

    fast: int
    """Side by side without latency; stock Scrapy sees 10,000 at the most."""
    slow: int
    """Side by side with latency."""
    growing: Sequence[int]
    sqlite: Sequence[int]
    mongodb: Sequence[int]
    repeats: int
    """How often a run asks each question of a store."""


FULL = Sizes(10_000, 5_000, (5_000, 100_000), (10_000, 1_000_000), (10_000, 100_000), 40)
RUNS = 3
LEAST_DOCUMENTS = 1_000


QUICK = Sizes(300, 300, (300, 1_200), (2_500, 10_000), (2_500, 5_000), 10)


def tiny(titles: int) -> Sizes:
    """For the tests: one size of each."""
    return Sizes(titles, titles, [titles], [LEAST_DOCUMENTS], [LEAST_DOCUMENTS], 5)


def measure(sizes: Sizes, runs: int, mongodb: Server) -> list[Group]:
    groups = [
        *crawls.side_by_side(mongodb, sizes.fast, runs, _say, latency=False),
        *crawls.side_by_side(mongodb, sizes.slow, runs, _say, latency=True),
        *crawls.growing(sizes.growing, runs, _say),
        *large_store.on_sqlite(sizes.sqlite, runs, sizes.repeats, _say),
    ]
    if mongodb.uri:
        groups += large_store.on_mongodb(mongodb, sizes.mongodb, runs, sizes.repeats, _say)
    return groups


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _about(runs: int, mongodb: Server, *, is_quick: bool) -> dict[str, Any]:
    return {
        "quick": is_quick,
        "runs": runs,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "mongodb": mongodb.description,
        "places": crawls.PLACES,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: does everything work?")
    parser.add_argument("--runs", type=int, help="how often each is measured (3; with --quick 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every run there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw a chart there")
    parser.add_argument("--titles", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    runs = options.runs or (1 if options.quick else RUNS)
    sizes = tiny(options.titles) if options.titles else QUICK if options.quick else FULL
    if runs < 1:
        parser.error("--runs is a number of at least 1")
    # What was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with server() as mongodb:
        about = _about(runs, mongodb, is_quick=options.quick)
        try:
            groups = measure(sizes, runs, mongodb)
        except Failed as error:
            print(f"benchmarks: {error}", file=sys.stderr)
            return 1
    print(f"{heading(about)}\n")
    print(table(groups))
    if options.json:
        told = {"about": about, "groups": [group.as_json() for group in groups]}
        options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if options.svg:
        options.svg.write_text(chart(groups), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
