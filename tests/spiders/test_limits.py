"""What a Scrapy user sets for politeness is honoured at each site, from the first request on, or refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from tests.crawls import Folder

EARLY = 0.05
"""Seconds that a site may note a request too early, as it notes the one before when it gets to it."""


def times(sites: Sites, site: str) -> list[float]:
    return sorted(asked.started for asked in sites.log if asked.site == site)


def test_the_limits_of_both_sites_are_kept(tmp_path: Path) -> None:
    knobs = Knobs(vidsrc=SiteKnobs(latency=0.03))
    with Sites(Catalogue.recorded(MOVIE), knobs=knobs) as sites:
        folder = Folder(tmp_path, {**sites.environment(), "TMDB_RATE": "10"})
        folder.crawl("-a", "concurrency=7", "-a", "max_pages=20")
        assert sites.peak["vidsrc"] == 7
        asked = times(sites, "tmdb")
    assert len(asked) == 20
    # Spaced by a little more than a tenth of a second; the site notes a request when it gets to it.
    assert asked[-1] - asked[0] >= 1.9


def test_a_download_delay_spaces_the_requests_of_each_site_from_the_first_on(
    folder: Folder, sites: Sites
) -> None:
    delay = 0.2
    folder.crawl("-s", f"DOWNLOAD_DELAY={delay}", "-a", "max_pages=3", "-a", "start_page=2")
    for site in ("tmdb", "vidsrc"):
        asked = times(sites, site)
        assert len(asked) >= 4
        # A site notes a request when it gets to it, so one gap can look shorter; several cannot.
        assert asked[3] - asked[0] >= 2 * delay
        assert asked[-1] - asked[0] >= (len(asked) - 2) * delay
    # Both sites are asked at once, although they are on one host.
    assert times(sites, "vidsrc")[0] < times(sites, "tmdb")[-1] + delay


@pytest.mark.parametrize(
    ("setting", "peak"),
    [
        ("CONCURRENT_REQUESTS_PER_DOMAIN=3", 3),
        ("AUTOTHROTTLE_TARGET_CONCURRENCY=2", 2),
        ("CONCURRENT_REQUESTS=1", 1),
    ],
)
def test_what_limits_requests_at_once_is_kept(folder: Folder, sites: Sites, setting: str, peak: int) -> None:
    sites.knobs.vidsrc = SiteKnobs(latency=0.02)
    folder.crawl("-s", setting, "-a", "max_pages=3")
    assert sites.peak["vidsrc"] == peak
    assert folder.verdicts().items() <= sites.truth("movies").items()


def test_one_request_at_a_time_at_both_sites_together(folder: Folder, sites: Sites) -> None:
    sites.knobs.vidsrc = sites.knobs.tmdb = SiteKnobs(latency=0.01)
    folder.crawl("-s", "CONCURRENT_REQUESTS=1", "-a", "max_pages=3")
    spans = sorted((asked.started, asked.finished) for asked in sites.log)
    assert len(spans) > 60
    assert all(ended <= started + EARLY for (_, ended), (started, _) in pairwise(spans))


@pytest.mark.parametrize(
    "setting", ["DOWNLOAD_SLOTS={}", "CONCURRENT_REQUESTS_PER_IP=4", "RANDOMIZE_DOWNLOAD_DELAY=0"]
)
def test_what_cannot_be_honoured_is_refused(folder: Folder, sites: Sites, setting: str) -> None:
    errors = folder.crawl("-s", setting, code=2).stderr
    assert errors.startswith(f"moviesync: -s {setting.partition('=')[0]}: has no effect here; set ")
    assert errors.count("\n") == 1
    assert sites.log == []
