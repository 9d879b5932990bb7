"""The HTML pages of VidSrc, and of the protection in front of it."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from aiohttp import web

SHELL_SIZE = 54 * 1024


def _shell() -> bytes:
    head = (
        "<!DOCTYPE html>\n<html><head><title>VidSrc</title>"
        '<script src="/js/player.js" data-api="/api/sources"></script>\n<style>\n'
    )
    tail = '</style></head><body><div id="player"></div></body></html>\n'
    rule = "#player .c%04d { display: block; position: absolute; inset: 0; color: #fff; }\n"
    rules = "".join(rule % number for number in range((SHELL_SIZE - len(head + tail)) // len(rule % 0)))
    return (head + rules + tail).encode()


SHELL = _shell()


def page(title: str, body: str, status: int = 200) -> web.Response:
    """Return a page; ``body`` is HTML, ``title`` text."""
    html = f"<!DOCTYPE html>\n<html><head><title>{escape(title)}</title></head><body>{body}</body></html>\n"
    return web.Response(status=status, body=html.encode(), content_type="text/html", charset="utf-8")


def player(title: str) -> web.Response:
    """Return the page of an available title."""
    return page(title, f'<h1>{escape(title)}</h1><iframe id="player_iframe" src="about:blank"></iframe>')


def shell() -> web.Response:
    """Return the page that VidSrc has for every id: its script asks whether there is a player."""
    return web.Response(body=SHELL, content_type="text/html", charset="utf-8")


def parked() -> web.Response:
    """Return the page of a domain that nobody uses."""
    return page("This domain is for sale", "<h1>This domain is for sale</h1><p>Make an offer.</p>")


def maintenance() -> web.Response:
    """Return the page, with status 200, of a site that is being worked on."""
    return page("Maintenance", "<h1>We will be back soon</h1>")


def gone() -> web.Response:
    """Return the page of a title that VidSrc does not have."""
    return error(HTTPStatus.NOT_FOUND)


def soft_text(title: str) -> web.Response:
    """Return the page, with status 200, that says in its text what 404 would say."""
    return page(title, "<p>This media is unavailable at the moment.</p>")


def soft_title() -> web.Response:
    """Return the page, with status 200, that says in its title what 404 would say."""
    return page("404 Not Found", "<h1>404</h1>")


def challenge(status: int = 403, *, marked: bool = True) -> web.Response:
    """Return a page that lets no program through, ``marked`` by its header.

    See https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    """
    response = page("Just a moment...", "<p>Checking your browser before you go on.</p>", status)
    if marked:
        response.headers["cf-mitigated"] = "challenge"
    return response


def error(status: int) -> web.Response:
    """Return the page of an error status."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return page(title, f"<h1>{title}</h1>", status)
