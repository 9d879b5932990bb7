"""A bar chart as SVG, by hand: readable on light and on dark ground, without a script or a font of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import median

from benchmarks.results import Group, number

WIDTH, LABELS, BARS = 720, 230, 320
ROW, HEADING, MARGIN = 24, 40, 16

STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328; }
    .heading { font-weight: 600; }
    .ground { fill: #ffffff; }
    .bar { fill: #8c959f; }
    .own { fill: #0969da; }
    .spread { stroke: #1f2328; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .ground { fill: #0d1117; }
      .bar { fill: #6e7681; }
      .own { fill: #4493f8; }
      .spread { stroke: #e6edf3; }
    }
"""


def chart(groups: Sequence[Group]) -> str:
    """Those groups that are to be drawn, one below the other; a thin line spans lowest and highest."""
    parts, top = [], MARGIN
    for group in groups:
        if group.drawn:
            parts += _group(group, top)
            top += HEADING + ROW * len(group.figures)
    height = top + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
            ' aria-label="Benchmark of moviesync">',
            f"  <style>{STYLE}  </style>",
            f'  <rect class="ground" width="{WIDTH}" height="{height}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _group(group: Group, top: int) -> list[str]:
    title = escape(f"{group.title} ({group.unit})")
    parts = [f'  <text class="heading" x="{MARGIN}" y="{top + 24}">{title}</text>']
    longest = max(max(runs) for runs in group.figures.values())
    for row, (subject, runs) in enumerate(group.figures.items()):
        y = top + HEADING + ROW * row
        length, low, high = (BARS * figure / longest for figure in (median(runs), min(runs), max(runs)))
        kind = "bar own" if subject.startswith("moviesync") else "bar"
        end = LABELS + max(length, high) + 8
        told = f"{number(median(runs))}  ({group.ratio(subject):.2f} times)"
        middle = y + ROW // 2 - 2
        parts += [
            f'  <text x="{MARGIN}" y="{y + 15}">{escape(subject)}</text>',
            f'  <rect class="{kind}" x="{LABELS}" y="{y}" width="{length:.1f}" height="{ROW - 5}" rx="2"/>',
            f'  <line class="spread" x1="{LABELS + low:.1f}" y1="{middle}" x2="{LABELS + high:.1f}" y2="{middle}"/>',
            f'  <text x="{end:.1f}" y="{y + 15}">{told}</text>',
        ]
    return parts
