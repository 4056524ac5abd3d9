"""What a test may ask for: a real LibreOffice, the command line as a real process, and a workbook as Excel makes it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import office as libreoffice
import workbooks
from bad_input import everything
from browsers import browser  # noqa: F401 - the fixture
from classwork import CLASS, SEED
from fakes.google.server import google  # noqa: F401 - the fixture
from seven_lessons import DRAWN
from sheetgd.classroom import template
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.classroom.roster import Student
from sheetgd.lessons.create import new
from small_lesson import draw

ROOT = Path(__file__).resolve().parent.parent
LONGEST = frozenset(  # files that take half a minute and more: they come first, for the last one keeps a core alone
    "test_live_check test_page test_ordeal test_prose test_new_options test_second_engine test_books test_fuzz "
    "test_sync test_animate test_causes".split()
)
# No machine is too slow for a test.
hypothesis.settings.register_profile(
    "sheetgd", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("sheetgd")
collect_ignore = ["office_server.py"]  # needs LibreOffice's own Python
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background, where Ctrl-C is for nobody
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The object that --json printed."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Runs `sheetgd WORDS...` in a process of its own, in the test's own folder."""

    folder: Path

    def __call__(
        self,
        *words: object,
        timeout: float = 120,
        without_root: bool = False,
        env: dict[str, str] | None = None,
    ) -> Ended:
        """`without_root` takes from root the right to write what its permissions forbid."""
        prefix = drop_override() if without_root else []
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "sheetgd", *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **plain_environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def plain_environment() -> dict[str, str]:
    """The project's package, UTF-8 and no colours, whatever the machine's settings are."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "default",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


def drop_override() -> list[str]:
    """Words before a command that make file permissions count for root too; none for anyone else."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed, and these tests run as root, whom no permission stops")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search,-fowner"]


@pytest.fixture
def sheetgd(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture(scope="session")
def office() -> Iterator[libreoffice.Office]:
    """One LibreOffice for the whole session, started on first use."""
    reason = libreoffice.missing()
    if reason:
        pytest.skip(reason)
    with libreoffice.Office() as started:
        yield started


@pytest.fixture(scope="session")
def node() -> str:
    """The Node program."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed")
    return found


@pytest.fixture
def excel_made() -> Callable[[Path], Path]:
    """A function that makes the workbook of tests/workbooks.py at a path."""
    return workbooks.excel_made


@pytest.fixture
def excel_book(tmp_path: Path) -> Path:
    """That workbook, made in the test's own folder."""
    return workbooks.excel_made(tmp_path / "excel.xlsx")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "office" in getattr(item, "fixturenames", ()):
            item.add_marker("libreoffice")
    items.sort(key=lambda item: item.path.stem not in LONGEST)


def pytest_runtest_setup(item: pytest.Item) -> None:
    reason = libreoffice.missing() if item.get_closest_marker("libreoffice") else None
    if reason:
        pytest.skip(reason)


@pytest.fixture
def refused(sheetgd: CommandLine) -> Callable[..., str]:
    """Runs a command that must fail and change nothing in its folder; returns what it says to the user."""

    def call(*words: object, code: int = 1, **options: Any) -> str:
        before = everything(sheetgd.folder)
        ended = sheetgd(*words, **options)
        assert "Traceback" not in ended.err, ended.err
        assert (ended.code, ended.out) == (code, ""), ended
        assert everything(sheetgd.folder) == before
        return ended.err

    return call


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return draw(tmp_path / "lesson.xlsx")


@pytest.fixture
def run(sheetgd: CommandLine) -> Callable[..., Any]:
    """Runs `sheetgd run lesson.xlsx --json WORDS`, which must succeed and say only the notes that are given."""

    def call(*words: object, notes: Iterable[str] = (), file: str = "lesson.xlsx") -> Any:
        ended = sheetgd("run", file, "--json", *words)
        assert (ended.code, ended.err) == (0, "")
        answer = ended.json()
        assert answer["warnings"] == list(notes)
        return answer

    return call


# -- lessons ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def drawn_lessons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every one of the seven lessons, drawn and finished once; copy before you run one."""
    folder = tmp_path_factory.mktemp("seven")
    return {name: new(name, folder / f"{name}.xlsx") for name in DRAWN}


@pytest.fixture
def lesson_copy(drawn_lessons: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A lesson's copy in the test's own folder."""
    return lambda name: Path(shutil.copy(drawn_lessons[name], tmp_path / f"{name}.xlsx"))


@pytest.fixture(scope="session")
def drawn_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson network as it is drawn; copy it before you run it."""
    return new("network", tmp_path_factory.mktemp("network") / "network.xlsx")


@pytest.fixture(scope="session")
def trained_network(drawn_network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson network after three epochs, when no bias is 0 any more."""
    sheetgd = CommandLine(tmp_path_factory.mktemp("trained"))
    shutil.copy(drawn_network, sheetgd.folder)
    assert sheetgd("run", "network.xlsx", "--epochs", 3).code == 0
    return sheetgd.folder / "network.xlsx"


@pytest.fixture
def network_copy(drawn_network: Path, tmp_path: Path) -> Path:
    """The lesson network's copy in the test's own folder."""
    return Path(shutil.copy(drawn_network, tmp_path))


# -- classes ---------------------------------------------------------------------------------------------------------
@pytest.fixture(params=list(KINDS))
def lesson(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Assignment, Path, Path]]:
    """A lesson's first assignment, its worksheet and that worksheet solved, drawn once; copy before you change one."""
    made: dict[str, tuple[Assignment, Path, Path]] = {}

    def make(lesson: str) -> tuple[Assignment, Path, Path]:
        if lesson not in made:
            folder = tmp_path_factory.mktemp(lesson)
            given = assignments(CLASS, lesson, SEED)[0]
            template.student(given, folder / "student.xlsx")
            template.solution(given, folder / "solved.xlsx")
            made[lesson] = given, folder / "student.xlsx", folder / "solved.xlsx"
        return made[lesson]

    return make


@pytest.fixture
def pair() -> list[Assignment]:
    return assignments(
        [Student("Ada Lovelace", "ada@x.org"), Student("Alan Turing", "alan@x.org")], "descent", "seed"
    )
