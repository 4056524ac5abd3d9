"""Makes the pictures of docs/fit.md: python scripts/dev/build_fit_pictures.py

Fits of NIST's problem Misra1a, in a real sheet, by each optimizer: the ways they take through the valley, and how the
loss falls. And the program of a line through three points, with its values and slopes. Needs matplotlib (the extra
`pictures`).
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


# -- values forward, slopes backward ---------------------------------------------------------------------------------
LINE = {"A1": "m", "B1": 2, "A2": "b", "B2": 1, "A3": "loss", "B3": "=AVERAGE(D6:D8)"}
WIDTH, HEIGHT = 0.74, 1.3  # of a box
POINTS = [(1, 4), (2, 4), (3, 9)]
PLACES = {"B1": (0, 3.2), "B2": (0, 0.8), "B3": (3, 2)} | {
    f"{letter}{row}": (column, 4 - 2 * (row - 6))
    for column, letter in ((1, "C"), (2, "D"))
    for row in (6, 7, 8)
}


def line_nodes() -> list[Any]:
    """The program of a small sheet: m*x+b, its squared errors, their mean."""
    import openpyxl

    import sheetgd
    from sheetgd.epochs.slopes import find_slopes

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cell, value in {**LINE, "A5": "x", "B5": "y", "C5": "y_pred", "D5": "error_sq"}.items():
        sheet[cell] = value
    for row, (x, y) in enumerate(POINTS, 6):
        for column, value in enumerate((x, y, f"=$B$1*A{row}+$B$2", f"=(C{row}-B{row})^2"), 1):
            sheet.cell(row, column, value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "line.xlsx")
        book.save(path)
        with sheetgd.open_book(path) as opened:
            opened.model()
            return find_slopes(opened, ("Sheet", (3, 2)), {("Sheet", (1, 2)): 2.0, ("Sheet", (2, 2)): 1.0})


def program() -> Any:
    """Each formula of the line with its value, which came from the left, and its slope, which came from the right."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    nodes = {node.cell: node for node in line_nodes()}
    figure, axes = plt.subplots(figsize=(9.6, 5.0), layout="constrained")
    for cell, node in nodes.items():
        x, y = PLACES[cell]
        for other in node.reads:
            left = PLACES[other]
            axes.annotate(
                "",
                (x - WIDTH / 2, y),
                (left[0] + WIDTH / 2, left[1]),
                arrowprops={"arrowstyle": "->", "color": "#9a9a9a", "shrinkA": 0, "shrinkB": 0},
            )
        name = {"B1": "m", "B2": "b", "B3": "loss"}.get(cell, "y_pred" if cell[0] == "C" else "error_sq")
        corner = (x - WIDTH / 2, y - HEIGHT / 2)
        style = {"boxstyle": "round,pad=0,rounding_size=0.06", "facecolor": "white", "edgecolor": "#555555"}
        axes.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, **style))
        formula = f"={node.formula}".replace("$", r"\$") if node.formula else "parameter"
        lines = (
            (f"{name}  ({cell})", "black"),
            (formula, "black"),
            (f"value {node.value:.5g}", COLOURS["adam"]),
            (f"slope {node.slope:.5g}".replace("-", "\N{MINUS SIGN}"), COLOURS["bfgs"]),
        )
        for down, (line, colour) in zip((0.45, 0.15, -0.15, -0.45), lines, strict=True):
            axes.text(x, y + down, line, ha="center", va="center", fontsize=9.5, color=colour)
    axes.text(1.5, 5.0, "values, from left to right  →", ha="center", color=COLOURS["adam"], fontsize=11)
    axes.text(1.5, -1.15, "←  slopes, from right to left", ha="center", color=COLOURS["bfgs"], fontsize=11)
    axes.set(xlim=(-0.55, 3.55), ylim=(-1.35, 5.25))
    axes.axis("off")
    return figure


def main() -> None:
    import matplotlib

    matplotlib.use("Agg")
    found = courses()
    for name, figure in (
        ("fit-valley", valley(found)),
        ("fit-loss", falls(found)),
        ("fit-program", program()),
    ):
        target = ROOT / "docs" / f"{name}.png"
        figure.savefig(target, dpi=110)
        print(f"{target.relative_to(ROOT)} is made.")


if __name__ == "__main__":
    main()
