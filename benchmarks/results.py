"""Figures of several runs, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

WIDTH = 46


@dataclass
class Group:
    """One thing that was measured of several subjects, in each run."""

    key: str
    title: str
    unit: str
    against: str
    """The subject to which the ratios are."""
    drawn: bool = False
    """Whether the chart shows it."""
    figures: dict[str, list[float]] = field(default_factory=dict)
    """Of each subject the figure of each run."""

    def add(self, subject: str, figure: float) -> None:
        self.figures.setdefault(subject, []).append(figure)

    def ratio(self, subject: str) -> float:
        """The median of the ratios within each run: what slows a run down slows both sides."""
        pairs = zip(self.figures[subject], self.figures[self.against], strict=True)
        return median(one / other for one, other in pairs)

    def as_json(self) -> dict[str, Any]:
        rows = {
            subject: {
                "median": median(runs),
                "lowest": min(runs),
                "highest": max(runs),
                "ratio": self.ratio(subject),
                "runs": runs,
            }
            for subject, runs in self.figures.items()
        }
        return {
            "key": self.key,
            "title": self.title,
            "unit": self.unit,
            "against": self.against,
            "drawn": self.drawn,
            "rows": rows,
        }

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> Group:
        """The group that ``as_json`` told of."""
        figures = {subject: row["runs"] for subject, row in told["rows"].items()}
        names = ("key", "title", "unit", "against", "drawn")
        return cls(**{name: told[name] for name in names}, figures=figures)


def number(figure: float) -> str:
    """Three digits or more, as many as mean something.

    >>> [number(figure) for figure in (0.00123, 0.9731, 20.0, 874.4, 100000.0)]
    ['0.0012', '0.973', '20.0', '874', '100,000']
    """
    for least, digits in ((100, 0), (10, 1), (1, 2), (0.01, 3)):
        if figure >= least:
            return f"{figure:,.{digits}f}"
    return f"{figure:.2g}"


def heading(about: dict[str, Any]) -> str:
    """One line on what the figures come from."""
    told = "Python {python}, {cores} cores; MongoDB: {mongodb}; runs: {runs}"
    return told.format_map(about)


def table(groups: Sequence[Group]) -> str:
    """One line for each subject of each group, under the group's title."""
    lines = [f"{'':{WIDTH}} {'median':>9} {'lowest':>9} {'highest':>9} {'ratio':>7}"]
    for group in groups:
        lines += ["", f"{group.title} ({group.unit}; ratio to {group.against})"]
        for subject, runs in group.figures.items():
            cells = [number(figure) for figure in (median(runs), min(runs), max(runs))]
            told = " ".join(f"{cell:>9}" for cell in cells)
            lines.append(f"  {subject:{WIDTH - 2}} {told} {group.ratio(subject):7.2f}")
    return "\n".join(lines)
