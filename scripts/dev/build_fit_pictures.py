"""Makes the pictures of docs/fit.md: python scripts/dev/build_fit_pictures.py

Fits of NIST's problem Misra1a, in a real sheet, by each optimizer: the ways they take through the valley, and how the
loss falls. Needs matplotlib (the extra `pictures`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "bfgs")
COLOURS = dict(zip(OPTIMIZERS, ("#767676", "#8a5fb0", "#2e8b57", "#1f6fb4", "#d9541e"), strict=True))
SHOWN = ("sgd", "adam", "bfgs")  # on the map
EPOCHS = 400
PROBLEM, START = "Misra1a", 0


def courses() -> dict[str, list[dict[str, Any]]]:
    """The log of a fit by each optimizer, its start the first row."""
    import nist
    import sheetgd

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for optimizer in OPTIMIZERS:
            path = nist.workbook(Path(folder, f"{optimizer}.xlsx"), PROBLEM, START)
            with sheetgd.open_book(path) as book:
                history = sheetgd.fit(
                    book, minimize="Fit!B11", change="Fit!B1:B2", optimizer=optimizer, epochs=EPOCHS
                ).history
            assert history.loss
            start = {name: change.before for name, change in history.parameters.items()}
            found[optimizer] = [{"epoch": 0, **start, history.loss_name: history.loss.before}, *history.log]
    return found


def valley(found: dict[str, list[dict[str, Any]]]) -> Any:
    """A map of the loss, low where it is pale, and the ways through it."""
    import matplotlib.pyplot as plt
    import numpy as np

    import nist

    problem = nist.problem(PROBLEM)
    first, second = np.geomspace(90, 1000, 160), np.geomspace(6e-5, 2.2e-3, 160)
    losses = [[problem.sum_of_squares(np.array([one, two])) for one in first] for two in second]
    figure, axes = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    axes.contourf(first, second, np.log10(losses), levels=24, cmap="Greys", alpha=0.75)
    for name in SHOWN:
        log = found[name]
        label = f"{name}, {len(log) - 1} epochs"
        axes.plot(
            [row["b1"] for row in log],
            [row["b2"] for row in log],
            "-o",
            color=COLOURS[name],
            markersize=3.5,
            linewidth=1.4,
            label=label,
        )
    axes.plot(*problem.certified, "*", color="black", markersize=13, label="the least, as certified")
    axes.set(xscale="log", yscale="log", xlim=(90, 1000), xlabel="b1", ylabel="b2")
    axes.set_title(f"{PROBLEM}: a curved, narrow valley")
    axes.legend(loc="upper right", framealpha=0.95)
    return figure


def falls(found: dict[str, list[dict[str, Any]]]) -> Any:
    """How far the loss is above the least after each epoch."""
    import matplotlib.pyplot as plt

    import nist

    least = nist.problem(PROBLEM).least
    figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
    for name, log in found.items():
        above = [max(row["loss"] / least - 1, 1e-12) for row in log]
        axes.plot([row["epoch"] for row in log], above, color=COLOURS[name], linewidth=1.8, label=name)
    axes.set(yscale="log", xlabel="epoch", ylabel="above the least, relative", title="How the loss falls")
    axes.legend(ncols=len(found), loc="upper right")
    axes.grid(alpha=0.3)
    return figure


def main() -> None:
    import matplotlib

    matplotlib.use("Agg")
    found = courses()
    for name, figure in (("fit-valley", valley(found)), ("fit-loss", falls(found))):
        target = ROOT / "docs" / f"{name}.png"
        figure.savefig(target, dpi=110)
        print(f"{target.relative_to(ROOT)} is made.")


if __name__ == "__main__":
    main()
