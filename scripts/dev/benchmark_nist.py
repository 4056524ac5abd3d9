"""How many digits a fit finds: python scripts/dev/benchmark_nist.py [--problems NAME …]

NIST's certified nonlinear regression problems, each from both starts: in a sheet by `sheetgd fit`, and the same model
in NumPy by SciPy's L-BFGS-B (a gradient by differences) and least_squares (which is told each residual). Each number
says to how many digits the parameters agree with the certified ones; 6 and more count as solved.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

SOLVED = 6  # digits


def by_sheetgd(name: str, start: int) -> Sequence[float]:
    import nist
    import sheetgd

    with tempfile.TemporaryDirectory() as folder:
        path = nist.workbook(Path(folder, "fit.xlsx"), name, start)
        cells = f"Fit!B1:B{len(nist.problem(name).certified)}"
        with sheetgd.open_book(path) as book:
            history = sheetgd.fit(book, minimize="Fit!B11", change=cells).history
    return [change.after or 0.0 for change in history.parameters.values()]


def by_lbfgsb(name: str, start: int) -> Sequence[float]:
    from scipy.optimize import minimize

    import nist

    problem = nist.problem(name)
    options: Any = {"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-15, "gtol": 1e-12}
    found = minimize(problem.sum_of_squares, problem.starts[start], method="L-BFGS-B", options=options)
    return list(found.x)


def by_least_squares(name: str, start: int) -> Sequence[float]:
    from scipy.optimize import least_squares

    import nist

    problem = nist.problem(name)
    found = least_squares(
        problem.residuals,
        problem.starts[start],
        x_scale="jac",
        jac="3-point",
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
        max_nfev=5000,
    )
    return list(found.x)


WAYS = {
    "sheetgd fit": by_sheetgd,
    "SciPy L-BFGS-B": by_lbfgsb,
    "SciPy least_squares": by_least_squares,
}


def main() -> int:
    import nist

    words = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    words.add_argument("--problems", nargs="+", choices=nist.PROBLEMS, default=nist.PROBLEMS, metavar="NAME")
    chosen = words.parse_args()
    warnings.simplefilter("ignore")  # of overflows on SciPy's way
    solved, seconds = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0.0)
    print(f"{'digits':<14}" + "".join(f"{way:>21}" for way in WAYS))
    for name in chosen.problems:
        for start in (0, 1):
            cells = []
            for way, solve in WAYS.items():
                begin = time.perf_counter()
                try:
                    digits = max(0.0, nist.digits(solve(name, start), nist.problem(name)))
                except (ValueError, FloatingPointError):  # SciPy's, of a start where a residual is no number
                    digits = 0.0
                seconds[way] += time.perf_counter() - begin
                solved[way] += digits >= SOLVED
                cells.append(f"{digits:>21.1f}")
            print(f"{name:<10} {start + 1:>3}" + "".join(cells), flush=True)
    print(f"{'solved':<14}" + "".join(f"{solved[way]:>21}" for way in WAYS))
    print(f"{'seconds':<14}" + "".join(f"{seconds[way]:>21.1f}" for way in WAYS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
