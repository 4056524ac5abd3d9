"""Where a pupil's work is, and what keeps a grade back: moved tables, copied tabs, changed givens, deleted rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from returned_work import by_formulas
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import student
from sheetgd.formulas.grammar import parse, text
from sheetgd.formulas.tree import Corner, Reference, Tree, replaced

DOWN = 60
LESSONS = ["descent", "weight", "weights", "belts", "penguins"]


def one_of(lesson: str) -> Assignment:
    return assignments([Student("Ada Lovelace")], lesson, "places")[0]


def returned(folder: Path, one: Assignment, change: Callable[[openpyxl.Workbook], None]) -> Checked:
    """The worksheet as it comes back after a change to the solved one."""
    student(one, folder / "empty.xlsx")
    book = openpyxl.load_workbook(folder / "empty.xlsx")
    for cell, formula in by_formulas(one).items():
        book.worksheets[0][cell] = formula
    change(book)
    book.save(folder / "back.xlsx")
    [checked] = check([one], [folder / "back.xlsx"]).checked
    return checked


def cut_and_paste(sheet: Worksheet, plan: Plan) -> None:
    """Move the table down, and let every formula follow, as spreadsheets do."""
    top, bottom = plan.top, max([plan.top + plan.rows, *plan.under.values()])

    def follow(node: Tree) -> Tree | None:
        if not isinstance(node, Reference) or not (top <= node.area.top and node.area.bottom <= bottom):
            return None
        return node.with_ends(lambda end: Corner(end.column, end.row + DOWN, end.fixed_column, end.fixed_row))

    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.value = "=" + text(replaced(parse(cell.value[1:]), follow))
    sheet.move_range(f"B{top}:{list(plan.letters.values())[-1]}{bottom}", rows=DOWN)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_table_that_was_cut_and_pasted_further_down_is_found(lesson: str, tmp_path: Path) -> None:
    one = one_of(lesson)
    done = returned(tmp_path, one, lambda book: cut_and_paste(book.worksheets[0], Plan(one)))
    assert (done.problem, done.right, done.held) == ("", done.cells, ())


@pytest.mark.parametrize("lesson", LESSONS)
def test_work_on_a_copy_of_the_tab_is_found(lesson: str, tmp_path: Path) -> None:
    one = one_of(lesson)

    def duplicated(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book.worksheets[0]).title = "Mine"
        for cell in by_formulas(one):
            book.worksheets[0][cell] = None

    done = returned(tmp_path, one, duplicated)
    assert (done.right, done.held) == (done.cells, ())


def test_work_in_two_places_that_differs_is_held(tmp_path: Path) -> None:
    one = one_of("descent")

    def twice(book: openpyxl.Workbook) -> None:
        book.copy_worksheet(book.worksheets[0]).title = "Mine"
        book.worksheets[0]["F17"], book.worksheets[0]["G17"] = 5, None

    done = returned(tmp_path, one, twice)
    assert done.right == done.cells
    assert done.held == ("several places are filled in, Mine!F17 and F17; the fullest was taken",)


def put(**cells: object) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        for cell, value in cells.items():
            book.worksheets[0][cell] = value

    return change


def zero(book: openpyxl.Workbook) -> None:
    for row in range(17, 37):
        book.worksheets[0][f"B{row}"], book.worksheets[0][f"C{row}"] = 0, 0


def start_again(book: openpyxl.Workbook) -> None:
    for row in range(18, 37):
        book.worksheets[0][f"D{row}"], book.worksheets[0][f"E{row}"] = 1, 1


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        (zero, "B17 (x)"),
        (put(H3=0), "H3 (learn)"),
        (put(H5=0.1), "H5 (h)"),
        (put(C4=2, C5=30), "C4 (guess m)"),
        (put(B17=99), "B17 (x)"),
        (start_again, "D18 (m)"),
        (put(H17=1), "H17 (err_m1)"),
    ],
)
def test_changed_givens_are_held(
    change: Callable[[openpyxl.Workbook], None], cell: str, tmp_path: Path
) -> None:
    done = returned(tmp_path, one_of("descent"), change)
    [why] = done.held
    assert why.startswith("printed cells were changed: ") and cell in why


def test_deleted_printed_formulas_are_held(tmp_path: Path) -> None:
    done = returned(tmp_path, one_of("descent"), put(D19=None))
    assert "printed formulas were deleted in D19" in done.held


def test_a_harmless_sort_stays_free_and_is_said(tmp_path: Path) -> None:
    def sort(book: openpyxl.Workbook) -> None:
        sheet: Worksheet = book.worksheets[0]
        points = sorted((sheet[f"B{row}"].value, sheet[f"C{row}"].value) for row in range(17, 37))
        for row, (x, y) in enumerate(points, start=17):
            sheet[f"B{row}"], sheet[f"C{row}"] = x, y

    done = returned(tmp_path, one_of("descent"), sort)
    assert (done.right, done.held, done.altered) == (done.cells, (), ())
    assert "its points stand in another order" in done.notes


def test_a_deleted_row_is_named_and_held(tmp_path: Path) -> None:
    done = returned(tmp_path, one_of("belts"), lambda book: book.worksheets[0].delete_rows(24))
    assert "row 8 of its table is gone" in done.held
