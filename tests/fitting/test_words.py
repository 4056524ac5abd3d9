"""A word that is a label and an address: what `look` calls so wins, else both readings are shown, nothing is changed.

The parabola is that of NumPy's least squares.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from conftest import CommandLine
from office import read_stored

X, Y = [1.0, 2, 3, 4, 5], [2.1, 5.2, 9.8, 17.1, 25.9]
LABELS = ["a0", "a1", "a2"]


@pytest.fixture
def parabola(tmp_path: Path) -> Path:
    """Data in A1:B5, without headings; a0, a1, a2 in F1:F3 and the loss in F4, each right of its label."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row, (x, y) in enumerate(zip(X, Y, strict=True), 1):
        sheet[f"A{row}"], sheet[f"B{row}"] = x, y
        sheet[f"C{row}"] = f"=$F$1+$F$2*A{row}+$F$3*A{row}^2"
    for row, label in enumerate([*LABELS, "SSE"], 1):
        sheet[f"E{row}"], sheet[f"F{row}"] = label, 0
    sheet["F4"] = "=SUMXMY2(B1:B5,C1:C5)"
    book.save(tmp_path / "p.xlsx")
    return tmp_path / "p.xlsx"


def test_both_readings_are_shown_and_nothing_is_changed(sheetgd: CommandLine, parabola: Path) -> None:
    before = parabola.read_bytes()
    ended = sheetgd("fit", "p.xlsx", "--minimize", "SSE", "--change", "a0,a1,a2")
    assert (ended.code, ended.out) == (2, "") and parabola.read_bytes() == before
    assert ended.err == (
        "p.xlsx: a1 is the cell Sheet!A1, and the name or label of Sheet!F2; write Sheet!A1 for the one, Sheet!F2 or "
        '"a1" in quotes for the other.\n'
    )


@pytest.mark.parametrize("change", ['a0,"a1","a2"', "Sheet!F1:F3"])
def test_either_reading_can_be_written(sheetgd: CommandLine, parabola: Path, change: str) -> None:
    assert sheetgd("fit", "p.xlsx", "--minimize", "SSE", "--change", change).code == 0
    cells = read_stored(parabola)["Sheet"]
    found = [cells[f"F{row}"] for row in (1, 2, 3)]
    assert found == pytest.approx(np.polynomial.polynomial.polyfit(X, Y, 2), rel=1e-4)
    assert [cells[f"A{row}"] for row in range(1, 6)] == X


def test_what_a_lesson_calls_so_wins(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "weights", "-o", "w.xlsx").code == 0
    ended = sheetgd("fit", "w.xlsx", "--minimize", "loss", "--change", "w1,w2")
    assert ended.code == 0 and "  w1 " in ended.out, ended.err
