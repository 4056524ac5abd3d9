"""Sheets as teachers lay them out, drawn from a grammar of layouts, each with a loop that says what must come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

HOURS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
SLEEP = [2.0, 0.0, 3.0, 1.0, 4.0, 2.0]
SCORES = [3.5, 4.0, 7.5, 8.0, 12.5, 12.0]
PASSED = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]
RATE = 0.01

# x, x2, y, slope, intercept, learn, epochs, loss, next (with the name in the place of {})
WORDS = {
    "en": ("hours", "sleep", "score", "slope", "intercept", "Learning rate (α)", "# epochs", "MSE", "new {}"),
    "en2": ("size", "rooms", "price", "w", "b", "η", "iterations", "Loss (MSE)", "{}'"),
    "de": (
        "Stunden",
        "Schlaf",
        "Punkte",
        "Steigung",
        "Achsenabschnitt",
        "Lernrate",
        "Epochen",
        "Verlust",
        "Neue {}",
    ),
    "fr": (
        "heures",
        "sommeil",
        "note",
        "pente",
        "ordonnée",
        "Taux d'apprentissage",
        "époques",
        "coût",
        "nouvelle {}",
    ),
    "es": (
        "horas",
        "sueño",
        "nota",
        "pendiente",
        "ordenada",
        "tasa de aprendizaje",
        "épocas",
        "ECM",
        "nueva {}",
    ),
    "pt": (
        "horas",
        "sono",
        "nota",
        "inclinação",
        "intercepto",
        "taxa de aprendizado",
        "épocas",
        "EQM",
        "novo {}",
    ),
    "it": (
        "ore",
        "sonno",
        "voto",
        "pendenza",
        "intercetta",
        "tasso di apprendimento",
        "epoche",
        "errore",
        "nuova {}",
    ),
}
Cells = dict[str, Any]


class Drawn(NamedTuple):
    """Cells by sheet, names, a table's area if there is one, and the loop: epochs -> parameters and loss."""

    sheets: dict[str, Cells]
    loop: Callable[[int], tuple[list[float], float]]
    names: dict[str, str] = {}  # noqa: RUF012
    table: tuple[str, str] | None = None

    def save(self, path: Path) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, cells in self.sheets.items():
            sheet = book.create_sheet(title)
            for address, value in cells.items():
                sheet[address] = value
        for name, target in self.names.items():
            book.defined_names[name] = DefinedName(name, attr_text=target)
        if self.table:
            book[next(iter(self.sheets))].add_table(Table(displayName=self.table[0], ref=self.table[1]))
        book.save(path)
        return path


def at(row: int, column: int, across: bool = False) -> str:
    """An address; `across` swaps rows and columns."""
    row, column = (column, row) if across else (row, column)
    return f"{get_column_letter(column)}{row}"


def fixed(address: str) -> str:
    address = address.replace("$", "")
    letters = address.rstrip("0123456789")
    return f"${letters}${address[len(letters) :]}"


# -- loops -----------------------------------------------------------------------------------------------------------
def batch_loop(
    inputs: np.ndarray, targets: list[float], logistic: bool = False, momentum: float = 0.0
) -> Any:
    """Whole-batch descent; the last parameter is the intercept."""
    design = np.column_stack([inputs.T, np.ones(len(targets))])
    y = np.array(targets)

    def loop(epochs: int) -> tuple[list[float], float]:
        w = np.zeros(design.shape[1])
        v = np.zeros_like(w)
        for _ in range(epochs):
            z = design @ w
            gradient = (
                design.T @ ((1 / (1 + np.exp(-z)) if logistic else z) - y) / len(y) * (1 if logistic else 2)
            )
            v = momentum * v + RATE * gradient
            w = w - v
        z = design @ w
        if logistic:
            p = 1 / (1 + np.exp(-z))
            return list(w), float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        return list(w), float(np.mean((z - y) ** 2))

    return loop


def step_loop(inputs: np.ndarray, targets: list[float], size: int = 1, momentum: float = 0.0) -> Any:
    design = np.column_stack([inputs.T, np.ones(len(targets))])
    y = np.array(targets)

    def loop(epochs: int) -> tuple[list[float], float]:
        w = np.zeros(design.shape[1])
        v = np.zeros_like(w)
        for _ in range(epochs):
            for first in range(0, len(y), size):
                rows = slice(first, first + size)
                gradient = 2 * design[rows].T @ (design[rows] @ w - y[rows]) / size
                v = momentum * v + RATE * gradient
                w = w - v
        return list(w), float(np.mean((design @ w - y) ** 2))

    return loop


# -- sheets ----------------------------------------------------------------------------------------------------------
def batch(
    language: str,
    across: bool = False,
    above: bool = False,
    notes: bool = False,
    two: bool = False,
    power: bool = False,
    logistic: bool = False,
    named: bool = False,
    momentum: float = 0.0,
) -> Drawn:
    """All rows one step. `across`: everything turned on its side; `above`: labels above their values."""
    x, x2, y, m, b, learn, epochs, loss, following = WORDS[language]
    cells: Cells = {}
    inputs = [HOURS, [v * v for v in HOURS] if power else SLEEP] if two or power else [HOURS]
    targets = PASSED if logistic else SCORES
    parameters = [m, "w2", b] if two or power else [m, b]
    first, last = (4, 9) if notes else (2, 7)
    if notes:
        cells[at(1, 1, across)] = "Our lesson: how gradient descent works"

    def value(index: int) -> str:
        return at(*((2, 12 + index) if above else (2 + index, 13)), across)

    def label(index: int) -> str:
        return at(*((1, 12 + index) if above else (2 + index, 12)), across)

    controls = [*parameters, learn, epochs, loss, *(following.format(name) for name in parameters)]
    if momentum:
        controls += ["momentum", *(f"v_{n}" for n in range(len(parameters)))]
        controls += [following.format(f"v_{n}") for n in range(len(parameters))]
    for index, text in enumerate(controls):
        if not named:
            cells[label(index)] = text
    count = len(parameters)
    where = {name: fixed(value(index)) for index, name in enumerate(parameters)}
    rate, cost = fixed(value(count)), value(count + 2)
    columns = {"x": 1, "x2": 2, "y": 3, "pred": 4, "error": 5, "sq": 6}
    grads = [7 + n for n in range(count)]
    for title, column in zip(
        (x, x2, y, "pred", "diff", "sq", *(f"g{n}" for n in range(count))), range(1, 20), strict=False
    ):
        cells[at(first - 1, column, across)] = title
    for row in range(first, last + 1):
        number = row - first
        here = {name: at(row, column, across) for name, column in columns.items()}
        cells[here["x"]] = HOURS[number]
        cells[here["x2"]] = f"={here['x']}^2" if power else SLEEP[number]
        cells[here["y"]] = targets[number]
        second = f"+{where['w2']}*{here['x2']}" if count == 3 else ""
        line = f"{where[m]}*{here['x']}{second}+{where[b]}"
        cells[here["pred"]] = f"=1/(1+EXP(-({line})))" if logistic else f"={line}"
        cells[here["error"]] = f"={here['pred']}-{here['y']}"
        cells[here["sq"]] = (
            f"=-({here['y']}*LN({here['pred']})+(1-{here['y']})*LN(1-{here['pred']}))"
            if logistic
            else f"={here['error']}^2"
        )
        factors = [here["x"], here["x2"], "1"] if count == 3 else [here["x"], "1"]
        for column, factor in zip(grads, factors, strict=True):
            cells[at(row, column, across)] = f"={'' if logistic else '2*'}{here['error']}*{factor}"

    def whole(column: int) -> str:
        return f"{at(first, column, across)}:{at(last, column, across)}"

    cells[value(count)], cells[value(count + 1)] = RATE, 7
    cells[cost] = f"=AVERAGE({whole(columns['sq'])})"
    for index, name in enumerate(parameters):
        cells[value(index)] = 0
        step = f"{rate}*AVERAGE({whole(grads[index])})"
        if momentum:
            at_beta, v = 2 * count + 3, 2 * count + 4
            cells[value(at_beta)], cells[value(v + index)] = momentum, 0
            new_v = value(v + count + index)
            cells[new_v] = f"={fixed(value(at_beta))}*{value(v + index)}+{step}"
            step = new_v
        cells[value(count + 3 + index)] = f"={where[name]}-{step}"
    names = {}
    if named:
        spoken = ["slope", "second", "intercept"] if count == 3 else ["slope", "intercept"]
        spoken += ["alpha", "epochs", "mse", *(f"new_{name}" for name in spoken)]
        names = {name: f"Lesson!{fixed(value(index))}" for index, name in enumerate(spoken)}
    return Drawn({"Lesson": cells}, batch_loop(np.array(inputs), targets, logistic, momentum), names)


def steps(
    language: str, direct: bool = False, size: int = 1, two: bool = False, momentum: float = 0.0
) -> Drawn:
    """A row a step. `direct`: rows read the row above's next values without columns that repeat them; `size`: rows of a
    mini-batch."""
    x, x2, y, m, b, learn, epochs, loss, following = WORDS[language]
    parameters = [m, "w2", b] if two else [m, b]
    count = len(parameters)
    inputs = [HOURS, SLEEP] if two else [HOURS]
    cells: Cells = {}
    start = {name: f"$T${2 + n}" for n, name in enumerate(parameters)}
    velocity = [f"$T${10 + n}" for n in range(count)]
    for row, text, value in [
        *((2 + n, name, 0) for n, name in enumerate(parameters)),
        (6, learn, RATE),
        (7, epochs, 7),
        *(((9, "beta", momentum), *((10 + n, f"v{n}", 0) for n in range(count))) if momentum else ()),
    ]:
        cells |= {f"S{row}": text, f"T{row}": value}
    design = "+".join(
        [*(f"T{2 + n}*{col}2:{col}7" for n, col in enumerate("AB" if two else "A")), f"T{1 + count}"]
    )
    cells |= {"S8": loss, "T8": f"=SUMPRODUCT(({design}-C2:C7)^2)/6"}
    old, new, speed = (
        [4 + n for n in range(count)],
        [9 + n for n in range(count)],
        [13 + n for n in range(count)],
    )
    titles = {1: x, 2: x2, 3: y, 7: "pred", 8: "diff"}
    titles |= {} if direct else dict(zip(old, parameters, strict=True))
    titles |= {column: following.format(name) for column, name in zip(new, parameters, strict=True)}
    titles |= {column: f"v{n}" for n, column in enumerate(speed)} if momentum else {}
    for column, title in titles.items():
        cells[at(1, column)] = title
    for row in range(2, 8):
        cells |= {f"A{row}": HOURS[row - 2], f"B{row}": SLEEP[row - 2], f"C{row}": SCORES[row - 2]}
    for row in range(2, 8, size):
        reads = [start[name] if row == 2 else at(row - size, new[n]) for n, name in enumerate(parameters)]
        if not direct:
            for column, read in zip(old, reads, strict=True):
                cells[at(row, column)] = f"={read}"
            reads = [at(row, column) for column in old]
        for line in range(row, row + size):
            weights = [r if size == 1 else fixed(r) for r in reads]
            terms = [f"{w}*{c}{line}" for w, c in zip(weights, "AB" if two else "A", strict=False)]
            cells[f"G{line}"] = f"={'+'.join([*terms, weights[-1]])}"
            cells[f"H{line}"] = f"=G{line}-C{line}"
        ends = (row, row + size - 1)
        for n, name in enumerate(parameters):
            column = "" if name == b else "AB"[n]
            times = f",{column}{ends[0]}:{column}{ends[1]}" if column else ""
            gradient = f"2*SUMPRODUCT(H{ends[0]}:H{ends[1]}{times})/{size}"
            if size == 1:
                gradient = f"2*H{row}" + (f"*{column}{row}" if column else "")
            step = f"$T$6*{gradient}"
            if momentum:
                before = velocity[n] if row == 2 else at(row - size, speed[n])
                cells[at(row, speed[n])] = f"=$T$9*{before}+{step}"
                step = at(row, speed[n])
            cells[at(row, new[n])] = f"={reads[n]}-{step}"
    return Drawn({"Lesson": cells}, step_loop(np.array(inputs), SCORES, size, momentum))


def trajectory(language: str, rows: int = 8, momentum: float = 0.0, outside: bool = False) -> Drawn:
    """A row an epoch; `outside`: its first row reads start cells elsewhere."""
    x, _, y, m, b, learn, _, loss, _ = WORDS[language]
    cells: Cells = {"A1": x, "B1": y, "D1": learn, "E1": RATE, "D2": "beta", "E2": momentum}
    for row, (hours, score) in enumerate(zip(HOURS, SCORES, strict=True), 2):
        cells |= {f"A{row}": hours, f"B{row}": score}
    titles = ["n", m, b, "dm", "db", loss, *(("vm", "vb") if momentum else ())]
    for column, title in enumerate(titles, 4):
        cells[at(10, column)] = title
    for row in range(11, 11 + rows + 1):
        first = row == 11
        cells[f"D{row}"] = 0 if first else f"=D{row - 1}+1"
        line = f"E{row}*$A$2:$A$7+F{row}-$B$2:$B$7"
        cells[f"G{row}"] = f"=2*SUMPRODUCT({line},$A$2:$A$7)/6"
        cells[f"H{row}"] = f"=2*SUMPRODUCT({line})/6"
        cells[f"I{row}"] = f"=SUMPRODUCT(({line})^2)/6"
        for column, gradient, speed in (("E", "G", "J"), ("F", "H", "K")):
            above = row - 1
            if momentum:
                cells[f"{speed}{row}"] = 0 if first else f"=$E$2*{speed}{above}+$E$1*{gradient}{above}"
            step = f"{speed}{row}" if momentum else f"$E$1*{gradient}{above}"
            cells[f"{column}{row}"] = 0 if first else f"={column}{above}-{step}"
    if outside:
        cells |= {"G1": m, "H1": 0, "G2": b, "H2": 0, "E11": "=$H$1", "F11": "=$H$2"}
    return Drawn({"Lesson": cells}, batch_loop(np.array([HOURS]), SCORES, momentum=momentum))


def as_table() -> Drawn:
    """An Excel table whose formulas name its columns."""
    drawn = batch("en")
    cells = drawn.sheets["Lesson"]
    for row in range(2, 8):
        cells[f"D{row}"] = "=$M$2*Scores[[#This Row],[hours]]+$M$3"
        cells[f"E{row}"] = "=Scores[[#This Row],[pred]]-Scores[[#This Row],[score]]"
        cells[f"F{row}"] = "=Scores[[#This Row],[diff]]^2"
        cells[f"G{row}"] = "=2*Scores[[#This Row],[diff]]*Scores[[#This Row],[hours]]"
        cells[f"H{row}"] = "=2*Scores[[#This Row],[diff]]"
    cells |= {
        "M6": "=AVERAGE(Scores[sq])",
        "M7": "=M2-M4*AVERAGE(Scores[g0])",
        "M8": "=M3-M4*AVERAGE(Scores[g1])",
    }
    return drawn._replace(table=("Scores", "A1:H7"))


def data_elsewhere(language: str) -> Drawn:
    """The data on a sheet of their own, the rest in six cells."""
    _, _, _, m, b, learn, epochs, loss, following = WORDS[language]
    data: Cells = {"A1": "x", "B1": "y"}
    for row, (hours, score) in enumerate(zip(HOURS, SCORES, strict=True), 2):
        data |= {f"A{row}": hours, f"B{row}": score}
    xs, ys = "Data!$A$2:$A$7", "Data!$B$2:$B$7"
    line = f"B1*{xs}+B2-{ys}"
    cells = {
        "A1": m,
        "B1": 0,
        "A2": b,
        "B2": 0,
        "A3": learn,
        "B3": RATE,
        "A4": epochs,
        "B4": 7,
        "A5": loss,
        "B5": f"=SUMPRODUCT(({line})^2)/6",
        "A6": following.format(m),
        "B6": f"=B1-B3*2*SUMPRODUCT({line},{xs})/6",
        "A7": following.format(b),
        "B7": f"=B2-B3*2*SUMPRODUCT({line})/6",
    }
    return Drawn({"Model": cells, "Data": data}, batch_loop(np.array([HOURS]), SCORES))
