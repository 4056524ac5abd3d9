"""scripts/dev/release.py: a folder from which somebody without git installs sheetgd."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT, plain_environment

pytest.importorskip("hatchling")  # without which pip would ask the network for it

NOWHERE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

COMMAND = """
import runpy, sheetgd
print(sheetgd.__file__, flush=True)
runpy.run_module("sheetgd", run_name="__main__")
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release, in which an older one lay."""
    folder = tmp_path_factory.mktemp("release")
    (folder / "sheetgd-0.0.1-py3-none-any.whl").write_bytes(b"older")
    script = str(ROOT / "scripts" / "dev" / "release.py")
    subprocess.run([sys.executable, script, str(folder)], check=True, env={**os.environ, **NOWHERE})
    return folder


def test_it_holds_a_wheel_the_worksheets_and_their_sums(released: Path) -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version
    wheel, worksheets = f"sheetgd-{version[1]}-py3-none-any.whl", f"sheetgd-{version[1]}-worksheets.zip"
    assert sorted(path.name for path in released.iterdir()) == ["SHA256SUMS", wheel, worksheets]
    lines = (released / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {
        name: hashlib.sha256((released / name).read_bytes()).hexdigest() for name in (wheel, worksheets)
    }
    with zipfile.ZipFile(released / worksheets) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    templates = ROOT / "templates"
    files = [path for path in templates.rglob("*") if path.is_file()]
    assert held == {
        f"worksheets/{path.relative_to(templates).as_posix()}": path.read_bytes() for path in files
    }


def test_the_wheel_works_where_nothing_of_the_checkout_is(released: Path, tmp_path: Path) -> None:
    [wheel] = released.glob("*.whl")
    target, place = tmp_path / "installed", tmp_path / "elsewhere"
    place.mkdir()
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--target"]
    subprocess.run([*install, str(target), str(wheel)], check=True, env={**os.environ, **NOWHERE})
    package = ROOT / "sheetgd"
    ours = {path.relative_to(ROOT) for path in package.rglob("*") if path.is_file()}
    assert {path for path in ours if "__pycache__" not in path.parts} == {
        path.relative_to(target)
        for path in (target / "sheetgd").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    env = {**os.environ, **plain_environment(), "PYTHONPATH": str(target)}

    words = ["new", "descent", "-o", "a.xlsx"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        cwd=place,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.splitlines()[0]).is_relative_to(target)
    assert zipfile.is_zipfile(place / "a.xlsx")
