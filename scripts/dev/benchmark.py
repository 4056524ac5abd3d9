"""sheetgd against what a user would do instead: python scripts/dev/benchmark.py [--tall] [--check] [--repeat N]

Whole processes on the same worksheet. Every round runs each side once, on a fresh copy, so that whatever else the
machine does falls on all of them alike. The answers are compared, too: a side that did another job would make the ratio
worthless. Needs nothing but Python; LibreOffice, scikit-learn and a C compiler are measured where they are, and named
where they are not. With --check a ratio above its limit is a failure.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

sys.path.insert(0, str(PROJECT / "tests"))
from office import find_soffice, find_uno_python, missing, read_stored
from tall_sheets import write_tall

# On a user's machine Python compiles a module once; a setting that forbids it would be measured instead of sheetgd.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SCRIPTS = Path(__file__).resolve().parent
EPOCHS = 5
AGREE = 1e-9  # relative: the same epochs, summed in different orders
OFFICE, OPENPYXL = "headless LibreOffice", "an openpyxl script"
LARGE = 10_000_000  # bytes of XML from which memory is compared with it
SHOWN_FROM = 100_000  # rows, whose XML is that large
MEMORY_LIMIT = 3.0  # times the XML, beyond what Python and NumPy take alone
FOLDER = 500  # workbooks
MILLION = 1_000_000  # epochs
# The lesson's million epochs on 20 rows, and nothing else: no workbook, no log.
PLAIN_LOOP = f"""
def epochs(points, m, b, learn=0.0001, h=0.01):
    for _ in range({MILLION}):
        for x, y in points:
            error = (m * x + b - y) ** 2
            m, b = (
                m - learn * (((m + h) * x + b - y) ** 2 - error) / h,
                b - learn * ((m * x + (b + h) - y) ** 2 - error) / h,
            )
    return m, b
epochs([(x, 2 * x + 30) for x in range(3, 43, 2)], 1.0, 1.0)
"""
LONGEST = 900  # seconds that one side may take
TALL = {
    True: (1_000, 10_000, 100_000),
    False: (1_000, 10_000, 100_000, 1_000_000),
}  # rows, with formulas and without
PART = "xl/worksheets/sheet1.xml"
PARTS = [  # of a run's time, as benchmark_profile.py names them
    "Python's start and end",
    "imports",
    "inflating and reading",
    "formula engine",
    "arithmetic",
    "writing and deflating",
    "everything else",
]


@dataclass
class Run:
    """How long a process took, the most memory that it or a process it started held, and what it printed."""

    seconds: float
    bytes: int
    out: str


def timed(command: list[str]) -> Run:
    """The command, run to its end; the end of everything where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.json")
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SCRIPTS / "benchmark_process.py"), str(figures), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST,
        )
        code, took, most = json.loads(figures.read_text(encoding="utf-8"))
    if code:
        sys.exit(f"{' '.join(command)} failed ({code}): {(done.stdout + done.stderr)[-2000:]}")
    return Run(took, most, done.stdout)


@dataclass
class Side:
    """One way of doing the job: the command for a copy of the worksheet, and how each run went."""

    name: str
    command: Callable[[Path], list[str]]
    runs: list[Run] = field(default_factory=list)

    def run(self, worksheet: Path, layout: dict[str, Any]) -> list[float]:
        """The parameters that it leaves in the start cells."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(worksheet, Path(folder, worksheet.name)))
            self.runs.append(timed(self.command(copy)))
            stored = read_stored(copy)[layout["sheet"]]
        return [stored[parameter["start"]] for parameter in layout["parameters"].values()]

    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    def memory(self) -> int:
        return max(run.bytes for run in self.runs)


@dataclass
class Ratios:
    """The table that is printed: a ratio a row, and the limit that it is to keep."""

    missed: int = 0

    def head(self) -> None:
        say(f"{'':<62}{'sheetgd':>10}{'the other':>11}{'ratio':>8}{'limit':>8}")

    def versus(self, what: str, ours: Side, other: Side, limit: float | None) -> None:
        """A row about two sides: the ratio is the median of the rounds' own, for machines change speed."""
        ratios = [one.seconds / two.seconds for one, two in zip(ours.runs, other.runs, strict=True)]
        self.row(what, ours.seconds(), other.seconds(), limit, statistics.median(ratios))

    def row(
        self, what: str, ours: float, other: float | None, limit: float | None, ratio: float | None = None
    ) -> None:
        ratio = ours / other if ratio is None and other is not None else ratio
        compared = ours if ratio is None else ratio
        kept = limit is None or compared <= limit
        self.missed += not kept
        cells = [f"{what:<62}", f"{clock(ours):>10}", f"{clock(other):>11}"]
        cells += [f"{'-' if ratio is None else f'{ratio:.3f}':>8}"]
        cells += [f"{'-' if limit is None else f'{limit:.2f}' + 's' * (ratio is None):>8}"]
        say("".join(cells) + ("  kept" if kept and limit else "  MISSED" if limit else ""))

    def memory(self, what: str, most: int, xml: int, base: int) -> None:
        """How much of it a process held beyond what an idle one holds, as a multiple of its sheet's XML."""
        ratio = (most - base) / xml
        self.missed += ratio > MEMORY_LIMIT
        sizes = f"{f'{most / 1e6:.0f} MB':>10}{f'{xml / 1e6:.0f} MB':>11}"
        kept = "kept" if ratio <= MEMORY_LIMIT else "MISSED"
        say(f"{what:<62}{sizes}{ratio:>8.3f}{MEMORY_LIMIT:>8.2f}  {kept}")


def clock(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds * 1000:.0f} ms"


# -- the sides -------------------------------------------------------------------------------------------------------
@dataclass
class Sides:
    """The commands of each side, for a folder with a worksheet's layout."""

    python: Path
    folder: Path

    def layout(self, worksheet: Path) -> dict[str, Any]:
        """The worksheet's layout, which the scripts are given instead of looking for it."""
        printed = timed([str(self.python), "-m", "sheetgd", "look", str(worksheet), "--json"]).out
        self.file(worksheet).write_text(printed, encoding="utf-8")
        found: dict[str, Any] = json.loads(printed)
        return found

    def file(self, worksheet: Path) -> Path:
        return self.folder / f"{worksheet.stem}.json"

    def sheetgd(self, *words: str) -> Side:
        return Side(
            "sheetgd", lambda book: [str(self.python), "-m", "sheetgd", words[0], str(book), *words[1:]]
        )

    def openpyxl(self, epochs: int) -> Side:
        def command(book: Path) -> list[str]:
            script = str(SCRIPTS / "benchmark_openpyxl.py")
            return [str(self.python), script, str(book), str(self.file(book)), str(epochs)]

        return Side(OPENPYXL, command)

    def office(self, epochs: int) -> list[Side]:
        if missing():
            return []

        def command(book: Path) -> list[str]:
            job = [str(find_uno_python()), str(SCRIPTS / "benchmark_office.py"), str(find_soffice())]
            profile = (self.folder / "profile").as_uri()
            return [*job, profile, str(book), str(self.file(book)), str(epochs)]

        return [Side(OFFICE, command)]


def compare(
    ways: list[Side], worksheet: Path, layout: dict[str, Any], repeat: int, warm: bool = True
) -> None:
    """Let each side do the job so many times, in turns; stops if one ends at other parameters than the first.

    The turns go through every order of the sides, for what follows LibreOffice finds the caches cold.
    """
    expected: list[float] = []
    orders = itertools.cycle(itertools.permutations(ways))
    for number in range(repeat + warm):
        for side in next(orders):
            got = side.run(worksheet, layout)
            expected = expected or got
            if not all(math.isclose(a, b, rel_tol=AGREE) for a, b in zip(expected, got, strict=True)):
                sys.exit(f"{side.name} ends at {got}, not at {expected}: not the same job")
        if warm and number == 0:  # compiled files, LibreOffice's profile
            for side in ways:
                side.runs.clear()


# -- the rows --------------------------------------------------------------------------------------------------------
def small(sides: Sides, table: Ratios, repeat: int) -> None:
    """Start-up: run and reset on 20 rows of formulas; and a run of the lesson, whose other tabs hold far more."""
    rows = write_tall(sides.folder / "rows.xlsx", 20, formulas=True)
    lesson = sides.folder / "descent.xlsx"
    timed([str(sides.python), "-m", "sheetgd", "new", "descent", "-o", str(lesson)])
    run = ("run", "--epochs", str(EPOCHS))
    for name, worksheet, words, epochs in (
        (f"run, 20 rows, {EPOCHS} epochs", rows, run, EPOCHS),
        ("reset, 20 rows", rows, ("reset",), 0),
        (f"run, the lesson descent, {EPOCHS} epochs", lesson, run, EPOCHS),
    ):
        layout = sides.layout(worksheet)
        ours, *others = ways = [sides.sheetgd(*words), sides.openpyxl(epochs), *sides.office(epochs)]
        compare(ways, worksheet, layout, repeat)
        for other in others:
            limit = 0.35 if other.name == OPENPYXL else 0.10
            table.versus(f"{name} / {other.name}", ours, other, limit if worksheet == rows else None)


def long(sides: Sides, table: Ratios, repeat: int) -> None:
    """Many epochs: computed by powers of the epoch's map."""
    worksheet = sides.folder / "rows.xlsx"
    layout = sides.layout(worksheet)
    ours, other = ways = [sides.sheetgd("run", "--epochs", "10000"), sides.openpyxl(10_000)]
    compare(ways, worksheet, layout, max(1, repeat // 3))
    table.versus(f"run, 20 rows, 10,000 epochs / {OPENPYXL}", ours, other, None)
    million = sides.sheetgd("run", "--epochs", str(MILLION))
    compare([million], worksheet, layout, repeat)
    loop = timed([str(sides.python), "-c", PLAIN_LOOP]).seconds
    table.row("run, 20 rows, 1,000,000 epochs / a plain loop", million.seconds(), loop, 0.05)


def folder(sides: Sides, table: Ratios) -> None:
    """Many workbooks: in one command, and in one command each."""
    worksheet = sides.folder / "rows.xlsx"
    command = [str(sides.python), "-m", "sheetgd", "run"]
    with tempfile.TemporaryDirectory() as place:
        books = [shutil.copy(worksheet, Path(place, f"{number}.xlsx")) for number in range(FOLDER)]
        together = timed([*command, *map(str, books)])
        alone = sum(timed([*command, str(book)]).seconds for book in books)
        assert len(together.out.splitlines()) == FOLDER
    table.row(f"run, {FOLDER} workbooks in one command / {FOLDER} commands", together.seconds, alone, None)


def tall(sides: Sides, table: Ratios, highest: int) -> None:
    """Tall tables, each side once; memory of the first run and of the next, which reads what the first has filled."""
    idle = timed([str(sides.python), "-c", "import numpy, sheetgd.epochs.run, sheetgd.books.xlsx.book"]).bytes
    for formulas, sizes in TALL.items():
        for rows in (rows for rows in sizes if rows <= highest):
            kind = "formulas" if formulas else "values"
            worksheet = write_tall(sides.folder / f"{kind}{rows}.xlsx", rows, formulas=formulas)
            layout = sides.layout(worksheet)
            ways = [sides.sheetgd("run", "--epochs", str(EPOCHS)), sides.openpyxl(EPOCHS)]
            ways += sides.office(EPOCHS) if formulas else []  # a table of values does nothing in LibreOffice
            compare(ways, worksheet, layout, 1, warm=False)
            size, limit, again = physical(sides, worksheet)
            what = f"run, {rows:,} rows of {kind}, {EPOCHS} epochs"
            for other in ways[1:]:
                table.versus(f"{what} / {other.name}", ways[0], other, None)
            table.row(f"{what} / zlib alone", ways[0].seconds(), limit, None)
            if size > LARGE and idle:
                for name, most in (("first", ways[0].memory()), ("next", again)):
                    label = f"memory, {name} run, {rows:,} rows of {kind} / its XML"
                    table.memory(label, most, size, idle)
    if highest >= SHOWN_FROM:
        say(f"Memory is that of the largest process; the ratio leaves out an idle one's {idle / 1e6:.0f} MB.")


def physical(sides: Sides, worksheet: Path) -> tuple[int, float, int]:
    """The bytes of the XML that a run writes, how long zlib takes to inflate what it reads and deflate that, and the
    memory that the next run takes."""
    with tempfile.TemporaryDirectory() as place:
        done = Path(place, worksheet.name)
        timed([str(sides.python), "-m", "sheetgd", "run", str(worksheet), "-o", str(done)])
        with zipfile.ZipFile(done) as archive:
            written = archive.read(PART)
        again = timed([str(sides.python), "-m", "sheetgd", "run", str(done)]).bytes
    begin = time.perf_counter()
    with zipfile.ZipFile(worksheet) as archive:
        archive.read(PART)
    zlib.compress(written, 4)
    return len(written), time.perf_counter() - begin, again


def steps(sides: Sides, rows: int) -> Iterator[str]:
    """The bare arithmetic, in row-steps a second."""
    printed = timed([str(sides.python), str(SCRIPTS / "benchmark_steps.py"), str(rows)]).out
    for name, found in json.loads(printed).items():
        shown = found if isinstance(found, str) else f"{found / 1e6:8.1f} million row-steps a second"
        yield f"  {rows:>9,} rows, {name:<28}{shown}"


def shares(sides: Sides, worksheet: Path, epochs: int, module: str = "") -> str:
    """Where the time of a whole run goes, in hundredths."""
    with tempfile.TemporaryDirectory() as place:
        copy, figures = shutil.copy(worksheet, place), Path(place, "figures.json")
        words = [str(figures), str(copy), str(epochs), *([module] if module else [])]
        whole = timed([str(sides.python), str(SCRIPTS / "benchmark_profile.py"), *words]).seconds
        seconds = json.loads(figures.read_text(encoding="utf-8"))
    seconds["Python's start and end"] = whole - sum(seconds.values())
    found = [seconds.get(name, 0.0) / whole for name in PARTS]
    return f"{clock(whole):>9}" + "".join(f"{share:>8.0%}" for share in found)


def profile(sides: Sides, highest: int) -> Iterator[str]:
    """The shares of runs of all sizes, a line each."""
    yield " " * 46 + "".join(
        f"{name:>8}" for name in ("start", "import", "read", "engine", "sums", "write", "other")
    )
    worksheet = sides.folder / "rows.xlsx"
    for epochs, module in ((EPOCHS, ""), (1_000_000, "sheetgd.epochs.at_once")):
        yield f"{f'20 rows of formulas, {epochs:,} epochs':<37}{shares(sides, worksheet, epochs, module)}"
    for formulas, sizes in TALL.items():
        for rows in (rows for rows in sizes if rows <= highest):
            kind, module = ("formulas", "") if formulas else ("values", "sheetgd.maths.line_blocks")
            worksheet = sides.folder / f"{kind}{rows}.xlsx"
            yield f"{f'{rows:,} rows of {kind}, {EPOCHS} epochs':<37}{shares(sides, worksheet, EPOCHS, module)}"


def load() -> str:
    """What else the machine has to do, where it tells."""
    python = f"Python {sys.version.split()[0]}, {os.cpu_count()} cores"
    return f"{python}, a load of {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else python


def main() -> int:
    words = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    words.add_argument("--check", action="store_true", help="fail when a limit is missed")
    words.add_argument("--repeat", type=int, default=12, metavar="N", help="rounds to measure (12)")
    words.add_argument(
        "--tall",
        type=int,
        nargs="?",
        const=1_000_000,
        default=1_000,
        metavar="ROWS",
        help="measure tables of up to so many rows, too (1,000,000; some 20 minutes)",
    )
    words.add_argument(
        "--python", type=Path, help="a Python with sheetgd in it, instead of the project's own"
    )
    chosen = words.parse_args()
    python, table = chosen.python or ready_python("benchmark"), Ratios()
    with tempfile.TemporaryDirectory() as place:
        sides = Sides(python, Path(place))
        say(
            f"Whole processes; times and ratios are medians of {chosen.repeat} rounds, of tall tables a single one."
        )
        say(f"{load()}.\n")
        table.head()
        small(sides, table, chosen.repeat)
        long(sides, table, chosen.repeat)
        folder(sides, table)
        tall(sides, table, chosen.tall)
        say("\nThe arithmetic alone, steps one after the other, five epochs:")
        for rows in (100_000, 1_000_000):
            for line in steps(sides, rows):
                say(line)
        say("\nWhere the time goes, of one run each:")
        for line in profile(sides, chosen.tall):
            say(line)
    say(f"\nAt the end: {load()}.")
    if missing():
        say(f"LibreOffice was not measured: {missing()}")
    return 1 if chosen.check and (table.missed or missing()) else 0


if __name__ == "__main__":
    sys.exit(main())
