"""Fits of NIST's problems in sheets, from both starts, against the certified parameters and sums of squares."""

from __future__ import annotations

import itertools
from pathlib import Path

import openpyxl
import pytest

import nist
import sheetgd as library

SHEETS = ("BoxBOD", "DanWood", "MGH09", "Misra1a", "Rat42", "Roszman1")


@pytest.mark.parametrize("name, start", list(itertools.product(SHEETS, (0, 1))))
def test_a_fit_of_a_sheet_reaches_the_certified_values(tmp_path: Path, name: str, start: int) -> None:
    data = nist.problem(name)
    path = nist.workbook(tmp_path / "fit.xlsx", name, start)
    with library.open_book(path) as book:
        found = library.fit(book, minimize="Fit!B11", change=f"Fit!B1:B{len(data.certified)}")
    assert found.history.loss and found.history.loss.after == pytest.approx(data.least, rel=1e-6)
    values = [change.after for change in found.history.parameters.values()]
    assert nist.digits(values, data) >= 6
    assert found.findings
    assert list(found.findings.errors.values()) == pytest.approx(data.deviations, rel=1e-5)
    assert openpyxl.load_workbook(path)["Fit"]["B1"].value == values[0]


def test_a_far_line_and_two_badly_scaled_parameters(tmp_path: Path) -> None:
    """Years from 1990 on, where slope and intercept are all but one; and Arrhenius' law, 1e6 beside 40,000."""
    book = openpyxl.Workbook()
    sheet = book.active
    years = list(range(1990, 2020))
    sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"] = "m", 0, "b", 0
    sheet["A3"], sheet["B3"] = "sse", "=SUMSQ(D5:D34)"
    sheet["A40"], sheet["B40"], sheet["A41"], sheet["B41"] = "A", 1e6, "Ea", 40000
    sheet["A42"], sheet["B42"] = "error", "=SUMSQ(D43:D47)"
    for row, year in enumerate(years, 5):
        sheet[f"A{row}"], sheet[f"B{row}"] = year, 25 * year - 49_500 + (-1) ** year
        sheet[f"D{row}"] = f"=B{row}-(B$1*A{row}+B$2)"
    for row, kelvin in enumerate((300, 320, 340, 360, 380), 43):
        sheet[f"A{row}"], sheet[f"B{row}"] = kelvin, f"=5E7*EXP(-52000/8.314/A{row})"
        sheet[f"D{row}"] = f"=B{row}-B$40*EXP(-B$41/8.314/A{row})"
    book.save(tmp_path / "two.xlsx")
    with library.open_book(tmp_path / "two.xlsx") as opened:
        line = library.fit(opened, minimize="sse", change="m,b").history
        law = library.fit(opened, minimize="error", change="B40:B41").history
    signs = [(-1) ** year for year in years]
    mean = sum(years) / 30
    spread = sum((year - mean) ** 2 for year in years)
    slope = sum((year - mean) * sign for year, sign in zip(years, signs, strict=True)) / spread
    rest = sum((sign - slope * (year - mean)) ** 2 for year, sign in zip(years, signs, strict=True))
    assert line.loss and line.loss.after == pytest.approx(rest, rel=1e-9)
    assert line.parameters["m"].after == pytest.approx(25 + slope, abs=1e-6)
    assert [change.after for change in law.parameters.values()] == pytest.approx([5e7, 52000], rel=1e-5)
