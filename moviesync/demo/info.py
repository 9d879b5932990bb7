"""VidSrc's info of a title, as JSON."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from moviesync.demo import pages
from moviesync.demo.catalogue import Row
from moviesync.demo.holdings import seasons
from moviesync.demo.knobs import MirrorKnobs
from moviesync.kinds import Kind


def present(kind: Kind, row: Row, tmdb_id: int, host: str, own: MirrorKnobs) -> web.Response:
    """Return the info of an available title."""
    day = str(row.get(kind.date_field) or "")
    imdb_id = f"tt{tmdb_id:07d}"
    embed_url = f"http://{host}/embed/{kind.vidsrc_name}"
    content: dict[str, Any] = {
        "status_code": 200,
        "title": str(row.get(kind.title_field) or tmdb_id),
        "year": int(day[:4]) if day else None,
        "imdb_id": imdb_id,
        "tmdb_id": tmdb_id,
        "quality": "1080p",
        "embed_url": f"{embed_url}/{imdb_id}",
        "embed_url_tmdb": f"{embed_url}/{tmdb_id}",
    }
    if kind.has_episodes:
        content["seasons"] = [
            {"season": season, "episodes": list(range(1, episodes + 1))}
            for season, episodes in enumerate(seasons(tmdb_id), 1)
        ]
    return _json(content, own)


def absent(own: MirrorKnobs) -> web.Response:
    """Return what there is for a title that VidSrc does not have."""
    if own.info_form == "status":
        return pages.gone()
    return _json({"status_code": 404, "message": "Not found"}, own)


def _json(content: dict[str, Any], own: MirrorKnobs) -> web.Response:
    body = json.dumps(_texts(content) if own.info_texts else content, ensure_ascii=False)
    return web.Response(body=body.encode(), content_type="application/json", charset="utf-8")


def _texts(content: Any) -> Any:
    """Return the same with texts in place of numbers."""
    if isinstance(content, dict):
        return {name: _texts(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_texts(value) for value in content]
    return str(content) if isinstance(content, int) else content
