"""Lessons drawn in every arrangement, cell by cell, with the numbers that a plain loop gives; and harm to them.

A drawing is written as the smallest workbook that holds its cells, by no library, so that thousands are made a second.
"""

from __future__ import annotations

import io
import math
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from handmade import parts_of, sheet_xml

Cell = tuple[int, int]
ROWS, COLUMNS = 1_048_576, 16_384


def a1(row: int, column: int) -> str:
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return f"{name}{row}"


@dataclass
class Formula:
    text: str
    result: float | str | None = None


class Failure(str):
    """An error value."""


@dataclass
class Drawing:
    """The cells of one sheet, and what a run of it must print."""

    cells: dict[Cell, Any] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    what: str = ""
    sheet: str = "Lesson"
    labels: list[Cell] = field(default_factory=list)
    table: tuple[Cell, Cell] = ((1, 1), (1, 1))  # its corners

    def __str__(self) -> str:
        return self.what

    def packed(self) -> bytes:
        rows: dict[int, dict[int, Any]] = {}
        for (row, column), value in sorted(self.cells.items()):
            if value is not None and 1 <= row <= ROWS and 1 <= column <= COLUMNS:
                rows.setdefault(row, {})[column] = value
        data = "".join(
            f'<row r="{row}">{"".join(written(row, column, value) for column, value in cells.items())}</row>'
            for row, cells in rows.items()
        )
        merges = "".join(f'<mergeCell ref="{area}"/>' for area in self.merged)
        xml = sheet_xml(data, after=f"<mergeCells>{merges}</mergeCells>" if merges else "")
        parts = parts_of(xml)
        names = "".join(
            f'<definedName name="{name}">{self.sheet}!{place}</definedName>'
            for name, place in self.names.items()
        )
        book = parts["xl/workbook.xml"].decode().replace('name="S"', f"name={quoteattr(self.sheet)}")
        names = f"<definedNames>{names}</definedNames>" if names else ""
        parts["xl/workbook.xml"] = book.replace("</sheets>", f"</sheets>{names}").encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, content in parts.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return out.getvalue()


def written(row: int, column: int, value: Any) -> str:
    start = f'<c r="{a1(row, column)}"'
    if isinstance(value, Formula):
        kind = ' t="str"' if isinstance(value.result, str) else ""
        result = "" if value.result is None else f"<v>{escape(str(value.result))}</v>"
        return f"{start}{kind}><f>{escape(value.text)}</f>{result}</c>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Failure):
        return f'{start} t="e"><v>{value}</v></c>'
    if isinstance(value, str):
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"{start}><v>{value!r}</v></c>"


# -- sound lessons ---------------------------------------------------------------------------------------------------
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
    kind: str, points: list[tuple[float, float]], m: float, b: float, learn: float, epochs: int,
    slope: str, intercept: str, has_loss: bool,
) -> dict[str, Any]:  # fmt: skip
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


# -- harm ------------------------------------------------------------------------------------------------------------
ODD_VALUES: list[Any] = [
    *(
        0.0,
        -1.0,
        1e308,
        -1e308,
        5e-324,
        1e15,
        1e300,
        0.5,
        2.0,
        1e6,
        True,
        False,
        "",
        " ",
        "0,0001",
        "1e-4",
        "abc",
        "=1+1",
    ),
    *(
        "x",
        "y",
        "m",
        "b",
        "new_m",
        "new m",
        "new",
        "guess",
        "reset to",
        "epoch",
        "epochs",
        "rmse",
        "loss",
        "learn",
        "h",
    ),
    *(
        "m\\b",
        "'5",
        "\u22125",
        "#DIV/0!",
        "_x0041_",
        "a" * 32_767,
        "\n",
        "\t=1",
        "@x",
        "\U0001f600",
        "\u202e",
    ),
    *map(
        Failure,
        ["#DIV/0!", "#N/A", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#X"],
    ),
]
ODD_FORMULAS = [
    *(
        "1/0",
        "NA()",
        "A1",
        "RAND()",
        "NOW()",
        "SUM(A:A)",
        "SUM(1:1048576)",
        'INDIRECT("A"&1)',
        "OFFSET(A1,1,1)",
    ),
    *(
        "",
        "+",
        "NOSUCH(1)",
        "A1:A9",
        "{1,2,3}",
        "SEQUENCE(9)",
        "LET(a,2,a*3)",
        "[1]S!A1",
        "nothing+1",
        '"text"',
    ),
    *("TRUE", "1E308*10", "-1E308*10", "SQRT(-1)", "A1048576", "XFD1", 'REPT("a",32767)', 'REPT("a",40000)'),
    *('WEBSERVICE("http://localhost:9/")', 'HYPERLINK("http://localhost:9/","x")', 'CELL("filename")'),
    *(
        "SUM(Lesson!A1:A3,S!A1)",
        "'a b'!A1",
        "((((1))))",
        "LAMBDA(x,x)(1)",
        "RANDARRAY(3)",
        'GETPIVOTDATA("a",A1)',
    ),
]
TRANSLATED = {
    "learn": "Lernrate", "epochs": "\u00e9poques", "x": "\u0445", "y": "\u03c5", "m": "\uff4d",
    "rmse": "\u041a\u0421\u041a\u041e",
    "epoch": "\u6642\u4ee3", "b": "Achsenabschnitt", "slope": "pente",
}  # fmt: skip


def harm(drawing: Drawing, dice: random.Random) -> str:
    """Do one odd thing to the drawing, and name it."""
    change = dice.choice(HARMS)
    drawing.expected = {}
    change(drawing, dice)
    return change.__name__


def near(drawing: Drawing, dice: random.Random) -> Cell:
    """A cell in, beside or near the drawing."""
    place = dice.choice(sorted(drawing.cells)) if drawing.cells else (1, 1)
    row, column = place[0] + dice.choice([0, 0, 0, 1, -1, 2]), place[1] + dice.choice([0, 0, 0, 1, -1])
    return min(max(row, 1), ROWS), min(max(column, 1), COLUMNS)


def some_label(drawing: Drawing, dice: random.Random) -> Cell:
    return dice.choice(drawing.labels) if drawing.labels else near(drawing, dice)


def label_gone(drawing: Drawing, dice: random.Random) -> None:
    drawing.cells.pop(some_label(drawing, dice), None)


def label_moved(drawing: Drawing, dice: random.Random) -> None:
    text = drawing.cells.pop(some_label(drawing, dice), None)
    drawing.cells[near(drawing, dice)] = text


def label_doubled(drawing: Drawing, dice: random.Random) -> None:
    text = drawing.cells.get(some_label(drawing, dice), "x")
    for _ in range(dice.choice([1, 1, 2, 50])):
        drawing.cells[near(drawing, dice)] = text


def label_translated(drawing: Drawing, dice: random.Random) -> None:
    place = some_label(drawing, dice)
    text = str(drawing.cells.get(place, "x"))
    drawing.cells[place] = TRANSLATED.get(text.strip(" :").lower(), text[::-1])


def odd_value(drawing: Drawing, dice: random.Random) -> None:
    drawing.cells[near(drawing, dice)] = dice.choice(ODD_VALUES)


def odd_formula(drawing: Drawing, dice: random.Random) -> None:
    text = dice.choice(ODD_FORMULAS)
    if dice.random() < 0.3:
        text = a1(*near(drawing, dice)) + dice.choice(["", "*2", '&""', "+1"])
    drawing.cells[near(drawing, dice)] = Formula(text, dice.choice([None, None, 1.0, "a", 0.0]))


def number_changed(drawing: Drawing, dice: random.Random) -> None:
    numbers = [place for place, value in sorted(drawing.cells.items()) if isinstance(value, float)]
    if numbers:
        drawing.cells[dice.choice(numbers)] = dice.choice(
            [0.0, -1.0, 1e200, 1e-200, 1e308, 0.3, 7.0, 1e6, 12345678.9]
        )


def number_as_text(drawing: Drawing, dice: random.Random) -> None:
    numbers = [place for place, value in sorted(drawing.cells.items()) if isinstance(value, float)]
    if numbers:
        place = dice.choice(numbers)
        drawing.cells[place] = dice.choice(["{}", "{} cm", "'{}", " {}"]).format(drawing.cells[place])


def row_emptied(drawing: Drawing, dice: random.Random) -> None:
    row, _ = near(drawing, dice)
    for place in [place for place in drawing.cells if place[0] == row]:
        del drawing.cells[place]


def column_emptied(drawing: Drawing, dice: random.Random) -> None:
    _, column = near(drawing, dice)
    for place in [place for place in drawing.cells if place[1] == column]:
        del drawing.cells[place]


def rows_below_moved(drawing: Drawing, dice: random.Random) -> None:
    """Rows put in, while the formulas go on to refer to where things were."""
    row, _ = near(drawing, dice)
    by = dice.choice([1, 1, 3, -1])
    drawing.cells = {((r + by if r >= row else r), c): value for (r, c), value in drawing.cells.items()}


def half_gone(drawing: Drawing, dice: random.Random) -> None:
    for place in sorted(drawing.cells):
        if dice.random() < 0.3:
            del drawing.cells[place]


def merged(drawing: Drawing, dice: random.Random) -> None:
    row, column = some_label(drawing, dice)
    down, right = dice.choice([(0, 1), (1, 0), (1, 1), (3, 0), (0, 7), (9, 9)])
    if not drawing.merged:
        drawing.merged.append(f"{a1(row, column)}:{a1(min(row + down, ROWS), min(column + right, COLUMNS))}")


def merged_everything(drawing: Drawing, dice: random.Random) -> None:
    drawing.merged = [dice.choice(["A1:XFD1048576", "A1:A1048576", "A1:XFD1", "A1"])]


def named(drawing: Drawing, dice: random.Random) -> None:
    names = [
        "learn",
        "epochs",
        "h",
        "slope",
        "m",
        "lastslope",
        "new_m",
        "last_m",
        "rmse",
        "rmsestart",
        "learning_rate",
    ]
    for name in dice.sample(names, 2):
        drawing.names[name] = dice.choice(
            [a1(*near(drawing, dice)), "$A$1", "A1:B2", "#REF!", "A1048576", "XFE1"]
        )


def whole_copy(drawing: Drawing, dice: random.Random) -> None:
    """The whole lesson once more, beside, below, or over itself."""
    down, right = dice.choice([(0, 30), (60, 0), (1, 0), (0, 1), (5, 5)])
    for (row, column), value in list(drawing.cells.items()):
        drawing.cells[row + down, column + right] = value


def stale_results(drawing: Drawing, dice: random.Random) -> None:
    result = dice.choice([0.0, 1.0, "a", 1e9])
    for value in drawing.cells.values():
        if isinstance(value, Formula):
            value.result = result


def only_values(drawing: Drawing, dice: random.Random) -> None:
    for place, value in drawing.cells.items():
        if isinstance(value, Formula) and dice.random() < 0.9:
            drawing.cells[place] = dice.random()


def grid_added(drawing: Drawing, dice: random.Random) -> None:
    top, left = near(drawing, dice)
    top, left = top + dice.choice([0, 20]), left + dice.choice([0, 12])
    drawing.cells[top - 1, left + 1], drawing.cells[top + 1, left - 1] = dice.choice(
        [("b", "m"), ("m", "b"), ("m", "m")]
    )
    for number in range(1, 4):
        drawing.cells[top, left + number] = drawing.cells[top + number, left] = number * dice.choice(
            [1.0, 1e300]
        )
    if dice.random() < 0.3:
        drawing.cells[top + 2, left + 2] = dice.choice(ODD_VALUES)


def edge(drawing: Drawing, dice: random.Random) -> None:
    """Everything against the last row or the last column."""
    bottom, right = (max((place[axis] for place in drawing.cells), default=1) for axis in (0, 1))
    down, across = dice.choice([(ROWS - bottom, 0), (0, COLUMNS - right), (ROWS - bottom, COLUMNS - right)])
    drawing.cells = {(r + down, c + across): value for (r, c), value in drawing.cells.items()}
    drawing.labels = [(r + down, c + across) for r, c in drawing.labels]


def many(drawing: Drawing, dice: random.Random) -> None:
    """Many cells of one text or number, as a list of names beside a lesson is."""
    value = dice.choice(["new", "m", "rmse", "a name", "x", 1.0, True, "new m"])
    row, column = near(drawing, dice)
    for number in range(dice.choice([50, 400])):
        drawing.cells.setdefault((min(row + number, ROWS), column), value)


HARMS: list[Callable[[Drawing, random.Random], None]] = [
    *(
        label_gone,
        label_moved,
        label_doubled,
        label_translated,
        odd_value,
        odd_value,
        odd_value,
        odd_formula,
        odd_formula,
    ),
    *(
        number_changed,
        number_changed,
        number_as_text,
        row_emptied,
        column_emptied,
        rows_below_moved,
        half_gone,
        merged,
    ),
    *(merged_everything, named, whole_copy, stale_results, only_values, grid_added, edge, many),
]
