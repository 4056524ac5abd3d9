"""What only the formula engine's loader cannot take: the model is then built from the cells that were read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill

import sheetgd as library
from conftest import CommandLine
from office import read_stored
from parts import change_part, read_parts
from small_lesson import draw

SHEET = "xl/worksheets/sheet1.xml"


def repack(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Write the zip anew, each entry as `change` says; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for entry in filter(None, (change(*entry) for entry in entries)):
            archive.writestr(*entry)


def backslashes(name: str, data: bytes) -> tuple[str, bytes]:
    return (name.replace("/", "\\") if name.startswith("xl/") else name), data


def no_styles(name: str, data: bytes) -> tuple[str, bytes] | None:
    if name == "xl/styles.xml":
        return None
    if name.endswith((".rels", "[Content_Types].xml")):
        data = re.sub(rb"<(Relationship|Override)[^>]*styles[^>]*/>", b"", data)
    return name, re.sub(rb' s="\d+"', b"", data)


def data_table(name: str, data: bytes) -> tuple[str, bytes]:
    """A table of losses for two m, as Excel's What-If Analysis stores it; its heading is no formula."""
    if name != SHEET:
        return name, data
    table = b'<c r="T20"><f t="dataTable" ref="T20:T21" dt2D="0" dtr="0" r1="B3"/><v>1</v></c>'
    rows = b'<row r="20">' + table + b'</row><row r="21"><c r="T21"><v>2</v></c></row></sheetData>'
    return name, data.replace(b"</sheetData>", rows)


def encoded_target(name: str, data: bytes) -> tuple[str, bytes]:
    if name.endswith("workbook.xml.rels"):
        data = data.replace(b"sheet1.xml", b"my%20sheet.xml")
    return name.replace("sheet1.xml", "my sheet.xml"), data.replace(
        b"sheet1.xml", b"my sheet.xml"
    ) if name == ("[Content_Types].xml") else data


def small_letters(name: str, data: bytes) -> tuple[str, bytes]:
    return name, re.sub(rb'<c r="[A-Z]+', lambda found: found[0].lower(), data) if name == SHEET else data


CASES = {
    "backslashes": backslashes,
    "no styles": no_styles,
    "a data table": data_table,
    "encoded": encoded_target,
    "small letters": small_letters,
}


@pytest.mark.parametrize("case", CASES)
def test_it_runs_all_the_same(sheetgd: CommandLine, tmp_path: Path, case: str) -> None:
    path = draw(tmp_path / "lesson.xlsx")
    assert sheetgd("run", draw(tmp_path / "plain.xlsx")).code == 0
    repack(path, CASES[case])
    ended = sheetgd("run", path)
    assert ended.code == 0, ended.err
    plain, cells = read_stored(tmp_path / "plain.xlsx")["Lesson"], {}
    with library.open_book(path) as book:
        sheet = book.cells("Lesson")
        cells = {cell: sheet.number(cell) for cell in sheet.values}
    assert cells[3, 2] == plain["B3"] and cells[5, 2] == pytest.approx(plain["B5"], rel=1e-14)
    assert sheetgd("reset", path).code == 0


def test_a_data_table_is_brought_up_to_date_by_excel_and_it_is_said(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    path = draw(tmp_path / "lesson.xlsx")
    repack(path, data_table)
    change_part(
        path, "xl/workbook.xml", lambda xml: re.sub(rb"<calcPr [^>]*/>", b'<calcPr calcId="1"/>', xml)
    )
    assert sheetgd("run", path).err == (
        "Note: the data table T20:T21 on Lesson is recalculated when Excel opens the workbook.\n"
    )
    with zipfile.ZipFile(path) as archive:
        assert b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")
    assert read_stored(path)["Lesson"]["T21"] == 2


def test_conditional_formats_with_formulas_stay_and_are_not_computed(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    """The engine would compute them at each recalculation; it is given a copy without them."""
    path = draw(tmp_path / "lesson.xlsx")
    plain = sheetgd("run", "lesson.xlsx", "-o", "plain.xlsx", "--json").json()
    book = openpyxl.load_workbook(path)
    rule = FormulaRule(formula=["COUNTIFS($A$1:$A$900,A1)>0"], fill=PatternFill("solid", bgColor="FFCC00"))
    book["Lesson"].conditional_formatting.add("A1:Z40", rule)
    book.save(path)
    before = read_parts(path)["xl/worksheets/sheet1.xml"]
    ended = sheetgd("run", "lesson.xlsx", "--json")
    assert (ended.code, ended.json()["parameters"]) == (0, plain["parameters"])
    kept = re.findall(rb"<conditionalFormatting.*</conditionalFormatting>", before)
    assert kept and kept[0] in read_parts(path)["xl/worksheets/sheet1.xml"]
