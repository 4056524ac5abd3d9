"""A teacher's column may be called anything, also what the finder of labels looks for."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import openpyxl
import pytest

import sheetgd
from sheetgd.grid.sheet import normal
from sheetgd.layout.controls import LEARN, LOSSES
from sheetgd.layout.line import COLUMN_TITLES, INTERCEPTS, SLOPES
from sheetgd.lessons import LESSONS, draw, takes
from sheetgd.lessons.points import Points

WORDS = {
    *LEARN,
    *LOSSES,
    *SLOPES,
    *INTERCEPTS,
    *COLUMN_TITLES,
    "epochs",
    "epoch",
    "h",
    "nudge",
    "guess",
    "reset to",
}
WORDS |= {
    "x",
    "y",
    "actual",
    "new",
    "new m",
    "new_b",
    "w",
    "accuracy",
    "multiplier",
    "gradient",
    "velocity",
    "beta",
}
OWN = [lesson for lesson in LESSONS if "data" in takes(lesson)]


def points(lesson: str, across: str, up: str) -> Points:
    y = (0.0, 1.0, 0.0, 1.0) if lesson == "logistic" else (2.0, 3.0, 5.0, 4.0)
    return Points((1.0, 2.0, 3.0, 5.0), y, across, up, own=True)


@pytest.mark.parametrize("lesson", OWN)
def test_no_heading_becomes_a_label(lesson: str, tmp_path: Path) -> None:
    """Of all pairs of these words, none stands in a cell so that it could be taken for a label of the sheet's own."""
    draw(lesson, tmp_path / "marked.xlsx", data=points(lesson, "qqxqq", "qqyqq"))
    marked = {
        cell.value
        for sheet in openpyxl.load_workbook(tmp_path / "marked.xlsx")
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and "qq" in cell.value
    }
    words = {normal(word) for word in WORDS}
    for across, up in product(WORDS, repeat=2):
        for text in marked:
            assert normal(text.replace("qqxqq", across).replace("qqyqq", up)) not in words, (across, up, text)


@pytest.mark.parametrize(("across", "up"), [("learn", "epochs"), ("x", "mse")])
@pytest.mark.parametrize("lesson", OWN)
def test_such_headings_do_no_harm(lesson: str, across: str, up: str, tmp_path: Path) -> None:
    numbers = points(lesson, across, up)
    lines = [f"{across},{up}", *(f"{x:g},{y:g}" for x, y in zip(numbers.x, numbers.y, strict=True))]
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    path = sheetgd.new(lesson, tmp_path / "own.xlsx", data=tmp_path / "own.csv")
    tab = {"optimizers": "Plain", "batches": "Batch", "logistic": "Logistic"}.get(lesson)
    with sheetgd.open_book(path) as book:
        found = sheetgd.look(book, tab).as_json()["controls"]
        assert (found["learn"], found["epochs"], found["loss"]) == ("H3", "H4", "K3")
