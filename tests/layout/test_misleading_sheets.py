"""Sheets that look like a descent, but leave a choice or are none: nothing is run, the message says what settles it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import openpyxl
import own_sheets
import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google.server import Google
from sheetgd.cli.main import main

Cells = dict[str, Any]


def save(path: Path, cells: Cells) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "S"
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


def two_losses() -> Cells:
    cells = own_sheets.batch("en").sheets["Lesson"] | {"L20": "MAE", "M20": "=AVERAGE(J2:J7)"}
    return cells | {f"J{row}": f"=ABS(E{row})" for row in range(2, 8)}


def running_total() -> Cells:
    cells: Cells = {
        "A1": "day",
        "B1": "sales",
        "C1": "total",
        "C2": "=B2",
        "E1": "error",
        "F1": "=SUMSQ(C2:C11)",
    }
    cells |= {f"A{row}": row for row in range(2, 12)} | {f"B{row}": row * 3.5 for row in range(2, 12)}
    return cells | {f"C{row}": f"=C{row - 1}+B{row}" for row in range(3, 12)}


def loan() -> Cells:
    cells: Cells = {
        "A1": "loan",
        "B1": 10000,
        "A2": "rate",
        "B2": 0.01,
        "A3": "payment",
        "B3": 500,
        "A4": "cost",
        "B4": "=SUM(C8:C30)+B1",
    }
    for column, title in zip(
        "ABCDE", ("month", "balance", "interest", "principal", "new balance"), strict=True
    ):
        cells[f"{column}7"] = title
    for row in range(8, 31):
        cells |= {f"A{row}": row - 7, f"B{row}": "=$B$1" if row == 8 else f"=E{row - 1}"}
        cells |= {f"C{row}": f"=B{row}*$B$2", f"D{row}": f"=$B$3-C{row}", f"E{row}": f"=B{row}-D{row}"}
    return cells


def compound_interest() -> Cells:
    cells: Cells = {
        "A1": "capital",
        "B1": 1000,
        "A2": "rate",
        "B2": 0.05,
        "A3": "total",
        "B3": "=SUM(B11:B20)",
    }
    for row in range(11, 21):
        before = "$B$1" if row == 11 else f"B{row - 1}"
        cells |= {f"A{row}": row - 10, f"C{row}": 100 + row, f"B{row}": f"={before}+{before}*$B$2+C{row}"}
    return cells


def newton() -> Cells:
    cells: Cells = {"A1": "n", "B1": "x", "C1": "f(x)", "D1": "f'(x)", "E1": "error"}
    for row in range(2, 12):
        cells |= {f"A{row}": row - 2, f"B{row}": 3 if row == 2 else f"=B{row - 1}-C{row - 1}/D{row - 1}"}
        cells |= {f"C{row}": f"=B{row}^2-2", f"D{row}": f"=2*B{row}", f"E{row}": f"=ABS(B{row}-SQRT(2))"}
    return cells


def regression() -> Cells:
    cells: Cells = {"A1": "hours", "B1": "score", "E1": "slope", "F1": 2, "E2": "intercept", "F2": 1}
    for row, (hours, score) in enumerate(zip(own_sheets.HOURS, own_sheets.SCORES, strict=True), 2):
        cells |= {f"A{row}": hours, f"B{row}": score}
    return cells | {"E3": "SSE", "F3": "=SUMPRODUCT((F1*A2:A7+F2-B2:B7)^2)"}


def deviations() -> Cells:
    cells: Cells = {"A1": "x", "B1": "d", "C1": "d2", "E1": "MSE", "F1": "=AVERAGE(C2:C7)"}
    for row, x in enumerate(own_sheets.HOURS, 2):
        cells |= {f"A{row}": x, f"B{row}": f"=A{row}-AVERAGE($A$2:$A$7)", f"C{row}": f"=B{row}^2"}
    return cells


def two_learns() -> Cells:
    cells = own_sheets.batch("en").sheets["Lesson"] | {"L4": "a", "L20": "damping", "M20": 0.5}
    return cells | {f"M{row}": f"{cells[f'M{row}']}*M20" for row in (7, 8)}


def no_loss() -> Cells:
    cells = own_sheets.batch("en").sheets["Lesson"]
    return {address: value for address, value in cells.items() if address not in ("L6", "M6")}


UNCLEAR: dict[str, tuple[Cells, str, str]] = {
    "two losses": (
        two_losses(),
        "S!M6: both M6 (MSE) and M20 (MAE) could be the loss; say which, as in: ",
        "run BOOK --loss M6",
    ),
    "two learning rates": (
        two_learns(),
        "S!M4: both M4 (a) and M20 (damping) multiply the step, so either could be the learning rate; say which, "
        "as in: ",
        "run BOOK --learn-cell M4",
    ),
    "a running total": (
        running_total(),
        "S!C11: C11 goes on from B2 like a running total: what is added does not depend on it, so it is not the next "
        "value of a parameter; if it is to be carried all the same, say so: ",
        "run BOOK --carry C11=B2",
    ),
    "a loan": (
        loan(),
        "S!E30: E30 looks like the next value of B1 (loan), but no loss was found that depends on it; write the loss "
        "into a cell, and the label loss to its left; or carry without a loss: ",
        "run BOOK --carry E30=B1",
    ),
    "compound interest": (
        compound_interest(),
        "S!B20: B20 looks like the next value of B1 (capital), but no loss was found that depends on it; write the "
        "loss into a cell, and the label loss to its left; or carry without a loss: ",
        "run BOOK --carry B20=B1",
    ),
    "Newton's method": (
        newton(),
        "S!B3: B3 looks like the next value of x, but no learning rate multiplies the step; if it is one, say so: ",
        "run BOOK --carry B11=B2",
    ),
    "a descent without a loss": (
        no_loss(),
        "S!M7: M7 looks like the next value of M2 (slope) and M8 looks like the next value of M3 (intercept), but no "
        "loss was found that depends on them; write the loss into a cell, and the label loss to its left; or "
        "carry without a "
        "loss: ",
        "run BOOK --carry M7=M2 --carry M8=M3",
    ),
    "deviations from the mean": (
        deviations(),
        "S!B2: B2 looks like the next value of x, but no learning rate multiplies the step; if it is one, say so: ",
        "run BOOK --carry B2=A2 --carry B3=A3 --carry B4=A4 --carry B5=A5",
    ),
    "a regression without steps": (
        regression(),
        "S!F3: the loss SSE depends on slope (F1), intercept (F2), but no cell holds their next value, so "
        "there is nothing to carry; write their next values into cells (=F1 minus a step, and next slope to "
        "its left), or let "
        "sheetgd find the steps itself: ",
        'fit BOOK --minimize "S!F3" --change "S!F1:F2"',
    ),
    "a regression whose loss has no name": (
        regression() | {"E3": "how far off"},
        "S!F3: the loss how far off depends on slope (F1), intercept (F2), but no cell holds their next value, "
        "so there is nothing to carry; write their next values into cells (=F1 minus a step, and next slope to "
        "its left), "
        "or let sheetgd find the steps itself: ",
        'fit BOOK --minimize "S!F3" --change "S!F1:F2"',
    ),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_nothing_is_run_and_the_command_settles_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells, text, command = UNCLEAR[name]
    path = save(tmp_path / "own.xlsx", cells)
    before = path.read_bytes()
    for verb in ("run", "look", "reset"):
        assert main([verb, str(path)]) == 1
        shown = capsys.readouterr().err
        assert shown == f"own.xlsx, {text}sheetgd {command.replace('BOOK', str(path))}.\n"
    assert path.read_bytes() == before
    assert main([*shlex.split(command.replace("BOOK", str(path))), "-o", str(tmp_path / "out.xlsx")]) in (
        0,
        3,
    )
    assert path.read_bytes() == before


def test_a_table_and_labels_that_say_nothing(tmp_path: Path) -> None:
    """A loss that the labels do not name is the one that sums the table up."""
    cells = own_sheets.batch("en").sheets["Lesson"] | {"L6": "how bad it is"}
    path = save(tmp_path / "unlabelled.xlsx", cells)
    with library.open_book(path) as book:
        assert library.look(book).controls.loss == (6, 13)


def test_a_next_value_that_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "own.xlsx", regression() | {"E5": "new slope", "F5": 2.5})
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().err == (
        "own.xlsx, S!F5: the next value of slope is the typed number 2.5 here, so nothing is computed; write its "
        "formula: =F1 minus a learning rate times the gradient.\n"
    )


@pytest.mark.parametrize("name", ["two losses", "a loan", "Newton's method", "a regression without steps"])
def test_a_google_sheet_is_refused_and_settled_likewise(
    name: str, google: Google, sheetgd: CommandLine
) -> None:
    cells, text, command = UNCLEAR[name]
    file = google.add(title="Own", cells=cells)
    address = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    before = file.book and dict(file.book.tabs[0].cells)
    command = command.replace("BOOK", address).replace("S!", "Sheet1!")
    ended = sheetgd("run", address)
    assert (ended.code, ended.err) == (1, f"Own, {text.replace('S!', 'Sheet1!')}sheetgd {command}.\n")
    assert file.book and file.book.tabs[0].cells == before
    assert sheetgd(*shlex.split(command)).code in (0, 3)
