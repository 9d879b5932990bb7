"""Contracts for ``scrapy check``: callbacks are tried on recorded answers, without a network.

https://docs.scrapy.org/en/latest/topics/contracts.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scrapy.contracts import Contract
from scrapy.exceptions import ContractFail

from moviesync.checks.response import SESSION
from moviesync.core.slots import SITE, VIDSRC
from moviesync.items import Batch, Verdict
from moviesync.kinds import Kind
from moviesync.sources.discover.window import Window
from moviesync.vidsrc.page import page_url

RECORDED = Path(__file__).parent / "recorded"
"""Answers of both sites, by the path that gave them."""

_WORDS = {"available": True, "unavailable": False, "unknown": None}


class RecordedContract(Contract):
    """The callback gets a recorded answer, of the kind of title that its spider is for."""

    def __init__(self, method: Any, *args: Any):
        super().__init__(method, *args)
        self.kind: Kind = method.__self__.kind


class RecordedPage(RecordedContract):
    """``@recorded_page``: a discover page, as the first of a window."""

    name = "recorded_page"

    def adjust_request_args(self, args: dict[str, Any]) -> dict[str, Any]:
        url = (RECORDED / f"3/{self.kind.discover_path}.json").as_uri()
        return {**args, "url": url, "cb_kwargs": {"window": Window(self.kind.collection).key, "number": 1}}


class RecordedCheck(RecordedContract):
    """``@recorded_check id``: VidSrc's page of a title."""

    name = "recorded_check"

    def adjust_request_args(self, args: dict[str, Any]) -> dict[str, Any]:
        tmdb_id = int(self.args[0])
        return {
            **args,
            "url": page_url(RECORDED.as_uri(), self.kind, tmdb_id),
            "cb_kwargs": {"tmdb_id": tmdb_id},
            "meta": {SITE: VIDSRC, SESSION: 0},
        }


class Titles(Contract):
    """``@titles count``: the callback gives one Batch of ``count`` titles, then a check of each."""

    name = "titles"

    def post_process(self, output: list[Any]) -> None:
        count = int(self.args[0])
        if not output or not isinstance(output[0], Batch):
            raise ContractFail(f"expected a Batch first, got {output[:1]!r:.200}")
        batch, *checks = output
        ids = [title.tmdb_id for title in batch.titles]
        if len(ids) != count:
            raise ContractFail(f"expected {count} titles, got {len(ids)}")
        if [check.cb_kwargs.get("tmdb_id") for check in checks] != ids:
            raise ContractFail("expected one check of each title, in the order of the page")


class GivesVerdict(Contract):
    """``@verdict available|unavailable|unknown``: the callback gives this verdict and nothing else."""

    name = "verdict"

    def post_process(self, output: list[Any]) -> None:
        (word,) = self.args
        verdicts = [item.available for item in output if isinstance(item, Verdict)]
        if len(output) != 1 or verdicts != [_WORDS[word]]:
            raise ContractFail(f"expected one verdict, {word}; got {output!r:.200}")
