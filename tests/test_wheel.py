"""The built wheel, installed as a teacher would install it: in a new environment, without the test tools."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeout",
    "ProxyError",
    "name resolution",
    "Name or service not known",
)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `sheetgd` program of a new environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdin=subprocess.DEVNULL)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip(str(programs / "python"), "install", str(wheel))
    return programs / "sheetgd"


def pip(python: str, *words: str) -> None:
    command = [python, "-m", "pip", *words]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=clean_environment()
    )
    said = done.stdout + done.stderr
    if done.returncode and any(sign in said for sign in UNREACHABLE):
        pytest.skip("pip cannot reach its package index")
    assert done.returncode == 0, said


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def run(program: Path, *words: str, folder: Path) -> str:
    done = subprocess.run(
        [str(program), *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env=clean_environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"sheetgd", wheel.name.split("-py3")[0] + ".dist-info"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_a_teacher_can_use_it(installed: Path, tmp_path: Path) -> None:
    declared = re.search('(?m)^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert declared and run(installed, "--version", folder=tmp_path).split()[-1] == declared[1]
    run(installed, "new", "--lang", "de", "-o", "a.xlsx", folder=tmp_path)
    before = (tmp_path / "a.xlsx").read_bytes()
    assert "a.xlsx" in run(installed, "run", "a.xlsx", folder=tmp_path)
    assert (tmp_path / "a.xlsx").read_bytes() != before
