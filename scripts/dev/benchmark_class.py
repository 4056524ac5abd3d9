"""A class of 500, handed out and checked: python scripts/dev/benchmark_class.py [--against FOLDER] [--students N]

`class` and `check` are whole processes; what each takes of the processor for a student is a multiple of what openpyxl
takes to load and save one worksheet, measured in the same run. --against names another checkout of the project, which
does the same work in turns with this one. One student in three has everything right, one makes slips, one is half done.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
SCRIPTS = Path(__file__).resolve().parent
MOST_MEMORY = 100e6  # bytes of the largest process
LOAD_AND_SAVE = """
import sys, openpyxl
for _ in range(20):
    openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])
"""


def processor(command: list[str], folder: Path) -> tuple[float, int]:
    """The seconds of the processor that a command takes with its children, and the bytes of the largest of them."""
    import resource

    figures = folder / "figures.json"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed = [sys.executable, "-I", "-S", str(SCRIPTS / "benchmark_process.py"), str(figures), *command]
    done = subprocess.run(timed, cwd=folder, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, _, most = json.loads(figures.read_text(encoding="utf-8"))
    figures.unlink()
    if code:
        sys.exit(f"{' '.join(command)} failed: {(done.stdout + done.stderr)[-1000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, most


def fill_in(made: Path, back: Path) -> None:
    """What the students hand in."""
    from homework import answers, by_patch
    from returned_work import plant
    from sheetgd.classroom import key as keys

    back.mkdir()
    chance = random.Random(1)
    for number, one in enumerate(keys.read(made / "key.xlsx")):
        planted = plant(chance, one, 2) if number % 3 == 1 else ()
        written = list(answers(one, planted).items())
        kept = written[: len(written) // 2] if number % 3 == 2 else written
        by_patch(made / f"{one.file}.xlsx", dict(kept), back / f"{number}.xlsx")


class Side:
    """One checkout of the project, with a class of its own."""

    def __init__(self, name: str, python: Path, home: Path, folder: Path, words: list[str]) -> None:
        self.name, self.home, self.folder, self.words = name, home, folder, words
        self.command = [str(python), "-m", "sheetgd"]
        self.seconds: dict[str, list[float]] = {"class": [], "check": []}
        self.memory = 0

    def turn(self, number: int) -> None:
        """Make the class, hand it in, and check it."""
        made, back = self.folder / f"class{number}", self.folder / "back"
        roster = str(self.folder.parent / "roster.csv")
        self.measure(
            "class", "descent", "--roster", roster, "-o", str(made), "--seed", "benchmark", *self.words
        )
        if not back.exists():
            fill_in(made, back)
        self.measure("check", str(made / "key.xlsx"), str(back))

    def measure(self, *words: str) -> None:
        seconds, most = processor([*self.command, *words], self.home)
        self.seconds[words[0]].append(seconds)
        self.memory = max(self.memory, most)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--against", metavar="FOLDER", help="another checkout of the project")
    words.add_argument("--students", type=int, default=500)
    words.add_argument("--rows", default="5", help="how many rows are blank, or all")
    words.add_argument("--repeat", type=int, default=3)
    chosen = words.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    python = ready_python("test")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        names = "".join(f"Student {number}\n" for number in range(chosen.students))
        (place / "roster.csv").write_text(f"name\n{names}", encoding="utf-8")
        homes = {"this": PROJECT} | ({"the other": Path(chosen.against).resolve()} if chosen.against else {})
        sides = []
        for side, home in homes.items():
            (place / side).mkdir()
            sides.append(Side(side, python, home, place / side, ["--blank-rows", chosen.rows]))
        plain = []
        for number in range(chosen.repeat):
            for one in sides if number % 2 else sides[::-1]:
                one.turn(number)
            book = next(sides[0].folder.glob("class0/Student*.xlsx"))
            script = [str(python), "-c", LOAD_AND_SAVE, str(book), str(place / "saved.xlsx")]
            plain.append(processor(script, place)[0] / 20)
        unit = statistics.median(plain)
        say(
            f"{chosen.students} students, {chosen.rows} rows blank; openpyxl loads and saves one in {unit:.3f} s"
        )
        for command in ("class", "check"):
            for one in sides:
                each = statistics.median(one.seconds[command]) / chosen.students
                say(
                    f"{command}, {one.name:<10}{each * 1000:7.1f} ms a student{each / unit:8.2f} of one load and save"
                )
        if chosen.against:
            for command in ("class", "check"):
                pairs = zip(sides[0].seconds[command], sides[1].seconds[command], strict=True)
                say(f"{command}, this / the other {statistics.median(a / b for a, b in pairs):.2f}")
        most = sides[0].memory
        say(f"the largest process held {most / 1e6:.0f} MB (limit {MOST_MEMORY / 1e6:.0f} MB)")
    return 1 if most > MOST_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())
