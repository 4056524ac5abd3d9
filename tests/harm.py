"""Harm to drawn lessons: what a workbook may suffer, each by the words of its name."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from drawn_cells import COLUMNS, ROWS, Drawing, Failure, Formula, a1, merged, near, some_label

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
    "learn": "Lernrate",
    "epochs": "\u00e9poques",
    "x": "\u0445",
    "y": "\u03c5",
    "m": "\uff4d",
    "rmse": "\u041a\u0421\u041a\u041e",
    "epoch": "\u6642\u4ee3",
    "b": "Achsenabschnitt",
    "slope": "pente",
}


def harm(drawing: Drawing, dice: random.Random) -> str:
    """Do one odd thing to the drawing, and name it."""
    change = dice.choice(HARMS)
    drawing.expected = {}
    change(drawing, dice)
    return change.__name__


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
