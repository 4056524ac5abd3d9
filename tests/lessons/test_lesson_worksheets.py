"""Seven lessons as worksheets: formulas, tabs, validation, charts and pages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from conftest import CommandLine
from office import Office
from seven_lessons import DRAWN, TABS
from sheetgd.lessons import SEVERAL_TABS

MORE = {  # the tabs behind those that are run
    "weight": ["Live"],
    "weights": ["Valley", "Live"],
    "optimizers": ["Live Plain", "Live Momentum"],
    "belts": ["Live"],
    "penguins": ["Valley", "Live"],
    "logistic": ["Valley"],
}


@pytest.fixture(params=DRAWN)
def lesson(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_formula_is_libreoffices_and_none_shows_an_error(
    office: Office, sheetgd: CommandLine, lesson_copy: Callable[[str], Path], lesson: str
) -> None:
    book = lesson_copy(lesson)
    for _ in range(2):
        assert office.assert_stored_equals_recalculated(book) > 20
        for name, sheet in office.recalculate(book).items():
            for cell in sheet.formulas:
                value = sheet[cell]
                words = {"nobody", "the same", *TABS["optimizers"]}
                in_the_story = range_boundaries(cell)[0] >= 20 and isinstance(value, str) and value != ""
                said = (
                    (name.startswith("Live") and cell == "B6")
                    or in_the_story
                    or value in {*words, *TABS["batches"]}
                )
                assert isinstance(value, float) or said, f"{name}!{cell}"
        assert sheetgd("run", book, "--all", "--epochs", 20).code == 0


def test_everything_is_found(sheetgd: CommandLine, lesson_copy: Callable[[str], Path], lesson: str) -> None:
    book = lesson_copy(lesson)
    for tab in TABS[lesson]:
        found = sheetgd("look", book, "--sheet", tab, "--json").json()
        assert found["rule"] == "formulas"
        assert found["controls"] == {"learn": "H3", "epochs": "H4", "loss": "K3"}
        assert found["log"]
        assert bool(found["grid"]) == (lesson in ("weights", "penguins"))


def test_the_tabs_and_the_teachers_last(drawn_lessons: dict[str, Path], lesson: str) -> None:
    book = openpyxl.load_workbook(drawn_lessons[lesson])
    first = {"optimizers": ["Race"], "batches": ["Compare"]}.get(lesson, [])
    assert book.sheetnames == [*first, *TABS[lesson], *MORE.get(lesson, []), "For the teacher"]
    assert book.active.title == book.sheetnames[0]
    assert book.properties.title and book.properties.creator == "sheetgd"


def test_no_function_is_newer_than_excel_2010(drawn_lessons: dict[str, Path], lesson: str) -> None:
    known = {"SUM", "SUMPRODUCT", "AVERAGE", "STDEVP", "COUNT", "SQRT", "SLOPE", "INTERCEPT", "MIN", "MAX"}
    known |= {"INDEX", "MATCH", "IF", "ROUND", "INT", "MOD", "ABS", "AND", "OR", "ISNUMBER"}
    known |= {
        "IFERROR",
        "SUMSQ",
        "STEYX",
        "CORREL",
        "EXP",
        "LN",
        "AVERAGEIFS",
        "ROUNDUP",
        "ROUNDDOWN",
        "LOG10",
    }
    for sheet in openpyxl.load_workbook(drawn_lessons[lesson]):
        for cell in formulas(sheet):
            used = set(re.findall(r"([\w.]+)\(", re.sub(r'"[^"]*"', "", cell.value)))
            assert used <= known, f"{sheet.title}!{cell.coordinate} {cell.value}"


def formulas(sheet: Any) -> list[Any]:
    cells = [cell for row in sheet.iter_rows() for cell in row]
    return [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]


def tabs(book: Path, lesson: str) -> list[Any]:
    opened = openpyxl.load_workbook(book)
    return [opened[tab] for tab in TABS[lesson]]


def test_nothing_is_below_or_over_the_log(drawn_lessons: dict[str, Path], lesson: str) -> None:
    for sheet in tabs(drawn_lessons[lesson], lesson):
        [first] = [cell.column for cell in sheet[6] if cell.value == "epoch"]
        last = first
        while sheet.cell(6, last + 1).value:
            last += 1
        rows = sheet.iter_rows(min_row=8, min_col=first, max_col=last)
        assert all(cell.value is None for row in rows for cell in row)
        assert not [c for c in sheet._charts if c.anchor.to.col >= first and c.anchor._from.col < last]
        assert not [
            area for area in sheet.merged_cells.ranges if area.max_col >= first and area.min_col <= last
        ]


def test_typing_is_checked_in_every_yellow_cell_and_nowhere_else(
    drawn_lessons: dict[str, Path], lesson: str
) -> None:
    for sheet in openpyxl.load_workbook(drawn_lessons[lesson]).worksheets[:-1]:
        rules = sheet.data_validations.dataValidation
        covered = [cell for rule in rules for area in str(rule.sqref).split() for cell in cells_of(area)]
        assert len(covered) == len(set(covered)), "Excel allows one rule a cell"
        yellow = {
            cell.coordinate
            for row in sheet.iter_rows()
            for cell in row
            if cell.fill.fgColor.rgb == "00FFF3D6" and cell.value is not None
        }
        assert set(covered) == yellow, sheet.title
        assert not yellow & {cell.coordinate for cell in formulas(sheet)}
        assert all(rule.showErrorMessage and rule.error and len(rule.errorTitle) <= 32 for rule in rules)


def cells_of(area: str) -> list[str]:
    left, top, right, bottom = range_boundaries(area)
    return [f"{get_column_letter(c)}{r}" for r in range(top, bottom + 1) for c in range(left, right + 1)]


def test_conditional_formats_are_written_as_excel_reads_them(drawn_lessons: dict[str, Path]) -> None:
    """Excel calls a file damaged in which such a formula begins with =."""
    sheet = openpyxl.load_workbook(drawn_lessons["belts"])["Belts"]
    written = [
        formula for area in sheet.conditional_formatting for rule in area.rules for formula in rule.formula
    ]
    assert written == ["$C42=$L$42"]


def test_new_says_how_to_run_it(sheetgd: CommandLine, lesson: str) -> None:
    ended = sheetgd("new", lesson, "-o", "our lesson.xlsx")
    start = "our lesson.xlsx is ready. Open it in Excel or LibreOffice, close it, and run: "
    run = 'sheetgd run "our lesson.xlsx"' + (" --all" if lesson in SEVERAL_TABS else "")
    assert ended.out == f"{start}{run}\n"
    assert sheetgd(*shlex.split(run)[1:], "--epochs", 2).code == 0


def test_charts_have_titles_and_axes_and_read_the_log(drawn_lessons: dict[str, Path], lesson: str) -> None:
    for sheet in openpyxl.load_workbook(drawn_lessons[lesson]).worksheets[:-1]:
        assert sheet._charts or sheet.title in TABS["batches"]
        for chart in sheet._charts:
            assert chart.title and chart.display_blanks == "gap"
            assert all(axis.delete is False and axis.title for axis in (chart.x_axis, chart.y_axis))
        if sheet.title in ("Valley", *TABS["batches"]):
            continue
        read = [series.xVal.numRef.f for chart in sheet._charts for series in chart.series if series.xVal]
        assert any(area.endswith(("$O$1007", "$Q$1007")) for area in read)


PAGES = {
    "weight": 11,
    "weights": 12,
    "belts": 10,
    "penguins": 13,
    "optimizers": 22,
    "batches": 12,
    "logistic": 10,
}


def test_it_prints_on_whole_pages(
    office: Office, drawn_lessons: dict[str, Path], tmp_path: Path, lesson: str
) -> None:
    pdf = office.to_pdf(drawn_lessons[lesson], tmp_path).read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == PAGES[lesson]
    for sheet in openpyxl.load_workbook(drawn_lessons[lesson]).worksheets[:-1]:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToWidth == 1
        areas = sheet.print_area.replace("$", "").replace(f"'{sheet.title}'!", "").split(",")
        if sheet.title != "Valley":
            assert sheet.print_title_rows == "$6:$6" and sheet.freeze_panes == "A7"
        bottoms = {range_boundaries(area)[3] for area in areas}
        assert {brk.id for brk in sheet.row_breaks.brk} <= bottoms
