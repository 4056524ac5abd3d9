"""Two sheets as teachers lay them out, with words and places of their own: whole batches in Spanish, and steps."""

from __future__ import annotations

from pathlib import Path

import openpyxl

SCORES = (52, 55, 61, 64, 70, 71, 78, 83)  # after 1, 2, … hours
BATCH = {
    "J2": 1,
    "J3": 1,
    "J4": 0.005,
    "J5": 20,
    "J6": "=AVERAGE(E2:E9)",
    "J7": "=J2-J4*AVERAGE(F2:F9)",
    "J8": "=J3-J4*AVERAGE(G2:G9)",
    "I2": "pendiente",
    "I3": "ordenada",
    "I4": "tasa de aprendizaje",
    "I5": "épocas",
    "I6": "ECM",
    "I7": "nueva pendiente",
    "I8": "nueva ordenada",
}
STEPS = {
    "M2": "slope",
    "N2": 1,
    "M3": "intercept",
    "N3": 1,
    "M4": "learning rate",
    "N4": 0.005,
    "M5": "MSE",
    "N5": "=SUMPRODUCT(($N$2*A2:A9+$N$3-B2:B9)^2)/8",
}


def draw_batch(path: Path) -> Path:
    """Every row by the start cells, the new ones once, on the right."""
    row = ("=$J$2*A{0}+$J$3", "=C{0}-B{0}", "=D{0}^2", "=2*D{0}*A{0}", "=2*D{0}")
    return _draw(path, "horas nota predicción error error² grad_m grad_b", row, row, BATCH)


def draw_steps(path: Path) -> Path:
    """Each row from the new values of the one above."""
    common = (
        "=C{0}*A{0}+D{0}",
        "=E{0}-B{0}",
        "=2*F{0}*A{0}",
        "=2*F{0}",
        "=C{0}-$N$4*G{0}",
        "=D{0}-$N$4*H{0}",
    )
    heads = "hours score slope intercept predicted error d_slope d_intercept new_slope new_intercept"
    return _draw(path, heads, ("=$N$2", "=$N$3", *common), ("=I{1}", "=J{1}", *common), STEPS)


PLANE = ((1, 2, 9), (2, 1, 8), (3, 5, 22), (4, 2, 15), (5, 4, 23), (6, 1, 16))  # x1, x2, y


def draw_plane(path: Path) -> Path:
    """Two inputs, three parameters, whole batches."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["x1", "x2", "y", "predicted", "error"])
    for row, point in enumerate(PLANE, 2):
        sheet.append([*point, f"=$I$2*A{row}+$I$3*B{row}+$I$4", f"=D{row}-C{row}"])
    for row, (name, slope) in enumerate(
        {"w1": "A2:A7,E2:E7", "w2": "B2:B7,E2:E7", "bias": "E2:E7"}.items(), 2
    ):
        sheet[f"H{row}"], sheet[f"I{row}"] = name, 1
        sheet[f"H{row + 6}"], sheet[f"I{row + 6}"] = f"new {name}", f"=I{row}-$I$5*2*SUMPRODUCT({slope})/6"
    sheet["H5"], sheet["I5"] = "learning rate", 0.02
    sheet["H6"], sheet["I6"] = "MSE", "=SUMSQ(E2:E7)/6"
    book.save(path)
    return path


def _draw(
    path: Path, heads: str, first: tuple[str, ...], others: tuple[str, ...], beside: dict[str, str | float]
) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([word.replace("_", " ") for word in heads.split()])
    for row, score in enumerate(SCORES, 2):
        formulas = first if row == 2 else others
        sheet.append([row - 1, score, *(formula.format(row, row - 1) for formula in formulas)])
    for address, value in beside.items():
        sheet[address] = value
    book.save(path)
    return path


def draw_scores(path: Path) -> Path:
    """The sheet that the README shows: hours, scores, and everything else in ten cells beside them."""
    beside: dict[str, str | float] = {
        "F2": "slope",
        "G2": 1,
        "F3": "intercept",
        "G3": 40,
        "F4": "learning rate",
        "G4": 0.02,
        "F5": "MSE",
        "G5": "=AVERAGE(D2:D9)",
        "F6": "new slope",
        "G6": "=G2-G4*2*SUMPRODUCT((C2:C9-B2:B9)*A2:A9)/8",
        "F7": "new intercept",
        "G7": "=G3-G4*2*SUMPRODUCT(C2:C9-B2:B9)/8",
    }
    row = ("=$G$2*A{0}+$G$3", "=(C{0}-B{0})^2")
    return _draw(path, "hours score predicted squared_error", row, row, beside)
