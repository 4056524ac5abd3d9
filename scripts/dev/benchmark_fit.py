"""What a fit costs: python scripts/dev/benchmark_fit.py [--repeat N]; scripts/dev/benchmark.py calls `measure_fit`.

A regression of 712 rows and 10 parameters, in a workbook of some 20,000 formulas. First what one loss costs, of the
whole workbook and of the part that computes it, by one engine and by all cores. Then the whole fit, against SciPy's
L-BFGS-B over the same sheet and against LibreOffice's own solvers, where these are there. How close each comes to the
least squares that NumPy computes is shown beside its time.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

SCRIPTS = Path(__file__).resolve().parent
EXTRA = 26  # formulas in each row that the loss does not need
OBJECTIVE, CELLS = "B3", "B2:K2"
POINTS = 44  # losses in a measurement: four epochs of forward differences
OFFICE_SECONDS = 30  # for each of LibreOffice's solvers


def measure_fit(python: Path, repeat: int) -> None:
    """Print the section, measured by a Python that has sheetgd in it, SciPy being installed there where it can be."""
    if subprocess.run([str(python), "-c", "import scipy"], capture_output=True).returncode:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "scipy"], capture_output=True)
    command = [str(python), str(Path(__file__).resolve()), "--inside", "--repeat", str(repeat)]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        sys.exit("the fit could not be measured; the lines above say why")


def median(call: Callable[[], Any], repeat: int) -> float:
    """The median of the seconds that a call takes, after one call to warm up."""
    call()
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


# -- inside a Python with sheetgd ------------------------------------------------------------------------------------
def inside(repeat: int) -> None:
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    import numpy

    from fit_sheets import passengers, regression

    inputs, survived = passengers()
    best = numpy.linalg.lstsq(inputs, survived, rcond=None)[0]
    least = float(numpy.mean((inputs @ best - survived) ** 2))
    with tempfile.TemporaryDirectory() as folder:
        book = regression(Path(folder, "people.xlsx"), extra=EXTRA)
        say("\nA fit of 712 rows and 10 parameters\n")
        steps(book, repeat)
        say(f"\n{'':<34}{'seconds':>10}{'losses':>9}   above the least squares, relative")
        show("sheetgd fit, whole process", *by_sheetgd(book), least)
        if importlib.util.find_spec("scipy"):
            show("SciPy L-BFGS-B, the same engines", *by_scipy(book), least)
        else:
            say("SciPy was not measured: it is not installed (pip install scipy)")
        by_office(book, least)


def show(name: str, seconds: float, losses: int | None, loss: float, least: float) -> None:
    say(f"{name:<34}{seconds:>10.2f}{losses or '':>9}   {loss / least - 1:.1e}")


def steps(book: Path, repeat: int) -> None:
    """What one loss costs before and after the rest of the workbook is left out."""
    import sheetgd
    from sheetgd.fitting.losses import Losses, cores
    from sheetgd.fitting.problem import Objective, cells

    with sheetgd.open_book(book) as opened:
        [place], parameters = (cells(opened, text, "Data", "") for text in (OBJECTIVE, CELLS))
        model, cone = opened.model(), opened.cone([place], parameters)
        assert cone
        points = [[0.1 + 0.001 * point] * len(parameters) for point in range(POINTS)]
        times = []
        for name, part, formulas in (
            (f"{len(opened.cells('Data').formulas):,} formulas, the whole workbook", None, 0),
            (f"{len(cone.active):,} formulas, what the loss needs", cone, 0),
            (f"the same, {cores()} engines", cone, 10**9),
        ):
            with Losses(model.extract(part), formulas, parameters, Objective(place)) as losses:
                times.append(median(lambda losses=losses: losses(points), repeat) / POINTS)
            say(f"{name:<44}{times[-1] * 1000:>8.2f} ms a loss{times[-1] / times[0]:>8.3f}")


def by_sheetgd(book: Path) -> tuple[float, int, float]:
    words = [
        "--minimize",
        f"Data!{OBJECTIVE}",
        "--change",
        f"Data!{CELLS}",
        "-o",
        "fitted.xlsx",
        "--force",
        "--json",
    ]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "sheetgd", "fit", str(book), *words],
        cwd=book.parent,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"sheetgd fit failed: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    return time.perf_counter() - begin, found["losses"], found["loss"]["after"]


def by_scipy(book: Path) -> tuple[float, int, float]:
    """L-BFGS-B over the sheet's own loss, with differences of its own, all points of a gradient at once."""
    import numpy
    from scipy.optimize import minimize

    import sheetgd
    from sheetgd.fitting.losses import open_losses
    from sheetgd.fitting.problem import Objective, Problem, cells

    begin, asked = time.perf_counter(), 0
    with sheetgd.open_book(book) as opened:
        [place], parameters = (cells(opened, text, "Data", "") for text in (OBJECTIVE, CELLS))
        cone = opened.cone([place], parameters)
        start = [0.1] * len(parameters)
        with open_losses(opened, Problem(Objective(place), parameters), cone, start) as losses:

            def loss_and_slope(point: Any) -> tuple[float, Any]:
                nonlocal asked
                step = 1e-7
                found = losses([list(point), *(list(point + step * unit) for unit in numpy.eye(len(point)))])
                asked += len(found)
                return found[0], (numpy.array(found[1:]) - found[0]) / step

            options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9}
            found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", options=options)
    return time.perf_counter() - begin, asked, float(found.fun)


def by_office(book: Path, least: float) -> None:
    from office import find_soffice, find_uno_python, missing

    if missing():
        say(f"LibreOffice was not measured: {missing()}")
        return
    job = [str(find_uno_python()), str(SCRIPTS / "benchmark_fit_office.py"), str(find_soffice())]
    words = [book.with_name("profile").as_uri(), str(book), "Data", OBJECTIVE, CELLS, str(OFFICE_SECONDS)]
    done = subprocess.run(
        [*job, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        sys.exit(f"LibreOffice failed: {done.stdout}{done.stderr}")
    solvers = json.loads(done.stdout)
    for solver in solvers:
        show(f"LibreOffice, {solver['solver']}", solver["seconds"], None, solver["loss"], least)
    if not any("NLPSolver" in solver["solver"] for solver in solvers):
        say(
            "LibreOffice's NLPSolver was not measured: it is not installed (on Debian: libreoffice-nlpsolver)"
        )


def main() -> int:
    words = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    words.add_argument("--repeat", type=int, default=11, metavar="N", help="rounds to measure (11)")
    words.add_argument(
        "--python", type=Path, help="a Python with sheetgd in it, instead of the project's own"
    )
    words.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = words.parse_args()
    if chosen.inside:
        inside(chosen.repeat)
    else:
        measure_fit(chosen.python or ready_python(), chosen.repeat)
    return 0


if __name__ == "__main__":
    sys.exit(main())
