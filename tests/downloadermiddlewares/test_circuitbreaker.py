"""A site that is down: it is left alone, waited for, and at last given up; and a VidSrc that always says yes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

import pytest

from moviesync.demo.behaviours import Answer
from moviesync.demo.knobs import Form, SiteKnobs, mirrors_alike
from moviesync.demo.lies import Lie
from moviesync.demo.server import Sites
from moviesync.vidsrc.answer import NO_TITLE
from tests.crawls import Folder, films, ids_asked, until

FILMS = 100
MOST_FAILURES = 50
IMPATIENT = ("-s", "SITE_PATIENCE=3")
NAMES = {"tmdb": "TMDB", "vidsrc": "VidSrc"}
VARIABLES = {"tmdb": "TMDB_BASE_URL", "vidsrc": "VIDSRC_BASE_URL"}
ADVICE = {"tmdb": "again", "vidsrc": "VIDSRC_BASE_URL"}
Down = Literal["500", "challenge", "hang", "reset"]
DOWN: tuple[Down, ...] = ("500", "challenge", "hang", "reset")
SITES = ("tmdb", "vidsrc")


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites(films(FILMS)) as sites:
        yield sites


def put_down(sites: Sites, site: str, how: Down | None) -> None:
    setattr(sites.knobs, site, SiteKnobs(down=how))


def outage(folder: Folder, sites: Sites, site: str, *, begun: str = "") -> None:
    """A crawl in which a site is seen to be down, and comes back; it begins when the log says ``begun``."""
    patient = ("-s", "SITE_PATIENCE=30", "-s", "DOWNLOAD_TIMEOUT=0.5")
    with folder.start("crawl", "tmdb_vidsrc", *patient, TMDB_RATE="20") as process:
        if begun:
            assert any(begun in line for line in process.stderr)
            put_down(sites, site, "500")
        assert any(f"{NAMES[site]} is down" in line for line in process.stderr)
        put_down(sites, site, None)
        errors = process.ended(0)
    assert f"{NAMES[site]} is back after " in errors


def assert_given_up(folder: Folder, site: str, errors: str) -> None:
    last = errors.splitlines()[-1]
    assert last.startswith("moviesync: "), last
    assert NAMES[site] in last
    assert ADVICE[site] in last
    # Titles neither, if it is VidSrc: nothing is stored before it is known that a mirror can be believed.
    assert folder.verdicts() == {}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("how", DOWN)
def test_a_site_that_is_down_ends_the_run(folder: Folder, sites: Sites, site: str, how: Down) -> None:
    put_down(sites, site, how)
    errors = folder.crawl(*IMPATIENT, "-s", "DOWNLOAD_TIMEOUT=0.3", code=1).stderr
    assert_given_up(folder, site, errors)
    asked = sorted(one.started for one in sites.log if one.site == site)
    assert 0 < len(asked) <= MOST_FAILURES
    if site == "vidsrc":
        # Each mirror is asked for little at a time, with growing waits.
        for mirror in range(len(sites.mirror_urls)):
            path = f"/embed/movie/{NO_TITLE}"
            times = sorted(one.started for one in sites.log if (one.mirror, one.path) == (mirror, path))
            gaps = [later - earlier for earlier, later in pairwise(times)]
            # What failed is asked a second time at once.
            waits = [gap for gap in gaps if gap > 0.9]
            assert len(times) <= 2 * (len(waits) + 1)
            assert len(waits) >= 1
            assert all(later > 1.4 * earlier for earlier, later in pairwise(waits))


def refused() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def unknown() -> str:
    return "http://nowhere.invalid"


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("address", [refused, unknown], ids=["refused", "unknown"])
def test_a_site_that_is_not_there_ends_the_run(folder: Folder, site: str, address: Callable[[], str]) -> None:
    errors = folder.crawl(*IMPATIENT, "-s", "LOG_LEVEL=DEBUG", code=1, **{VARIABLES[site]: address()}).stderr
    assert_given_up(folder, site, errors)


def test_a_site_without_tls_ends_the_run(folder: Folder, sites: Sites) -> None:
    address = sites.vidsrc_url.replace("http:", "https:")
    errors = folder.crawl(*IMPATIENT, code=1, VIDSRC_BASE_URL=address).stderr
    assert_given_up(folder, "vidsrc", errors)
    assert f"({address.removeprefix('https://')}: TLS failure)" in errors.splitlines()[-1]


@pytest.mark.parametrize(
    ("site", "how"), [("tmdb", "500"), ("tmdb", "hang"), ("vidsrc", "500"), ("vidsrc", "hang")]
)
def test_a_site_comes_back_and_the_run_goes_on(folder: Folder, sites: Sites, site: str, how: Down) -> None:
    put_down(sites, site, how)
    outage(folder, sites, site)
    assert folder.verdicts() == sites.truth("movies")


def test_titles_that_were_blocked_at_first_stay_due(folder: Folder, sites: Sites) -> None:
    put_down(sites, "vidsrc", "challenge")
    outage(folder, sites, "vidsrc")
    truth = sites.truth("movies")
    blocked = folder.rows("SELECT _id FROM movies WHERE checkError IS NOT NULL")
    assert len(blocked) <= MOST_FAILURES
    assert folder.verdicts() == {**truth, **dict.fromkeys(blocked)}
    folder.crawl()
    assert folder.verdicts() == truth


@pytest.mark.parametrize("site", SITES)
def test_a_site_goes_away_in_mid_run_and_comes_back(folder: Folder, sites: Sites, site: str) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.02)
    outage(folder, sites, site, begun="TMDB has 5 pages")
    assert folder.verdicts() == sites.truth("movies")


@pytest.mark.parametrize("answer", [Answer.BLOCKED, Answer.ERROR_500])
def test_many_blocked_titles_of_a_healthy_site_do_not_end_the_run(
    folder: Folder, sites: Sites, answer: Answer
) -> None:
    truth = sites.truth("movies")
    well = set([tmdb_id for tmdb_id in sites.movies.rows if truth[tmdb_id]][:10])
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids - well, answer)
    errors = folder.crawl(*IMPATIENT, code=1).stderr
    # The run was not ended; but it could not do its work.
    last = f"moviesync: VidSrc gave no verdict on {FILMS - 10} of {FILMS} titles ("
    assert errors.splitlines()[-1].startswith(last)
    assert folder.verdicts() == {tmdb_id: tmdb_id in well or None for tmdb_id in truth}
    assert f"moviesync: {FILMS} titles checked: 10 available, 0 unavailable, {FILMS - 10} unknown (" in errors
    assert len(folder.rows("SELECT 1 FROM movies WHERE checkError IS NOT NULL")) == FILMS - 10


def test_many_answers_that_mean_nothing_are_no_verdicts_and_the_run_ends(
    folder: Folder, sites: Sites
) -> None:
    """They do not count as failures of single titles: a site that answers so may be lying."""
    truth = sites.truth("movies")
    well = set([tmdb_id for tmdb_id in sites.movies.rows if truth[tmdb_id]][:10])
    sites.knobs.per_title = dict.fromkeys(sites.movies.ids - well, Answer.BLOCKED_200)
    last = folder.crawl(*IMPATIENT, code=1).stderr.splitlines()[-1]
    assert last.startswith("moviesync: VidSrc ")
    found = folder.verdicts()
    assert set(found) == sites.movies.ids
    assert {tmdb_id for tmdb_id, verdict in found.items() if verdict is not None} <= well
    assert False not in found.values()


@pytest.mark.parametrize("how", ["500", "hang"])
def test_the_walk_goes_on_without_vidsrc(folder: Folder, sites: Sites, how: Down) -> None:
    put_down(sites, "vidsrc", how)
    walk = ("-a", "on_vidsrc_down=walk", "-s", "DOWNLOAD_TIMEOUT=0.3")
    errors = folder.crawl(*IMPATIENT, *walk, code=1).stderr
    last = errors.splitlines()[-1]
    why = "VidSrc was down, or not to be believed"
    assert last.startswith(f"moviesync: {why}: {FILMS} titles are not checked")
    assert folder.verdicts() == dict.fromkeys(sites.movies.ids)
    assert folder.status()["walk"]["movies"]["complete"]
    assert sites.asked("vidsrc").total() <= MOST_FAILURES
    put_down(sites, "vidsrc", None)
    folder.crawl(*walk)
    assert folder.verdicts() == sites.truth("movies")


@pytest.mark.parametrize(
    ("form", "lie"), [("old", Lie.PLAYER), ("today", Lie.INFO), ("today", Lie.SAME_PAGE)]
)
def test_mirrors_that_always_say_yes_are_named_and_nothing_is_stored(
    folder: Folder, sites: Sites, form: Form, lie: Lie
) -> None:
    sites.knobs.mirrors = mirrors_alike(form=form, lie=lie)
    errors = folder.crawl(code=1).stderr.splitlines()
    told = "has a page for a title that cannot exist"
    hosts = [url.removeprefix("http://") for url in sites.mirror_urls]
    for host, line in zip(hosts, errors[-4:-1], strict=True):
        assert line.startswith(f"moviesync: {host}: {told}")
    assert errors[-1].startswith("moviesync: VidSrc cannot be believed: ")
    assert "VIDSRC_BASE_URL" in errors[-1]
    # Where the list tells, it is a way out.
    assert ("-a verdicts=list" in errors[-1]) == (lie is not Lie.SAME_PAGE)
    assert folder.verdicts() == {}
    # Each is asked once, in each way; its list once more for the last line.
    lists = sites.asked("vidsrc")["/ids/movie_tmdb.txt"]
    assert lists <= 2 * len(hosts)
    assert max(ids_asked(sites).values()) <= 2 * len(hosts)


def test_the_time_that_a_site_asked_for_is_not_time_in_which_it_is_down(folder: Folder, sites: Sites) -> None:
    """It answers 429 until it has been left alone for as long as it asks, which is longer than patience."""
    sites.knobs.vidsrc = SiteKnobs(rate=1, retry_after=2)
    begun = sites.knobs.vidsrc
    with folder.start("crawl", "tmdb_vidsrc", "-a", "max_pages=1", "-s", "SITE_PATIENCE=1.5") as process:
        assert any("VidSrc answers HTTP 429" in line for line in process.stderr)
        until(process, lambda: sum(asked.status == 429 for asked in list(sites.log)) >= 3)
        begun.rate = None
        process.ended(0)
    assert folder.verdicts().items() <= sites.truth("movies").items()
    assert not sites.early("vidsrc")
