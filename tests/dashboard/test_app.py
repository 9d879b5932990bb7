"""What the dashboard serves over HTTP, and to whom."""

from __future__ import annotations

import asyncio
import re

import pytest

from moviesync.dashboard.app import STATIC
from tests.dashboard.page import Page, only_sqlite


@only_sqlite
@pytest.mark.parametrize(
    "path", ["/", "/api/now", "/static/app.js", "/static/", "/static/..%2fapp.py", "/nothing"]
)
async def test_every_answer_has_strict_headers(page: Page, path: str) -> None:
    _, headers, text = await page.ask(path)
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-cache", "no-store"}
    assert "aiohttp" not in headers["Server"]
    assert "def application" not in text


@only_sqlite
async def test_the_files_come_as_what_they_are(page: Page) -> None:
    types = {".html": "text/html", ".css": "text/css", ".js": "javascript", ".svg": "image/svg+xml"}
    for file in STATIC.iterdir():
        status, headers, text = await page.ask("/" if file.name == "index.html" else f"/static/{file.name}")
        assert status == 200
        assert types[file.suffix] in headers["Content-Type"]
        assert text == file.read_text("utf-8")


def test_the_page_needs_no_other_host_and_no_exception_from_its_policy() -> None:
    for file in STATIC.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert len(text.splitlines()) <= 250, file.name
        assert not re.search(r"https?:|url\(|innerHTML|insertAdjacentHTML|document\.write|\beval\b", text), (
            file.name
        )
        assert file.suffix == ".css" or not re.search(
            r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", text
        )
    assert "endorsed, certified, or otherwise approved by TMDB" in (STATIC / "index.html").read_text("utf-8")


@only_sqlite
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_the_page_can_only_be_read(page: Page, method: str) -> None:
    for path in ("/", "/api/now", "/static/app.js", "/nothing"):
        status, headers, _ = await page.ask(path, method)
        assert (status, headers["Allow"]) == (405, "GET,HEAD")
    assert (await page.ask("/api/now", "HEAD"))[::2] == (200, "")


@only_sqlite
async def test_a_page_of_another_name_learns_nothing(page: Page) -> None:
    for name in ("localhost", "LocalHost:8787", "127.0.0.1:1", "[::1]:8787"):
        assert (await page.ask("/api/now", Host=name))[0] == 200
    for name in (
        "films.example",
        "films.example:8787",
        "127.0.0.1.films.example",
        "localhost@films.example",
        "]",
        "",
    ):
        status, _, text = await page.ask("/api/now", Host=name)
        assert status == 403, name
        assert "moviesync.db" not in text
    reader, writer = await asyncio.open_connection("127.0.0.1", page.server.port)
    writer.write(b"GET /api/now HTTP/1.0\r\n\r\n")
    assert b" 403 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await writer.wait_closed()
