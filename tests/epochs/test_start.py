"""A sheet can always be put back: to its `reset to` cells, to the log's epoch 0, to what the first run kept."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

import sheetgd as library
from conftest import CommandLine
from fakes.google.server import Google
from fakes.google.steps import run, shown
from office import Office, read_stored
from parts import change_part
from small_lesson import draw, lesson_cells

NO_LOG = dict.fromkeys(("N8", "O8", "P8", "Q8"))
START = {"B3": 2.5, "B4": -0.1}
NOWHERE = (
    "lesson.xlsx, Lesson!B3: nothing says what m, b (B3, B4) started from: there is no cell under reset to, no epoch 0 "
    "in a log, and no run of sheetgd that kept it; type reset to in a cell above and to the right of the "
    "labels, and the "
    "start values below it, each in its parameter's row.\n"
)


def starts(path: Path) -> list[Any]:
    cells = read_stored(path)["Lesson"]
    return [cells["B3"], cells["B4"]]


def hidden_names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return re.findall(
            r'<definedName [^>]*hidden="1"[^>]*>([^<]*)<', archive.read("xl/workbook.xml").decode()
        )


@pytest.mark.parametrize("log", [True, False], ids=["with a log", "without"])
def test_reset_goes_back_to_what_the_first_run_started_from(
    sheetgd: CommandLine, tmp_path: Path, log: bool
) -> None:
    path = draw(tmp_path / "lesson.xlsx", START | ({} if log else NO_LOG))
    for _ in range(2):
        assert sheetgd("run", path).code == 0
    kept = hidden_names(path)
    assert kept == ([] if log else ['{"epochs",4;"m",2.5;"b",-0.1}'])
    assert sheetgd("reset", path).code == 0 and starts(path) == [2.5, -0.1]
    book = openpyxl.load_workbook(path)
    book["Lesson"]["B3"] = 7  # another start, for the next lesson
    book.save(path)
    assert sheetgd("run", path).code == 0
    assert sheetgd("reset", path).code == 0 and starts(path) == [7, -0.1]
    assert sheetgd("reset", path).code == 0 and starts(path) == [7, -0.1]


def test_the_log_begins_with_epoch_0(sheetgd: CommandLine, tmp_path: Path) -> None:
    path = draw(tmp_path / "lesson.xlsx", START)
    assert sheetgd("run", path).out.endswith("The log is in N8:Q11.\n")
    cells = read_stored(path)["Lesson"]
    assert [cells[f"{letter}9"] for letter in "NOP"] == [0, 2.5, -0.1]
    assert [cells[f"N{row}"] for row in (10, 11)] == [1, 2]


def test_reset_without_any_of_these_is_refused(sheetgd: CommandLine, tmp_path: Path) -> None:
    path = draw(tmp_path / "lesson.xlsx", START | NO_LOG)
    before = path.read_bytes()
    ended = sheetgd("reset", path)
    assert (ended.code, ended.out, ended.err) == (1, "", NOWHERE) and path.read_bytes() == before
    older = draw(
        tmp_path / "lesson.xlsx", {"N9": 1, "O9": 1.2, "P9": 1.1, "Q9": 40}
    )  # a log without its epoch 0
    assert sheetgd("run", older).code == 0
    assert sheetgd("reset", older).err == NOWHERE


def test_the_cells_under_reset_to_count_first(sheetgd: CommandLine, tmp_path: Path) -> None:
    path = draw(tmp_path / "lesson.xlsx", START | {"C2": "reset to", "C3": 5, "C4": 6})
    assert sheetgd("run", path).code == 0 and hidden_names(path) == []
    assert sheetgd("reset", path).code == 0 and starts(path) == [5, 6]


def test_google_keeps_the_start_too(google: Google) -> None:
    file = google.add(cells=lesson_cells() | START | NO_LOG)
    run(file, epochs=2)
    run(file, epochs=1)
    assert file.book and [kept["metadataValue"] for kept in file.book.tab().metadata] == [
        '{"epochs",3;"m",2.5;"b",-0.1}'
    ]
    with library.open_book(file.url) as book:
        library.reset(book)
    assert shown(file, "B3", "B4") == [2.5, -0.1]


# -- what has diverged -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("learn", [0.01, 0.1, 1, 10, 100])
def test_a_sheet_that_diverged_in_libreoffice_is_put_back_and_runs(
    sheetgd: CommandLine, office: Office, tmp_path: Path, learn: float
) -> None:
    """LibreOffice writes 0 for the difference of two nearly equal numbers; the engine writes what rounding leaves."""
    assert sheetgd("new", "--learn", learn, "-o", "drawn.xlsx").code == 0
    path = office.edit(tmp_path / "drawn.xlsx", {}, tmp_path / "saved.xlsx")
    ended = sheetgd("run", path)
    assert (
        ended.code == 3
        and f"the run diverged in epoch 1 with learn {learn}; the sheet is as it was" in ended.err
    )
    assert sheetgd("reset", path).code == 0
    assert sheetgd("run", path, "--learn", 0.0001).code == 0
    assert read_stored(path)["Descent"]["D4"] == pytest.approx(3.09717159, rel=1e-8)


def far_away(path: Path, error: str = "#NUM!") -> Path:
    """A lesson as Excel leaves it whose parameters have run away: errors are stored wherever a square overflows."""
    draw(path, {"B3": 1e200, "B4": -1e199, "C2": "reset to", "C3": 1, "C4": 1})
    with library.open_book(path) as book:  # so that results are stored
        book.apply(library.Edits())
    with zipfile.ZipFile(path) as archive:
        stored = archive.read("xl/worksheets/sheet1.xml")
    wanted = re.sub(rb"#(NUM|DIV/0)!", error.encode(), stored)
    return path if wanted == stored else change_part(path, "xl/worksheets/sheet1.xml", lambda _: wanted)


@pytest.mark.parametrize("error", ["#NUM!", "#DIV/0!"])
def test_a_sheet_of_errors_is_put_back(sheetgd: CommandLine, tmp_path: Path, error: str) -> None:
    path = far_away(tmp_path / "lesson.xlsx", error)
    ended = sheetgd("run", path)
    assert ended.code == 1 and re.fullmatch(
        r"lesson\.xlsx, Lesson!B5: it has diverged: rmse is the error #(NUM|DIV/0)!; put it back with: sheetgd reset "
        r"lesson\.xlsx\.\n",
        ended.err,
    )
    assert sheetgd("reset", path).code == 0 and starts(path) == [1, 1]
    assert sheetgd("run", path).code == 0 and starts(path)[0] == pytest.approx(1.7605964, rel=1e-7)


def test_start_cells_that_hold_errors_are_put_back(sheetgd: CommandLine, tmp_path: Path) -> None:
    """As a macro leaves them that copies the last row's results."""
    path = far_away(tmp_path / "lesson.xlsx")
    error = b'<c r="B3" t="e"><v>#NUM!</v></c>'
    change_part(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb'<c r="B3"[^>]*>.*?</c>', error, xml))
    assert (
        "it has diverged: m is the error #NUM!; put it back with: sheetgd reset" in sheetgd("run", path).err
    )
    assert sheetgd("reset", path).code == 0 and starts(path) == [1, 1]


# -- results that are none -------------------------------------------------------------------------------------------
def test_the_zeros_of_xlsxwriter_are_no_results(sheetgd: CommandLine, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "lesson.xlsx") as made:
        sheet = made.add_worksheet("Lesson")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
    assert sheetgd("run", "lesson.xlsx").code == 0
    assert starts(tmp_path / "lesson.xlsx")[0] == pytest.approx(1.7605964, rel=1e-7)


def test_old_results_under_manual_calculation_are_recalculated_and_it_is_said(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    path = draw(tmp_path / "lesson.xlsx", {"S1": "=B3*100"})
    with library.open_book(path) as book:
        book.apply(library.Edits())
    change_part(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v>100</v>", b"<v>700</v>"))
    change_part(
        path, "xl/workbook.xml", lambda xml: re.sub(rb"<calcPr [^>]*/>", b'<calcPr calcMode="manual"/>', xml)
    )
    ended = sheetgd("run", path)
    assert ended.code == 0 and ended.err == (
        "Note: the workbook calculates only when told to, and some results were out of date (Lesson!S1): they were "
        "recalculated.\n"
    )
    cells = read_stored(path)["Lesson"]
    assert cells["S1"] == pytest.approx(100 * cells["B3"])
