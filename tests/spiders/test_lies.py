"""A VidSrc that lies, from the start, from one moment on, for a while, and when titles are checked again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moviesync.demo.knobs import Knobs, MirrorKnobs, mirrors_alike
from moviesync.demo.lies import Lie
from moviesync.demo.server import Sites
from tests.crawls import Folder, films

FILMS = 200
ONE_MIRROR = ("-s", "SITE_PATIENCE=2")
HEAD_LIES = (Lie.HEAD_404, Lie.HEAD_HANGS, Lie.HEAD_DROPPED, Lie.HEAD_400, Lie.HEAD_403, Lie.HEAD_500)
OF_PAGES = (*HEAD_LIES, Lie.PLAYER, Lie.SOFT_404)
"""Lies that matter where pages tell."""
CONVINCING = (Lie.ALL_GONE, Lie.SAME_PAGE, Lie.MAINTENANCE, Lie.PLAYER, Lie.SOFT_404, Lie.INFO, Lie.NO_INFO)
"""Those whose answers have the form of an answer about a title."""


def form_of(lie: Lie) -> MirrorKnobs:
    return MirrorKnobs(form="old" if lie in OF_PAGES else "today")


@pytest.fixture
def lying_sites() -> Iterator[Sites]:
    with Sites(films(FILMS), knobs=Knobs(mirrors=mirrors_alike())) as sites:
        yield sites


@pytest.fixture
def one_mirror(tmp_path: Path, lying_sites: Sites) -> Folder:
    """A folder in which commands know the first mirror alone."""
    environment = {**lying_sites.environment(), "VIDSRC_BASE_URL": lying_sites.vidsrc_url}
    return Folder(tmp_path, {**environment, "TMDB_RATE": "200"})


def crawl(folder: Folder, *arguments: str) -> tuple[int, str]:
    """The exit code and standard error of a crawl, which may end as it likes, but with no traceback."""
    with folder.start("crawl", "tmdb_vidsrc", *ONE_MIRROR, *arguments) as process:
        code = process.wait()
        errors = process.stderr.text()
    assert "Traceback" not in errors, errors[-3000:]
    return code, errors


def assert_nothing_made_up(folder: Folder, sites: Sites) -> None:
    truth = sites.truth("movies")
    wrong = {key: found for key, found in folder.verdicts().items() if found not in {None, truth[key]}}
    assert not wrong


@pytest.mark.parametrize("lie", [lie for lie in Lie if lie not in HEAD_LIES])
def test_a_lie_from_the_start_stores_nothing(one_mirror: Folder, lying_sites: Sites, lie: Lie) -> None:
    lying_sites.knobs.mirrors[0] = form_of(lie)
    lying_sites.knobs.mirrors[0].lie = lie
    code, errors = crawl(one_mirror)
    assert code == 1
    host = lying_sites.vidsrc_url.removeprefix("http://")
    *_, of_the_mirror, last = errors.splitlines()
    assert of_the_mirror.startswith(f"moviesync: {host}: ")
    assert last.startswith(("moviesync: VidSrc cannot be believed", "moviesync: VidSrc has been down"))
    assert "VIDSRC_BASE_URL" in last
    assert one_mirror.rows("SELECT count(*) FROM movies") == [0]


@pytest.mark.parametrize("lie", HEAD_LIES)
def test_head_that_does_not_tell_is_not_used(one_mirror: Folder, lying_sites: Sites, lie: Lie) -> None:
    lying_sites.knobs.mirrors[0] = form_of(lie)
    lying_sites.knobs.mirrors[0].lie = lie
    code, errors = crawl(one_mirror, "-s", "DOWNLOAD_TIMEOUT=2")
    assert code == 0
    assert "by page by GET" in errors
    assert one_mirror.verdicts() == lying_sites.truth("movies")
    # One for a title that cannot exist, one for a title that is there.
    assert lying_sites.asked("vidsrc", "HEAD").total() == 2


@pytest.mark.parametrize("lie", CONVINCING)
def test_a_lie_from_one_moment_on(one_mirror: Folder, lying_sites: Sites, lie: Lie) -> None:
    knobs = lying_sites.knobs.mirrors[0] = form_of(lie)
    knobs.lie_from, knobs.lie = 100, lie
    code, errors = crawl(one_mirror)
    assert code == 1
    assert "VidSrc cannot be believed" in errors.splitlines()[-1]
    assert_nothing_made_up(one_mirror, lying_sites)
    # The same command goes on when the site is well again.
    knobs.lie = None
    code, _ = crawl(one_mirror)
    assert code == 0
    assert one_mirror.verdicts() == lying_sites.truth("movies")


@pytest.mark.parametrize("lie", CONVINCING)
def test_a_lie_for_a_while(one_mirror: Folder, lying_sites: Sites, lie: Lie) -> None:
    knobs = lying_sites.knobs.mirrors[0] = form_of(lie)
    knobs.lie_from, knobs.lie_for, knobs.lie = 60, 80, lie
    crawl(one_mirror)
    assert_nothing_made_up(one_mirror, lying_sites)


@pytest.mark.parametrize("lie", CONVINCING)
def test_a_lie_turns_no_verdict_over(one_mirror: Folder, lying_sites: Sites, lie: Lie) -> None:
    lying_sites.knobs.mirrors[0] = form_of(lie)
    crawl(one_mirror)
    before = one_mirror.rows("SELECT _id, vidsrcAvailable, lastChecked, evidence FROM movies ORDER BY _id")
    lying_sites.knobs.mirrors[0].lie = lie
    code, _ = crawl(one_mirror, "-a", "walk=skip", "-a", "recheck_days=0")
    assert code == 1
    assert (
        one_mirror.rows("SELECT _id, vidsrcAvailable, lastChecked, evidence FROM movies ORDER BY _id")
        == before
    )
    assert one_mirror.rows("SELECT count(*) FROM history") == [0]
