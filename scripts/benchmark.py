"""Whole processes against each other on the same worksheet: python scripts/benchmark.py [--check] [--repeat N]

Needs nothing but Python and, for the first row, LibreOffice. Every round runs each side once, on a fresh copy of the
worksheet, so that what else the machine does falls on all of them alike. The answers are compared too: a side that did
another job would make the ratio worthless. With --check a ratio above its limit is a failure.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _environment import PROJECT, ready_python, say

sys.path.insert(0, str(PROJECT / "tests"))
from office import find_soffice, find_uno_python, missing, read_stored

# On a user's machine Python compiles a module once; a setting that forbids it would be measured instead of sheetgd.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SCRIPTS = Path(__file__).resolve().parent
EPOCHS = 5
AGREE = 1e-9  # relative: the same epochs, summed in different orders


def answer(command: list[str]) -> str:
    """What the command prints; the end of everything where it fails."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=300,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}): {done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Side:
    """One way of doing the job: the command for a copy of the worksheet, and how long each run took."""

    name: str
    command: Callable[[Path], list[str]]
    seconds: list[float] = field(default_factory=list)

    def run(self, worksheet: Path, layout: dict[str, Any], measured: bool) -> list[float]:
        """The parameters that it leaves in the start cells."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(worksheet, Path(folder, worksheet.name)))
            command = self.command(copy)
            begin = time.perf_counter()
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
            )
            took = time.perf_counter() - begin
            if done.returncode:
                sys.exit(f"{self.name} failed ({done.returncode}): {done.stdout}{done.stderr}")
            if measured:
                self.seconds.append(took)
            stored = read_stored(copy)[layout["sheet"]]
        return [stored[parameter["start"]] for parameter in layout["parameters"].values()]


@dataclass(frozen=True)
class Row:
    """A row of the table: sheetgd's time as a share of the other side's, and the limit it must keep."""

    sheetgd: Side
    other: Side
    limit: float
    goal: float

    def ratio(self) -> float:
        return statistics.median(self.sheetgd.seconds) / statistics.median(self.other.seconds)

    def show(self) -> str:
        verdict = "kept" if self.ratio() <= self.limit else "MISSED"
        return (
            f"{'sheetgd run / ' + self.other.name:<46}{spread(self.sheetgd):>16}{spread(self.other):>16}"
            f"{self.ratio():>8.3f}{self.limit:>8.2f}{self.goal:>7.2f}  {verdict}"
        )


def spread(side: Side) -> str:
    return f"{statistics.median(side.seconds) * 1000:.0f} / {min(side.seconds) * 1000:.0f}"


def sides(python: Path, layout_file: Path, profile: Path) -> list[Side]:
    """sheetgd, the teacher's script, and LibreOffice where there is one."""

    def run(book: Path) -> list[str]:
        return [str(python), "-m", "sheetgd", "run", str(book), "--epochs", str(EPOCHS)]

    def by_openpyxl(book: Path) -> list[str]:
        return [str(python), str(SCRIPTS / "benchmark_openpyxl.py"), str(book), str(layout_file), str(EPOCHS)]

    def by_office(book: Path) -> list[str]:
        job = [str(find_uno_python()), str(SCRIPTS / "benchmark_office.py"), str(find_soffice())]
        return [*job, profile.as_uri(), str(book), str(layout_file), str(EPOCHS)]

    found = [Side("sheetgd run", run), Side("an openpyxl script", by_openpyxl)]
    return found if missing() else [*found, Side("headless LibreOffice", by_office)]


def measure(ways: list[Side], worksheet: Path, layout: dict[str, Any], repeat: int) -> None:
    expected = ways[0].run(worksheet, layout, measured=False)
    for round_number in range(repeat + 1):  # the first is to warm up: compiled files, LibreOffice's profile
        for side in ways:
            got = side.run(worksheet, layout, measured=round_number > 0)
            if not all(math.isclose(a, b, rel_tol=AGREE) for a, b in zip(expected, got, strict=True)):
                sys.exit(f"{side.name} ends at {got}, sheetgd at {expected}: not the same job")


def main() -> int:
    words = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    words.add_argument("--check", action="store_true", help="fail when a limit is missed")
    words.add_argument("--repeat", type=int, default=11, metavar="N", help="rounds to measure (11)")
    words.add_argument(
        "--python", type=Path, help="a Python with sheetgd in it, instead of the project's own"
    )
    chosen = words.parse_args()
    python = chosen.python or ready_python()
    with tempfile.TemporaryDirectory() as folder:
        worksheet, layout_file = Path(folder, "descent.xlsx"), Path(folder, "layout.json")
        answer([str(python), "-m", "sheetgd", "new", "descent", "-o", str(worksheet)])
        layout = answer([str(python), "-m", "sheetgd", "look", str(worksheet), "--json"])
        layout_file.write_text(layout, encoding="utf-8")
        ways = sides(python, layout_file, Path(folder, "profile"))
        measure(ways, worksheet, json.loads(layout), chosen.repeat)
    limits = {"an openpyxl script": (0.40, 0.30), "headless LibreOffice": (0.10, 0.10)}
    rows = [Row(ways[0], other, *limits[other.name]) for other in ways[1:]]
    say(
        f"The descent worksheet, {EPOCHS} epochs, whole process, {chosen.repeat} rounds; ms as median / fastest\n"
    )
    say(f"{'':<46}{'sheetgd':>16}{'the other':>16}{'ratio':>8}{'limit':>8}{'goal':>7}")
    for row in rows:
        say(row.show())
    if missing():
        say(f"LibreOffice was not measured: {missing()}")
    kept = not missing() and all(row.ratio() <= row.limit for row in rows)
    return 1 if chosen.check and not kept else 0


if __name__ == "__main__":
    sys.exit(main())
