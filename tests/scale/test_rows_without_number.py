"""Rows whose formulas give no number, or one that only the sheet's own engine knows: named, or decided as in Excel."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import nextafter
from pathlib import Path

import numpy as np
import pytest
from data_files import line_rows, parquet

import sheetgd
from conftest import CommandLine
from fit_sheets import line
from sheetgd.errors import SheetgdError
from small_lesson import Cells, draw

STEP = "is within rounding of a step, where spreadsheets differ"
IN_FILE = "change the row's numbers a little, or leave the row out."
ON_SHEET = "change a little what it reads, or run it on the sheet's own rows, without --rows."
FIX = "fix the row there, or leave it out."


def predicted_from(x: str) -> Cells:
    """The small lesson, where a formula of A9, A10, … stands for x; x itself goes into no formula but this."""
    cells: Cells = {"M8": "z"}
    texts = {
        "E": "C{0}*M{0}+D{0}",
        "G": "((C{0}+0.01)*M{0}+D{0}-B{0})^2",
        "J": "((D{0}+0.01)+C{0}*M{0}-B{0})^2",
        "M": x,
    }
    for row in (9, 10, 11):
        cells |= {f"{column}{row}": "=" + text.format(row) for column, text in texts.items()}
    return cells


def bent(cells: Cells) -> Cells:
    """The same, but a row's step is not affine."""
    return cells | {f"I{row}": f"=C{row}-$B$1*ATAN(H{row})" for row in (9, 10, 11)}


def loss(x: str) -> Cells:
    """The small lesson, whose loss alone has another x."""
    return {"B5": f"=SQRT(SUMPRODUCT(({x.format('A9:A11')}*B3+B4-B9:B11)^2)/COUNT(A9:A11))"}


BELOW_4 = 4 - 1e-12
ROWS: dict[str, tuple[Cells, float, str]] = {
    "ROUND": (
        predicted_from("ROUND(A{0},2)"),
        nextafter(1.005, 0),
        f"M9: in row 4 of part-2.parquet, =ROUND(A9,2) {STEP}; {IN_FILE}",
    ),
    "INT": (
        predicted_from("INT(A{0})"),
        BELOW_4,
        f"M9: in row 4 of part-2.parquet, =INT(A9) {STEP}; {IN_FILE}",
    ),
    "MOD, where IF chooses it": (
        predicted_from("IF(A{0}>0,MOD(A{0},2),SQRT(-A{0}))"),
        BELOW_4,
        f"M9: in row 4 of part-2.parquet, =IF(A9>0,MOD(A9,2),SQRT(-A9)) {STEP}; {IN_FILE}",
    ),
    "the loss": (
        loss("INT({0})"),
        BELOW_4,
        "B5: in row 4 of part-2.parquet, =SQRT(SUMPRODUCT((INT(A9:A11)*B3+B4-B9:B11)^2)/COUNT(A9:A11)) "
        f"{STEP}; {IN_FILE}",
    ),
    "an error": (
        predicted_from("LN(A{0}+100)"),
        -200.0,
        f"M9: in row 4 of part-2.parquet, =LN(A9+100) gives an error; {FIX}",
    ),
    "an error in a walk": (
        bent(predicted_from("LN(A{0}+100)")),
        -200.0,
        f"M9: in row 4 of part-2.parquet, =LN(A9+100) gives an error; {FIX}",
    ),
    "a large angle": (
        predicted_from("SIN(A{0})"),
        1e9,
        f"M9: in row 4 of part-2.parquet, =SIN(A9) gives an error; {FIX}",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_run_names_the_row(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes, x, words = ROWS[name]
    monkeypatch.chdir(tmp_path)
    path = draw(tmp_path / "lesson.xlsx", changes)
    before = path.read_bytes()
    rows = line_rows(50)
    rows["x"] = np.abs(rows["x"]) + 0.001
    parquet(tmp_path / "part-1.parquet", rows)
    whole = rows["x"][3]
    rows["x"][3] = x
    parquet(tmp_path / "part-2.parquet", rows)
    with sheetgd.open_book(path) as book:
        with pytest.raises(SheetgdError) as caught:
            sheetgd.run(book, epochs=2, rows="part-*.parquet")
        assert str(caught.value) == f"lesson.xlsx, Lesson!{words}"
        assert caught.value.exit_code == 1 and path.read_bytes() == before
        rows["x"][3] = whole  # which is what it advises
        parquet(tmp_path / "part-2.parquet", rows)
        assert sheetgd.run(book, epochs=2, rows="part-*.parquet").diverged is None


FITS: dict[str, tuple[Cells, str]] = {
    "its own row": (
        {"B3": "=SUMPRODUCT((INT(A6:A8)*B1+B2-B6:B8)^2)/3", "A7": 2 - 1e-12},
        f"B3: in row 2 of the table, =SUMPRODUCT((INT(A6:A8)*B1+B2-B6:B8)^2)/3 {STEP}; {ON_SHEET}",
    ),
    "a single cell": (
        {"B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/3+INT(B1-1E-11)"},
        f"B3: =SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/3+INT(B1-1E-11) {STEP}; {ON_SHEET}",
    ),
    "a row of the file": (
        {"B3": "=SUMXMY2(C6:C8,B6:B8)/3", "C5": "line"}
        | {f"C{row}": f"=$B$1*INT(A{row})+$B$2" for row in (6, 7, 8)},
        f"C6: in row 2 of data.parquet, =$B$1*INT(A6)+$B$2 {STEP}; {IN_FILE}",
    ),
    "a number too large": (
        {"B3": "=SUMPRODUCT((EXP(A6:A8*90)*B1+B2-B6:B8)^2)/3"},
        "B3: over the 2 rows, the objective is not a number at the start; start from other values, or see which "
        "rows its formulas give an error for.",
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_names_the_row(name: str, tmp_path: Path, sheetgd: CommandLine) -> None:
    changes, words = FITS[name]
    path = line(tmp_path / "line.xlsx", changes)
    before = path.read_bytes()
    parquet(tmp_path / "data.parquet", {"x": [1.5, BELOW_4], "y": [1.0, 2.0]})
    done = sheetgd("fit", "line.xlsx", "--minimize", "B3", "--change", "B1:B2", "--rows", "data.parquet")
    assert done.code == 1 and done.err.endswith(f"line.xlsx, Lesson!{words}\n"), done.err
    assert path.read_bytes() == before


def test_decimal_halves_are_rounded_as_in_a_spreadsheet(tmp_path: Path) -> None:
    """1.005 is a little less than that in binary, and still 1.01 with two digits, as decimal arithmetic has it."""
    x = np.arange(5, 10_005, 10) / 1000
    rounded = [float(Decimal(repr(one)).quantize(Decimal("0.01"), ROUND_HALF_UP)) for one in x.tolist()]
    y = 2 * x + np.random.default_rng(1).normal(size=len(x))
    parquet(tmp_path / "data.parquet", {"x": x, "y": y})
    cells: Cells = {"B3": "=SUMXMY2(C6:C8,B6:B8)/COUNT(B6:B8)", "C5": "line"}
    cells |= {f"C{row}": f"=$B$1*ROUND(A{row},2)+$B$2" for row in (6, 7, 8)}
    with sheetgd.open_book(line(tmp_path / "line.xlsx", cells)) as book:
        found = sheetgd.fit(
            book, minimize="B3", change="B1:B2", optimizer="bfgs", rows=str(tmp_path / "data.parquet")
        )
    exact = np.linalg.lstsq(np.stack([rounded, np.ones(len(x))], 1), y)[0]
    assert [one.after for one in found.history.parameters.values()] == pytest.approx(exact.tolist(), rel=1e-7)
