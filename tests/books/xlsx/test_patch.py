"""Edits of whole workbooks: encodings, values, formulas and their results, and places that are not for typing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

import sheetgd
from handmade import MAIN, PACKAGE, RELATIONS, STRICT, STRICT_RELATIONS, hand_made, parts_of, sheet_xml
from parts import read_parts, write_parts
from patched import ROWS, SHEET, STRICT_READERS, arrays, edit, edited, refused
from readers import READERS, calamine_values, openpyxl_values
from sheetgd.errors import SheetgdError
from sheetgd.grid.a1 import Area
from sheetgd.grid.sheet import ErrorValue
from workbooks import excel_made

TWICE = "<row><c><v>1</v></c><c><f>A1*2</f><v>2</v></c></row>"


NEW = {"S!A1": 2.5, "S!C1": "grün", "S!A3": True}


def test_a_prefixed_namespace(tmp_path: Path, office: Any) -> None:
    data = re.sub(r"<(/?)", r"<\1x:", ROWS)
    xml = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{data}</x:sheetData></x:worksheet>'
    path = write_parts(tmp_path / "prefixed.xlsx", parts_of(xml))
    edited(path, NEW)
    assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀", "C1": "grün", "A3": 1.0}


def test_strict_open_xml(tmp_path: Path, office: Any) -> None:
    parts = parts_of(sheet_xml(ROWS))
    strict = {
        name: data.replace(MAIN.encode(), STRICT.encode()).replace(
            RELATIONS.encode(), STRICT_RELATIONS.encode()
        )
        for name, data in parts.items()
    }
    path = write_parts(tmp_path / "strict.xlsx", strict)
    edited(path, NEW, readers=STRICT_READERS)
    assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀", "C1": "grün", "A3": 1.0}


@pytest.mark.parametrize(
    "encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "windows-1252", "utf-8-sig"]
)
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = sheet_xml(ROWS.replace("😀", "")).replace("UTF-8", encoding.replace("utf-8-sig", "UTF-8"))
    path = write_parts(tmp_path / "encoded.xlsx", parts_of(text.encode(encoding)))
    edit(path, NEW)
    expected = {"A1": 2.5, "B1": "é", "C1": "grün", "A3": True}
    assert openpyxl_values(path)["S"] == calamine_values(path)["S"] == expected


def test_results_follow_where_the_engine_needs_a_plain_copy(tmp_path: Path, office: Any) -> None:
    """Strict, in UTF-16, without addresses, and with a comment whose part is named by an absolute path."""
    comments = f'<comments xmlns="{MAIN}"><authors><author>a</author></authors><commentList/></comments>'
    rels = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/comments" '
        'Target="/xl/comments/comment1.xml"/></Relationships>'
    )
    extra = {"xl/comments/comment1.xml": comments, "xl/worksheets/_rels/sheet1.xml.rels": rels}
    parts = parts_of(sheet_xml(TWICE), extra)
    parts[SHEET] = parts[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    strict = {
        name: data.replace(MAIN.encode(), STRICT.encode()).replace(
            RELATIONS.encode(), STRICT_RELATIONS.encode()
        )
        for name, data in parts.items()
    }
    for name, form in (("plain", parts), ("strict", strict)):
        path = write_parts(tmp_path / f"{name}.xlsx", form)
        edit(path, {"S!A1": 4.0})
        assert calamine_values(path)["S"] == {"A1": 4, "B1": 8}
        assert office.as_loaded(path)["S"] == {"A1": 4, "B1": 8}


VALUES: list[Any] = [
    *(
        1.5,
        0.1 + 0.2,
        1e300,
        5e-324,
        -(2.0**53),
        123456789012345680.0,
        7,
        2**70,
        True,
        False,
        "plain",
        " blanks ",
    ),
    *(
        "two\nlines",
        "tab\there",
        "<&>\"']]>",
        "=1+1",
        "+1",
        "-1",
        "@sum",
        "\t=1",
        "é😀",
        "x" * 32_767,
        "😀" * 16_383,
    ),
]


ESCAPED = [
    "_x0041_",
    "_x005F_",
    "\x07bell",
    "_x_",
    "_X0041_",
]  # openpyxl and IronCalc show these as the file has them


def test_values_read_back_everywhere(tmp_path: Path, office: Any) -> None:
    path = hand_made(tmp_path / "values.xlsx", "")
    cells = {f"S!A{row}": value for row, value in enumerate([*VALUES, *ESCAPED], 1)}
    edit(path, cells)
    for name, read in {**READERS, "LibreOffice": office.as_loaded}.items():
        shown = read(path)["S"]
        for row, value in enumerate(VALUES, 1):
            assert shown[f"A{row}"] == value, (name, row, str(value)[:40])
    shown = office.as_loaded(path)["S"]
    for row, value in enumerate(ESCAPED, len(VALUES) + 1):
        assert calamine_values(path)["S"][f"A{row}"] == shown[f"A{row}"] == value
    booleans = {f"A{row}" for row, value in enumerate(VALUES, 1) if type(value) is bool}
    assert shown.formulas == booleans  # LibreOffice takes them for =TRUE() and =FALSE()


def test_an_edit_may_be_edited_again(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "again.xlsx", "")
    for value in (1.0, "text", "_x0041_ ", True, 1.0, None, False, 0.0, ErrorValue("#N/A"), "#N/A", None):
        edit(path, {"S!B2": value})
        with sheetgd.open_book(path) as book:
            got = book.cells("S").values.get((2, 2))
        assert got == value and type(got) is type(value)
    assert read_parts(path)[SHEET].count(b"<c ") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "nan is not a number that a cell can hold; use a finite one"),
        (float("-inf"), "-inf is not a number that a cell can hold; use a finite one"),
        (10**400, "the number is larger than a cell can hold; use a smaller one"),
        ("😀" * 16_384, "a text of 32,768 characters is longer than a cell can hold (32,767); shorten it"),
        (
            3 + 4j,
            "a complex is not something that a cell can hold; use a number, a text, True, False or None",
        ),
        (
            ErrorValue("#CIRC!"),
            "the result is #CIRC!, which only the formula engine knows; write the formula with",
        ),
    ],
)
def test_what_no_cell_can_hold_is_refused(tmp_path: Path, value: Any, message: str) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    assert refused(path, {"S!A2": value}).startswith(f"book.xlsx, S!A2: {message}")


def test_results_follow_on_every_sheet(tmp_path: Path, office: Any) -> None:
    path = tmp_path / "results.xlsx"
    with xlsxwriter.Workbook(path) as book:
        data, other, apart = (book.add_worksheet(name) for name in ("data", "other", "apart"))
        data.write_column("A1", [1, 2, 3])
        data.write_formula("B1", "=SUM(A1:A3)", None, 6)
        other.write_formula("A1", '=IF(data!B1>5,"much","little")', None, "much")
        other.write_formula("A2", "=data!B1>5", None, True)
        other.write_formula("A3", "=1/(data!B1-6)", None, "#DIV/0!")
        other.write_formula("A4", "=NA()", None, "#N/A")
        other.write_formula("A5", '=data!A1&" <b> "', None, "1 <b> ")
        apart.write_formula("A1", "=1+1", None, 2)
    results = {"data!B1", "other!A1", "other!A2", "other!A3", "other!A5"}
    edited(path, {"data!A1": -1.5}, results, parts={SHEET, SHEET.replace("1", "2")})
    assert openpyxl_values(path)["other"] == {
        "A1": "little",
        "A2": False,
        "A3": 1 / (3.5 - 6),
        "A4": "#N/A",
        "A5": "-1.5 <b> ",
    }
    assert office.assert_stored_equals_recalculated(path) == 7


def test_shared_formulas(tmp_path: Path, office: Any) -> None:
    data = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}"><f t="shared" '
        + (f'ref="B1:B4" si="0">A1*$A$1+{"SUM(A:A)"}</f>' if row == 1 else 'si="0"/>')
        + f"<v>{row + 10}</v></c></row>"
        for row in range(1, 5)
    )
    path = hand_made(tmp_path / "shared.xlsx", data)
    edited(path, {"S!A1": 2.0}, {f"S!B{row}" for row in range(1, 5)})
    assert [calamine_values(path)["S"][f"B{row}"] for row in range(1, 5)] == [15, 15, 17, 19]
    assert office.assert_stored_equals_recalculated(path) == 4
    assert "B2: it" not in refused(path, {"S!B2": 1.0})
    assert "S!B2: sheetgd would write here, but it holds the formula =A2*$A$1+SUM(A:A)" in refused(
        path, {"S!B2": 1.0}
    )


def test_arrays_and_spills_are_refreshed(tmp_path: Path, office: Any) -> None:
    path = arrays(tmp_path / "arrays.xlsx")
    master = re.search(rb'<c r="E1"[^>]*>', read_parts(path)[SHEET])
    assert master and b'cm="1"' in master[0]
    edited(path, {"S!A2": 10.0}, {"S!C2", "S!E2"})
    xml = read_parts(path)[SHEET]
    assert re.search(rb'<c r="E1"[^>]* cm="1"', xml) and xml.count(b"</f>") == 2
    stored, shown = calamine_values(path)["S"], office.recalculate(path)["S"]
    for cell, value in {"C1": 2, "C2": 20, "C3": 6, "E1": 2, "E2": 11, "E3": 4}.items():
        assert stored[cell] == shown[cell] == value, cell


@pytest.mark.parametrize("cell", ["C2", "C3", "E2", "E3"])
def test_edits_inside_an_array_are_refused(tmp_path: Path, cell: str) -> None:
    path = arrays(tmp_path / "arrays.xlsx")
    assert refused(path, {f"S!{cell}": 1.0}) == (
        f"arrays.xlsx, S!{cell}: sheetgd would write here, but it is part of an array formula; "
        "move it, or type a plain number here."
    )


def test_edits_inside_a_data_table_are_refused(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><v>6</v></c></row><row r="2"><c r="A2"><v>1</v></c>'
        '<c r="B2"><f t="dataTable" ref="B2:B3" dt2D="0" dtr="0" r1="A1"/><v>2</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>4</v></c></row>'
    )
    path = hand_made(tmp_path / "table.xlsx", data)
    for cell in ("B2", "B3"):
        assert "part of a data table" in refused(path, {f"S!{cell}": 1.0})
    edit(path, {"S!A5": 1.0})
    assert calamine_values(path)["S"] == {"A1": 3, "B1": 6, "A2": 1, "B2": 2, "A3": 2, "B3": 4, "A5": 1}


def test_a_recalculation_is_asked_for_only_where_a_result_is_uncertain(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>A1*2</f><v>6</v></c>'
        '<c r="C1"><f>A1*2</f><v>999</v></c><c r="D1"><v>1</v></c></row>'
    )
    path = hand_made(tmp_path / "uncertain.xlsx", data)
    edit(path, {"S!D1": 2.0})  # C1 cannot be reproduced, but does not depend on D1
    assert b"fullCalcOnLoad" not in read_parts(path)["xl/workbook.xml"]
    warnings = edit(path, {"S!A1": 4.0})
    assert b'<calcPr fullCalcOnLoad="1"/>' in read_parts(path)["xl/workbook.xml"]
    assert calamine_values(path)["S"] == {"A1": 4, "B1": 8, "C1": 999, "D1": 2}
    assert any("S!C1" in warning and "999" in warning for warning in warnings)


def test_merged_areas(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("B2:D4", "title")
    assert "S!C3: sheetgd would write here, but it is part of a merged area" in refused(path, {"S!C3": 1.0})
    edited(path, {"S!B2": "new title", "S!E2": 1.0})


def test_table_headings(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.add_table("B2:C5", {"columns": [{"header": "x"}, {"header": "y"}], "data": [[1, 2]] * 3})
        sheet.add_table("F2:G5", {"header_row": False, "data": [[1, 2]] * 4})
    assert "S!C2: sheetgd would write here, but it is part of a table's heading" in refused(
        path, {"S!C2": "z"}
    )
    edited(path, {"S!C3": 9.0, "S!F2": 8.0, "S!B6": 7.0})


def test_pivot_tables(tmp_path: Path) -> None:
    parts = parts_of(sheet_xml(ROWS))
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{RELATIONS}/pivotTable" '
        'Target="../pivotTables/pivotTable1.xml"/></Relationships>'
    ).encode()
    parts["xl/pivotTables/pivotTable1.xml"] = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="p" cacheId="1"><location ref="E2:F5" firstHeaderRow="1" '
        'firstDataRow="1" firstDataCol="1"/></pivotTableDefinition>'
    ).encode()
    path = write_parts(tmp_path / "pivot.xlsx", parts)
    assert "S!F5: sheetgd would write here, but it is part of a pivot table" in refused(path, {"S!F5": 1.0})
    edit(path, {"S!G5": 1.0})


def test_a_protected_sheet_is_patched_and_said(tmp_path: Path) -> None:
    path = tmp_path / "protected.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("S").protect("secret")
    assert edited(path, {"S!A1": 1.0}) == ["sheet S is protected; sheetgd wrote to it anyway"]


@pytest.mark.parametrize("number", [3.0, 3])
def test_a_number_in_a_date_cell_is_said(tmp_path: Path, number: float) -> None:
    path = hand_made(tmp_path / "date.xlsx", '<row r="1"><c r="A1" s="2"><v>45000</v></c></row>')
    assert edit(path, {"S!A1": number}) == ["S!A1 shows its number as a date: give the cell a number format"]
    assert edit(path, {"S!A1": "text"}) == []


def test_the_1904_calendar(tmp_path: Path, office: Any) -> None:
    path = tmp_path / "1904.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", 1)
        sheet.write_formula("B1", "=A1*2", None, 2)
        sheet.write_formula("C1", "=YEAR(A2)", None, 1904)
        sheet.write("A2", 10, book.add_format({"num_format": "yyyy-mm-dd"}))
    edited(path, {"S!A1": 4.0}, {"S!B1"})
    assert calamine_values(path)["S"]["C1"] == 1904
    assert office.assert_stored_equals_recalculated(path) == 2


def test_unknown_sheets_are_named(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    assert refused(path, {"T!A1": 1.0}) == "book.xlsx: there is no sheet T; its sheets are S."
    edits = sheetgd.Edits()
    edits.add_color_scale("T", Area.parse("A1:B2"))
    with sheetgd.open_book(path) as book, pytest.raises(SheetgdError, match="there is no sheet T"):
        book.apply(edits)


def test_a_colour_scale_is_not_piled_up(tmp_path: Path, office: Any) -> None:
    path = hand_made(tmp_path / "scale.xlsx", ROWS)
    for _ in range(3):
        edits = sheetgd.Edits()
        edits.add_color_scale("S", Area.parse("A1:B2"))
        with sheetgd.open_book(path) as book:
            book.apply(edits)
    sheet = openpyxl.load_workbook(path)["S"]
    [[rule]] = list(sheet.conditional_formatting._cf_rules.values())
    assert (rule.type, rule.priority) == ("colorScale", 1)
    assert office.as_loaded(path)["S"]["A1"] == 1


def test_a_signed_workbook_needs_force(tmp_path: Path) -> None:
    parts = {**parts_of(sheet_xml(ROWS)), "_xmlsignatures/sig1.xml": b"<Signature/>"}
    path = write_parts(tmp_path / "signed.xlsx", parts)
    assert refused(path, {"S!A1": 2.0}) == (
        "signed.xlsx: it has a digital signature, which a change would break; add --force to change it anyway."
    )
    edited(path, {"S!A1": 2.0}, force=True)


def test_everything_excel_puts_into_a_workbook_stays(tmp_path: Path, office: Any) -> None:
    path = excel_made(tmp_path / "excel.xlsm")
    before = office.as_loaded(path)
    edited(path, {"marks!A2": 40.0}, {"marks!D2"}, parts={"xl/worksheets/sheet3.xml"})
    after = office.as_loaded(path)
    assert after["marks"].pop("D2") == 51 and after["marks"].pop("A2") == 40
    assert before["marks"].pop("D2") == 15 and before["marks"].pop("A2") == 4
    assert after == before
