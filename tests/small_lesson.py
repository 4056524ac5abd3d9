"""A small lesson with formulas, or columns only, drawn cell by cell: what the tests of good and bad input change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl

POINTS = ((7, 44), (9, 48), (28, 86))
TITLES = ("x", "y", "m", "b", "y_pred", "error_sq", "err_m1", "de/dm", "new_m", "err_b1", "de/db", "new_b")
LEARN = 0.0001

Cells = dict[str, Any]


def lesson_cells(formulas: bool = True) -> Cells:
    """A lesson by address: learn, epochs, m, b and rmse in B1:B5, the table in A8:L11, the log's heading in N8:Q8."""
    cells: Cells = {
        "A1": "learn",
        "B1": LEARN,
        "A2": "epochs",
        "B2": 2,
        "A3": "m",
        "B3": 1,
        "A4": "b",
        "B4": 1,
    }
    cells |= {"A5": "rmse", "B5": "=SQRT(SUMPRODUCT((A9:A11*B3+B4-B9:B11)^2)/COUNT(A9:A11))"}
    cells |= {f"{letter}8": title for letter, title in zip("ABCDEFGHIJKL", TITLES, strict=True)}
    cells |= {"N8": "epoch", "O8": "m", "P8": "b", "Q8": "rmse"}
    for row, (x, y) in enumerate(POINTS, 9):
        cells |= {f"A{row}": x, f"B{row}": y}
        cells |= row_formulas(row) if formulas else {}
    return cells


def row_formulas(row: int) -> Cells:
    above = ("$B$3", "$B$4") if row == 9 else (f"I{row - 1}", f"L{row - 1}")
    texts = (
        *above,
        "C{0}*A{0}+D{0}",
        "(E{0}-B{0})^2",
        "((C{0}+0.01)*A{0}+D{0}-B{0})^2",
        "(G{0}-F{0})/0.01",
        "C{0}-$B$1*H{0}",
        "((D{0}+0.01)+C{0}*A{0}-B{0})^2",
        "(J{0}-F{0})/0.01",
        "D{0}-$B$1*K{0}",
    )
    return {
        f"{letter}{row}": "=" + text.format(row) for letter, text in zip("CDEFGHIJKL", texts, strict=True)
    }


def draw(
    path: Path,
    changes: Cells | None = None,
    *,
    formulas: bool = True,
    sheets: Iterable[str] = ("Lesson",),
    change: Callable[[Any], None] | None = None,
) -> Path:
    """The lesson, without stored results, on each of the sheets, with some cells changed."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for address, value in {**lesson_cells(formulas), **(changes or {})}.items():
            sheet[address] = value
        if change:
            change(sheet)
    book.save(path)
    return path
