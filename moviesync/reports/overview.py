"""What people see of the store: the page of ``scrapy status``, and the last runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from moviesync.history import runs
from moviesync.kinds import COLLECTIONS
from moviesync.output import one_line
from moviesync.reports.evidence import WORDS
from moviesync.reports.status import format_gap, status_of
from moviesync.reports.tables import aligned, format_duration, format_time, wrapped
from moviesync.stores.base import Document, Store

RUNS_SHOWN, REASONS_SHOWN = 3, 8
MOST_OF_A_REASON = 40
AGES = {
    "more than 30 days": timedelta(days=30),
    "7 to 30 days": timedelta(days=7),
    "1 to 7 days": timedelta(days=1),
    "less than a day": timedelta(0),
}
"""The ages of verdicts, the oldest first, each with its lower bound."""
ALWAYS, NEVER = (moment.replace(tzinfo=timezone.utc) for moment in (datetime.min, datetime.max))
ENDINGS = {"shutdown": "paused"}
"""Scrapy's words for how a run ended, and plainer ones."""
WORD = 24
"""The most characters of a reason that is shown in the table."""
NO_RUN = "No run yet: scrapy crawl tmdb_vidsrc, or scrapy demo"


@dataclass(frozen=True)
class Overview:
    """All that the page shows, as it was at one time."""

    status: Mapping[str, Any]
    """As ``reports.status`` has it."""
    evidence: Mapping[str, Mapping[str, int]]
    """For each collection the number of verdicts by what they rest on."""
    failures: Mapping[str, Mapping[str, int]]
    ages: Mapping[str, Sequence[int]]
    """For each collection the number of verdicts of each of the ``AGES``."""
    runs: Sequence[Document]
    at: datetime


async def overview(store: Store, at: datetime) -> Overview:
    """Everything for the page; each question is one that an index answers."""
    moments = [ALWAYS, *(at - age for age in AGES.values() if age), NEVER]
    return Overview(
        status=await status_of(store),
        evidence={name: await store.evidence(name) for name in COLLECTIONS},
        failures={name: await store.failures(name) for name in COLLECTIONS},
        ages={name: await store.checked(name, moments) for name in COLLECTIONS},
        runs=await runs.last(store, RUNS_SHOWN),
        at=at,
    )


def status_page(found: Overview) -> str:
    """The page, as text for a terminal."""
    rows = [["", *COLLECTIONS], *_states(found.status), _blank()]
    if evidence := _evidence(found.evidence):
        rows += [*evidence, _blank()]
    rows += _walks(found.status)
    walked = len(rows)
    if any(found.failures.values()):
        rows += [_blank(), *_failures(found.failures)]
    if any(map(any, found.ages.values())):
        rows += [_blank(), *_ages(found.ages)]
    lines = aligned(rows)
    gaps = [(name, gap) for name in COLLECTIONS for gap in found.status["walk"][name]["gaps"]]
    lines[walked:walked] = [line for name, gap in gaps for line in _below(format_gap(name, gap))]
    return "\n".join([*wrapped(found.status["store"]), "", *lines, "", runs_table(found.runs, found.at)])


def _blank() -> list[str]:
    return [""] * (1 + len(COLLECTIONS))


def _states(status: Mapping[str, Any]) -> list[list[str]]:
    names = {"total": "titles", **{name: f"  {name}" for name in ("available", "unavailable", "unchecked")}}
    return [[text, *(f"{status[name][state]:,}" for name in COLLECTIONS)] for state, text in names.items()]


def _evidence(evidence: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """What the verdicts rest on; no rows if there are none."""
    rows = [
        [f"  {words}", *(f"{evidence[name][by]:,}" for name in COLLECTIONS)]
        for by, words in WORDS.items()
        if any(evidence[name][by] for name in COLLECTIONS)
    ]
    return [["verdicts rest on", *([""] * len(COLLECTIONS))], *rows] if rows else []


def _walks(status: Mapping[str, Any]) -> list[list[str]]:
    walks = [status["walk"][name] for name in COLLECTIONS]
    pages = [f"{walk['pagesDone']:,} of {walk['pages']:,}" if walk["pages"] else "-" for walk in walks]
    ends = ["complete" if walk["complete"] else "under way" if walk["pages"] else "-" for walk in walks]
    return [["pages walked", *pages], ["  the walk is", *ends]]


def _failures(failures: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    totals = Counter[str]()
    for counts in failures.values():
        totals.update(counts)
    reasons = [reason for reason, _ in totals.most_common()]
    shown, others = reasons[:REASONS_SHOWN], reasons[REASONS_SHOWN:]
    rows = [["last check failed", *(f"{sum(failures[name].values()):,}" for name in COLLECTIONS)]]
    rows += [
        [f"  {reason[:MOST_OF_A_REASON]}", *(f"{failures[name].get(reason, 0):,}" for name in COLLECTIONS)]
        for reason in shown
    ]
    if others:
        sums = (sum(failures[name].get(reason, 0) for reason in others) for name in COLLECTIONS)
        rows.append([f"  {len(others)} other reasons", *(f"{number:,}" for number in sums)])
    return rows


def _ages(ages: Mapping[str, Sequence[int]]) -> list[list[str]]:
    rows = [["age of the verdicts", *([""] * len(COLLECTIONS))]]
    for index, words in reversed(list(enumerate(AGES))):
        rows.append([f"  {words}", *(f"{ages[name][index]:,}" for name in COLLECTIONS)])
    return rows


def runs_table(documents: Sequence[Document], at: datetime) -> str:
    """The runs, with longer reasons on lines of their own."""
    if not documents:
        return NO_RUN
    rows = [["begun (UTC)", "took", "spider", "pages", "checked", "ended"]]
    rows += [_run(document, at) for document in documents]
    head, *lines = aligned(rows, left=(0, 2, 5))
    text = [head]
    for document, line in zip(documents, lines, strict=True):
        reason = document.get("reason")
        text += [line, *(_below(reason) if isinstance(reason, str) and len(reason) > WORD else ())]
    return "\n".join(text)


def _run(document: Document, at: datetime) -> list[str]:
    state, reason = runs.state(document, at), str(document.get("reason"))
    if state == runs.ENDED:
        state = ENDINGS.get(reason, reason) if len(reason) <= WORD else "stopped:"
    return [
        format_time(document.get("started")),
        _took(document, at),
        str(document.get("spider", "-")),
        *(f"{number:,}" for number in runs.done(document)),
        state,
    ]


def _took(document: Document, at: datetime) -> str:
    return format_duration(runs.duration(document, at))


def _below(text: str) -> list[str]:
    return wrapped(f"  {one_line(text)}", indent=2)
