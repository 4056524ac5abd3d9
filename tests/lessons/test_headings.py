"""A teacher's column may be called anything, also what the finder of labels looks for."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import sheetgd
from sheetgd.grid.sheet import normal
from sheetgd.layout import vocabulary
from sheetgd.layout.line import COLUMN_TITLES
from sheetgd.lessons import LESSONS, draw, takes
from sheetgd.lessons.points import Points

NAMES = ["m", "b", "w", "slope", "intercept", "multiplier", "velocity"]
WORDS = {
    word for known in vars(vocabulary).values() if isinstance(known, vocabulary.Words) for word in known.known
}
WORDS |= {form for name in NAMES for form in (name, *vocabulary.next_labels(name))} | {
    *COLUMN_TITLES,
    "x",
    "y",
}
WORDS |= {"actual", "accuracy", "gradient"}
OWN = [lesson for lesson in LESSONS if "data" in takes(lesson)]


def points(lesson: str, across: str, up: str) -> Points:
    y = (0.0, 1.0, 0.0, 1.0) if lesson == "logistic" else (2.0, 3.0, 5.0, 4.0)
    return Points((1.0, 2.0, 3.0, 5.0), y, across, up, own=True)


@pytest.mark.parametrize("lesson", OWN)
def test_no_heading_becomes_a_label(lesson: str, tmp_path: Path) -> None:
    """Whatever the headings are, none stands in a cell so that the cell's text could be one of the finder's words."""
    draw(lesson, tmp_path / "marked.xlsx", data=points(lesson, "qqxqq", "qqyqq"))
    marked = {
        cell.value
        for sheet in openpyxl.load_workbook(tmp_path / "marked.xlsx")
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and "qq" in cell.value
    }
    assert {"lernrate", "époque", "nuevo m"} <= WORDS
    words = {normal(word) for word in WORDS}
    for text in marked:
        form = re.compile(re.sub("qq[xy]qq", ".+", re.escape(normal(text))))
        assert not list(filter(form.fullmatch, words)), text


@pytest.mark.parametrize(
    ("across", "up"), [("learn", "epochs"), ("x", "mse"), ("Epoche", "Steigung"), ("tasa", "pérdida")]
)
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
