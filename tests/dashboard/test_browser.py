"""The dashboard in a real browser, beside a crawl: what a person sees."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from moviesync.demo.catalogue import Catalogue
from moviesync.demo.knobs import Knobs, SiteKnobs
from moviesync.demo.server import Sites
from moviesync.kinds import MOVIE
from tests.commands.test_dashboard import dashboard, end
from tests.crawls import Folder
from tests.required import lacking

pytestmark = pytest.mark.xdist_group("browser")

TAG = "<script>document.title = 'taken over'</script>"
PATIENCE = 30
"""Seconds within which the page shows what it should."""
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Value = TypeVar("Value")


class Browser:
    """Chromium, looking at the dashboard."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def number(self, selector: str) -> int:
        return int(self.find(selector).text.replace(",", ""))

    def until(self, look: Callable[[], Value]) -> Value:
        """What ``look`` gives as soon as it is something."""
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _: look())

    def appear(self, width: int, scheme: str) -> None:
        """Take the width of a window, and the colours that its user prefers."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def ask(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def press(self, *keys: str) -> None:
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    @property
    def focus(self) -> str:
        """The words of what has the focus, which has to be seen."""
        assert self.ask("getComputedStyle(document.activeElement).outlineStyle") != "none"
        return str(self.ask("(document.activeElement.labels?.[0] ?? document.activeElement).textContent"))

    @property
    def errors(self) -> list[Any]:
        """What the console says, since it was last asked."""
        return self.driver.get_log("browser")  # type: ignore[no-untyped-call,no-any-return]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        lacking("browser", "browser tests need chromium and chromedriver on PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # With its path given, selenium looks for no driver and fetches none.
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    chrome.set_page_load_timeout(PATIENCE)
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()


@pytest.fixture
def slow_sites() -> Iterator[Sites]:
    """Sites with 200 films, slow enough to be watched for as long as it takes."""
    films = list(Catalogue.recorded(MOVIE).rows.values())[:200]
    with Sites(Catalogue(MOVIE, films), knobs=Knobs(vidsrc=SiteKnobs(latency=0.3))) as sites:
        yield sites


def test_a_crawl_is_seen_from_before_its_begin_to_the_end_of_the_page(
    browser: Browser, slow_sites: Sites, tmp_path: Path
) -> None:
    folder = Folder(tmp_path, {**slow_sites.environment(), "TMDB_RATE": "200"})
    with dashboard(folder, "--port", "0") as (process, address):
        browser.driver.get(address)
        browser.until(lambda: "There is no file moviesync.db" in browser.find("#hint").text)
        with folder.start("crawl", "tmdb_vidsrc") as crawl:
            first = browser.until(lambda: browser.number(".kind [data-is=available]"))
            assert "Running: tmdb_vidsrc" in browser.find("#lead").text
            browser.until(lambda: browser.number(".kind [data-is=available]") > first)
            slow_sites.knobs.vidsrc.latency = 0.0
            assert crawl.wait(PATIENCE) == 0
        browser.until(lambda: "ended: finished" in browser.find("#lead").text)
        verdicts = list(folder.verdicts().values())
        browser.until(lambda: browser.number(".kind [data-is=total]") == len(verdicts))
        for state, value in (("available", True), ("unavailable", False), ("unchecked", None)):
            assert browser.number(f".kind [data-is={state}]") == verdicts.count(value)
        checked = len(verdicts) - verdicts.count(None)
        evidence = f"VidSrc's info of the title\n{checked}\n100.0 %"
        browser.until(lambda: browser.find(".kind .evidence dl").text == evidence)
        assert not browser.find("#hint").is_displayed()
        browser.until(lambda: browser.find("#years svg .available"))
        assert browser.find("#rate svg .line")
        assert "finished" in browser.find("#runs").text
        find_a_title_made_of_markup(browser, folder)
        look_at_all_sizes_and_colours(browser)
        assert browser.errors == []
        assert end(process, signal.SIGINT) == ("", "")
        browser.until(lambda: "has ended" in browser.find("#problem").text)
        assert browser.number(".kind [data-is=total]") == len(verdicts)


def find_a_title_made_of_markup(browser: Browser, folder: Folder) -> None:
    """By keyboard alone: past what is in between, into the search, and to the document."""
    with closing(sqlite3.connect(folder.path / "moviesync.db")) as connection, connection:
        connection.execute(
            "UPDATE movies SET title = ?, lastChecked = '2999-01-01T00:00:00.000Z'"
            " WHERE _id = (SELECT min(_id) FROM movies WHERE vidsrcAvailable = 1)",
            (TAG,),
        )
    browser.until(lambda: TAG in browser.find("#latest").text)
    browser.press(Keys.TAB)
    assert browser.focus == "To the content"
    browser.press(Keys.ENTER)
    for _ in range(9):
        browser.press(Keys.TAB)
        if browser.focus == "Part of a title, or a TMDB id":
            break
    browser.press("<SCRIPT", Keys.ENTER)
    browser.until(lambda: TAG in browser.find("#found").text)
    browser.press(Keys.TAB, Keys.TAB)
    assert TAG in browser.focus
    browser.press(Keys.ENTER)
    assert f'"title": "{TAG}"' in browser.until(lambda: browser.find("#found pre").text)
    assert "available since " in browser.find("#found").text
    assert "; rests on: VidSrc's info of the title, from " in browser.find("#found").text
    assert browser.driver.title == "moviesync"
    assert browser.ask("document.querySelectorAll('main script').length") == 0


def look_at_all_sizes_and_colours(browser: Browser) -> None:
    seen = set()
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            browser.appear(width, scheme)
            assert browser.ask("document.documentElement.scrollWidth") <= width
            seen.add((browser.ask("getComputedStyle(document.body).backgroundColor"), scheme))
    assert len(seen) == 2
