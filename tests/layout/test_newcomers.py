"""Sheets that nobody prepared for sheetgd come out as a NumPy loop says; numbers that are none are refused by cell."""

from __future__ import annotations

from pathlib import Path

import newcomers
import numpy as np
import openpyxl
import pytest
from own_sheets import Drawn
from test_misleading_sheets import save

import sheetgd as library
from sheetgd.cli.main import main

SHEETS: dict[str, Drawn] = {
    "ice cream": newcomers.ice_cream(),
    "a row a parameter": newcomers.parameter_table(),
    "finite differences": newcomers.finite_differences(),
    "f(x)": newcomers.function_of_one(),
    "a column an epoch": newcomers.sideways(),
    "a column an epoch, momentum": newcomers.sideways(0.9),
    "ridge": newcomers.ridge(),
    "pass or fail": newcomers.pass_or_fail(),
    "points one by one": newcomers.points_one_by_one(),
    "points one by one, start elsewhere": newcomers.points_one_by_one(notes=True),
    "parameters on another sheet": newcomers.parameters_elsewhere(),
    "steps on another sheet": newcomers.steps_elsewhere(),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_newcomer_runs_as_the_loop_does(name: str, tmp_path: Path) -> None:
    drawn = SHEETS[name]
    path = drawn.save(tmp_path / "own.xlsx")
    if name == "ice cream":
        book = openpyxl.load_workbook(path)
        book["Lesson"].merge_cells("A1:H1")
        book["Lesson"].column_dimensions["G"].hidden = True
        book["Lesson"]["E6"].number_format = "0%"
        book.save(path)
    with library.open_book(path) as book:
        history = library.run(book, epochs=6)
    parameters, loss = drawn.loop(6)
    assert [change.after for change in history.parameters.values()] == pytest.approx(parameters, rel=1e-6)
    assert history.loss and history.loss.after == pytest.approx(loss, rel=1e-6)
    with library.open_book(path) as book:
        back = library.reset(book)
    assert {change.after for change in back.parameters.values()} == {0.0}


def test_a_table_on_its_side_is_shown_as_one_and_asks_for_as_many_epochs_as_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = newcomers.sideways(0.9).save(tmp_path / "own.xlsx")
    assert main(["look", str(path)]) == 0
    shown = capsys.readouterr().out
    assert (
        "  table      A1:K8, 10 columns, each column is an epoch; the first one starts again where" in shown
    )
    assert "  state      vm starts in B7, carried from C7: " in shown and "  loss       B6 (MSE): " in shown
    with library.open_book(path) as book:
        assert library.run(book, write=False).epochs == 9


NO_NUMBERS = {
    "E6": (
        "1E-2",
        'We choose the learning rate to be is the text "1E-2", not a number; type 0.01 as a number.',
    ),
    "E4": (
        "0",
        'the start of slope, whose next value is E8, is the text "0", not a number; type 0 as a number.',
    ),
    "E5": (
        None,
        "the start of intercept, whose next value is E9, is empty, not a number; type a number there.",
    ),
}


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_a_number_typed_as_text_or_forgotten(
    cell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value, text = NO_NUMBERS[cell]
    cells = newcomers.ice_cream().sheets["Lesson"]
    cells |= {"D4": "slope", "D8": "new slope", "D5": "intercept", "D9": "new intercept"}
    path = save(tmp_path / "own.xlsx", cells | {cell: value})
    before = path.read_bytes()
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().err == f"own.xlsx, S!{cell}: {text}\n"
    assert path.read_bytes() == before


def test_parameters_on_another_sheet_ask_for_their_next_values_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the message says is what `parameters_elsewhere(linked=True)` has."""
    path = newcomers.parameters_elsewhere(linked=False).save(tmp_path / "own.xlsx")
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().err == (
        "own.xlsx, Modell!B2: B2 looks like the next value of Steigung in Parameter!B1, and an epoch is carried on one "
        "sheet; on sheet Parameter, write =Modell!B2 into a cell, and next Steigung to its left (and 1 more likewise), "
        "and the loss in the same way; then that sheet is run.\n"
    )


def test_state_on_another_sheet_is_asked_for_and_then_carried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = newcomers.parameters_elsewhere(momentum=0.9)
    path = drawn.save(tmp_path / "own.xlsx")
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().err.startswith(
        "own.xlsx, Parameter!B10: the step reads B10 (v) as if it came from the epoch before, but no formula gives its "
        "next value; write that formula into a cell, and next v to its left; "
    )
    own = drawn.sheets["Parameter"] | {
        "A12": "next v",
        "B12": "=Modell!D2",
        "A13": "next u",
        "B13": "=Modell!D3",
    }
    path = drawn._replace(sheets=drawn.sheets | {"Parameter": own}).save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        history = library.run(book, epochs=6)
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(6)[0], rel=1e-9
    )


def test_a_learning_rate_that_is_a_formula_of_a_counter(tmp_path: Path) -> None:
    """A schedule: the rate is computed, the counter is carried by its label, and --learn names the formula."""
    cells = newcomers.ice_cream().sheets["Lesson"]
    cells |= {"D6": "learning rate", "E6": "=E11/(1+E12*E13)", "D11": "base", "E11": newcomers.RATE}
    cells |= {"D12": "decay", "E12": 0.5, "D13": "epoch", "E13": 0, "D14": "next epoch", "E14": "=E13+1"}
    path = save(tmp_path / "own.xlsx", cells)
    with library.open_book(path) as book:
        layout, history = library.look(book), library.run(book, epochs=4)
    assert layout.controls.learn == (6, 5) and list(layout.states) == ["epoch"]
    w = np.zeros(2)
    for epoch in range(4):
        w = w - newcomers.RATE / (1 + 0.5 * epoch) * newcomers.mse_gradient(w)
    assert [change.after for change in history.parameters.values()] == pytest.approx(list(w), rel=1e-9)
    with library.open_book(path) as book, pytest.raises(library.SheetgdError) as refused:
        library.run(book, learn=0.1)
    assert str(refused.value) == (
        "own.xlsx, S!E6: learn is the formula =E11/(1+E12*E13), which --learn would overwrite; change the cells that "
        "it refers to, or type a number there."
    )
