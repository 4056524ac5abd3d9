"""Structured references as plain ones, against what LibreOffice makes of them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table, TableColumn

from office import Office
from sheetgd.formulas.structured import TableFrame, without_tables
from sheetgd.grid.a1 import Area

FRAME = TableFrame("My data", Area(3, 2, 7, 4), ["Name", "Points [1]", "it's"], totals=1)
MEANT = [
    ("SUM(T[Points '[1']])", (1, 1), "SUM('My data'!$C$4:$C$6)"),
    ("T[[#This Row],[Points '[1']]]*2", (5, 5), "'My data'!$C5*2"),
    ("T[@[it''s]]", (6, 5), "'My data'!$D6"),
    ("SUM(T[[Name]:[it''s]])", (1, 1), "SUM('My data'!$B$4:$D$6)"),
    ("SUM(T[])+ROWS(T[#All])", (1, 1), "SUM('My data'!$B$4:$D$6)+ROWS('My data'!$B$3:$D$7)"),
    ("T[[#Totals],[it''s]]", (1, 1), "'My data'!$D$7"),
    ("COUNTA(T[#Headers])", (1, 1), "COUNTA('My data'!$B$3:$D$3)"),
    ("COUNTA(T[[#Headers],[#Data],[Name]])", (1, 1), "COUNTA('My data'!$B$3:$B$6)"),
    ("SUM([it''s])", (5, 2), "SUM('My data'!$D$4:$D$6)"),
]


@pytest.mark.parametrize(("formula", "cell", "plain"), MEANT)
def test_what_a_structured_reference_means(formula: str, cell: tuple[int, int], plain: str) -> None:
    assert without_tables(formula, ("My data", cell), {"t": FRAME}) == plain


@pytest.mark.parametrize(
    "formula",
    [
        "SUM(Other[Name])",
        "T[Nothing]",
        "T[[#This Row],[Name]]",
        "T[#Sums]",
        "A1+",
        '"T[Name]"&A1',
        "SUM([Name])",
    ],
)
def test_what_means_nothing_here_stays(formula: str) -> None:
    assert without_tables(formula, ("My data", (20, 20)), {"t": FRAME}) == formula


def test_both_forms_show_the_same_in_libreoffice(tmp_path: Path, office: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "S"
    for row in (["x", "y", "z"], [1, 10, 100], [2, 20, 200], [3, 30, 300]):
        sheet.append(row)
    table = Table(displayName="T", ref="A1:C4")
    table.tableColumns = [TableColumn(id=number, name=name) for number, name in enumerate("xyz", 1)]
    sheet.add_table(table)
    frame = TableFrame("S", Area(1, 1, 4, 3), ["x", "y", "z"])
    formulas = ["SUM(T[y])", "SUM(T[[x]:[z]])", "T[[#This Row],[z]]-T[[#This Row],[x]]", "SUM(T[#All])"]
    for row, formula in enumerate(formulas, 2):
        sheet.cell(row, 6, f"={formula}")
        sheet.cell(row, 7, "=" + without_tables(formula, ("S", (row, 6)), {"t": frame}))
    book.save(tmp_path / "table.xlsx")
    cells = office.recalculate(tmp_path / "table.xlsx")["S"]
    found = [(cells[f"F{row}"], cells[f"G{row}"]) for row in range(2, 6) if row != 5]
    assert found == [(60, 60), (666, 666), (297, 297)] and cells["G5"] == 666
