"""The fenced blocks of README and of the pages in docs/."""

from __future__ import annotations

import re

from tests.crawls import ROOT


def blocks(page: str) -> list[tuple[str, str]]:
    """The kind and the text of each block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    """The commands of its blocks of kind ``sh``, without comments."""
    lines = [line for kind, block in blocks(page) if kind == "sh" for line in block.splitlines()]
    return [line.partition(" #")[0].strip() for line in lines]
