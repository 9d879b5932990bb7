"""The store of a dry run shows whole documents."""

from __future__ import annotations

import json

import pytest

from moviesync.stores.dry_run import DryRunStore
from tests.places import HOST, found, movie


async def test_documents_are_shown_whole(capfd: pytest.CaptureFixture[str]) -> None:
    store = DryRunStore()
    await store.open()
    await store.write([movie(1)], [found(1, episodes={"1": [1, 2]})])
    await store.close()
    shown = json.loads(capfd.readouterr().out)
    assert shown["statusSince"] == shown["lastChecked"] == "2026-11-23T10:00:00.123Z"
    assert shown["evidence"] == {"by": "page", "host": HOST}
    assert shown["episodes"] == {"1": [1, 2]}
