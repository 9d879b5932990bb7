"""The package: what is in it, and that it works where the project's folder is not."""

from __future__ import annotations

import os
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import moviesync
from tests.crawls import Folder
from tests.docs import blocks
from tests.requirements import requirements
from tests.scrapyd_server import copied

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
# This Python's setuptools builds, and what the package needs is there.
OFFLINE = ("--no-deps", "--no-build-isolation", "--no-index")


def pip(folder: Path, *arguments: str) -> None:
    ended = subprocess.run([*PIP, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied(tmp_path / "project")


def test_a_wheel_has_every_file_of_the_package_and_no_other(tmp_path: Path, project: Path) -> None:
    pip(project, "wheel", *OFFLINE, "--wheel-dir", str(tmp_path), ".")
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        told = HeaderParser().parsestr(archive.read(about).decode())
        (points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        assert archive.read(points).decode().split() == ["[scrapy]", "settings", "=", "moviesync.settings"]
    files = {path for path in (project / "moviesync").rglob("*") if path.is_file()}
    own = {name for name in names if ".dist-info/" not in name}
    assert own == {path.relative_to(project).as_posix() for path in files}
    assert len(own) > 100
    assert told["Version"] == moviesync.__version__
    assert told["Requires-Python"] == ">=3.10"
    needs = {str(Requirement(need)) for need in told.get_all("Requires-Dist", [])}
    assert needs == {str(one) for one in requirements("requirements.txt")}


def test_the_installation_of_the_docs_runs_the_demo(tmp_path: Path, project: Path) -> None:
    (_, block), *_ = blocks("docs/install.md")
    install, *others = block.splitlines()
    assert install == "pip install ."
    installed = tmp_path / "installed"
    pip(project, "install", *OFFLINE, "--target", str(installed), ".")
    # As in an environment that has the package: the project's folder is not looked into.
    python = f'scrapy() {{ "{sys.executable}" -m scrapy "$@"; }}\n'
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    ended = subprocess.run(
        ["sh", "-ec", python + "\n".join(others)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "titles         876" in ended.stdout
    assert {path.name for path in (tmp_path / "titles").iterdir()} >= {"scrapy.cfg", "demo.db"}
    folder = Folder(tmp_path / "titles", {"PYTHONPATH": str(installed)})
    assert "FAILED" not in folder.run("check").stderr
