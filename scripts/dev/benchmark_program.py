"""What compiled formulas save: python scripts/dev/benchmark_program.py [--epochs N] [--against FOLDER]

Everything is CPU time of sheetgd and of its formula engines together, so that a busy machine shows little, and every
old way is measured in the same minutes: a gradient by differences beside the compiled one, the engine's epochs beside
the scan's, blocks of rows beside the scan of the same steps. Then whole fits, from opening the workbook to its being
written, beside those of another checkout of the project in FOLDER; and NIST's 54.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

EPOCHS = 100_000
SAME = 1e-11  # relative: losses that are the same, as a fit itself takes them
BY_ENGINE = 500  # epochs of the engine alone, from which the time of many is reckoned


def cpu() -> float:
    """Seconds of this process and of those that it has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def seconds(call: Callable[[], Any]) -> float:
    begin = cpu()
    call()
    return cpu() - begin


def row(name: str, value: str, limit: str = "") -> None:
    print(f"{name:<66}{value:>12}   {limit}", flush=True)


# -- a gradient ------------------------------------------------------------------------------------------------------
def regression(
    rows: int, columns: int, parameters: int
) -> tuple[dict[Any, str], dict[Any, Any], Any, list[Any]]:
    """A sheet of a regression: formulas, numbers, the loss's cell and the parameters'."""
    import numpy as np

    from sheetgd.grid.a1 import letters

    numbers = np.random.default_rng(3).normal(size=(rows, columns + 1)).tolist()
    cells = {
        ("S", (line + 2, at + 1)): value for line, row in enumerate(numbers) for at, value in enumerate(row)
    }
    y, prediction, error = (letters(columns + at) for at in (1, 2, 3))
    last, formulas = letters(parameters), {}
    for line in range(2, rows + 2):
        formulas["S", (line, columns + 2)] = f"SUMPRODUCT(A{line}:{last}{line},$A$1:${last}$1)"
        formulas["S", (line, columns + 3)] = f"({prediction}{line}-{y}{line})^2"
    wanted = "S", (1, columns + 5)
    formulas[wanted] = f"AVERAGE({error}2:{error}{rows + 1})"
    return formulas, cells, wanted, [("S", (1, at)) for at in range(1, parameters + 1)]


def gradients() -> None:
    from sheetgd.formulas.model import FormulaText, Model
    from sheetgd.formulas.program.compile import compile_program

    formulas, cells, wanted, parameters = regression(700, 30, 20)
    program = compile_program(formulas, formulas, wanted, parameters, cells.get)
    point, count = [0.1] * len(parameters), 500
    compiled = seconds(lambda: [program.gradient(point) for _ in range(count)]) / count

    def by_differences() -> None:
        with Model() as model:
            texts = {place: FormulaText(text) for place, text in formulas.items()}
            model.build({"S": "S"}, {**cells, **texts}.items(), ())
            steps = [[0.1 + 1e-6 * (at == one) for at in range(len(point))] for one in range(-1, len(point))]
            for _ in range(rounds):
                model.ask_values(parameters, steps, wanted)()

    rounds = 0
    loading = seconds(by_differences)
    rounds = 5
    differences = (seconds(by_differences) - loading) / rounds
    row("loss and gradient, 700 rows x 30 columns, 20 parameters, compiled", f"{compiled * 1000:.2f} ms")
    row("the same by differences, by the engine", f"{differences * 1000:.1f} ms")
    row("ratio", f"{compiled / differences:.4f}", "limit 0.01")
    for rows, columns, used in ((700, 30, 20), (20_000, 2, 2)):
        made = regression(rows, columns, used)
        took = seconds(lambda made=made: compile_program(made[0], made[0], *made[2:], made[1].get))
        each = f"{took / len(made[0]) * 1e6:.0f} us"
        row(
            f"compiling {len(made[0]):,} formulas: {took:.2f} s, a formula",
            each,
            "limit 35 us, 20,000 rows 1.5 s",
        )


# -- epochs ----------------------------------------------------------------------------------------------------------
TABLES = {
    ("optimizers", "RMSprop"): 4,
    ("optimizers", "Adam"): 4,
    ("network", ""): 12,
    ("years", "Descent"): 4,
}


def epochs(count: int, folder: Path) -> None:
    import sheetgd

    points = "\n".join(f"{1990 + at},{14 + 0.01 * at + at * 7 % 5 * 0.03:.4f}" for at in range(30))
    (folder / "years.csv").write_text("year,t\n" + points, encoding="utf-8")
    for (lesson, sheet), limit in TABLES.items():
        path = folder / f"{lesson}.xlsx"
        if lesson == "years":
            sheetgd.new("descent", path, data=folder / "years.csv", force=True)
        else:
            sheetgd.new(lesson, path, force=True)
        learn = "None" if lesson != "years" else "0.3/(2019**2+1)"
        words = (path, sheet, learn)
        scanned = process(RUN, *words, count, 150_000)
        short, longer = (process(RUN, *words, number, 10**12) for number in (100, 100 + BY_ENGINE))
        stepped = (longer - short) / BY_ENGINE * count
        row(
            f"{count:,} epochs of {sheet or lesson} in {scanned:.1f} s, by the engine alone {stepped:.0f} s: ratio",
            f"{scanned / stepped:.3f}",
            f"limit {limit} s",
        )


RUN = """
import sys, sheetgd
from sheetgd.epochs import scan
path, sheet, learn, count, worth = sys.argv[1:]
scan.WORTH_IT = int(worth)
with sheetgd.open_book(path) as book:
    sheetgd.run(book, sheet or None, epochs=int(count), learn=eval(learn), write=False)
"""


def process(code: str, *words: object, root: Path = ROOT) -> float:
    """The CPU seconds of a Python with such code, and of the engines that it starts; `root` holds the project."""
    command = [sys.executable, "-c", code, *map(str, words)]
    return seconds(
        lambda: subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    )


# -- blocks of rows --------------------------------------------------------------------------------------------------
STEP_TABLE = {
    3: "{m}*A{row}+{b}",  # C: predicted
    4: "C{row}-B{row}",
    5: "{m}-2*0.01*A{row}*D{row}",  # E, F: the next guess
    6: "{b}-2*0.01*D{row}",
}


def blocks() -> None:
    """An epoch of the lesson's steps, by blocks of rows and by the scan of a table that holds them as formulas."""
    import numpy as np

    from sheetgd.formulas.program import scan
    from sheetgd.formulas.program.compile import compile_program
    from sheetgd.maths.line_blocks import Blocks

    scan.MOST_NUMBERS = 10**9
    for rows in (1_000, 10_000, 100_000):
        dice = np.random.default_rng(2)
        xs, ys = dice.uniform(-1, 1, size=(2, rows)).tolist()
        made = Blocks(xs, ys, 0.01)
        count = 20_000_000 // rows
        name = f"an epoch of {rows:,} rows by blocks of rows"
        by_blocks = (
            seconds(lambda made=made, count=count: [made.after(1.0, 1.0) for _ in range(count)]) / count
        )
        row(name, f"{by_blocks * 1e6:.0f} us")
        if rows > 10_000:
            row("the same by a scan", "-", "the source would be too long to compile")
            continue
        cells = {
            ("S", (at + 2, 1 + side)): one
            for side, all_ in enumerate((xs, ys))
            for at, one in enumerate(all_)
        }
        formulas = {
            ("S", (at, column)): text.format(
                row=at, m=f"E{at - 1}" if at > 2 else "$A$1", b=f"F{at - 1}" if at > 2 else "$B$1"
            )
            for at in range(2, rows + 2)
            for column, text in STEP_TABLE.items()
        }
        ends = [("S", (rows + 1, column)) for column in (5, 6)]
        starts = [("S", (1, 1)), ("S", (1, 2))]
        program = compile_program(formulas, formulas, ends[0], starts, cells.get, also=ends)
        scanned, count = scan.CompiledEpochs(program, ends, []), 2_000_000 // rows
        by_scan = seconds(lambda scanned=scanned, count=count: scanned.rows(count, [1.0, 1.0])) / count
        row("the same by a scan", f"{by_scan * 1e6:.0f} us", f"{by_scan / by_blocks:.0f} times as long")


# -- fits ------------------------------------------------------------------------------------------------------------
FIT = """
import sys, sheetgd
path, loss, cells = sys.argv[1:]
with sheetgd.open_book(path) as book:
    found = sheetgd.fit(book, minimize=loss, change=cells)
print(found.gradient, found.inexact, found.history.loss.before, "->", found.history.loss.after, "by", found.optimizer)
"""


def factors(path: Path, size: int = 30, count: int = 5) -> Path:
    """Ratings as products of factors, with a bias for each row and column, and noise; some of them are gaps."""
    import numpy as np
    import openpyxl
    from openpyxl.utils import get_column_letter as letter

    book, dice = openpyxl.Workbook(), np.random.default_rng(1)
    sheet = book.active
    assert sheet is not None
    sheet.title = "Ratings"
    left, top = count + 3, count + 3
    likes = (
        3
        + dice.normal(size=(size, count)) @ dice.normal(size=(count, size))
        + 0.3 * dice.normal(size=(size, size))
    )
    for at in range(size):
        for factor in range(count + 1):
            sheet.cell(top + at, factor + 1, round(dice.uniform(-0.5, 0.5), 3))
            sheet.cell(factor + 2, left + at, round(dice.uniform(-0.5, 0.5), 3))
        for other in range(size):
            column, below = letter(left + other), top + size + 1 + at
            if dice.random() < 0.9:
                sheet.cell(below, left + other, round(float(likes[at, other]), 1))
            one = f"$A{top + at}:${letter(count)}{top + at}"
            biases = f"${letter(count + 1)}{top + at}+{column}${count + 2}"
            product = f"MMULT({one},{column}$2:{column}${count + 1})+{biases}"
            sheet.cell(top + at, left + other, f'=IF({column}{below}="","",{product})')
    ends = f"{letter(left)}{{}}:{letter(left + size - 1)}{{}}"
    found, given = (ends.format(first, first + size - 1) for first in (top, top + size + 1))
    sheet["A1"], sheet["B1"] = "rmse", f"=SQRT(SUMXMY2({found},{given})/COUNT({given}))"
    book.save(path)
    return path


def fits(folder: Path, against: Path | None) -> None:
    import fit_sheets

    linear = fit_sheets.regression(folder / "linear.xlsx")
    network = fit_sheets.network(folder / "relu.xlsx")
    ratings, thousand = factors(folder / "ratings.xlsx"), factors(folder / "thousand.xlsx", 83)
    jobs = [
        ("712 rows, linear", linear, "Data!B3", "Data!B2:K2", 3),
        ("712 rows, two layers of ReLU", network, "Model!B5", "Model!B2:K3", 4),
        ("30 x 30 ratings, 5 factors and biases", ratings, "Ratings!B1", "A8:F37,H2:AK7", 2),
        ("83 x 83 of them, 996 parameters", thousand, "Ratings!B1", "A8:F90,H2:CL7", None),
    ]
    for name, path, loss, changed, limit in jobs:
        words = (path, loss, changed)
        if against:
            shutil.copy(path, before := folder / "before.xlsx")
            old = process(FIT, before, loss, changed, root=against)
        new = process(FIT, *words)
        row(
            f"fit, {name}",
            f"{new:.2f} s",
            (f"limit {limit} s" if limit else "no limit")
            + (f", before {old:.2f} s: {new / old:.2f}" if against else ""),
        )


CERTIFIED = """
import itertools, json, os, sys
from pathlib import Path

sys.path[:0] = [str(Path.cwd()), str(Path.cwd() / "tests")]
import nist, sheetgd
from sheetgd.fitting import exact

spent, minimize = [], exact.minimize

def timed(*words):
    begin = os.times()
    found = minimize(*words)
    end = os.times()
    spent.append(end.user + end.system - begin.user - begin.system)
    return found

exact.minimize, ends, path = timed, {}, Path(sys.argv[1])
for name, start in itertools.product(nist.PROBLEMS, (0, 1)):
    problem = nist.problem(name)
    with sheetgd.open_book(nist.workbook(path, name, start)) as book:
        found = sheetgd.fit(book, minimize="Fit!B11", change=f"Fit!B1:B{len(problem.certified)}").history
    digits = nist.digits([change.after or 0.0 for change in found.parameters.values()], problem)
    ends[f"{name}, start {start + 1}"] = found.loss.after, digits
print(json.dumps([ends, sum(spent)]))
"""


def certified(folder: Path, against: Path | None) -> None:
    """NIST's problems from both starts, in sheets: how many are solved, and whether any ends higher than before."""
    ends, spent = descents(ROOT, folder)
    old, old_spent = descents(against, folder) if against else ({}, 0.0)
    for name, (loss, _) in ends.items() if against else ():
        row(f"{name}: the sum of squares at the end", f"{loss:.10g}", f"before {old[name][0]:.10g}")
    solved = sum(digits >= 6 for _, digits in ends.values())
    row("NIST's 54, to six digits", str(solved), "limit 50")
    row(
        "of them, the descents",
        f"{spent:.1f} s",
        "limit 10 s" + (f", before {old_spent:.1f} s" if old else ""),
    )
    if against:
        higher = sum(loss > old[name][0] * (1 + SAME) for name, (loss, _) in ends.items())
        row("of them, ended higher than before", str(higher), "limit 0")


def descents(root: Path, folder: Path) -> tuple[dict[str, tuple[float, float]], float]:
    """What each of NIST's 54 came to and to how many digits, by the project in `root`; the descents' CPU seconds."""
    command = [sys.executable, "-c", CERTIFIED, str(folder / "nist.xlsx")]
    found, spent = json.loads(subprocess.check_output(command, cwd=root))
    return found, spent


def main() -> None:
    words = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    words.add_argument("--epochs", type=int, default=EPOCHS, metavar="N", help=f"of each table ({EPOCHS:,})")
    words.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout of the project")
    chosen = words.parse_args()
    gradients()
    blocks()
    with tempfile.TemporaryDirectory() as folder:
        fits(Path(folder), chosen.against)
        certified(Path(folder), chosen.against)
        epochs(chosen.epochs, Path(folder))


if __name__ == "__main__":
    main()
