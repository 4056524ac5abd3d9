"""Unusual layouts, tables, names and files that are allowed; every number against a plain loop."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.formatting.rule import ColorScaleRule

import sheetgd as library
from allowed import GRID, after, assert_ran, part, rmse, stored, table
from conftest import CommandLine
from small_lesson import LEARN, POINTS, draw, lesson_cells


def test_headings_merged_downwards(run: Callable[..., Any], tmp_path: Path) -> None:
    """Each heading of the table and of the log fills two rows."""

    def merge(sheet: Any) -> None:
        for letter in "ABCDEFGHIJKLNOPQ":
            sheet[f"{letter}7"], sheet[f"{letter}8"] = sheet[f"{letter}8"].value, None
            sheet.merge_cells(f"{letter}7:{letter}8")

    book = draw(tmp_path / "lesson.xlsx", change=merge)
    run()
    assert_ran(book)
    assert part(book).count("<mergeCell ") == 16


def test_headings_merged_sideways(run: Callable[..., Any], tmp_path: Path) -> None:
    """y takes two columns, of which the second is empty, and so does the log's m."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Lesson"
    for row in [
        ("epochs", 2),
        ("m", 8),
        (),
        (),
        ("x", "y", None, "m", "new_m", None, "epoch", "m", None, "rmse"),
        (1, 2, None, "=B2", "=D6/2"),
        (2, 4, None, "=E6", "=D7"),
    ]:
        sheet.append(row)
    sheet["D1"], sheet["E1"] = "rmse", "=B2^2"
    sheet.merge_cells("B5:C5")
    sheet.merge_cells("H5:I5")
    made.save(tmp_path / "lesson.xlsx")
    assert run()["parameters"]["m"] == {"cell": "B2", "before": 8, "after": 2}
    cells = stored(tmp_path / "lesson.xlsx")
    assert [[cells.get(f"{letter}{row}") for letter in "GHIJ"] for row in (6, 7, 8)] == [
        [0, 8, None, 64],
        [1, 4, None, 16],
        [2, 2, None, 4],
    ]


def test_hidden_rows_count(run: Callable[..., Any], tmp_path: Path) -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[10].hidden = True
        sheet.column_dimensions["G"].hidden = True

    book = draw(tmp_path / "lesson.xlsx", change=hide)
    run()
    assert_ran(book)
    assert re.search(r'<row [^>]*\br="10"[^>]* hidden="1"', part(book))


def test_a_protected_sheet_is_written_and_it_is_said(sheetgd: CommandLine, tmp_path: Path) -> None:
    def protect(sheet: Any) -> None:
        sheet.protection.sheet = True
        sheet.protection.password = "secret"

    book = draw(tmp_path / "lesson.xlsx", change=protect)
    protection = re.search("<sheetProtection[^>]*>", part(book))
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (
        0,
        "Note: sheet Lesson is protected; sheetgd wrote to it anyway.\n",
    )
    assert_ran(book)
    assert protection and protection[0] in part(book)


@pytest.mark.parametrize("other", ["A30", "S1", "A13"])
def test_of_two_losses_the_one_nearest_the_controls_counts(
    run: Callable[..., Any], tmp_path: Path, other: str
) -> None:
    beside = {"A30": "B30", "S1": "T1", "A13": "B13"}[other]
    book = draw(tmp_path / "lesson.xlsx", {other: "rmse", beside: "=SQRT(SUM(F9:F11))"})
    assert run()["loss"]["cell"] == "B5"
    assert_ran(book)


def test_a_row_of_totals_below_the_table(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B12": "=AVERAGE(B9:B11)", "F12": "=SUM(F9:F11)"})
    run()
    assert_ran(book)


def test_labels_in_another_dress(run: Callable[..., Any], tmp_path: Path) -> None:
    """Case, blanks and punctuation around a label do not matter."""
    dress = {
        "A1": " Learning Rate: ",
        "A2": "EPOCHS =",
        "A5": "RMSE:",
        "A8": "X",
        "I8": "New m",
        "N8": "Epoch",
        "Q8": "RMSE",
    }
    book = draw(tmp_path / "lesson.xlsx", dress)
    assert run()["loss"]["name"] == "RMSE"
    assert_ran(book)


def test_only_x_and_y_the_other_columns_empty(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", formulas=False)
    assert run()["rule"] == "columns"
    assert_ran(book)


def test_a_table_of_values_is_filled_anew(run: Callable[..., Any], tmp_path: Path) -> None:
    old = {f"{letter}{row}": 99.5 for letter in "CDEFGHIJKL" for row in (9, 10, 11)}
    book = draw(tmp_path / "lesson.xlsx", old, formulas=False)
    assert run()["rule"] == "columns"
    assert_ran(book)


def test_columns_with_an_empty_loss_cell(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B5": None}, formulas=False)
    answer = run()
    assert answer["loss"]["before"] == rmse(1, 1)
    assert answer["log"][-1] == dict(zip(("epoch", "m", "b", "rmse"), (2, *after(2)[-1]), strict=True))
    assert_ran(book)
    run()
    assert_ran(book, epochs=4)


def test_columns_that_are_fewer_and_named_otherwise(run: Callable[..., Any], tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Lesson"
    for row in [
        ("alpha", LEARN),
        ("slope", 1),
        ("intercept", 1),
        (),
        ("x", "y", "slope", "intercept", "new slope", "new intercept"),
    ]:
        sheet.append(row)
    for point in POINTS:
        sheet.append(point)
    made.save(tmp_path / "lesson.xlsx")
    answer = run()
    m, b, _ = after(5)[-1]
    assert (answer["parameters"]["slope"]["after"], answer["parameters"]["intercept"]["after"]) == (m, b)
    cells = stored(tmp_path / "lesson.xlsx")
    for row, expected in enumerate(table(m, b), 6):
        assert [cells[f"{letter}{row}"] for letter in "CDEF"] == [expected[i] for i in (0, 1, 6, 9)]


def test_columns_and_formulas_agree_to_the_last_bit(run: Callable[..., Any], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx")
    draw(tmp_path / "columns.xlsx", formulas=False)
    by_formulas, by_columns = run("--epochs", 200), run("--epochs", 200, file="columns.xlsx")
    assert by_formulas["log"] == by_columns["log"]


def assert_grid(path: Path) -> None:
    cells = stored(path)
    for row, m in ((3, 1), (4, 2)):
        for letter, b in (("F", 0), ("G", 10), ("H", 20)):
            assert cells[f"{letter}{row}"] == pytest.approx(rmse(m, b), rel=1e-13)


@pytest.mark.parametrize("formulas", [True, False], ids=["formulas", "columns"])
@pytest.mark.parametrize("inside", [None, 5], ids=["empty", "values"])
def test_a_grid_is_filled_and_coloured_once(
    run: Callable[..., Any], tmp_path: Path, formulas: bool, inside: float | None
) -> None:
    old = {f"{letter}{row}": inside for letter in "FGH" for row in (3, 4)}
    book = draw(tmp_path / "lesson.xlsx", {**GRID, **old}, formulas=formulas)
    for epochs in (2, 4, 6):
        run()
        assert_ran(book, epochs)
        assert_grid(book)
        assert part(book).count('<conditionalFormatting sqref="F3:H4">') == 1
        assert part(book).count("<colorScale>") == 1


def test_a_grid_beside_formulas_without_a_loss_is_filled_with_the_rmse(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    book = draw(tmp_path / "lesson.xlsx", {**GRID, "A5": None, "B5": None})
    run()
    assert_grid(book)


def test_the_colours_of_the_teacher_stay(run: Callable[..., Any], tmp_path: Path) -> None:
    def colour(sheet: Any) -> None:
        rule = ColorScaleRule(start_type="min", start_color="FFFFFF", end_type="max", end_color="000000")
        sheet.conditional_formatting.add("E2:H4", rule)  # with the row and the column of parameters

    book = draw(tmp_path / "lesson.xlsx", GRID, change=colour)
    run()
    assert_grid(book)
    assert part(book).count("<colorScale>") == 1 and "FFFFFF" in part(book)


def test_all_runs_each_sheet(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Notes", "Tuesday"))
    made = openpyxl.load_workbook(book)
    made["Notes"].delete_rows(1, 20)
    made["Tuesday"]["B2"] = 3
    made.save(book)
    ended = sheetgd("run", "lesson.xlsx", "--all", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line)["sheet"] for line in ended.out.splitlines()] == ["Monday", "Tuesday"]
    assert_ran(book, 2, sheet="Monday")
    assert_ran(book, 3, sheet="Tuesday")


def test_one_of_several_sheets(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    before = part(book)
    assert run("--sheet", "tuesday")["sheet"] == "Tuesday"
    assert_ran(book, sheet="Tuesday")
    assert stored(book, "Monday")["B3"] == 1
    for formula in re.findall("<f>[^<]*</f>", before):
        assert formula in part(book)


SHEETS = ["My lesson", "Anna's & Ben's", "Übung für 9b", "<A1>", "Ασκηση 1", "2026-11", "C7", "TRUE"]


@pytest.mark.parametrize("name", SHEETS)
def test_names_of_sheets(run: Callable[..., Any], tmp_path: Path, name: str) -> None:
    """The sheet runs, and a formula on another sheet that refers to it is refreshed."""
    book = draw(tmp_path / "lesson.xlsx", sheets=[name])
    made = openpyxl.load_workbook(book)
    made.create_sheet("report")["A1"] = "='{}'!B3*2".format(name.replace("'", "''"))
    made.save(book)
    assert run("--sheet", name)["sheet"] == name
    assert_ran(book, sheet=name)
    assert stored(book, "report")["A1"] == 2 * after(2)[-1][0]


@pytest.mark.parametrize(
    "name", ["my lesson.xlsx", "Anna's.xlsx", "Übung für 9b.xlsx", "~ $x;#.xlsx", "UPPER.XLSX"]
)
def test_names_of_files(run: Callable[..., Any], tmp_path: Path, name: str) -> None:
    book = draw(tmp_path / "lesson.xlsx").rename(tmp_path / name)
    assert run(file=name)["book"] == name
    assert_ran(book.rename(tmp_path / "again.xlsx"))
    assert os.listdir(tmp_path) == ["again.xlsx"]


def test_a_terminal_that_cannot_show_the_name(sheetgd: CommandLine, tmp_path: Path) -> None:
    draw(tmp_path / "Übung.xlsx", sheets=["Ασκηση"])
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    ended = sheetgd("run", "Übung.xlsx", "--json", env=ascii_only)
    assert (ended.code, ended.err) == (0, "")
    assert (ended.json()["book"], ended.json()["sheet"]) == ("Übung.xlsx", "Ασκηση")
    ended = sheetgd("look", "Übung.xlsx", env=ascii_only)
    assert (ended.code, ended.err) == (0, "")


def test_a_workbook_with_a_sheet_that_is_a_chart(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "lesson.xlsx"
    with xlsxwriter.Workbook(path) as made:
        page = made.add_chartsheet("Curve")
        sheet = made.add_worksheet("Lesson")
        for address, value in lesson_cells(formulas=False).items():
            sheet.write(address, value, *([None, rmse(1, 1)] if address == "B5" else []))
        chart = made.add_chart({"type": "line"})
        chart.add_series({"values": "=Lesson!$Q$9:$Q$30"})
        page.set_chart(chart)
    run()
    assert_ran(path)


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_link_stays_a_link(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    real = draw(tmp_path / "share" / "class.xlsx")
    link = tmp_path / "lesson.xlsx"
    link.symlink_to(Path("share") / "class.xlsx")
    run()
    assert link.is_symlink() and os.readlink(link) == os.path.join("share", "class.xlsx")
    assert_ran(real)
    assert sorted(os.listdir(tmp_path)) == ["lesson.xlsx", "share"] and os.listdir(tmp_path / "share") == [
        "class.xlsx"
    ]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_permissions_stay(run: Callable[..., Any], book: Path, mode: int) -> None:
    book.chmod(mode)
    run()
    assert stat.S_IMODE(book.stat().st_mode) == mode


def test_out_leaves_the_workbook_alone(run: Callable[..., Any], book: Path) -> None:
    before, when = book.read_bytes(), book.stat().st_mtime_ns
    run("-o", "out.xlsx")
    assert (book.read_bytes(), book.stat().st_mtime_ns) == (before, when)
    assert_ran(book.with_name("out.xlsx"))


def test_out_may_be_the_workbook_itself(run: Callable[..., Any], book: Path) -> None:
    run("-o", book)
    assert_ran(book)


def test_a_book_runs_twice_while_it_is_open(book: Path) -> None:
    with library.open_book(book) as opened:
        first, second = library.run(opened), library.run(opened, epochs=1)
    assert (first.epochs, second.epochs) == (2, 1)
    assert first.parameters["m"].after == second.parameters["m"].before
    assert_ran(book, epochs=3)
