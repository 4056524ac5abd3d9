"""Exact gradients of whole workbooks: gaps, tables, whole columns, array formulas, OFFSET. The oracle is NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

import sheetgd
from fit_sheets import network
from sheetgd.fitting.fit import Fit

ROWS = 12
X = np.linspace(-1, 2, ROWS)
Y = 2.5 * X - 0.75 + 0.1 * np.cos(9 * X)
SLOPE, INTERCEPT = np.polyfit(X, Y, 1)


def sheet_of(
    path: Path, prediction: str, loss: str, *, error: str = "=(C{row}-B{row})^2", **more: Any
) -> Path:
    """x, y, prediction and error from row 6 on, m in B1, b in B2, the loss in B3."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B1"], sheet["B2"], sheet["B3"] = 1, 1, loss
    for column, title in enumerate(("x", "y", "pred", "error"), 1):
        sheet.cell(5, column, title)
    for row, (x, y) in enumerate(zip(X, Y, strict=True), 6):
        cells = float(x), float(y), prediction.format(row=row), error.format(row=row)
        for column, value in enumerate(cells, 1):
            sheet.cell(row, column, value)
    for cell, value in more.items():
        sheet[cell] = value
    book.save(path)
    return path


def fitted(path: Path) -> Fit:
    with sheetgd.open_book(path) as book:
        found = sheetgd.fit(book, minimize="Sheet!B3", change="B1,B2", optimizer="bfgs")
    assert (found.gradient, found.inexact) == ("exact", "")
    return found


def check(path: Path, slope: float = SLOPE, intercept: float = INTERCEPT) -> None:
    after = [change.after for change in fitted(path).history.parameters.values()]
    assert after == pytest.approx([slope, intercept], rel=1e-7)


LINE = "=$B$1*A{row}+$B$2"
LAST = ROWS + 5


@pytest.mark.parametrize(
    "loss",
    [
        f"=SUM(OFFSET(D5,1,0,{ROWS},1))/{ROWS}",
        "=SUM(D:D)/COUNT(A:A)",
        f"=SUM(INDEX(C5:D{LAST},0,2))",
        f'=SUMIFS(D6:D{LAST},A6:A{LAST},">-9")',
        f"=SUMXMY2(B6:B{LAST},C6:C{LAST})+ROUND(B1,3)*0",
    ],
)
def test_ways_to_add_the_errors(tmp_path: Path, loss: str) -> None:
    check(sheet_of(tmp_path / "s.xlsx", LINE, loss))


def test_rows_without_a_number_are_left_out(tmp_path: Path) -> None:
    path = sheet_of(
        tmp_path / "gaps.xlsx",
        '=IF(B{row}="","",$B$1*A{row}+$B$2)',
        f"=SUM(D6:D{LAST})/COUNT(C6:C{LAST})",
        error='=IF(C{row}="","",(C{row}-B{row})^2)',
        B7=None,
        B11=None,
    )
    kept = [number for number in range(ROWS) if number not in (1, 5)]
    check(path, *np.polyfit(X[kept], Y[kept], 1))


def test_a_table_of_which_the_last_row_holds_totals(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    own = "points[[#This Row],[{}]]".format
    sheet_of(
        path, f"=$B$1*{own('x')}+$B$2", "=AVERAGE(points[error])", error=f"=({own('pred')}-{own('y')})^2"
    )
    book = openpyxl.load_workbook(path)
    sheet = book["Sheet"]
    sheet.cell(LAST + 1, 4, f"=SUBTOTAL(109,D6:D{LAST})")
    table = Table(displayName="points", ref=f"A5:D{LAST + 1}", totalsRowCount=1)
    sheet.add_table(table)
    book.save(path)
    check(path)


def test_an_array_formula_that_fills_a_column(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "array.xlsx", "", f"=AVERAGE(D6:D{LAST})")
    book = openpyxl.load_workbook(path)
    sheet = book["Sheet"]
    area = f"C6:C{LAST}"
    for row in range(6, LAST + 1):
        sheet.cell(row, 3).value = None
    sheet["C6"] = ArrayFormula(area, f"=B1*A6:A{LAST}+B2")
    book.save(path)
    check(path)


def test_a_network_over_a_table(tmp_path: Path) -> None:
    path = network(tmp_path / "network.xlsx", 60)
    with sheetgd.open_book(path) as book:
        found = sheetgd.fit(book, minimize="Model!B5", change="Model!B2:K3", epochs=30)
    assert (found.gradient, found.inexact) == ("exact", "")
    assert found.history.loss and found.history.loss.after < found.history.loss.before


def test_factors_of_ratings_with_gaps(tmp_path: Path) -> None:
    """Products of two factors, of which one value is missing: as good as the singular values allow."""
    ratings = np.outer([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 0.5]) + 0.01 * np.arange(12).reshape(4, 3)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B1"] = "=SQRT(SUMXMY2(D3:F6,D10:F13)/COUNT(D10:F13))"
    for row in range(4):
        sheet.cell(3 + row, 2, 0.5 + 0.1 * row)
        for column in range(3):
            sheet.cell(10 + row, 4 + column, None if (row, column) == (1, 1) else float(ratings[row, column]))
            letter = "DEF"[column]
            product = f"MMULT($B{3 + row}:$B{3 + row},{letter}$2:{letter}$2)"
            sheet.cell(3 + row, 4 + column, f'=IF({letter}{10 + row}="",0,{product})')
            sheet.cell(2, 4 + column, 0.7)
    book.save(tmp_path / "factors.xlsx")
    with sheetgd.open_book(tmp_path / "factors.xlsx") as opened:
        found = sheetgd.fit(opened, minimize="B1", change="B3:B6,D2:F2")
    assert (found.gradient, found.inexact) == ("exact", "") and found.history.loss
    assert found.history.loss.after < 0.03


def test_a_thousand_weights_at_once(tmp_path: Path) -> None:
    """Ridge regression of 20 rows: every weight acts on every error, and the penalty decides among them."""
    count, rows, penalty = 1000, 20, 0.1
    dice = np.random.default_rng(5)
    inputs = dice.normal(size=(rows, count)).round(3)
    outputs = (inputs @ dice.normal(size=count)).round(3)
    last = get_column_letter(count)
    sheet = (book := openpyxl.Workbook()).active
    sheet.append([0] * count)
    for row, (given, wanted) in enumerate(zip(inputs.tolist(), outputs.tolist(), strict=True), 2):
        sheet.append([*given, wanted, f"=SUMPRODUCT(A{row}:{last}{row},$A$1:${last}$1)-ALM{row}"])
    sheet["A30"], sheet["B30"] = "loss", f"=SUMSQ(ALN2:ALN{rows + 1})+{penalty}*SUMSQ(A1:{last}1)"
    book.save(tmp_path / "ridge.xlsx")
    with sheetgd.open_book(tmp_path / "ridge.xlsx") as opened:
        found = sheetgd.fit(opened, minimize="B30", change=f"A1:{last}1", optimizer="bfgs")
    best = np.linalg.solve(inputs.T @ inputs + penalty * np.eye(count), inputs.T @ outputs)
    least = float(np.sum((inputs @ best - outputs) ** 2) + penalty * best @ best)
    after = [change.after for change in found.history.parameters.values()]
    assert (found.gradient, found.stopped) == ("exact", "flat")
    assert found.history.loss and found.history.loss.after == pytest.approx(least, rel=1e-9)
    np.testing.assert_allclose(np.array(after, float), best, rtol=0, atol=1e-5)
