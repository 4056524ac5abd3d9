"""A loss formula by formula: values forward, slopes backward. The figures are worked by hand."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import sheetgd
from sheetgd.epochs.slopes import find_slopes
from sheetgd.errors import SheetError, UsageError


def line(path: Path, loss: str = "=AVERAGE(D6:D8)") -> Path:
    """The line of docs/fit.md: (1, 4), (2, 4) and (3, 9), m in B1 and b in B2."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B1"], sheet["B2"], sheet["B3"] = 2, 1, loss
    for row, (x, y) in enumerate([(1, 4), (2, 4), (3, 9)], 6):
        for column, value in enumerate((x, y, f"=$B$1*A{row}+$B$2", f"=(C{row}-B{row})^2"), 1):
            sheet.cell(row, column, value)
    book.save(path)
    return path


PARAMETERS = {("Sheet", (1, 2)): 2.0, ("Sheet", (2, 2)): 1.0}


def test_a_line_through_three_points(tmp_path: Path) -> None:
    with sheetgd.open_book(line(tmp_path / "line.xlsx")) as book:
        nodes = {node.cell: node for node in find_slopes(book, ("Sheet", (3, 2)), PARAMETERS)}
    assert list(nodes)[:2] == ["B1", "B2"] and list(nodes)[-1] == "B3" and len(nodes) == 9
    assert {cell: node.value for cell, node in nodes.items()} == pytest.approx(
        {"B1": 2, "B2": 1, "C6": 3, "C7": 5, "C8": 7, "D6": 1, "D7": 1, "D8": 4, "B3": 2}
    )
    assert {cell: 3 * node.slope for cell, node in nodes.items()} == pytest.approx(
        {"B1": -10, "B2": -4, "C6": -2, "C7": 2, "C8": -4, "D6": 1, "D7": 1, "D8": 1, "B3": 3}
    )
    assert nodes["C6"].formula == "$B$1*A6+$B$2" and nodes["C6"].reads == ["B1", "B2"]
    assert nodes["B1"].formula == "" and nodes["B3"].reads == ["D6", "D7", "D8"]


def test_what_has_no_slopes_is_refused_by_its_cell(tmp_path: Path) -> None:
    with sheetgd.open_book(line(tmp_path / "line.xlsx", "=SUM(D6:D8)+0*ERF(B1)")) as book:
        with pytest.raises(SheetError) as unknown:
            find_slopes(book, ("Sheet", (3, 2)), PARAMETERS)
        with pytest.raises(UsageError) as apart:
            find_slopes(book, ("Sheet", (6, 1)), PARAMETERS)
    assert str(unknown.value) == (
        "Sheet!B3: ERF has no slope that sheetgd knows; write the formula with other functions."
    )
    assert str(apart.value) == "Sheet!A6 is not computed from B1, B2; name a cell that is, such as the loss."
    with (
        sheetgd.open_book(line(tmp_path / "gap.xlsx", "=SUM(D6:D8)/(B1-2)")) as book,
        pytest.raises(SheetError) as gap,
    ):
        find_slopes(book, ("Sheet", (3, 2)), PARAMETERS)
    assert str(gap.value) == (
        "Sheet!B3: there is an error, or a number too large, on the way to it; write the formula with other functions."
    )


def test_a_lesson_shows_the_slopes_of_now(tmp_path: Path) -> None:
    """Of logistic regression the slope of each sum is (p - c)/n; an epoch changes it."""
    path = sheetgd.new("logistic", tmp_path / "l.xlsx")
    with sheetgd.open_book(path) as book, sheetgd.session(book, "Logistic") as lesson:
        for _ in range(2):
            nodes = {node.cell: node for node in lesson.graph()}
            sheet = lesson.layout.sheet
            for row in range(41, 65):
                p, c = lesson.values([(row, 6), (row, 3)])
                assert isinstance(p, float) and isinstance(c, (int, float))
                assert nodes[f"E{row}"].slope == pytest.approx((p - c) / 24, abs=1e-12)
                assert nodes[f"E{row}"].value == pytest.approx(lesson.values([(row, 5)])[0])
            assert sheet.name == "Logistic" and lesson.graph("E41")[-1].cell == "E41"
            lesson.epoch()
