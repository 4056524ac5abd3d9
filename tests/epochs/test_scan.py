"""Epochs as straight-line Python: the engine's to the last bit, stopped where it stops, and none where they differ."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd
from sheetgd.epochs import scan
from sheetgd.epochs.history import History
from sheetgd.formulas.program.scan import CompiledEpochs, EpochRow

NEVER = 10**12


def run(path: Path, sheet: str | None, epochs: int, worth: int, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setattr(scan, "WORTH_IT", worth)
    monkeypatch.setattr(scan, "CHUNK", 70)
    with sheetgd.open_book(path) as book:
        return sheetgd.run(book, sheet, epochs=epochs, write=False)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run by the engine alone, and one by the scan, which must have been used."""

    def compare(path: Path, sheet: str | None = None, epochs: int = 250) -> History:
        used = []
        rows = CompiledEpochs.rows

        def seen(self: CompiledEpochs, count: int, start: Sequence[float]) -> list[EpochRow]:
            used.append(count)
            return rows(self, count, start)

        monkeypatch.setattr(CompiledEpochs, "rows", seen)
        stepped = run(path, sheet, epochs, NEVER, monkeypatch)
        assert not used
        found = run(path, sheet, epochs, 0, monkeypatch)
        assert used
        assert found.as_json() == stepped.as_json()  # every number, to the last bit
        return found

    return compare


LESSONS = [
    ("optimizers", "RMSprop"),
    ("optimizers", "Adam"),
    ("optimizers", "Momentum"),
    ("minima", None),
    ("logistic", "Logistic"),
    ("logistic", "By points"),
    ("network", None),
]


@pytest.mark.parametrize(("lesson", "sheet"), LESSONS)
def test_the_lessons_are_the_engines_to_the_last_bit(
    both: Any, tmp_path: Path, lesson: str, sheet: str | None
) -> None:
    epochs = 90 if lesson == "network" else 250  # of thousands of formulas each
    history = both(Path(sheetgd.new(lesson, tmp_path / "lesson.xlsx")), sheet, epochs)
    assert history.epochs == epochs and history.log[-1]["epoch"] == epochs


def table(path: Path, formulas: Sequence[str], learn: float = 0.01, w: float = 1.0) -> Path:
    """A step table of eight rows: x, y, w, what is predicted, new_w, and the loss of the last row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row, (label, value) in enumerate(
        [("w", w), ("learn", learn), ("loss", "=SUMPRODUCT((D6:D13-B6:B13)^2)")], 1
    ):
        sheet.cell(row, 1, label)
        sheet.cell(row, 2, value)
    for column, title in enumerate(["x", "y", "w", "pred", "new_w"], 1):
        sheet.cell(5, column, title)
    at = random.Random(5)
    for row in range(6, 14):
        cells = [at.uniform(0.5, 2), at.uniform(1, 3), "=B1" if row == 6 else f"=E{row - 1}", *formulas]
        for column, value in enumerate(cells, 1):
            sheet.cell(row, column, value.replace("#", str(row)) if isinstance(value, str) else value)
    book.save(path)
    return path


UPDATE = "=C#-$B$2*2*A#*(D#-B#)"
MODELS = {
    "a power": "=A#^C#+C#^3/10",
    "a kink": "=MAX(0,C#*A#-1)+MIN(C#,A#,1)",
    "branches": "=IF(AND(C#>0.7,A#<1.5),C#*A#,IF(OR(C#<=0.2,A#>=1),C#^2,-C#))",
    "trigonometry": "=SIN(C#*A#)+ATAN(C#)-TANH(A#*C#)+COS(C#)/COSH(C#)",
    "logarithms": "=LN(1+ABS(C#*A#))+LOG10(2+C#^2)+SQRT(1+C#*C#)",
    "sums": "=SUM(A$6:A#,C#,1)/COUNT(A$6:A#)+AVERAGE(C#,A#)*C#%",
    "not equal": "=IF(NOT(C#<>1),A#,C#*A#)-(C#>0.5)*0.1",
}


@pytest.mark.parametrize("name", MODELS)
def test_formulas_of_every_kind(both: Any, tmp_path: Path, name: str) -> None:
    both(table(tmp_path / "t.xlsx", [MODELS[name], UPDATE]))


def test_a_run_that_diverges_is_stopped_in_the_same_epoch(both: Any, tmp_path: Path) -> None:
    history = both(table(tmp_path / "t.xlsx", ["=A#*C#^2", "=C#*1.0003+0*D#"]), epochs=5000)
    assert history.diverged


@pytest.mark.parametrize("formula", ["=1/(1+EXP(C#*C#*A#))", "=IF(C#*1E307>1,1,2)", "=LN(30-C#)"])
def test_where_a_number_is_none_the_engine_has_the_word(both: Any, tmp_path: Path, formula: str) -> None:
    """w grows by a fifth of a percent a row until the exponential, the product or the logarithm is no number."""
    both(table(tmp_path / "t.xlsx", [formula, "=C#*1.002+0*D#"]), epochs=1500)


def test_comparisons_of_what_is_equal_but_for_rounding(both: Any, tmp_path: Path) -> None:
    """The engine compares 15 digits: (w+0.1)-0.1 is w to it."""
    both(table(tmp_path / "t.xlsx", ["=IF((C#+0.1)-0.1=C#,A#*C#,5)", UPDATE], w=1.7))


@pytest.mark.parametrize("sign", ["<", ">", "<=", ">=", "=", "<>"])
def test_comparisons_with_0_of_ever_smaller_numbers(both: Any, tmp_path: Path, sign: str) -> None:
    """w shrinks from row to row, through 1E-16, which the engine alone would take for 0."""
    for start in (1e-9, -1e-9):
        formulas = [f"=IF(C#{sign}0,A#,A#/2)", "=C#*0.992+0*D#"]
        both(table(tmp_path / f"{start}.xlsx", formulas, w=start), epochs=260)


def test_a_scan_that_goes_astray_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(sheetgd.new("minima", tmp_path / "m.xlsx"))
    stepped = run(path, None, 300, NEVER, monkeypatch)
    rows = CompiledEpochs.rows

    def wrong(self: CompiledEpochs, count: int, start: Sequence[float]) -> list[EpochRow]:
        found = rows(self, count, start)
        return (
            found
            if count <= 51
            else [(*found[0][:-1], found[0][-1]), *(tuple(v * (1 + 1e-15) for v in row) for row in found[1:])]
        )

    monkeypatch.setattr(CompiledEpochs, "rows", wrong)
    assert run(path, None, 300, 0, monkeypatch).as_json() == stepped.as_json()


def test_a_cycle_goes_on_where_it_was(both: Any, tmp_path: Path) -> None:
    """w goes to and fro between two numbers, so that the engine is put where it stood before."""
    both(table(tmp_path / "t.xlsx", ["=A#*C#", "=IF(A#=A$13,1/C#,C#+0*D#)"], w=3.0), epochs=700)
