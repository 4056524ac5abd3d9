"""A student's worksheet: nothing hidden, the blanks, and alive when they are filled in."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest

import sheetgd as library
from classwork import CLASS, SEED, stepping, tab
from office import Office
from sheetgd.books.opening import open_book
from sheetgd.classroom import template
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.grid.edits import Edits


def test_a_students_file_hides_nothing(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kinds = {re.sub(r"\d+", "", name) for name in parts}
    assert kinds <= {
        "docProps/app.xml",
        "docProps/core.xml",
        "xl/charts/chart.xml",
        "xl/drawings/_rels/drawing.xml.rels",
        "xl/drawings/drawing.xml",
        "xl/sharedStrings.xml",
        "xl/theme/theme.xml",
        "xl/worksheets/sheet.xml",
        "xl/worksheets/_rels/sheet.xml.rels",
        "xl/styles.xml",
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "[Content_Types].xml",
    }
    workbook = ElementTree.fromstring(parts["xl/workbook.xml"])
    assert len(list(workbook.iterfind("{*}sheets/{*}sheet"))) == 1
    names = {name.get("name") for name in workbook.iterfind("{*}definedNames/{*}definedName")}
    assert names <= {"_xlnm.Print_Area", "_xlnm.Print_Titles"}
    assert not re.search(
        rb'state="(very)?hidden"| hidden="(1|true)"|veryHidden', b"".join(parts.values()), re.I
    )
    for name, data in parts.items():
        if name.startswith("xl/charts/"):
            assert b"Cache" not in data, name
        if name.startswith("docProps/"):
            assert b"Lovelace" not in data and given.id.encode() not in data, name
    core = parts["docProps/core.xml"]
    assert re.findall(rb"<dc:creator[^>]*>([^<]*)<", core) == [b"sheetgd"] and b"description" not in core


def test_no_answer_is_stored_anywhere(lesson: str, pressed: Any) -> None:
    given, path, solved = pressed(lesson)
    sheet, answers = tab(path), tab(solved)
    blanks = template.blank_cells(given)
    assert blanks and all(blank.cell not in sheet for blank in blanks)
    assert not [value for value in sheet.values() if isinstance(value, str) and value.startswith("#")]
    open_cells = {value for value in sheet.values() if isinstance(value, float)}
    for blank in blanks:
        answer = answers[blank.cell]
        if answer != round(answer, 1):  # a round number may well be somewhere by chance
            assert answer not in open_cells, blank
    if lesson in ("descent", "belts"):  # in the others everything is worked out from true numbers in sight
        true = list(given.true.values())[-1]
        found = {cell for cell, value in sheet.items() if value == true}
        assert all(re.fullmatch(r"[BC]\d+|[C-M]\d\d", cell) for cell in found), (true, found)


def test_assignments_of_one_drawing_differ_in_nothing_but_their_own_numbers(
    pressed: Any, tmp_path: Path
) -> None:
    """What another student's file holds that this one does not is numbers in sight, the name and the id."""
    one, other = assignments(CLASS, "descent", SEED)[:2]
    paths = []
    for given in (one, other):
        paths.append(tmp_path / f"{given.file}.xlsx")
        template.student(given, paths[-1])
    with zipfile.ZipFile(paths[0]) as first, zipfile.ZipFile(paths[1]) as second:
        changed = [name for name in first.namelist() if first.read(name) != second.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]
    a, b = map(tab, paths)
    assert a.keys() == b.keys()
    formulas = [cell for cell in a if a[cell] != b[cell]]
    blank = {blank.cell for blank in template.blank_cells(one)}
    assert not blank & set(formulas)


def test_blanks_are_marked_and_take_numbers_only(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    sheet = openpyxl.load_workbook(path).active
    blanks = {blank.cell for blank in template.blank_cells(given)}
    checked = {
        cell.coordinate
        for check in sheet.data_validations.dataValidation
        if check.type == "decimal" and check.showErrorMessage
        for area in check.sqref.ranges
        for row in sheet[area.coord if ":" in area.coord else f"{area.coord}:{area.coord}"]
        for cell in row
    }
    assert blanks <= checked
    assert all(
        sheet[cell].fill.fgColor.rgb.endswith("FFF3D6") and sheet[cell].value is None for cell in blanks
    )


def test_stored_results_are_libreoffices(lesson: str, pressed: Any, office: Office) -> None:
    _, path, solved = pressed(lesson)
    assert office.assert_stored_equals_recalculated(path) > 15
    assert office.assert_stored_equals_recalculated(solved) > 15


def test_filled_in_it_shows_all_that_the_solved_sheet_shows(
    lesson: str, pressed: Any, office: Office, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    answers = tab(solved)
    filled = Path(shutil.copy(path, tmp_path / "filled.xlsx"))
    edits = Edits()
    for blank in template.blank_cells(given):
        edits.set(f"{blank.sheet}!{blank.cell}", answers[blank.cell])
    with open_book(filled) as book:
        book.apply(edits)
    got = tab(filled)
    assert {cell for cell, value in got.items() if value == ""} == set()
    assert got.keys() - {"B" + str(row) for row in range(9, 20)} == answers.keys() - {
        "B" + str(row) for row in range(9, 20)
    }
    for cell, value in answers.items():
        expected = pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
        assert got[cell] == expected, cell
    office.assert_stored_equals_recalculated(filled)


def test_partly_filled_in_it_shows_no_error(
    lesson: str, pressed: Any, office: Office, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    answers, blanks = tab(solved), template.blank_cells(given)
    cells = {f"{blank.sheet}!{blank.cell}": answers[blank.cell] for blank in blanks[: len(blanks) // 2]}
    cells |= {f"{blanks[0].sheet}!{blanks[-1].cell}": "what is this?"}  # pasted: validation does not see it
    partly = office.edit(path, cells, tmp_path / "partly.xlsx")
    [sheet] = office.recalculate(partly).values()
    errors = {cell: value for cell, value in sheet.items() if str(value).startswith(("#", "Err:"))}
    assert not errors


@pytest.mark.parametrize("rows", [1, 10**9])
def test_any_columns_can_be_blank(lesson: str, rows: int, tmp_path: Path) -> None:
    every = [column.title for column in (*KINDS[lesson](None).columns, *KINDS[lesson](None).below)]
    for blanks in (every[:1], every[-2:], every):
        [given] = assignments(CLASS[:1], lesson, SEED, blanks=blanks, blank_rows=rows)
        template.student(given, tmp_path / "s.xlsx")
        sheet = tab(tmp_path / "s.xlsx")
        assert not [value for value in sheet.values() if isinstance(value, str) and value.startswith("#")]
        cells = template.blank_cells(given)
        assert {cell.title for cell in cells} == set(blanks) and not {
            cell.cell for cell in cells
        } & sheet.keys()


def test_the_solved_sheet_is_run_to_the_keys_final_values(lesson: str, pressed: Any, tmp_path: Path) -> None:
    given, _, solved = pressed(lesson)
    path = Path(shutil.copy(solved, tmp_path / "s.xlsx"))
    with open_book(path) as book:
        history = library.run(book)
    assert history.epochs == given.epochs
    after = [history.parameters[name].after for name in given.start]
    assert after == pytest.approx(stepping(given, given.epochs), rel=1e-9)
    assert [row["epoch"] for row in history.as_json()["log"]] == list(range(1, given.epochs + 1))
