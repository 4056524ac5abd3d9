"""The bare arithmetic of a tall table: steps of gradient descent, one row after the other, per second.

python benchmark_steps.py ROWS   (in a Python that has sheetgd; scikit-learn and a C compiler are measured if there)

Prints a JSON object: a way's name, and its row-steps a second or why it was not measured. All ways do the same updates
from the same guess, and must end at the same place.
"""

import ctypes
import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sheetgd.maths import line as descent
from sheetgd.maths.line_blocks import BLOCK, Blocks

LEARN, EPOCHS = 0.0001, 5
C = """
void steps(long n, const double *x, const double *y, double learn, double *guess) {
    double m = guess[0], b = guess[1];
    for (long i = 0; i < n; i++) {
        double error = m * x[i] + b - y[i];
        m -= learn * 2 * x[i] * error;
        b -= learn * 2 * error;
    }
    guess[0] = m; guess[1] = b;
}
"""


def plain(xs, ys):
    m = b = 1.0
    for x, y in zip(xs, ys, strict=True):
        m, b = descent.step(x, y, m, b, LEARN, 1e-9)[6:10:3]
    return m, b


def by_blocks(xs, ys):
    blocks = Blocks(xs, ys, LEARN, 0.0)
    m = b = 1.0
    for _ in range(EPOCHS):
        m, b = blocks.after(m, b)
    blocks.guesses(m, b)  # every row's guess, as a table shows it
    return m, b


def by_sklearn(xs, ys):
    import numpy
    from sklearn.linear_model import SGDRegressor

    model = SGDRegressor(
        penalty=None, learning_rate="constant", eta0=2 * LEARN, shuffle=False, max_iter=EPOCHS, tol=None
    )
    model.fit(numpy.array(xs)[:, None], numpy.array(ys), coef_init=[1.0], intercept_init=[1.0])
    return float(model.coef_[0]), float(model.intercept_[0])


def by_c(xs, ys):
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "steps.c"), Path(folder, "steps.so")
        source.write_text(C, encoding="utf-8")
        subprocess.run(
            [shutil.which("cc") or "cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True
        )
        steps = ctypes.CDLL(str(library)).steps
    x, y, guess = numpy.array(xs), numpy.array(ys), numpy.ones(2)
    begin = time.perf_counter()
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, y)]
    for _ in range(EPOCHS):
        steps(
            ctypes.c_long(len(xs)), *pointers, ctypes.c_double(LEARN), guess.ctypes.data_as(ctypes.c_void_p)
        )
    return tuple(guess.tolist()), time.perf_counter() - begin  # without the compiler's time


def main():
    rows = int(sys.argv[1]) // BLOCK * BLOCK  # so that no row is left over, which would need h above 0
    made = random.Random(rows)
    xs = [made.uniform(-50, 50) for _ in range(rows)]
    ys = [2 * x + 30 + made.gauss(0, 3) for x in xs]
    begin = time.perf_counter()
    plain(xs, ys)
    found = {"plain loop": rows / (time.perf_counter() - begin)}
    begin = time.perf_counter()
    expected = by_blocks(xs, ys)
    found["sheetgd"] = rows * (EPOCHS + 1) / (time.perf_counter() - begin)
    for name, way in {"scikit-learn's SGDRegressor": by_sklearn, "a C loop": by_c}.items():
        begin = time.perf_counter()
        try:
            got, took = (way(xs, ys), None) if way is by_sklearn else way(xs, ys)
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            found[name] = f"not measured: {error}"
            continue
        if not all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(expected, got, strict=True)):
            sys.exit(f"{name} ends at {got}, sheetgd at {expected}: not the same job")
        found[name] = rows * EPOCHS / (took or time.perf_counter() - begin)
    print(json.dumps(found))


main()
