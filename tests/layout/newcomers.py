"""Sheets as teachers bring them along: titles, merged cells, units, notes, hidden columns, tables on their side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from openpyxl.utils import get_column_letter as letter
from own_sheets import HOURS as X
from own_sheets import PASSED, RATE, SCORES, SLEEP, Cells, Drawn

Gradient = Callable[[np.ndarray], np.ndarray]


def loop(
    loss: Callable[[np.ndarray], float],
    gradient: Gradient,
    count: int,
    rate: float = RATE,
    start: float = 0.0,
):  # type: ignore[no-untyped-def]
    """Plain descent from `start`."""

    def run(epochs: int) -> tuple[list[float], float]:
        w = np.full(count, start)
        for _ in range(epochs):
            w = w - rate * gradient(w)
        return list(w), float(loss(w))

    return run


x, y, z, p = (np.array(numbers) for numbers in (X, SCORES, SLEEP, PASSED))


def line(w: np.ndarray) -> np.ndarray:
    return w[0] * x + w[1] - y


def mse(w: np.ndarray) -> float:
    return float(np.mean(line(w) ** 2))


def mse_gradient(w: np.ndarray) -> np.ndarray:
    return np.array([2 * np.mean(line(w) * x), 2 * np.mean(line(w))])


def data(first: str, second: str, row: int, headings: tuple[str, str]) -> Cells:
    cells: Cells = {f"{first}{row}": headings[0], f"{second}{row}": headings[1]}
    for number, (one, other) in enumerate(zip(X, SCORES, strict=True), row + 1):
        cells |= {f"{first}{number}": one, f"{second}{number}": other}
    return cells


def ice_cream() -> Drawn:
    """A title over everything, a note, units in all headings, a sentence before the learning rate."""
    cells = data("A", "B", 4, ("temperature (°C)", "sales (€)"))
    cells |= {"A1": "Gradient descent with ice cream", "A2": "Change only the yellow cells!"}
    cells |= {"D4": "slope m (€/°C)", "E4": 0, "D5": "intercept b (€)", "E5": 0}
    cells |= {
        "D6": "We choose the learning rate to be",
        "E6": RATE,
        "D7": "MSE (€²)",
        "E7": "=SUMSQ(H5:H10)/6",
    }
    for row in range(5, 11):
        cells |= {f"G{row}": f"=$E$4*A{row}+$E$5", f"H{row}": f"=G{row}-B{row}"}
    cells |= {"G4": "prediction (€)", "H4": "error (€)", "D8": "m next", "D9": "b next"}
    cells |= {"E8": "=E4-E6*2*SUMPRODUCT(H5:H10,A5:A10)/6", "E9": "=E5-E6*2*AVERAGE(H5:H10)"}
    return Drawn({"Lesson": cells}, loop(mse, mse_gradient, 2))


def parameter_table() -> Drawn:
    """A row a parameter under Spanish headings, half the mean square, a step that is added."""
    cells = data("B", "C", 3, ("horas", "nota"))
    cells |= {"F3": "Parámetro", "G3": "Valor", "H3": "Gradiente", "I3": "Nuevo valor"}
    cells |= {
        "F4": "pendiente",
        "G4": 0,
        "F5": "ordenada",
        "G5": 0,
        "F7": "tasa de aprendizaje (α)",
        "G7": RATE,
    }
    residual = "G4*B4:B9+G5-C4:C9"
    cells |= {
        "F8": "épocas",
        "G8": 12,
        "F9": "costo J",
        "G9": f"=SUMPRODUCT(({residual})^2)/(2*COUNT(B4:B9))",
    }
    cells |= {
        "H4": f"=SUMPRODUCT({residual},B4:B9)/COUNT(B4:B9)",
        "H5": f"=SUMPRODUCT({residual})/COUNT(B4:B9)",
    }
    cells |= {"I4": "=G4+(-1)*G7*H4", "I5": "=G5+(-1)*$G$7*H5"}
    return Drawn({"Lesson": cells}, loop(lambda w: mse(w) / 2, lambda w: mse_gradient(w) / 2, 2))


def finite_differences() -> Drawn:
    """In French, with the loss at a + h and at b + h in cells that are called losses, too."""

    def formula(a: str, b: str) -> str:
        return f"=SUMPRODUCT((({a})*A3:A8+{b}-B3:B8)^2)/6"

    cells = data("A", "B", 2, ("x (m)", "y (kg)")) | {"D2": "pente a", "E2": 0, "D3": "ordonnée b", "E3": 0}
    cells |= {"D4": "pas h", "E4": 0.001, "D5": "taux d'apprentissage", "E5": RATE, "D6": "erreur"}
    cells |= {"E6": formula("E2", "E3"), "D7": "erreur (a+h)", "E7": formula("E2+E4", "E3")}
    cells |= {
        "D8": "erreur (b+h)",
        "E8": formula("E2", "E3+E4"),
        "D9": "nouvelle pente",
        "E9": "=E2-E5*(E7-E6)/E4",
    }
    cells |= {"D10": "nouvelle ordonnée", "E10": "=E3-E5*(E8-E6)/E4"}

    def gradient(w: np.ndarray) -> np.ndarray:
        return np.array([(mse(w + step) - mse(w)) / 0.001 for step in np.eye(2) * 0.001])

    return Drawn({"Lesson": cells}, loop(mse, gradient, 2))


def function_of_one() -> Drawn:
    """A row an epoch for f(x) = x² - 4x + 1, without any data."""
    cells: Cells = {"A1": "Minimise f(x) = x² − 4x + 1", "A3": "alpha", "B3": 0.1}
    cells |= {"A5": "step", "B5": "x", "C5": "f(x)", "D5": "f'(x)"}
    for row in range(6, 16):
        cells |= {f"A{row}": row - 6, f"B{row}": 0 if row == 6 else f"=B{row - 1}-$B$3*D{row - 1}"}
        cells |= {f"C{row}": f"=B{row}^2-4*B{row}+1", f"D{row}": f"=2*B{row}-4"}
    return Drawn(
        {"Lesson": cells}, loop(lambda w: w[0] ** 2 - 4 * w[0] + 1, lambda w: 2 * w - 4, 1, rate=0.1)
    )


def sideways(momentum: float = 0.0) -> Drawn:
    """A column an epoch."""
    cells = data("A", "B", 10, ("hours", "score")) | {
        "N1": "learning rate",
        "O1": RATE,
        "N2": "beta",
        "O2": momentum,
    }
    for row, title in enumerate(("epoch", "m", "b", "dm", "db", "MSE", "vm", "vb"), 1):
        cells[f"A{row}"] = title
    for column in range(2, 12):
        here, past = letter(column), letter(column - 1)
        residual = f"{here}2*$A$11:$A$16+{here}3-$B$11:$B$16"
        cells |= {
            f"{here}1": 0 if column == 2 else f"={past}1+1",
            f"{here}2": 0 if column == 2 else f"={past}2-{here}7",
            f"{here}3": 0 if column == 2 else f"={past}3-{here}8",
            f"{here}4": f"=2*SUMPRODUCT({residual},$A$11:$A$16)/6",
            f"{here}5": f"=2*SUMPRODUCT({residual})/6",
            f"{here}6": f"=SUMPRODUCT(({residual})^2)/6",
            f"{here}7": 0 if column == 2 else f"=$O$2*{past}7+$O$1*{past}4",
            f"{here}8": 0 if column == 2 else f"=$O$2*{past}8+$O$1*{past}5",
        }

    def run(epochs: int) -> tuple[list[float], float]:
        w, v = np.zeros(2), np.zeros(2)
        for _ in range(epochs):
            v = momentum * v + RATE * mse_gradient(w)
            w = w - v
        return list(w), mse(w)

    return Drawn({"Lesson": cells}, run)


def ridge() -> Drawn:
    """Two features, a penalty, a table of weights."""
    cells: Cells = {"A1": "size m²", "B1": "rooms", "C1": "price k€", "D1": "predicted", "E1": "error"}
    for row in range(2, 8):
        cells |= {f"A{row}": X[row - 2], f"B{row}": SLEEP[row - 2], f"C{row}": SCORES[row - 2]}
        cells |= {f"D{row}": f"=$H$2*A{row}+$H$3*B{row}+$H$4", f"E{row}": f"=D{row}-C{row}"}
    cells |= {
        "G1": "weights",
        "H1": "now",
        "I1": "gradient",
        "J1": "next",
        "G6": "rate",
        "H6": RATE,
        "G7": "λ",
        "H7": 0.1,
    }
    for row, title in enumerate(("size", "rooms", "bias"), 2):
        cells |= {f"G{row}": title, f"H{row}": 0, f"J{row}": f"=H{row}-$H$6*I{row}"}
    cells |= {"I2": "=2*SUMPRODUCT(E2:E7,A2:A7)/6+2*H7*H2", "I3": "=2*SUMPRODUCT(E2:E7,B2:B7)/6+2*H7*H3"}
    cells |= {"I4": "=2*SUM(E2:E7)/6", "G8": "Loss", "H8": "=SUMSQ(E2:E7)/6+H7*(H2^2+H3^2)"}
    design, ridged = np.column_stack([x, z, np.ones(6)]), np.array([0.1, 0.1, 0])

    def loss(w: np.ndarray) -> float:
        return float(np.mean((design @ w - y) ** 2) + ridged @ w**2)

    def gradient(w: np.ndarray) -> np.ndarray:
        return 2 * design.T @ (design @ w - y) / 6 + 2 * ridged * w

    return Drawn({"Lesson": cells}, loop(loss, gradient, 3))


def pass_or_fail() -> Drawn:
    """Logistic, the likelihood in each row, its mean with a minus outside, a name that is no word of the table."""
    cells: Cells = {"A1": "Study hours", "B1": "Passed?", "C1": "z", "D1": "p", "E1": "log-lik", "F1": "grad"}
    for row in range(2, 8):
        cells |= {f"A{row}": X[row - 2], f"B{row}": PASSED[row - 2], f"C{row}": f"=$H$1*A{row}+$H$2"}
        cells |= {f"D{row}": f"=1/(1+EXP(-C{row}))", f"F{row}": f"=(D{row}-B{row})*A{row}"}
        cells[f"E{row}"] = f"=B{row}*LN(D{row})+(1-B{row})*LN(1-D{row})"
    cells |= {
        "G1": "w",
        "H1": 0,
        "G2": "b",
        "H2": 0,
        "G3": "Learning Rate:",
        "H3": RATE,
        "G4": "Cross-entropy loss",
    }
    cells |= {"H4": "=-SUM(E2:E7)/6", "G5": "w (updated)", "H5": "=H1-H3*AVERAGE(F2:F7)", "G6": "b (updated)"}
    cells["H6"] = "=H2-H3*(SUM(D2:D7)-SUM(B2:B7))/6"

    def chance(w: np.ndarray) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-w[0] * x - w[1])))

    def loss(w: np.ndarray) -> float:
        return float(-np.mean(p * np.log(chance(w)) + (1 - p) * np.log(1 - chance(w))))

    def gradient(w: np.ndarray) -> np.ndarray:
        return np.array([np.mean((chance(w) - p) * x), np.mean(chance(w) - p)])

    return Drawn({"Lesson": cells}, loop(loss, gradient, 2))


def points_one_by_one(notes: bool = False) -> Drawn:
    """A row a step; the start stands in the row above the first, or, with `notes`, elsewhere, and a note in between."""
    cells: Cells = {"A1": "Update", "B1": "x", "C1": "target", "E1": "error", "F1": "w", "G1": "b"}
    cells |= {"I1": "η", "J1": RATE, "I2": "mean loss", "J2": "=SUMPRODUCT((F2*B3:B8+G2-C3:C8)^2)/6", "A2": 0}
    cells |= (
        {"F2": "=$J$4", "G2": "=$J$5", "I4": "w0", "J4": 0, "I5": "b0", "J5": 0}
        if notes
        else {"F2": 0, "G2": 0}
    )
    cells |= {"B2": "(start)", "C2": "(start)"} if notes else {}
    for row in range(3, 9):
        cells |= {f"A{row}": row - 2, f"B{row}": X[row - 3], f"C{row}": SCORES[row - 3]}
        cells |= {f"E{row}": f"=F{row - 1}*B{row}+G{row - 1}-C{row}"}
        cells |= {f"F{row}": f"=F{row - 1}-$J$1*2*E{row}*B{row}", f"G{row}": f"=G{row - 1}-$J$1*2*E{row}"}

    def run(epochs: int) -> tuple[list[float], float]:
        w = np.zeros(2)
        for _ in range(epochs):
            for one, other in zip(x, y, strict=True):
                w = w - RATE * 2 * (w[0] * one + w[1] - other) * np.array([one, 1])
        return list(w), mse(w)

    return Drawn({"Lesson": cells}, run)


def parameters_elsewhere(linked: bool = True, momentum: float = 0.0) -> Drawn:
    """Data, parameters and formulas on three sheets; `linked`: the parameters' sheet shows the next values, too."""
    points = {"A1": "Stunden", "B1": "Punkte"} | {
        f"{column}{row}": value
        for column, values in (("A", X), ("B", SCORES))
        for row, value in enumerate(values, 2)
    }
    own: Cells = {"A1": "Steigung", "B1": 0, "A2": "Abschnitt", "B2": 0, "A3": "Lernrate", "B3": RATE}
    residual = "Parameter!B1*Daten!A2:A7+Parameter!B2-Daten!B2:B7"
    gradients = (f"2*SUMPRODUCT({residual},Daten!A2:A7)/6", f"2*SUMPRODUCT({residual})/6")
    model: Cells = {"A1": "Fehler", "B1": f"=SUMPRODUCT(({residual})^2)/6"}
    if momentum:
        own |= {"A9": "Impuls", "B9": momentum, "A10": "v", "B10": 0, "A11": "u", "B11": 0}
    for row, gradient in enumerate(gradients, 2):
        step = f"Parameter!B3*{gradient}"
        if momentum:
            model[f"D{row}"] = f"=Parameter!B9*Parameter!B{row + 8}+{step}"
            step = f"D{row}"
        model |= {f"A{row}": f"neue {own[f'A{row - 1}']}", f"B{row}": f"=Parameter!B{row - 1}-{step}"}
    if linked:
        for row, name in enumerate(("Fehler", "neue Steigung", "neuer Abschnitt"), 1):
            own |= {f"A{row + 4}": name, f"B{row + 4}": f"=Modell!B{row}"}
    drawn = sideways(momentum)
    return Drawn({"Parameter": own, "Daten": points, "Modell": model}, drawn.loop)


def steps_elsewhere() -> Drawn:
    """A row a step on a sheet of its own, which starts from another one."""
    one = points_one_by_one()
    own: Cells = {
        "A1": "w",
        "B1": 0,
        "A2": "b",
        "B2": 0,
        "A3": "η",
        "B3": RATE,
        "A4": "MSE",
        "B4": "=Steps!J2",
    }
    cells = one.sheets["Lesson"] | {"F2": "=Start!B1", "G2": "=Start!B2", "I1": None, "J1": "=Start!B3"}
    return Drawn(
        {"Start": own | {"A5": "new w", "B5": "=Steps!F8", "A6": "new b", "B6": "=Steps!G8"}, "Steps": cells},
        one.loop,
    )
