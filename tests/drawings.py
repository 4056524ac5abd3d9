"""Lessons drawn in every arrangement, cell by cell, with the numbers that a plain loop gives.

Each is a workbook of its cells, by no library, so that thousands are made a second.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from drawn_cells import Cell, Drawing, Formula, a1

H = 0.01


PAIRS = [("m", "b"), ("slope", "intercept"), ("a", "b"), ("w", "bias"), ("weight", "constant"), ("w1", "w0")]


RATES, LOSSES = ["learn", "learning rate", "lr", "alpha"], ["rmse", "loss", "RMSE"]


SAME_LABELS: list[Callable[[str], str]] = [str, str, str, str.upper, str.title, " {} ".format, "{}:".format]


def draw_lesson(dice: random.Random) -> Drawing:
    """A lesson, of formulas or of plain columns, its parts anywhere and in any order."""
    kind = dice.choice(["columns", "columns", "formulas"])
    drawing = Drawing(sheet=dice.choice(["Lesson", "basic", "S"]))
    slope, intercept = dice.choice(PAIRS)
    points = [
        (dice.randint(1, 60), dice.randint(-50, 200))
        for _ in range(dice.randint(1 + (kind == "formulas"), 9))
    ]
    points = [(float(x), float(y)) for x, y in points]
    m, b = dice.choice([1.0, 0.0, -2.5, 3.0]), dice.choice([1.0, 0.0, 25.075])
    learn, epochs = dice.choice([0.0001, 0.00005, 1e-6]), dice.choice([None, 1, 2, 7])
    has_loss, has_log, has_nudge = (dice.random() < 0.6 for _ in range(3))

    down, right = dice.choice([(0, 0), (0, 0), (3, 2), (40_000, 0), (0, 700), (1_000_000, 16_000), (17, 300)])
    corner = 1 + down, 1 + right
    blocks = ["controls", "table"]
    dice.shuffle(blocks)
    row, column = corner
    places = {}
    heights = {"controls": 8, "table": len(points) + 1}
    sideways = dice.random() < 0.3
    for block in blocks:
        places[block] = row + dice.randrange(3), column + dice.randrange(3)
        if sideways:
            column = places[block][1] + (16 if block == "table" else 4)
        else:
            row = places[block][0] + heights[block] + dice.choice([1, 2, 6])

    cells = drawing.cells

    def label(place: Cell, text: str) -> None:
        cells[place] = dice.choice(SAME_LABELS)(text) if dice.random() < 0.5 else text
        drawing.labels.append(place)

    # controls
    top, left = places["controls"]
    entries: list[tuple[str, Any]] = [(slope, m), (intercept, b), (dice.choice(RATES), learn)]
    if dice.random() < 0.3:
        entries[:2] = [(f"{slope}_guess", m), (f"{intercept}_guess", b)]
    if epochs:
        entries.append(("epochs", float(epochs)))
    if has_nudge and kind == "columns":
        entries.append((dice.choice(["h", "nudge"]), H))
    if has_loss:
        entries.append((dice.choice(LOSSES), None))
    while True:
        dice.shuffle(entries)
        rows = {text: number for number, (text, _) in enumerate(entries)}
        loss, rate = (next((rows[text] for text in texts if text in rows), 0) for texts in (LOSSES, RATES))
        if not has_loss or abs(loss - rate) <= 3:  # an empty loss cell is known by the controls around it
            break
    controls: dict[str, Cell] = {}
    for number, (text, value) in enumerate(entries):
        place = top + number, left
        label(place, text)
        cells[place[0], left + 1] = value
        controls[text.lower()] = (place[0], left + 1)
    starts = [controls.get(name) or controls[f"{name}_guess"] for name in (slope, intercept)]
    learn_cell = next(cell for name, cell in controls.items() if cells[cell] == learn and name in RATES)

    # the table
    top, left = places["table"]
    titles = ["x", "y", slope, intercept, f"new_{slope}", f"new {intercept}"]
    titles += dice.sample(["y_pred", "error_sq", "remark"], dice.randrange(4))
    titles = dice.sample(titles, len(titles))
    at = {title: left + number for number, title in enumerate(titles)}
    for title, place in at.items():
        label((top, place), title)
    first, last = top + 1, top + len(points)
    drawing.table = (top, left), (last, left + len(titles) - 1)
    for number, (x, y) in enumerate(points):
        cells[first + number, at["x"]], cells[first + number, at["y"]] = x, y
    if kind == "formulas":
        _formulas(drawing, at, first, last, slope, intercept, starts, learn_cell)
    loss_cell = next((cell for name, cell in controls.items() if name in LOSSES), None)
    by_formula = kind == "formulas" and loss_cell
    if loss_cell and by_formula:
        new_m, new_b = a1(last, at[f"new_{slope}"]), a1(last, at[f"new {intercept}"])
        terms = "+".join(
            f"({new_m}*{a1(row, at['x'])}+{new_b}-{a1(row, at['y'])})^2" for row in range(first, last + 1)
        )
        cells[loss_cell] = Formula(f"SQRT(({terms})/{len(points)})")
    if has_log:
        column = max(column for _, column in cells) + dice.choice([2, 3])
        for number, title in enumerate(["epoch", slope, "rmse" if has_loss else "loss"]):
            label((corner[0] + 2, column + number), title)

    # noise that means nothing
    for _ in range(dice.randrange(4)):
        row = max(row for row, _ in cells) + dice.choice([2, 5])
        if not has_log:
            cells[row, corner[1] + dice.randrange(9)] = dice.choice(
                ["a remark on it", 12.5, "Class 7b", True, "see below"]
            )

    drawing.expected = _expected(kind, points, m, b, learn, epochs or 5, slope, intercept, bool(loss_cell))
    drawing.what = f"{kind} at {a1(*corner)}, {len(points)} rows, {slope} {intercept}"
    return drawing


def _formulas(
    drawing: Drawing,
    at: dict[str, int],
    first: int,
    last: int,
    slope: str,
    intercept: str,
    starts: list[Cell],
    learn: Cell,
) -> None:
    for row in range(first, last + 1):
        x, y, m, b = (a1(row, at[title]) for title in ("x", "y", slope, intercept))
        cells = drawing.cells
        for title, start, new in (
            (slope, starts[0], f"new_{slope}"),
            (intercept, starts[1], f"new {intercept}"),
        ):
            cells[row, at[title]] = Formula(a1(*start) if row == first else a1(row - 1, at[new]))
        cells[row, at[f"new_{slope}"]] = Formula(f"{m}-{a1(*learn)}*2*{x}*({m}*{x}+{b}-{y})")
        cells[row, at[f"new {intercept}"]] = Formula(f"{b}-{a1(*learn)}*2*({m}*{x}+{b}-{y})")
        if "y_pred" in at:
            cells[row, at["y_pred"]] = Formula(f"{m}*{x}+{b}")
        if "error_sq" in at:
            cells[row, at["error_sq"]] = Formula(f"({m}*{x}+{b}-{y})^2")


def _expected(
    kind: str,
    points: list[tuple[float, float]],
    m: float,
    b: float,
    learn: float,
    epochs: int,
    slope: str,
    intercept: str,
    has_loss: bool,
) -> dict[str, Any]:
    """What a run prints, by a plain loop."""
    h = H if kind == "columns" else 0.0

    def once(m: float, b: float) -> tuple[float, float]:
        for x, y in points:
            error = m * x + b - y
            m, b = m - learn * (2 * x * error + h * x * x), b - learn * (2 * error + h)
        return m, b

    for _ in range(epochs):
        m, b = once(m, b)
    found = {slope: m, intercept: b, "epochs": epochs, "rule": kind}
    if has_loss:
        at_end = once(m, b) if kind == "formulas" else (m, b)
        found["loss"] = math.sqrt(sum((at_end[0] * x + at_end[1] - y) ** 2 for x, y in points) / len(points))
    return found
