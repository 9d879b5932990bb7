"""What the files of requirements say."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.crawls import ROOT


def requirements(file: str) -> list[Requirement]:
    """The requirements of a file, without those of another that it names (``-r``)."""
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def names(file: str) -> set[str]:
    """The names of the packages, as package indexes compare them."""
    return {canonicalize_name(one.name) for one in requirements(file)}
