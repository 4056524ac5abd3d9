"""What formulas refer to, and how they read when they are filled down: nasty ones, and LibreOffice's own filling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formula.translate import Translator

from sheetgd.books.opening import open_book
from sheetgd.formulas.references import is_volatile, only_reference, recurrence, references, shift
from sheetgd.grid.edits import Edits

PLAIN = {
    # functions, names and texts that look like references
    "LOG10(A1)+LOG(B2)": (["A1", "B2"], set(), {"LOG10", "LOG"}),
    "LOG10": (["LOG10"], set(), set()),  # without a parenthesis it is the cell in column LOG
    "_xlfn.STDEV.S(A1:A3)": (["A1:A3"], set(), {"STDEV.S"}),
    "R1C1+RC": ([], {"r1c1", "rc"}, set()),
    "A1_total+A1.rate+TAX_2024+_A1": ([], {"a1_total", "a1.rate", "tax_2024", "_a1"}, set()),
    "ZIP1*2+XFE1+A1048577": ([], {"zip1", "xfe1", "a1048577"}, set()),
    "XFD1048576": (["XFD1048576"], set(), set()),
    "\\A1+B2": (["B2"], {"\\a1"}, set()),
    "1E5+1.5e-3*C3-.5E2": (["C3"], set(), set()),
    '"A1 and ""B2"""&C3': (["C3"], set(), set()),
    "TRUE+FALSE+A1": (["A1"], set(), set()),
    "IF(#REF!=1,#DIV/0!,#N/A)+#NAME?+A1": (["A1"], set(), {"IF"}),
    "grün+наклон*A1": (["A1"], {"grün", "наклон"}, set()),
    # forms of references
    "$A$1+A$1+$A1": (["A1", "A1", "A1"], set(), set()),
    "B3:A1": (["A1:B3"], set(), set()),
    "A:C": (["A1:C1048576"], set(), set()),
    "$C:$A": (["A1:C1048576"], set(), set()),
    "2:3": (["A2:XFD3"], set(), set()),
    "a1+xfd1": (["A1", "XFD1"], set(), set()),
    "A1:B2 B1:C2": (["A1:B2", "B1:C2"], set(), set()),
    "A1#": (["A1"], set(), set()),
    "-A1%^2<>+B2": (["A1", "B2"], set(), set()),
}


@pytest.mark.parametrize("formula", PLAIN)
def test_references_on_the_same_sheet(formula: str) -> None:
    areas, names, functions = PLAIN[formula]
    found = references(formula, "S")
    assert [area.a1 for _, area in found.areas] == areas
    assert {name for name, _ in found.areas} <= {"S"}
    assert (found.names, found.functions) == (names, functions)


@pytest.mark.parametrize(
    ("formula", "areas"),
    [
        ("Data!A1", [("Data", "A1")]),
        ("'My data'!A1:B2", [("My data", "A1:B2")]),
        ("'It''s'!A1", [("It's", "A1")]),
        ("'a!b'!C3", [("a!b", "C3")]),
        ("A1!B2", [("A1", "B2")]),
        ("Übung!$B$2", [("Übung", "B2")]),
        ("Data!A:A+Data!1:1", [("Data", "A1:A1048576"), ("Data", "A1:XFD1")]),
        ("[1]Data!A1", [("[1]Data", "A1")]),
        ("'[1]My data'!A1", [("[1]My data", "A1")]),
    ],
)
def test_references_to_other_sheets(formula: str, areas: list[tuple[str, str]]) -> None:
    assert [(name, area.a1) for name, area in references(formula, "S").areas] == areas


def test_tables_are_not_names() -> None:
    found = references("SUM(Marks[Ana])+Marks[[#This Row],[A1]]*Marks[a'[b]+rate", "S")
    assert (found.tables, found.names, found.areas) == ({"marks"}, {"rate"}, [])


@pytest.mark.parametrize(
    "formula",
    ["SUM(A1:INDEX(B1:B9,3))", "S!A1:S!B2", "Jan:Dec!A1", "Q1:Q4!B2", "'Jan 1:Dec 9'!A1", "first:A9"],
)
def test_ranges_known_only_when_computed_are_marked(formula: str) -> None:
    assert ":" in references(formula, "S").functions


@pytest.mark.parametrize("formula", ["1+", "SUM(A1;A2)", "A1 2"])
def test_what_is_no_formula_may_refer_to_anything(formula: str) -> None:
    assert references(formula, "S") == ([], set(), set(), {":"})
    assert shift(formula, 1, 1) == formula and only_reference(formula, "S") is None


@pytest.mark.parametrize(
    ("first", "second", "start"),
    [
        ("$J$1*$D$8+(1-$J$1)*G20", "$J$1*H20+(1-$J$1)*G21", (8, 4)),
        ("D8", "H20", (8, 4)),
        ("D8+D8", "H20+H20", (8, 4)),
        ("D8+D9", "H20+H20", None),
        ("D8*2", "H20*3", None),
        ("D8-1", "H20+1", None),
        ("D8", "H20+1", None),
        ("SUM(D8)", "MAX(H20)", None),
        ("Other!D8", "H20", None),
        ("D8+", "H20+", None),
    ],
)
def test_where_a_column_starts_that_goes_on_from_the_row_above(
    first: str, second: str, start: tuple[int, int] | None
) -> None:
    assert recurrence(first, second, (20, 8), "Lesson") == start


def test_volatile_functions_are_told_from_names_and_texts() -> None:
    volatile = ["RAND()", "1+now()", "_xlfn.RANDARRAY(2)", "IF(A1,TODAY(),0)", "RANDBETWEEN(1,6)"]
    steady = ["BRAND(A1)", "rand+1", '"NOW(1)"&A1', "RAND", "'RAND(1)'!A1"]
    assert [is_volatile(formula) for formula in volatile] == [True] * len(volatile)
    assert [is_volatile(formula) for formula in steady] == [False] * len(steady)


@pytest.mark.parametrize(
    ("formula", "cell"),
    [
        ("C1", (1, 3)),
        ("$C$1", (1, 3)),
        ("+(C1)", (1, 3)),
        ("S!C1", (1, 3)),
        ("'s'!C1", (1, 3)),
        ("T!C1", None),
        ("C1:C2", None),
        ("C:C", None),
        ("-C1", None),
        ("ZIP1", None),
        ("C1+0", None),
        ("", None),
        (None, None),
    ],
)
def test_a_formula_that_only_repeats_a_cell(formula: str | None, cell: tuple[int, int] | None) -> None:
    assert only_reference(formula, "S") == cell


@pytest.mark.parametrize(
    ("formula", "filled"),
    [
        ("A:A", "B:B"),
        ("$A:A", "$A:B"),
        ("SUM($A:$A)", "SUM($A:$A)"),
        ("1:1", "3:3"),
        ("$1:2", "$1:4"),
        ("Data!A:B*'My data'!2:2", "Data!B:C*'My data'!4:4"),
        ("XFD1048576", "A2"),  # Excel goes round the edge, too
        ("ZIP1+A2000000", "ZIP1+A2000000"),
        ("LOG10(A1)", "LOG10(B3)"),
        ('"A1"&A1', '"A1"&B3'),
        ("Q1:Q4!A1", "Q1:Q4!B3"),
        ("S!A1:S!B2", "S!B3:S!C4"),
        ("Marks[[#This Row],[A1]]", "Marks[[#This Row],[A1]]"),
        ("#REF!+A1", "#REF!+B3"),
        ("R1C1+my_A1", "R1C1+my_A1"),
        ("1E5+A1", "1E5+B3"),
    ],
)
def test_filling_down_two_and_right_one(formula: str, filled: str) -> None:
    assert shift(formula, 2, 1) == filled


@pytest.mark.parametrize(
    "formula",
    [
        "A1*$C$2+SUM(B$1:$B3)",
        "IF(Data!A1>0,'My data'!$A2,0)",
        "SUM(A:A)+SUM($B:$C)",
        "SUM(5:7)",
        "VLOOKUP(A1,Data!$A$1:$B$9,2,FALSE)",
        '"A1 ""B2"" "&C3',
        "LOG10(A1)^2%",
    ],
)
def test_openpyxl_fills_alike(formula: str) -> None:
    expected = Translator("=" + formula, origin="D4").translate_formula("F9")
    assert "=" + shift(formula, 5, 2) == expected


def test_libreoffice_fills_alike(office: Any, tmp_path: Path) -> None:
    """A shared formula with whole columns, read by both: its children's results follow an edit alike."""
    path = tmp_path / "shared.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 6):
        sheet.cell(row, 1, row)
        sheet.cell(row, 2, 10 * row)
    for column in "DE":
        sheet[f"{column}1"] = f"=SUM({chr(ord(column) - 3)}:{chr(ord(column) - 3)})+$A1"
    book.save(path)
    share(path)
    edits = Edits()
    edits.set("Sheet!B5", 99)
    with open_book(path) as opened:
        formulas = opened.cells("Sheet").formulas
        opened.apply(edits)
    assert (formulas[1, 4], formulas[1, 5]) == ("SUM(A:A)+$A1", "SUM(B:B)+$A1")
    assert office.assert_stored_equals_recalculated(path) == 2


def share(path: Path) -> None:
    """Turn D1 and E1 into one shared formula, as Excel writes a formula that was filled right."""
    from parts import change_part

    def shared(xml: bytes) -> bytes:
        xml = xml.replace(b"<f>SUM(A:A)+$A1</f>", b'<f t="shared" ref="D1:E1" si="0">SUM(A:A)+$A1</f>')
        return xml.replace(b"<f>SUM(B:B)+$A1</f>", b'<f t="shared" si="0"/>')

    change_part(path, "xl/worksheets/sheet1.xml", shared)
