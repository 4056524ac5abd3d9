"""What a fit tells of its end: standard errors by hand, parameters that can stand in for one another, kinks, slopes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableColumn

import sheetgd as library
from conftest import CommandLine
from fit_sheets import line
from sheetgd.fitting.findings import Findings

# y = m x + b through (1, 5), (2, 6), (3, 10): residuals ½, -1, ½, s² = 1.5 / (3 - 2), Σ(x - 2)² = 2.
ERRORS = {"m": (1.5 / 2) ** 0.5, "b": (1.5 * (1 / 3 + 4 / 2)) ** 0.5}
ROWS = {f"C{row}": f"=A{row}*B$1+B$2-B{row}" for row in (6, 7, 8)}
SQUARES = {f"C{row}": f"=(A{row}*B$1+B$2-B{row})^2" for row in (6, 7, 8)}
TIMES = {f"C{row}": f"=D{row}*D{row}" for row in (6, 7, 8)} | {
    f"D{row}": f"=$B$1*A{row}+$B$2-B{row}" for row in (6, 7, 8)
}
POWERS = {f"C{row}": f"=POWER(A{row}*B$1+B$2-B{row},2)" for row in (6, 7, 8)}
LOSSES: dict[str, dict[str, Any]] = {
    "an array": {},
    "its mean": {"B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/COUNT(A6:A8)"},
    "its product": {"B3": "=SUMPRODUCT(A6:A8*B1+B2-B6:B8,A6:A8*B1+B2-B6:B8)"},
    "a sum of cells": {**SQUARES, "B3": "=SUM(C6:C8)"},
    "a mean of cells": {**SQUARES, "B3": "=AVERAGE(C6:C8)"},
    "cells, one by one": {**SQUARES, "B3": "=(C6+C7+C8)/3"},
    "products": {**TIMES, "B3": "=SUM(C6:C8)"},
    "powers": {**POWERS, "B3": "=0.5*SUM(C6:C8)"},
    "squares of cells": {**ROWS, "B3": "=SUMSQ(C6:C8)"},
    "the root of a mean": {**ROWS, "B3": "=SQRT(SUMSQ(C6:C8)/COUNT(C6:C8))"},
    "the root of another cell": {**SQUARES, "D3": "=AVERAGE(C6:C8)", "B3": "=D3^0.5"},
    "two columns": {**{f"D{row}": f"=A{row}*B$1+B$2" for row in (6, 7, 8)}, "B3": "=SUMXMY2(B6:B8,D6:D8)/3"},
    "rows that are left out": {
        **{f"C{row}": f'=IF(A{row}="","",(A{row}*B$1+B$2-B{row})^2)' for row in range(6, 12)},
        "B3": "=AVERAGE(C6:C11)",
    },
    "a degree of freedom less": {**SQUARES, "B3": "=SUM(C6:C8)/(COUNT(C6:C8)-2)"},
}


def found_in(path: Path, change: str = "m,b", **options: Any) -> Findings:
    with library.open_book(path) as book:
        findings = library.fit(book, minimize="loss", change=change, **options).findings
    assert findings
    return findings


@pytest.mark.parametrize("what", LOSSES)
def test_standard_errors_of_a_line_by_hand(tmp_path: Path, what: str) -> None:
    found = found_in(line(tmp_path / "line.xlsx", LOSSES[what]))
    assert found.errors == pytest.approx(ERRORS, rel=1e-5)
    assert (found.rows, found.groups, found.sloped, found.kinked, found.bound) == (3, [], [], [], [])


@pytest.mark.parametrize("loss", ["AVERAGE(points[error_sq])", "SUMXMY2(points[y],points[line])/3"])
def test_standard_errors_of_a_table_on_another_sheet(tmp_path: Path, loss: str) -> None:
    """Its row of totals is no residual."""
    path = line(tmp_path / "line.xlsx", {"B3": f"={loss}"}, sheets=("Lesson",))
    book = openpyxl.load_workbook(path)
    data = book.create_sheet("Data")
    data.append(["x", "y", "error_sq", "line"])
    here = "points[[#This Row],[{}]]"
    line_here = f"={here.format('x')}*slope+Lesson!$B$2"
    for x, y in ((1, 5), (2, 6), (3, 10)):
        data.append([x, y, f"=({here.format('line')}-{here.format('y')})^2", line_here])
    data.append(["totals", "=SUM(points[y])", "=SUM(points[error_sq])", "=SUM(points[line])"])
    table = Table(displayName="points", ref="A1:D5", totalsRowCount=1)
    table.tableColumns = [
        TableColumn(id=number, name=title) for number, title in enumerate(("x", "y", "error_sq", "line"), 1)
    ]
    data.add_table(table)
    book.defined_names["slope"] = DefinedName("slope", attr_text="Lesson!$B$1")
    book.save(path)
    found = found_in(path, "slope,b", sheet="Lesson")
    assert list(found.errors.values()) == pytest.approx(list(ERRORS.values()), rel=1e-5)
    assert found.rows == 3


NONE: dict[str, dict[str, Any]] = {
    "absolute values": {"B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)+ABS(B1)"},
    "a penalty": {**ROWS, "B3": "=SUMSQ(C6:C8)+SUMSQ(B1:B2)"},
    "a penalty with a weight": {**SQUARES, "B3": "=SUM(C6:C8)+0.1*B1^2"},
    "fourth powers": {**{f"C{row}": f"=(A{row}*B$1+B$2-B{row})^4" for row in (6, 7, 8)}, "B3": "=SUM(C6:C8)"},
    "a sum by a parameter": {**SQUARES, "B3": "=SUM(C6:C8)/(1+B1^2)"},
    "a logarithm": {**SQUARES, "B3": "=LN(1+SUM(C6:C8))"},
}


@pytest.mark.parametrize("what", NONE)
def test_other_losses_have_no_standard_errors(tmp_path: Path, what: str) -> None:
    found = found_in(line(tmp_path / "line.xlsx", NONE[what]))
    assert (found.errors, found.rows, found.as_json()["standard_errors"]) == ({}, 0, None)


def test_parameters_that_can_stand_in_for_one_another(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"A4": "c", "B4": 1, "B3": "=SUMXMY2(B6:B8,A6:A8*B1+B2+B4)/3"})
    words = ("fit", "line.xlsx", "--minimize", "loss", "--change", "m,b,c")
    done = sheetgd(*words)
    assert "b and c can stand in for one another: other values of them fit as well." in done.out.splitlines()
    assert re_rows(done.out) == {"m": True, "b": False, "c": False, "loss": False}


def re_rows(said: str) -> dict[str, bool]:
    """Which rows of the report have a standard error."""
    return {text.split()[0]: "±" in text for text in said.splitlines() if "->" in text}


def test_a_parameter_that_changes_nothing_at_the_end(sheetgd: CommandLine, tmp_path: Path) -> None:
    """A ReLU that is dead for all points."""
    line(
        tmp_path / "line.xlsx",
        {
            "A4": "c",
            "B4": 2,
            "B3": "=SUMSQ(C6:C8)",
            **{f"C{row}": f"=A{row}*B$1+B$2-B{row}+MAX(0,B$4-A{row}^2*9)" for row in (6, 7, 8)},
        },
    )
    done = sheetgd("fit", "line.xlsx", "--minimize", "loss", "--change", "m,b,c", "--optimizer", "bfgs")
    assert "At that point the loss does not change with c." in done.out.splitlines()
    assert re_rows(done.out) == {"m": True, "b": True, "c": False, "loss": False}


def test_kinks_are_said_and_the_end_is_near_the_least(sheetgd: CommandLine, tmp_path: Path) -> None:
    """Of absolute errors the least is that of the line through the outer points: 1½ in the middle, by three."""
    line(tmp_path / "line.xlsx", {"B3": "=SUMPRODUCT(ABS(A6:A8*B1+B2-B6:B8))/3"})
    words = ("fit", "line.xlsx", "--minimize", "loss", "--change", "m,b")
    said = sheetgd(*words).out
    assert (
        "The loss has a kink there, in m and b: the minimum may be a little lower still." in said.splitlines()
    )
    assert "The slope there is 0." not in said and "±" not in said
    with library.open_book(tmp_path / "line.xlsx") as book:
        assert library.fit(book, minimize="loss", change="m,b").history.loss.after == pytest.approx(
            0.5, rel=1e-4
        )  # type: ignore[union-attr]


def test_a_root_of_squares_that_are_all_0_has_no_kink_to_speak_of(tmp_path: Path) -> None:
    found = found_in(
        line(tmp_path / "line.xlsx", {"B7": 7, "B8": 9, "B3": "=SQRT(SUMXMY2(A6:A8*B1+B2,B6:B8)/3)"})
    )
    assert (found.kinked, found.sloped) == ([], [])


def test_a_slope_that_is_not_0(tmp_path: Path) -> None:
    """RMSprop with steps that are far too long goes to and fro across the valley until it gives up."""
    found = found_in(line(tmp_path / "line.xlsx"), optimizer="rmsprop", learn=0.4)
    assert found.sloped and not found.kinked


def test_a_parameter_at_a_bound_has_no_standard_error(tmp_path: Path) -> None:
    """b alone, m being 2: the mean of 3, 2, 4, whose error is the root of 2 / 2 / 3."""
    found = found_in(line(tmp_path / "line.xlsx"), at_most={"m": 2})
    assert found.bound == ["m"] and found.errors["m"] is None
    assert found.errors["b"] == pytest.approx((2 / 2 / 3) ** 0.5, rel=1e-5)


def test_what_the_report_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    done = sheetgd("fit", "line.xlsx", "--minimize", "loss", "--change", "m,b", "--restarts", 2)
    _, m, b, _, chosen, *lines = done.out.splitlines()
    assert (m.split()[-2:], b.split()[-2:]) == (["±", "0.87"], ["±", "1.9"])
    assert chosen == "Chosen: bfgs, exact gradients. With adam it ended there, too."
    assert lines == [
        "Stopped: the loss no longer falls.",
        "± is the standard error, from the slopes of the 3 residuals.",
        "The slope there is 0.",
        "3 starts led to one valley: 0.5 (3 times).",
    ]
