"""What verdicts rest on, in words; static/words.js has the same for the dashboard."""

from __future__ import annotations

from moviesync.items import INFO, LIST, PAGE
from moviesync.stores.grouping import NONE

WORDS = {
    PAGE: "VidSrc's page of the title",
    INFO: "VidSrc's info of the title",
    LIST: "VidSrc's list of titles",
    NONE: "not known (older version)",
}
"""By the names that ``Store.evidence`` uses."""


def format_evidence(evidence: object) -> str | None:
    """The ``evidence`` of a document in words; ``None`` if it was written by hand and is none.

    >>> format_evidence({"by": "info", "host": "vidsrc.sh"})
    "VidSrc's info of the title, from vidsrc.sh"
    >>> format_evidence({"by": ["info"], "host": "vidsrc.sh"}), format_evidence("info")
    (None, None)
    """
    if not isinstance(evidence, dict) or evidence.keys() != {"by", "host"}:
        return None
    by, host = evidence["by"], evidence["host"]
    return f"{WORDS[by]}, from {host}" if isinstance(by, str) and by in WORDS else None
