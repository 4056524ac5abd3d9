"""What only the formula engine's loader cannot take: the model is then built from the cells that were read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

import sheetgd as library
from conftest import CommandLine
from office import read_stored
from parts import change_part, read_parts
from small_lesson import draw, lesson_cells

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


def with_a_table(path: Path) -> Path:
    """The lesson with its points as a table, which the loss, one of its own columns and a defined name read."""
    draw(
        path,
        {
            "B5": "=SQRT(SUMPRODUCT((Points[x]*B3+B4-measured)^2)/COUNT(Points[x]))",
            "S1": "=SUM(Points[[#Data],[x]:[y]])",
        },
    )
    book = openpyxl.load_workbook(path)
    book["Lesson"]["E10"] = "=Points[[#This Row],[m]]*Points[[#This Row],[x]]+Points[[#This Row],[b]]"
    book["Lesson"].add_table(Table(displayName="Points", ref="A8:L11"))
    book.defined_names["measured"] = DefinedName("measured", attr_text="Points[y]")
    book.save(path)
    return path


def test_structured_references_survive_a_loader_that_fails(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("run", draw(tmp_path / "plain.xlsx")).code == 0
    path = with_a_table(tmp_path / "lesson.xlsx")
    repack(path, no_styles)
    ended = sheetgd("run", path)
    assert (ended.code, ended.err) == (0, "")
    plain, cells = read_stored(tmp_path / "plain.xlsx")["Lesson"], read_stored(path)["Lesson"]
    assert [cells[cell] for cell in ("B3", "B4")] == [plain[cell] for cell in ("B3", "B4")]
    assert cells["B5"] == pytest.approx(plain["B5"], rel=1e-14) and cells["S1"] == 7 + 9 + 28 + 44 + 48 + 86


def shared_texts(path: Path, change: Callable[[bytes], bytes] = lambda xml: xml) -> Path:
    """The lesson as XlsxWriter draws it, whose list of shared texts is then missing."""
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Lesson")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
    texts = re.findall(rb"<si><t[^>]*>(.*?)</t></si>", read_parts(path)["xl/sharedStrings.xml"])

    def inline(cell: re.Match[bytes]) -> bytes:
        return cell[1] + b' t="inlineStr"><is><t>' + texts[int(cell[2])] + b"</t></is></c>"

    def repacked(name: str, data: bytes) -> tuple[str, bytes] | None:
        if name == SHEET:
            data = change(re.sub(rb'(<c r="[A-Z]+\d+")[^>]* t="s"><v>(\d+)</v></c>', inline, data))
        return None if name == "xl/sharedStrings.xml" else (name, data)

    repack(path, repacked)
    return path


def test_a_list_of_shared_texts_that_nobody_needs_may_be_missing(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    path = shared_texts(tmp_path / "lesson.xlsx")
    assert sheetgd("run", path).code == 0 and sheetgd("reset", path).code == 0

    def one(xml: bytes) -> bytes:
        return xml.replace(b"</sheetData>", b'<row r="99"><c r="A99" t="s"><v>0</v></c></row></sheetData>')

    ended = sheetgd("run", shared_texts(tmp_path / "needed.xlsx", one))
    assert ended.code == 1 and ended.err == (
        "needed.xlsx: its part xl/sharedStrings.xml is missing; open it in Excel or LibreOffice and save it again.\n"
    )


OTHER_SHEETS = {
    "dialogsheet": b'<dialogsheet xmlns="%s"><sheetViews><sheetView workbookViewId="0"/></sheetViews></dialogsheet>',
    "xlMacrosheet": b'<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" xmlns="%s">'
    b'<sheetData><row r="1"><c r="A1"><f>RETURN()</f><v>0</v></c></row></sheetData></xm:macrosheet>',
    "chartsheet": b'<chartsheet xmlns="%s"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>',
}


@pytest.mark.parametrize("kind", OTHER_SHEETS)
def test_sheets_of_another_kind_are_left_alone(sheetgd: CommandLine, tmp_path: Path, kind: str) -> None:
    path = draw(tmp_path / "lesson.xlsx")
    spaces = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    odd = OTHER_SHEETS[kind] % spaces

    def with_sheet(name: str, data: bytes) -> tuple[str, bytes]:
        if name == "xl/workbook.xml":
            sheet = b'<sheets><sheet xmlns:r="%s" name="Odd" sheetId="77" r:id="rId77"/>' % relations
            data = data.replace(b"<sheets>", sheet)
        if name.endswith("workbook.xml.rels"):
            new = b'<Relationship Id="rId77" Type="%s/%s" Target="odd.xml"/></Relationships>'
            data = data.replace(b"</Relationships>", new % (relations, kind.encode()))
        return name, data

    repack(path, with_sheet)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/odd.xml", odd)
    assert [sheetgd(word, path).code for word in ("look", "run", "reset")] == [0, 0, 0]
    assert read_parts(path)["xl/odd.xml"] == odd


@pytest.mark.parametrize("formula", ["=EDATE(1,1E18)", "=NOSUCH(1)"])
def test_cells_can_be_edited_whatever_the_engine_makes_of_the_formulas(tmp_path: Path, formula: str) -> None:
    """On the first one IronCalc panics: only Excel can then say what the other formulas show."""
    path = draw(tmp_path / "lesson.xlsx", {"Z1": formula})
    with library.open_book(path) as book:
        edits = library.Edits()
        edits.set("Lesson!B3", 5)
        book.apply(edits)
        warned = list(book.warnings)
    cells = openpyxl.load_workbook(path)["Lesson"]
    assert (cells["B3"].value, cells["Z1"].value, cells["C9"].value) == (5, formula, "=$B$3")
    if formula != "=NOSUCH(1)":
        assert warned == [
            "the formula engine cannot compute the workbook: its formulas are recalculated when Excel or LibreOffice "
            "opens it"
        ]
        assert b'fullCalcOnLoad="1"' in read_parts(path)["xl/workbook.xml"]
