"""Sheets with state beside the parameters, most without a word for it, each with a loop that says what comes out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from own_sheets import HOURS, RATE, SCORES, Cells, Drawn

X, Y = np.array(HOURS), np.array(SCORES)
BETA, BETA2, EPSILON = 0.9, 0.99, 1e-8

# What is kept and the step, as formulas: {g} the gradient, {s} and {r} state and {S} and {R} their next values, {t} and
# {T} the counter's, {p} the parameter; B5 is learn, B6 and B7 the coefficients, B8 epsilon.
OPTIMIZERS = {
    "momentum": (("B6*{s}+B5*{g}",), "{S}"),
    "momentum-minus": (("B6*{s}-B5*{g}",), "-({S})"),
    "average": (("B6*{s}+(1-B6)*{g}",), "B5*{S}"),
    "average-by-difference": (("{s}+(1-B6)*({g}-{s})",), "B5*{S}"),
    "adagrad": (("{s}+{g}^2",), "B5*{g}/(SQRT({S})+B8)"),
    "rmsprop": (("B7*{s}+(1-B7)*{g}^2",), "B5*{g}/SQRT({S}+B8)"),
    "adam": (
        ("B6*{s}+(1-B6)*{g}", "B7*{r}+(1-B7)*{g}^2"),
        "B5*{S}/(1-B6^{T})/(SQRT({R}/(1-B7^{T}))+B8)",
    ),
}


def loop(optimizer: str, count: int) -> Callable[[int], tuple[list[float], float]]:
    """What an optimizer does to a line, through the origin if `count` is 1."""

    def run(epochs: int) -> tuple[list[float], float]:
        w, s, r = np.zeros(2), np.zeros(2), np.zeros(2)
        for epoch in range(1, epochs + 1):
            error = w[0] * X + w[1] - Y
            g = np.array([2 * np.mean(error * X), 2 * np.mean(error) * (count == 2)])
            if optimizer.startswith("momentum"):
                s = BETA * s + RATE * g
                w = w - s
            elif optimizer.startswith("average"):
                s = BETA * s + (1 - BETA) * g
                w = w - RATE * s
            elif optimizer == "adagrad":
                s = s + g**2
                w = w - RATE * g / (np.sqrt(s) + EPSILON)
            elif optimizer == "rmsprop":
                s = BETA2 * s + (1 - BETA2) * g**2
                w = w - RATE * g / np.sqrt(s + EPSILON)
            else:
                s, r = BETA * s + (1 - BETA) * g, BETA2 * r + (1 - BETA2) * g**2
                w = w - RATE * s / (1 - BETA**epoch) / (np.sqrt(r / (1 - BETA2**epoch)) + EPSILON)
        return list(w[:count]), float(np.mean((w[0] * X + w[1] - Y) ** 2))

    return run


def data() -> Cells:
    cells: Cells = {"L1": "hours", "M1": "score"}
    for row, (x, y) in enumerate(zip(HOURS, SCORES, strict=True), 2):
        cells |= {f"L{row}": x, f"M{row}": y}
    return cells


def batch(optimizer: str, count: int = 2, words: bool = True) -> Drawn:
    """All rows one step; a row a parameter, whose state has no label. Without `words` the coefficients have none."""
    kept, step = OPTIMIZERS[optimizer]
    cells = data() | {
        "A1": "w",
        "B1": 0,
        "A5": "learning rate",
        "B5": RATE,
        "B6": BETA,
        "B7": BETA2,
        "B8": EPSILON,
    }
    if words:
        cells |= {"A6": "beta1", "A7": "beta2", "A8": "epsilon"}
    cells |= {"A2": "b", "B2": 0} if count == 2 else {}
    line = "B1*L2:L7+B2-M2:M7" if count == 2 else "B1*L2:L7-M2:M7"
    cells |= {"A4": "MSE", "B4": f"=SUMPRODUCT(({line})^2)/6"}
    if "{T}" in step:
        cells |= {"A9": "updates", "B9": 0, "C9": "=B9+1"}
    for row in range(1, count + 1):
        names = {"g": f"D{row}", "s": f"E{row}", "r": f"F{row}", "S": f"G{row}", "R": f"H{row}", "T": "$C$9"}
        cells[f"D{row}"] = f"=2*SUMPRODUCT({line}{',L2:L7' if row == 1 else ''})/6"
        for here, after, formula in zip("EF", "GH", kept, strict=False):
            cells |= {f"{here}{row}": 0, f"{after}{row}": f"={formula.format(**names)}"}
        cells[f"I{row}"] = f"=B{row}-{step.format(**names)}"
    return Drawn({"Lesson": cells}, loop(optimizer, count))


def trajectory(optimizer: str) -> Drawn:
    """A row an epoch; the state has no heading, nor has the counter."""
    kept, step = OPTIMIZERS[optimizer]
    cells = data() | {"A4": "-", "A5": "learning rate", "B5": RATE, "B6": BETA, "B7": BETA2, "B8": EPSILON}
    cells |= {"C11": "w", "D11": "b", "J11": "MSE"}
    for row in range(12, 22):
        line = f"C{row}*$L$2:$L$7+D{row}-$M$2:$M$7"
        cells[f"J{row}"] = f"=SUMPRODUCT(({line})^2)/6"
        cells |= {f"E{row}": f"=2*SUMPRODUCT({line},$L$2:$L$7)/6", f"F{row}": f"=2*SUMPRODUCT({line})/6"}
        cells[f"N{row}"] = 0 if row == 12 else f"=N{row - 1}+1"
        for place, g, s, r in (("C", "E", "G", "P"), ("D", "F", "H", "Q")):
            up = row - 1
            names = {"g": f"{g}{up}", "s": f"{s}{up}", "r": f"{r}{up}", "S": f"{s}{row}", "R": f"{r}{row}"}
            filled = [text.format(**names, T=f"N{row}") for text in (*kept, step)]
            filled = [
                text.replace("B5", "$B$5").replace("B6", "$B$6").replace("B7", "$B$7") for text in filled
            ]
            for column, text in zip((s, r), filled[:-1], strict=False):
                cells[f"{column}{row}"] = 0 if row == 12 else f"={text}"
            cells[f"{place}{row}"] = 0 if row == 12 else f"={place}{up}-{filled[-1]}".replace("B8", "$B$8")
    return Drawn({"Lesson": cells}, loop(optimizer, 2))


def steps(through: str) -> Drawn:
    """A row a step with momentum, whose past is read `directly`, by a `column` that repeats it, or by a `product`."""
    cells = data() | {
        "A1": "w",
        "B1": 0,
        "A4": "MSE",
        "B4": "=SUMPRODUCT((B1*L2:L7-M2:M7)^2)/6",
        "B6": BETA,
        "B9": 0,
    }
    cells |= {"A5": "learning rate", "B5": RATE}
    for row in range(2, 8):
        past = "$B$9" if row == 2 else f"R{row - 1}"
        if through == "column":
            cells[f"P{row}"] = f"={past}"
            past = f"P{row}"
        kept = f"$B$6*{past}"
        if through == "product":
            cells[f"Q{row}"] = f"={kept}"
            kept = f"Q{row}"
        now = "$B$1" if row == 2 else f"S{row - 1}"
        cells |= {f"O{row}": f"=2*({now}*L{row}-M{row})*L{row}", f"R{row}": f"={kept}+$B$5*O{row}"}
        cells[f"S{row}"] = f"={now}-R{row}"

    def run(epochs: int) -> tuple[list[float], float]:
        w = v = 0.0
        for _ in range(epochs):
            for x, y in zip(X, Y, strict=True):
                v = BETA * v + RATE * 2 * (w * x - y) * x
                w -= v
        return [w], float(np.mean((w * X - Y) ** 2))

    return Drawn({"Lesson": cells}, run)
