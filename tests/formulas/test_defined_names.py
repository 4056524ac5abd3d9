"""Defined names of every kind, as LibreOffice takes them: of one sheet, with formulas, constants, one in another."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

import office as libreoffice
import sheetgd
from sheetgd.books.xlsx.book import XlsxBook
from sheetgd.formulas.names import DefinedNames

NAMES = [
    ("k", None, "One!$A$1"),
    ("k", "Two", "Two!$A$1"),
    ("area", "One", "One!$A$2:$A$3"),
    ("rate", None, "0.25"),
    ("twice", None, "2*One!$A$1"),
    ("more", None, "twice+rate"),
    ("nested", "Two", "Two!$A$1+k"),
    ("word", None, '"abc"'),
    ("left", None, "One!A1"),
    ("mean", None, "AVERAGE(One!$A$1:$A$3)"),
]
FORMULAS = (
    "k*2",
    "Two!k",
    "SUM(One!area)",
    "IFERROR(rate,5)",
    "ISNUMBER(rate)",
    "IFERROR(twice,7)+1",
    "rate^2",
    "more",
    "SUMPRODUCT(One!area^2)",
    'word&"d"',
    "mean-rate",
)


def draw(path: Path) -> Path:
    book = openpyxl.Workbook()
    one, two = book.active, book.create_sheet("Two")
    assert one is not None
    one.title = "One"
    for row, number in enumerate((10, 1, 2), 1):
        one.cell(row, 1, number)
        two.cell(row, 1, 2 * number)
        two.cell(row, 5, "=left")  # what stands in its row, four columns to the left, on the other sheet
    for sheet in (one, two):
        for row, formula in enumerate(FORMULAS, 1):
            sheet.cell(row, 3, f"={formula}")
    two["C12"] = "=nested"
    for name, scope, meaning in NAMES:
        (book[scope] if scope else book).defined_names[name] = DefinedName(name, attr_text=meaning)
    book.save(path)
    return path


@pytest.mark.parametrize("from_cells", [False, True])
def test_names_mean_what_they_mean_in_libreoffice(
    from_cells: bool, tmp_path: Path, office: libreoffice.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = draw(tmp_path / "names.xlsx")
    if from_cells:
        monkeypatch.setattr(XlsxBook, "_verify_somehow", lambda book, _: book._verify_from_cells())
    expected = office.recalculate(path)
    with sheetgd.open_book(str(path)) as book:
        assert not book.model().frozen
        for sheet in ("One", "Two"):
            last = 12 if sheet == "Two" else 11
            found = book.model().get([(sheet, (row, 3)) for row in range(1, last + 1)])
            assert found == [expected[sheet][f"C{row}"] for row in range(1, last + 1)]


def test_a_name_is_relative_to_the_cell_that_uses_it() -> None:
    names = DefinedNames([("left", None, "One!A1"), ("up", "One", "One!$A1"), ("round", None, "round+1")])
    assert names.resolved("left+Left", ("Two", (3, 5))) == "One!E3+One!E3"
    assert names.resolved("One!up*2", ("Two", (3, 5))) == "One!$A3*2"
    assert names.resolved("round", ("Two", (3, 5))) == "(round+1)"


@pytest.mark.parametrize("formula", ["nosuch+1", "LET(rate,3,rate)", '"rate"&A1', "rate(1)", "k", "rate+"])
def test_what_is_no_such_name_stays(formula: str) -> None:
    names = DefinedNames([("rate", None, "0.1"), ("k", None, "One!$A$1"), ("broken", None, "1+")])
    assert names.resolved(formula, ("One", (1, 1))) == formula
