"""What-if data tables: after a run they show what LibreOffice computes of them, or the workbook asks Excel to."""

from __future__ import annotations

import re
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from office import Office, read_stored
from parts import change_part, read_parts
from sheetgd.errors import SheetError
from small_lesson import POINTS, draw

SHEET = "xl/worksheets/sheet1.xml"
SIDES: dict[str, Any] = {"T7": 0, "U7": 1, "V7": 2, "S8": 0, "S9": 15, "S10": 30, "S7": "=B5"}


def with_table(path: Path, ref: str, attributes: str, cells: dict[str, Any] | None = None) -> Path:
    """The lesson, with zeros for the results of a data table."""
    first, _, last = ref.partition(":")
    columns, rows = "TUVW"[: "TUVW".index(last[0]) + 1], range(int(first[1:]), int(last[1:]) + 1)
    inside = {f"{letter}{row}": 0 for letter in columns for row in rows}
    draw(path, {**SIDES, **(cells or {}), **inside})
    with library.open_book(path) as book:
        book.apply(library.Edits())  # so that results are stored
    table = f'<f t="dataTable" ref="{ref}" {attributes}/>'.encode()

    def put(xml: bytes) -> bytes:
        found, count = re.subn(rb'(<c r="%s"[^>]*>)(<v>)' % first.encode(), rb"\1" + table + rb"\2", xml)
        assert count == 1
        return found

    change_part(path, SHEET, put)
    return change_part(
        path, "xl/workbook.xml", lambda xml: re.sub(rb"<calcPr [^>]*/>", b'<calcPr calcId="1"/>', xml)
    )


def loss(m: float, b: float) -> float:
    return sqrt(sum((m * x + b - y) ** 2 for x, y in POINTS) / len(POINTS))


def test_a_table_of_two_inputs_shows_the_losses_of_now(
    sheetgd: CommandLine, tmp_path: Path, office: Office
) -> None:
    path = with_table(tmp_path / "lesson.xlsx", "T8:V10", 'dt2D="1" dtr="1" r1="B3" r2="B4"')
    ended = sheetgd("run", path)
    assert (ended.code, ended.err) == (0, "")
    cells = read_stored(path)["Lesson"]
    for column, m in zip("TUV", (0, 1, 2), strict=True):
        for row, b in zip((8, 9, 10), (0, 15, 30), strict=True):
            assert cells[f"{column}{row}"] == pytest.approx(loss(m, b), rel=1e-12, abs=1e-12)
    assert b"fullCalcOnLoad" not in read_parts(path)["xl/workbook.xml"]
    theirs = office.recalculate(path)["Lesson"]
    inside = [f"{column}{row}" for column in "TUV" for row in (8, 9, 10)]
    assert [theirs[cell] for cell in inside] == pytest.approx([cells[cell] for cell in inside], rel=1e-12)


@pytest.mark.parametrize(
    ("ref", "attributes", "cells", "inputs"),
    [
        ("T8:U10", 'dt2D="0" dtr="0" r1="B4"', {"T7": "=B5", "U7": "=I11"}, ("S8", "S9", "S10")),
        ("T8:V9", 'dt2D="0" dtr="1" r1="B3"', {"S8": "=B5", "S9": "=I11+B3"}, ("T7", "U7", "V7")),
    ],
)
def test_a_table_of_one_input_shows_each_of_its_formulas(
    sheetgd: CommandLine,
    tmp_path: Path,
    ref: str,
    attributes: str,
    cells: dict[str, Any],
    inputs: tuple[str, ...],
) -> None:
    """A run for each value of the input shows the same, cell by cell; what reads the table is brought up to date."""
    path = with_table(tmp_path / "lesson.xlsx", ref, attributes, {**cells, "Y1": f"=SUM({ref})"})
    assert sheetgd("run", path).err == ""
    after = read_stored(path)["Lesson"]
    by_row = 'dtr="1"' in attributes
    total = 0.0
    for value in inputs:
        edits = library.Edits()
        edits.set("Lesson!B3" if by_row else "Lesson!B4", SIDES[value])
        with library.open_book(path) as book:
            book.apply(edits, tmp_path / "other.xlsx", force=True)
        other = read_stored(tmp_path / "other.xlsx")["Lesson"]
        for formula in cells:
            cell = f"{value[0]}{formula[1:]}" if by_row else f"{formula[0]}{value[1:]}"
            assert after[cell] == pytest.approx(other[formula], rel=1e-12), cell
            total += after[cell]
    assert after["Y1"] == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize(
    ("attributes", "cells"),
    [
        ('dt2D="1" dtr="1" r1="B3" r2="B4" del2="1"', {}),
        ('dt2D="1" dtr="1" r1="B3" r2="C9"', {}),  # a formula
        ('dt2D="1" dtr="1" r1="B3" r2="B4"', {"S9": "fifteen"}),
        ('dt2D="1" dtr="1" r1="B3" r2="B4"', {"S7": 5}),
        ('dt2D="1" dtr="1" r1="B3" r2="B4"', {"S7": "=B5+RAND()"}),
        ('dt2D="1" dtr="1" r1="B3" r2="B4"', {"S7": "=1/B3"}),
    ],
)
def test_what_only_excel_can_tell_is_left_to_it_and_said(
    sheetgd: CommandLine, tmp_path: Path, attributes: str, cells: dict[str, Any]
) -> None:
    path = with_table(tmp_path / "lesson.xlsx", "T8:V10", attributes, cells)
    assert sheetgd("run", path).err.splitlines()[-1] == (
        "Note: the data table T8:V10 on Lesson is recalculated when Excel opens the workbook."
    )
    assert b'fullCalcOnLoad="1"' in read_parts(path)["xl/workbook.xml"]
    assert read_stored(path)["Lesson"]["U9"] == 0


def test_no_parameter_and_no_loss_may_rest_on_a_data_table(tmp_path: Path) -> None:
    path = with_table(
        tmp_path / "lesson.xlsx",
        "T8:V10",
        'dt2D="1" dtr="1" r1="B3" r2="B4"',
        {"S7": "=F9", "B5": "=MIN(T8:V10)"},
    )
    with library.open_book(path) as book, pytest.raises(SheetError) as refused:
        library.run(book)
    assert str(refused.value) == (
        "lesson.xlsx, Lesson!T8: rmse depends on this formula, and it belongs to a what-if data table, which is "
        "computed only when the run has ended; let no parameter and no loss depend on it."
    )
