"""What ``scrapy doctor`` finds, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from moviesync.reports.tables import aligned


class State(Enum):
    """How well it is."""

    OK = "ok"
    NOTE = "note"
    """It is so, and nothing is to be done."""
    WARNING = "warning"
    """moviesync does its work all the same."""
    PROBLEM = "problem"
    """moviesync cannot do its work."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    name: str
    """What was looked at."""
    state: State
    found: str
    """In a few words; it holds no secret."""
    advice: str = ""
    """What to do; every warning and every problem has one."""
    part: str = ""
    """Which part of it: such lines follow that of the whole."""

    @property
    def full_name(self) -> str:
        return f"{self.name}, {self.part}" if self.part else self.name


def is_well(checks: Sequence[Check]) -> bool:
    """Whether nothing keeps moviesync from its work."""
    return all(check.state is not State.PROBLEM for check in checks)


def table(checks: Sequence[Check]) -> str:
    """The lines for people; what to do is below what was found."""
    rows = []
    for check in checks:
        name = f"  {check.part}" if check.part else check.name
        rows.append([name, check.state.value, check.found])
        if check.advice:
            rows.append(["", "", f"-> {check.advice}"])
    return "\n".join(aligned(rows, left=(0, 1, 2)))


def last_line(checks: Sequence[Check]) -> str:
    """How many problems and warnings there are.

    >>> last_line([Check("clock", State.OK, "right")])
    'Everything is well.'
    >>> last_line([Check("clock", State.WARNING, "slow"), Check("store", State.PROBLEM, "damaged")])
    '1 problem, 1 warning.'
    """
    states = [check.state for check in checks]
    counts = {"problem": states.count(State.PROBLEM), "warning": states.count(State.WARNING)}
    told = [f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items() if count]
    return f"{', '.join(told)}." if told else "Everything is well."


def as_document(checks: Sequence[Check]) -> dict[str, Any]:
    """The object for programs."""
    return {
        "ok": is_well(checks),
        "checks": [
            {
                "name": check.full_name,
                "state": check.state.value,
                "found": check.found,
                "advice": check.advice or None,
            }
            for check in checks
        ],
    }
