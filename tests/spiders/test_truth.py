"""No verdict but from an answer that says so, whatever the sites do."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import FAULTS, Fault, Form, Raw, SiteKnobs, mirrors_alike
from moviesync.demo.lies import Lie
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from tests.crawls import CONTROLS, Folder, ids_asked

FILMS = 120
QUICK: tuple[Fault, ...] = ("500", "502", "reset", "cut", "hang")
HTML = {"Content-Type": "text/html; charset=utf-8"}
SOFT_404 = (
    b"<html><body>"
    + b"<p>advertisement</p>" * 500
    + b"This media is unavailable at the moment.</body></html>"
)
MOVED = 900_000_000
"""Ids that no title has, for what a redirect leads to."""


@pytest.fixture
def sites() -> Iterator[Sites]:
    """The recorded films, and among them every way in which VidSrc answers."""
    recorded = Catalogue.recorded(MOVIE)
    some = list(islice(recorded.rows.values(), FILMS - len(Answer)))
    every = [
        next(row for row in recorded.rows.values() if recorded.answer(row["id"]) is way) for way in Answer
    ]
    with Sites(Catalogue(MOVIE, [*some, *every])) as sites:
        yield sites


def stored(folder: Folder) -> dict[int, tuple[bool | None, str | None, str | None]]:
    """Verdict, time and reason of the failure, by id."""
    rows = folder.rows("SELECT _id, vidsrcAvailable, lastChecked, checkError FROM movies")
    return {
        key: (None if verdict is None else bool(verdict), checked, error and json.loads(error)["reason"])
        for key, verdict, checked, error in rows
    }


@pytest.fixture
def pages(sites: Sites) -> None:
    """Pages that tell: the first mirror, which is used, is of the old form."""
    sites.knobs.mirrors[0].form = "old"


def assert_nothing_made_up(folder: Folder, sites: Sites) -> None:
    truth = sites.truth("movies")
    for tmdb_id, (verdict, _, _) in stored(folder).items():
        assert verdict in {None, truth[tmdb_id]}, tmdb_id


# A site that asks to wait is left alone for a second and more each time.
@pytest.mark.timeout(180)
@pytest.mark.parametrize("form", ["today", "old"])
@pytest.mark.parametrize(("seed", "kinds"), [(1, QUICK), (3, FAULTS)])
def test_the_truth_comes_out_in_three_runs(
    folder: Folder, sites: Sites, seed: int, kinds: tuple[Fault, ...], form: Form
) -> None:
    sites.knobs.mirrors = mirrors_alike(form=form)
    faults = SiteKnobs(fault_share=0.15, fault_kinds=kinds, fault_seed=seed, hang=0.2)
    sites.knobs.tmdb = sites.knobs.vidsrc = faults
    truth = sites.truth("movies")
    for _ in range(3):
        # Pages that could not be had end a run with 1, and so do titles if all that are left stay unknown.
        folder.start("crawl", "tmdb_vidsrc").ended(0, 1)
        assert_nothing_made_up(folder, sites)
    assert folder.verdicts() == truth
    failed = {tmdb_id: error for tmdb_id, (_, _, error) in stored(folder).items() if error}
    assert set(failed) == {tmdb_id for tmdb_id, verdict in truth.items() if verdict is None}
    assert all(failed.values())


def test_a_verdict_stands_until_the_next_one(folder: Folder, sites: Sites) -> None:
    folder.crawl()
    before, truth = stored(folder), sites.truth("movies")
    again = ("-a", "walk=skip", "-a", "recheck_days=0")
    # VidSrc works for a few, or it would count as down.
    well = set(sorted(key for key, (verdict, _, _) in before.items() if verdict is True)[:10])
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids - well, Answer.BLOCKED)
    last = folder.crawl(*again, code=1).stderr.splitlines()[-1]
    assert last.startswith(
        f"moviesync: VidSrc gave no verdict on {len(before) - len(well)} of {len(before)} titles ("
    )
    blocked = stored(folder)
    for key, (verdict, checked, error) in blocked.items():
        if key in well:
            assert (verdict, error) == (True, None)
        else:
            assert (verdict, checked, error) == (*before[key][:2], "blocked (HTTP 403)")
    sites.knobs.per_title = {}
    folder.crawl(*again)
    for tmdb_id, (verdict, checked, error) in stored(folder).items():
        assert verdict == truth[tmdb_id]
        if verdict is None:
            assert checked is None
            assert error
        else:
            assert checked
            assert checked > str(blocked[tmdb_id][1])
            assert error is None


def test_a_verdict_changes_with_an_answer_that_says_so(folder: Folder, sites: Sites) -> None:
    first, second = sorted(sites.movies.ids)[:2]
    sites.knobs.per_title = {first: Answer.PLAYER, second: Answer.GONE}
    folder.crawl()
    sites.knobs.per_title = {first: Answer.SOFT_TEXT, second: Answer.PLAYER}
    folder.crawl("-a", "walk=skip", "-a", "recheck_days=0")
    assert (folder.verdicts()[first], folder.verdicts()[second]) == (False, True)


def chain(base: int, length: int, end: str) -> dict[int, Answer | Raw]:
    """Ids that lead from one to the next, from ``base`` + ``length`` down; the last leads to the address ``end``."""
    addresses = [end, *(f"/embed/movie/{base + step}" for step in range(1, length))]
    return {base + step: to(address) for step, address in enumerate(addresses, 1)}


def some_ids(sites: Sites, number: int) -> list[int]:
    """Titles that are no controls."""
    return sorted(sites.movies.ids - CONTROLS)[:number]


def check(folder: Folder, sites: Sites, answers: list[Answer | Raw], *options: str) -> list[Any]:
    """What comes of the checks of some titles that are answered so: verdict and reason."""
    ids = some_ids(sites, len(answers))
    sites.knobs.per_title.update(zip(ids, answers, strict=True))
    folder.crawl(*options, VIDSRC_BASE_URL=sites.vidsrc_url)
    assert set(folder.verdicts()) == sites.movies.ids
    found = stored(folder)
    return [(found[tmdb_id][0], found[tmdb_id][2]) for tmdb_id in ids]


def to(address: str) -> Raw:
    return 302, {"Location": address}, b""


@pytest.mark.usefixtures("pages")
def test_redirects_are_five_at_the_most_and_to_web_pages_alone(folder: Folder, sites: Sites) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    first, second, *_ = some_ids(sites, 2)
    # The other mirror has a page for each title.
    there = f"{sites.mirror_urls[1]}/embed/movie/"
    loop = MOVED + 100
    sites.knobs.per_title = {
        **chain(MOVED, 4, f"{there}{first}"),
        **chain(MOVED + 10, 5, f"{there}{second}"),
        loop: to(f"/embed/movie/{loop}"),
    }
    answers: list[Answer | Raw] = [to(f"/embed/movie/{number}") for number in (MOVED + 4, MOVED + 15, loop)]
    nowhere = [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://[",
    ]
    nowhere += ["http://", "//", "mailto:a@b", f"http://127.0.0.1:{port}/", "http://127.0.0.1:99999/"]
    nowhere += ["http://nowhere.invalid/", "s3://bucket/key", "about:blank", "http://a b/", ""]
    five, six, endless, *others = check(folder, sites, [*answers, *map(to, nowhere)], "-s", "RETRY_TIMES=1")
    assert five == (True, None)
    assert six == endless == (None, "too many redirects")
    for address, (verdict, reason) in zip(nowhere, others, strict=True):
        assert verdict is None, address
        assert reason, address
    assert ids_asked(sites, "HEAD")[loop] <= 5


@pytest.mark.usefixtures("pages")
def test_a_redirect_to_another_title_or_to_no_title_gives_no_verdict(folder: Folder, sites: Sites) -> None:
    there, gone = MOVED + 1, MOVED + 2
    sites.knobs.per_title = {there: Answer.PLAYER, gone: Answer.GONE}
    addresses = [f"/embed/movie/{there}", f"/embed/movie/{gone}", f"/embed/tv/{there}", "/", "/login?next=/x"]
    found = check(folder, sites, [to(address) for address in addresses])
    assert found == [(None, "redirected elsewhere")] * len(addresses)


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("lie", "verdict"),
    [
        (None, True),
        (Lie.SOFT_404, False),
        (Lie.ALL_GONE, False),
        (Lie.HEAD_400, None),
        (Lie.CHALLENGE, None),
        (Lie.EMPTY, None),
        (Lie.ERROR_500, None),
    ],
)
def test_what_a_redirect_leads_to_is_judged_like_any_page(
    folder: Folder, sites: Sites, lie: Lie | None, verdict: bool | None
) -> None:
    sites.knobs.mirrors[1].lie = lie
    elsewhere = f"{sites.mirror_urls[1]}/embed/movie/{some_ids(sites, 1)[0]}"
    ((found, reason),) = check(folder, sites, [to(elsewhere)], "-s", "RETRY_TIMES=1")
    assert found is verdict
    assert bool(reason) == (verdict is None)


def packed(body: bytes, how: str, pack: Callable[[bytes], bytes]) -> Raw:
    return 200, {**HTML, "Content-Encoding": how}, pack(body)


def half(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda body: pack(body)[: len(pack(body)) // 2]


@pytest.mark.usefixtures("pages")
def test_bombs_and_giants_give_no_verdict(folder: Folder, sites: Sites) -> None:
    zeros = bytes(40_000_000)
    answers: list[Answer | Raw] = [
        packed(zeros, "gzip", gzip.compress),
        packed(zeros, "deflate", zlib.compress),
        packed(gzip.compress(zeros), "gzip, gzip", gzip.compress),
        (200, HTML, b"<p>a film</p>" * 250_000),
        (200, {**HTML, "Content-Encoding": "zzz"}, b"<p>a film</p>"),
    ]
    for verdict, reason in check(folder, sites, answers):
        assert verdict is None
        assert reason


@pytest.mark.usefixtures("pages")
def test_a_page_that_is_packed_although_a_plain_one_was_asked_for_is_read(
    folder: Folder, sites: Sites
) -> None:
    packings = (("gzip", gzip.compress), ("deflate", zlib.compress))
    answers: list[Answer | Raw] = [
        packed(body, how, pack) for how, pack in packings for body in (SOFT_404, b"<p>a film</p>")
    ]
    assert check(folder, sites, answers) == [(False, None), (True, None)] * 2


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(("how", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_page_that_is_cut_short_gives_no_verdict(
    folder: Folder, sites: Sites, how: str, pack: Callable[[bytes], bytes]
) -> None:
    """The part that can be unpacked lacks the words that matter."""
    cut = packed(SOFT_404, how, half(pack))
    ((verdict, reason),) = check(folder, sites, [cut], "-s", "RETRY_TIMES=1")
    assert verdict is None
    assert reason


@pytest.mark.usefixtures("pages")
def test_a_body_that_is_cut_short_gives_no_verdict(folder: Folder, sites: Sites) -> None:
    # Few enough that VidSrc does not count as down: the waits would grow with each probe that is cut.
    sites.knobs.vidsrc = SiteKnobs(fault_share=0.2, fault_kinds=("cut",))
    promised: Raw = (200, {**HTML, "Content-Length": "20000"}, SOFT_404)
    ((verdict, reason),) = check(folder, sites, [promised], "-s", "RETRY_TIMES=1", "-s", "DOWNLOAD_TIMEOUT=1")
    assert verdict is None
    assert reason
    sites.knobs.per_title = {}
    assert_nothing_made_up(folder, sites)
    reasons = {error for _, _, error in stored(folder).values() if error}
    assert reasons & {"answer cut short", "connection lost"}
