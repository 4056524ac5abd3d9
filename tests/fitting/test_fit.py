"""Fits of real sheets: against least squares by NumPy, the lessons' own descents, and LibreOffice; every refusal."""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest

import promises
import sheetgd as library
from conftest import ROOT, CommandLine, plain_environment
from fakes.google.server import Google
from fit_sheets import LINE_B, LINE_LOSS, LINE_M, line, network, passengers, regression
from office import Office, read_stored
from sheetgd.cli.main import main
from sheetgd.fitting import losses
from sheetgd.maths.minimize import Settings, minimize
from workbooks import changed_parts

OWN = ("--minimize", "Lesson!B3", "--change", "Lesson!B1:B2")
PAGE = (ROOT / "docs" / "fit.md").read_text(encoding="utf-8")


# -- lessons ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "lesson, loss, cells, end",
    [
        ("belts", "mse", "multiplier", {"multiplier": 2.5414718343}),
        ("penguins", "mse", "slope,intercept", {"slope": 0.589451109, "intercept": 0}),
        ("descent", "rmse", "m,b", {"m": 2, "b": 30}),
    ],
)
def test_a_lesson_reaches_what_its_own_descent_does(
    sheetgd: CommandLine, tmp_path: Path, lesson: str, loss: str, cells: str, end: dict[str, float]
) -> None:
    sheetgd("new", lesson, "-o", "lesson.xlsx")
    shutil.copy(tmp_path / "lesson.xlsx", tmp_path / "own.xlsx")
    fitted = sheetgd("fit", "lesson.xlsx", "--minimize", loss, "--change", cells, "--json").json()
    own = sheetgd("run", "own.xlsx", "--epochs", 1000, "--json").json()
    assert fitted["loss"]["before"] == pytest.approx(own["loss"]["before"], rel=1e-12)
    assert fitted["loss"]["after"] <= own["loss"]["after"] * (1 + 1e-10)
    found = {name: change["after"] for name, change in fitted["parameters"].items()}
    assert found == pytest.approx(end, abs=2e-6)
    assert (fitted["stopped"], fitted["optimizer"], fitted["rule"]) == ("flat", "adam", "fit")


def test_a_network_learns_at_least_as_well_as_by_its_own_descent(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    """Its loss has kinks (ReLU), its start is random, and its own descent takes 100 epochs."""
    sheetgd("new", "network", "-o", "lesson.xlsx")
    shutil.copy(tmp_path / "lesson.xlsx", tmp_path / "own.xlsx")
    words = ("--minimize", "loss", "--change", "C32:C40,G32:G39,K32:K34", "--epochs", 120)
    fitted = sheetgd("fit", "lesson.xlsx", *words, "--json").json()
    own = sheetgd("run", "own.xlsx", "--json").json()
    assert own["epochs"] == 100 and len(fitted["parameters"]) == 20
    assert fitted["loss"]["before"] == pytest.approx(own["loss"]["before"], rel=1e-12)
    assert fitted["loss"]["after"] < own["loss"]["after"] < 0.01


def test_plain_steps_are_the_lesson_s_own(sheetgd: CommandLine, tmp_path: Path) -> None:
    """The belts' sheet steps against the exact slope of its mse; so does sgd with the sheet's learn."""
    sheetgd("new", "belts", "-o", "lesson.xlsx")
    shutil.copy(tmp_path / "lesson.xlsx", tmp_path / "own.xlsx")
    own = sheetgd("run", "own.xlsx", "--epochs", 20, "--json").json()
    words = ("--optimizer", "sgd", "--learn", own["learn"], "--difference", "central", "--epochs", 20)
    fitted = sheetgd(
        "fit", "lesson.xlsx", "--minimize", "mse", "--change", "multiplier", *words, "--json"
    ).json()
    assert (fitted["learn"], fitted["last_learn"], fitted["epochs"]) == (own["learn"], own["learn"], 20)
    for one, other in zip(fitted["log"], own["log"], strict=True):
        assert one == pytest.approx(other, rel=1e-6)


# -- 712 rows --------------------------------------------------------------------------------------------------------
def test_a_regression_comes_within_a_millionth_of_least_squares(
    sheetgd: CommandLine, tmp_path: Path, office: Office
) -> None:
    book = regression(tmp_path / "people.xlsx")
    fitted = sheetgd("fit", book.name, "--minimize", "Data!B3", "--change", "Data!B2:K2", "--json").json()
    inputs, survived = passengers()
    best = np.linalg.lstsq(inputs, survived, rcond=None)[0]
    least = float(np.mean((inputs @ best - survived) ** 2))
    assert fitted["loss"]["after"] == pytest.approx(least, rel=1e-6)
    assert fitted["loss"]["after"] >= least * (1 - 1e-12)
    assert (
        list(fitted["parameters"]) == "age fare siblings parents woman first second port1 port2 one".split()
    )
    after = np.array([change["after"] for change in fitted["parameters"].values()])
    np.testing.assert_allclose(after, best, atol=1e-4)
    assert office.assert_stored_equals_recalculated(book) == 2 * 712 + 1


def test_a_network_of_relus_does_better_than_the_line(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = network(tmp_path / "network.xlsx")
    words = ("--minimize", "loss", "--change", "B2:K3", "--sheet", "Model", "--epochs", 60)
    fitted = sheetgd("fit", book.name, *words, "--json").json()
    inputs, survived = passengers()
    best = np.linalg.lstsq(inputs, survived, rcond=None)[0]
    assert fitted["loss"]["after"] < np.mean((inputs @ best - survived) ** 2) < fitted["loss"]["before"]
    weights = np.array([change["after"] for change in fitted["parameters"].values()]).reshape(2, 10)
    loss = np.mean((np.maximum(0, inputs @ weights.T).sum(axis=1) - survived) ** 2)
    assert fitted["loss"]["after"] == pytest.approx(float(loss), rel=1e-12)


# -- what is written -------------------------------------------------------------------------------------------------
def test_nothing_but_the_parameters_and_results_changes(excel_book: Path, office: Office) -> None:
    before = promises.copy(excel_book)
    with library.open_book(excel_book) as book:
        fitted = library.fit(book, minimize="rmse", change="const,slope", log="marks!F1", epochs=200)
    found = fitted.history.parameters
    assert {name: change.cell for name, change in found.items()} == {"intercept": "C1", "slope": "C2"}
    typed: dict[str, Any] = {f"basic!{change.cell}": change.after for change in found.values()}
    typed |= {"marks!F1": "epoch", "marks!G1": "loss"}
    for row, entry in enumerate(fitted.history.log, 3):
        typed |= {f"marks!F{row}": entry["epoch"], f"marks!G{row}": entry["rmse"]}
    assert fitted.history.loss and fitted.history.loss.before
    typed |= {"marks!F2": 0.0, "marks!G2": fitted.history.loss.before}
    assert promises.check(before, excel_book, typed, fitted.history.warnings, office) == []
    assert fitted.history.loss.after == read_stored(excel_book)["basic"]["F33"]
    assert fitted.history.loss.after < fitted.history.loss.before / 100
    assert (fitted.history.epochs, fitted.history.log_area) == (200, "marks!F1:G202")


def test_out_leaves_the_workbook_alone(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = line(tmp_path / "line.xlsx")
    before = book.read_bytes()
    assert sheetgd("fit", book.name, *OWN, "-o", "fitted.xlsx").code == 0
    assert book.read_bytes() == before
    assert changed_parts(book, tmp_path / "fitted.xlsx") == {"xl/worksheets/sheet1.xml"}
    stored = read_stored(tmp_path / "fitted.xlsx")["Lesson"]
    assert [stored[cell] for cell in ("B1", "B2", "B3")] == pytest.approx(
        [LINE_M, LINE_B, LINE_LOSS], abs=1e-5
    )


def test_the_report(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    done = sheetgd("fit", "line.xlsx", *OWN, "--log", "D1", "--epochs", 5)
    first, *rows, chosen, stopped, log = done.out.splitlines()
    assert first == "line.xlsx, sheet Lesson: loss (B3) minimized in 5 epochs"
    assert [row.split()[:2] for row in rows] == [["m", "B1"], ["b", "B2"], ["loss", "B3"]]
    assert chosen == "Chosen: adam, forward differences, learn 1 of each parameter's scale, 1 at the end."
    assert stopped == "Stopped: these were all the epochs allowed; run it again to go on, or add --epochs."
    assert (log, done.err) == ("The log is in Lesson!D1:E7.", "")
    rows = list(openpyxl.load_workbook(tmp_path / "line.xlsx")["Lesson"]["D1:E7"])
    assert [[cell.value for cell in row] for row in rows][:2] == [
        ["epoch", "loss"],
        [0, 18],
    ]
    assert [row[0].value for row in rows[1:]] == [0, 1, 2, 3, 4, 5]


def test_at_the_minimum_the_file_is_left_alone(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = line(tmp_path / "line.xlsx", {"B1": 2, "B2": 3, "B6": 5, "B7": 7, "B8": 9})
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *OWN)
    assert done.out.splitlines()[-1] == "No small step of these cells leads further; nothing was changed."
    assert (done.code, done.err, book.read_bytes()) == (0, "", before)


def test_what_a_goal_may_be(sheetgd: CommandLine, tmp_path: Path) -> None:
    hill = {"B3": "=10-(B1-2)^2-(B2-3)^2"}
    line(tmp_path / "hill.xlsx", hill)
    done = sheetgd("fit", "hill.xlsx", "--maximize", "B3", "--change", "m,b", "--json").json()
    assert [change["after"] for change in done["parameters"].values()] == pytest.approx([2, 3], abs=1e-5)
    assert (
        done["loss"]["after"] == pytest.approx(10, abs=1e-9)
        and done["log"][-1]["loss"] == done["loss"]["after"]
    )
    line(tmp_path / "hill.xlsx", hill)
    done = sheetgd("fit", "hill.xlsx", "--value-of", "B3=7.75", "--change", "B1", "--json").json()
    assert done["loss"]["after"] == pytest.approx(
        6, abs=1e-6
    )  # as far as B1 alone can bring it: 10 - (1 - 3)²
    assert (done["objective"], done["reached"]) == ({"kind": "value of", "value": 7.75}, False)


MISSED = (
    "5 was not reached: this is the nearest that was found, perhaps a local minimum of the distance. Try other start "
    "values, or more cells in --change."
)


def test_a_value_out_of_reach_is_said_to_be_missed(sheetgd: CommandLine, tmp_path: Path) -> None:
    """A square and 7 is 7 at least. The cells are changed as far as they go, so this is no error."""
    line(tmp_path / "line.xlsx", {"B3": "=(B1-2)^2+7"})
    words = ("fit", "line.xlsx", "--value-of", "loss=5", "--change", "m")
    done = sheetgd(*words)
    first, m, loss, _, stopped, last = done.out.splitlines()
    assert re.fullmatch(r"line\.xlsx, sheet Lesson: loss \(B3\) is 7, not 5, after \d+ epochs", first)
    assert (m.split(), loss.split()) == (["m", "B1", "1", "->", "2"], ["loss", "B3", "8", "->", "7"])
    assert (stopped, last) == ("Stopped: the loss no longer falls.", MISSED)
    assert (done.code, done.err) == (0, "")
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(2, abs=1e-3)
    sheetgd("fit", "line.xlsx", "--minimize", "loss", "--change", "m")
    first, *_, nothing, last = sheetgd(*words).out.splitlines()
    assert first == "line.xlsx, sheet Lesson: loss (B3) is 7, not 5, after 0 epochs"
    assert (nothing, last) == ("No small step of these cells leads further; nothing was changed.", MISSED)


def test_a_value_that_is_nearly_reached_is_shown_with_its_digits(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    line(tmp_path / "line.xlsx", {"B3": "=(B1-2)^2+1.000003"})
    done = sheetgd("fit", "line.xlsx", "--value-of", "loss=1", "--change", "m").out.splitlines()[0]
    assert re.search(r"loss \(B3\) is 1\.000003\d*, not 1, after \d+ epochs$", done)


@pytest.mark.parametrize(
    "value, reached", [(0.0, True), (3.25, True), (1e9, True), (0.0, False), (1e9, False)]
)
def test_whether_a_value_was_reached(tmp_path: Path, value: float, reached: bool) -> None:
    """A line comes to every value; after one epoch with a tiny learn it is still on its way."""
    line(tmp_path / "line.xlsx", {"B3": "=2*B1-40"})
    with library.open_book(tmp_path / "line.xlsx") as book:
        learn = None if reached else 1e-3
        found = library.fit(
            book, value_of=("B3", value), change="B1", learn=learn, epochs=2000 if reached else 1
        )
    assert (found.reached, found.as_json()["reached"]) == (reached, reached)
    assert (abs(2 * found.history.parameters["m"].after - 40 - value) <= 1e-6 * max(1, value)) is reached


def test_only_a_value_is_reached_or_not(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    assert "reached" not in sheetgd("fit", "line.xlsx", *OWN, "--json").json()


def test_parameters_on_several_sheets_and_by_the_name_of_an_area(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Loss"
    weights = book.create_sheet("My weights")
    weights["A1"], weights["B1"], weights["C5"] = 0, 0, 0
    book.active["A1"] = "=('My weights'!A1-1)^2+(weights2-2)^2+('My weights'!C5-3)^2+1"
    for name, cells in (("weights", "$A$1:$B$1"), ("weights2", "$B$1")):
        book.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(
            name, attr_text=f"'My weights'!{cells}"
        )
    book.save(path)
    with library.open_book(path) as opened:
        found = library.fit(opened, minimize="Loss!A1", change="weights,'My weights'!C5").history.parameters
    assert [change.cell for change in found.values()] == ["My weights!A1", "My weights!B1", "My weights!C5"]
    assert [change.after for change in found.values()] == pytest.approx([1, 2, 3], abs=1e-5)
    assert "weights2" in found


def test_a_google_sheet(google: Google, sheetgd: CommandLine, tmp_path: Path) -> None:
    """The same, to the last bit, as in a file; its sheet's name is none that formulas write without quotes."""
    path = line(tmp_path / "line.xlsx", sheets=("Line 1",))
    file = google.add("Class", from_xlsx=path)
    words = ("--minimize", "loss", "--change", "B1:B2", "--sheet", "line 1", "--json")
    done = sheetgd("fit", file.url, *words, env=google.environment)
    assert (done.code, done.err) == (0, "")
    own = sheetgd("fit", path.name, *words).json()
    assert (done.json()["parameters"], done.json()["loss"]) == (own["parameters"], own["loss"])
    again = sheetgd("fit", file.url, *words, env=google.environment).json()
    assert again["parameters"]["m"]["before"] == pytest.approx(own["parameters"]["m"]["after"], rel=1e-12)


# -- a model saved by Solver -----------------------------------------------------------------------------------------
def test_a_saved_solver_model(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", solver={"Lesson": {"adj": "Lesson!$B$1,Lesson!$B$2"}})
    done = sheetgd("fit", "line.xlsx")
    assert done.out.splitlines()[1] == (
        "The objective and the cells to change are those that Solver saved on sheet Lesson."
    )
    stored = read_stored(tmp_path / "line.xlsx")["Lesson"]
    assert [stored[cell] for cell in ("B1", "B2", "B3")] == pytest.approx(
        [LINE_M, LINE_B, LINE_LOSS], abs=1e-5
    )
    again = sheetgd("fit", "line.xlsx", "--json").json()
    assert (again["solver"], list(again["parameters"])) == ("Lesson", ["m", "b"])


@pytest.mark.parametrize("kind, value, end", [("1", "0", 10.0), ("3", "7.75", 7.75)])
def test_a_saved_model_that_maximizes_or_seeks_a_value(
    sheetgd: CommandLine, tmp_path: Path, kind: str, value: str, end: float
) -> None:
    hill = {"B3": "=10-(B1-2)^2-(B2-3)^2"}
    line(tmp_path / "line.xlsx", hill, solver={"Lesson": {"typ": kind, "val": value}})
    assert sheetgd("fit", "line.xlsx", "--json").json()["loss"]["after"] == pytest.approx(end, abs=1e-6)


SOLVERS = [
    (
        {"Lesson": {"neg": "1"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model has Make Unconstrained Variables Non-Negative ticked, which "
        "gradient descent does not keep to; take it out in Solver and save, or name the cells: --minimize Lesson!B3 "
        "--change Lesson!B1:B2.",
    ),
    (
        {"Lesson": {"num": "2", "lhs1": "Lesson!$B$1", "rel1": "3", "rhs1": "0", "typ": "3", "val": "4"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model has the constraint Lesson!B1 >= 0 and 1 more, which gradient "
        "descent does not keep to; take it out in Solver and save, or name the cells: --value-of Lesson!B3=4 --change "
        "Lesson!B1:B2.",
    ),
    (
        {"Lesson": {"num": "1", "lhs1": "Lesson!$B$1:$B$2", "rel1": "4", "rhs1": "integer"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model has the constraint Lesson!B1:B2 integer, which gradient "
        "descent does not keep to; take it out in Solver and save, or name the cells: --minimize Lesson!B3 "
        "--change Lesson!B1:B2.",
    ),
    (
        {"Lesson": {"opt": "#REF!"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model's objective stands for #REF!, not for cells; name the cells "
        "like Sheet1!C1:C2.",
    ),
    (
        {"Lesson": {"opt": "Lesson!$B$3:$B$4"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model's objective is Lesson!$B$3:$B$4, several cells; choose one "
        "there.",
    ),
    (
        {"Lesson": {"typ": "3", "val": "ten"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model's value is ten, not a number; type a number there in Solver.",
    ),
    (
        {"Lesson": {}, "Other": {}},
        (),
        'line.xlsx: 2 sheets hold a model saved by Solver: Lesson, Other; choose one with --sheet "Lesson".',
    ),
    (
        {"Lesson": {}},
        ("--sheet", "other"),
        "line.xlsx: no cells were named, and sheet Other holds no model saved by Excel's Solver; name them: --minimize "
        "Sheet1!F33 --change Sheet1!C1:C2.",
    ),
    (
        {},
        (),
        "line.xlsx: no cells were named, and the workbook holds no model saved by Excel's Solver; name them: "
        "--minimize Sheet1!F33 --change Sheet1!C1:C2.",
    ),
]


@pytest.mark.parametrize("models, words, sentence", SOLVERS)
def test_saved_models_that_are_refused(
    sheetgd: CommandLine,
    tmp_path: Path,
    models: dict[str, dict[str, str]],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    book = line(tmp_path / "line.xlsx", sheets=("Lesson", "Other"), solver=models)
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *words)
    assert (done.out, done.err) == ("", sentence + "\n") and done.code in (1, 2)
    assert book.read_bytes() == before


def test_one_of_two_saved_models(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", sheets=("Lesson", "Other"), solver={"Lesson": {}, "Other": {}})
    assert sheetgd("fit", "line.xlsx", "--sheet", "Other", "--json").json()["sheet"] == "Other"
    stored = read_stored(tmp_path / "line.xlsx")
    assert stored["Lesson"]["B1"] == 1 and stored["Other"]["B1"] == pytest.approx(LINE_M, abs=1e-5)


# -- what is refused -------------------------------------------------------------------------------------------------
NOT_A_FORMULA = "not a formula; name the cell whose formula computes the loss from the parameters."
ERRORS = {
    "B3": "=SUM(C6:C8)/3", "C6": "=(A6*B$1+B$2-B6)^2", "C7": "=(A7*B$1+B$2-B7)^2+IFERROR(E7,0)", "E7": "=1/0",
    "C8": "=(A8*B$1+B$2-B8)^2", "B8": "=D8",
}  # fmt: skip
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a loss that is text": ({"B3": '="a"&B1&B2'}, "",
        'Lesson!B3: the objective is the text "a11", not a number; mend the formula there.',
    ),
    "an error": ({"B3": "=B1/(B2-B1)"}, "",
        "Lesson!B3: the objective is the error #DIV/0!, not a number; mend the formula there.",
    ),
    "an error further down": (  # of those that C7 reads, one is caught
        {**ERRORS, "D8": "=10*#REF!"}, "",
        "Lesson!B3: the objective is the error #REF! because of D8, whose formula is =10*#REF!; mend it there.",
    ),
    "an error that is typed": (
        {**ERRORS, "D8": "#N/A"}, "",
        "Lesson!B3: the objective is the error #N/A because of D8, where it is typed; type a number there.",
    ),
    "an error that OFFSET reads": (
        {"B3": "=SUM(C6:C8)", "C6": "=OFFSET(A6,0,0)*(B1+B2)", "C7": "=1/0", "C8": "=A8"}, "",
        "Lesson!B3: the objective is the error #DIV/0! because of C7, whose formula is =1/0; mend it there.",
    ),
    "a truth": ({"B3": "=B1=B2"}, "", "Lesson!B3: the objective is TRUE, not a number; mend the formula there."),
    "a constant": ({"B3": 5}, "", f"Lesson!B3: the objective is 5, {NOT_A_FORMULA}"),
    "a typed text": ({"B3": "five"}, "", f'Lesson!B3: the objective is the text "five", {NOT_A_FORMULA}'),
    "nothing": ({}, "--minimize C3 --change B1", f"Lesson!C3: the objective is empty, {NOT_A_FORMULA}"),
    "a parameter that does not matter": (
        {"C1": 1}, "--minimize B3 --change B1:B2,C1",
        "Lesson!B3: the objective does not depend on C1; leave it out of the cells to change, or mend the formulas.",
    ),
    "three of them": (
        {"C1": 1, "C2": 1, "C3": 1}, "--minimize B3 --change B1,C1:C3",
        "Lesson!B3: the objective does not depend on C1 and 2 more of these cells; leave it out of the cells to "
        "change, or mend the formulas.",
    ),
    "RAND on the way": (
        {"B3": "=(B1-2)^2+B2^2+RAND()"}, "",
        "Lesson!B3: the objective depends on this formula, and it changes at every recalculation; take what changes "
        "out of it, or type a number there instead.",
    ),
    "a circle": (
        {"C3": "=C4", "C4": "=C3+1", "B3": "=B1+B2+C3"}, "",
        "Lesson!C3: the objective depends on this formula, and it refers to itself, directly or through other cells; "
        "break the circle: let no cell need its own result.",
    ),
    "another workbook on the way": (
        {"C1": "=[1]Other!A1*B1", "B3": "=C1+B2"}, "",
        "Lesson!C1: the objective depends on this formula, and the formula engine does not know a function or a name "
        "in it; write it with other functions, or type its result as a number.",
    ),
    "no parameter": ({}, "--minimize B3 --change ,",
        "no cell is named for the parameters; write it like Sheet1!C1:C2.",
    ),
    "5,000 parameters": (
        {}, "--minimize B3 --change D1:D5000",
        "D1:D5000 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "a whole sheet": (
        {}, "--minimize B3 --change A1:XFD1048576",
        "A1:XFD1048576 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "many small areas": (
        {}, "--minimize B3 --change D1:D900,E1:E900",
        "D1:D900,E1:E900 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "a formula": (
        {"B2": "=1+0"}, "",
        "Lesson!B2: this parameter is the formula =1+0, which a fit would have to overwrite; type a number there, or "
        "leave it out of the cells to change.",
    ),
    "a text": ({"B2": "1,5"}, "", 'Lesson!B2: this parameter is the text "1,5", not a number; type 1.5 as a number.'),
    "a text beside a label": (
        {"B2": "-1,5"}, "--minimize B3 --change m,b",
        'Lesson!B2: b is the text "-1,5", not a number; type -1.5 as a number.',
    ),
    "an empty cell": ({"B2": None}, "", "Lesson!B2: this parameter is empty, not a number; type a number."),
    "TRUE": ({"B2": True}, "", "Lesson!B2: this parameter is TRUE, not a number; type a number."),
    "a cell twice": ({}, "--minimize B3 --change B1:B2,B1", "Lesson!B1: this parameter is named twice; name it once."),
    "two losses": ({}, "--minimize B3:B4 --change B1",
        "B3:B4 is 2 cells; name the one cell whose formula is the loss.",
    ),
    "an unknown sheet": ({}, "--minimize Nope!B3 --change B1", "there is no sheet Nope; its sheets are Lesson."),
    "no address": (
        {}, "--minimize B3 --change B1:ZZZZ9",
        "B1:ZZZZ9 is no cell like C7, no defined name, and no label on Lesson; write it like Sheet1!C7 "
        "or Sheet1!C1:C2.",
    ),
    "no such label": (
        {}, "--minimize B3 --change slope",
        "slope is no cell like C7, no defined name, and no label on Lesson; write it like Sheet1!C7 or Sheet1!C1:C2.",
    ),
    "a label twice": ({"D1": "m", "E1": 4}, "--minimize B3 --change m",
        "m may mean Lesson!B1, Lesson!E1; name the one that is meant.",
    ),
    "no loss": ({}, "--change B1", "--change was given without an objective; add --minimize Sheet1!F33."),
    "no change": ({}, "--minimize B3",
        "an objective was given without --change; add the cells to change: --change Sheet1!C1:C2.",
    ),
    "a log over something": (
        {}, "--minimize B3 --change B1 --log Lesson!A4",
        "Lesson!A4: the log may need A4:B1005, and A5 there holds the text \"x\"; name another cell for --log.",
    ),
    "a log that the loss reads": (
        {"B3": "=SUM(D:D)+(B1-2)^2"}, "--minimize B3 --change B1 --log D4",
        "Lesson!D4: the objective is computed from cells of the log; name another cell for --log.",
    ),
    "a log beyond the end": (
        {}, "--minimize B3 --change B1 --log A1048576",
        "Lesson!A1048576: the log may need A1048576:B1049577, and the sheet ends before; name another cell for --log.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    changes, words, sentence = REFUSED[what]
    book = line(tmp_path / "line.xlsx", changes)
    before = book.read_bytes()
    code = main(["fit", str(book), *(shlex.split(words) or OWN)])
    place = ", " if sentence.startswith("Lesson!") else ": "
    assert capsys.readouterr() == ("", f"line.xlsx{place}{sentence}\n")
    assert code in (1, 2) and book.read_bytes() == before and os.listdir(tmp_path) == [book.name]


def test_an_error_on_another_sheet(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B8": "=Data!A1"})
    book = openpyxl.load_workbook(tmp_path / "line.xlsx")
    book.create_sheet("Data")["A1"] = "=MATCH(4,Lesson!A6:A8,0)"
    book.save(tmp_path / "line.xlsx")
    with library.open_book(tmp_path / "line.xlsx") as opened:
        with pytest.raises(library.SheetgdError) as refused:
            library.fit(opened, minimize="B3", change="B1:B2", sheet="Lesson")
        [at] = {opened.origin_of_error(("Lesson", cell)) for cell in ((3, 2), (8, 2))}
        here = opened.origin_of_error(("Data", (1, 1)))
        assert at == here == (("Data", (1, 1)), "MATCH(4,Lesson!A6:A8,0)")
        assert opened.origin_of_error(("Lesson", (7, 2))) is None
    assert str(refused.value) == (
        "line.xlsx, Lesson!B3: the objective is the error #N/A because of Data!A1, whose formula is "
        "=MATCH(4,Lesson!A6:A8,0); mend it there."
    )


@pytest.mark.parametrize(
    "lesson, cell, typed, words, sentence",
    [
        ("penguins", "C4", "0,5", "slope,intercept",
         'C4: slope is the text "0,5", not a number; type 0.5 as a number.'),
        ("penguins", "C5", "two", "slope,intercept", 'C5: intercept is the text "two", not a number; type a number.'),
        ("penguins", "C4", None, "Slope", "C4: Slope is empty, not a number; type a number."),
        ("descent", "D4", "1e\u22124", "m", 'D4: m is the text "1e\u22124", not a number; type 0.0001 as a number.'),
        ("descent", "D5", "", "b", "D5: b is empty, not a number; type a number."),
    ],
)  # fmt: skip
def test_a_start_that_is_no_number_is_named_and_not_an_axis_of_the_grid(
    sheetgd: CommandLine, tmp_path: Path, lesson: str, cell: str, typed: str | None, words: str, sentence: str
) -> None:
    """The valley has its numbers beside the parameters' names, and the points of `descent` their actual m and b."""
    sheetgd("new", lesson, "-o", "lesson.xlsx")
    loss = sheetgd("look", "lesson.xlsx", "--json").json()["controls"]["loss"]
    book = openpyxl.load_workbook(tmp_path / "lesson.xlsx")
    book.worksheets[0][cell] = typed
    sheet = book.sheetnames[0]
    book.save(tmp_path / "lesson.xlsx")
    done = sheetgd("fit", "lesson.xlsx", "--minimize", f"{sheet}!{loss}", "--change", words)
    assert (done.code, done.out, done.err) == (1, "", f"lesson.xlsx, {sheet}!{sentence}\n")


LABELS = {
    "another block in its row": ({"D4": "rate", "E4": 0.5, "F4": "u", "G4": 1, "G3": "guess"}, "E4"),
    "a heading further down": ({"D3": "guess", "C8": "rate", "D8": "more", "F9": "rate", "G9": 1}, "G9"),
    "a label of its own": ({"D4": "rate", "E4": 1, "D9": "rate_guess", "E9": 2}, "E9"),
}


@pytest.mark.parametrize("what", LABELS)
def test_which_label_names_a_parameter(tmp_path: Path, what: str) -> None:
    """The loss reads the one cell that is meant; of another it would be said that the loss does not depend on it."""
    cells, meant = LABELS[what]
    path = line(tmp_path / "line.xlsx", {**cells, "B3": f"=({meant}-2)^2+B1"})
    with library.open_book(path) as book:
        [change] = library.fit(book, minimize="B3", change="rate").history.parameters.values()
    assert change.cell == meant


def test_a_merged_parameter(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", merge="C1:D1")
    with library.open_book(tmp_path / "line.xlsx") as book, pytest.raises(library.SheetgdError) as refused:
        library.fit(book, minimize="B3", change="B1,D1")
    assert str(refused.value) == (
        "line.xlsx, Lesson!D1: this cell is part of the merged area C1:D1; name its first cell, C1."
    )


def test_a_cell_that_may_be_on_either_sheet(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", sheets=("One", "The other"))
    said = {
        "B3": "B3 names no sheet, and there are 2; write it like One!B3, or add --sheet",
        "loss": "loss may mean One!B3, 'The other'!B3; name the one that is meant",
    }
    for text, sentence in said.items():
        with (
            library.open_book(tmp_path / "line.xlsx") as book,
            pytest.raises(library.SheetgdError) as refused,
        ):
            library.fit(book, minimize=text, change="B1:B2")
        assert str(refused.value) == f"line.xlsx: {sentence}."


@pytest.mark.parametrize(
    "options, sentence",
    [
        (
            {"optimizer": "newton"},
            "there is no optimizer newton; choose one of sgd, momentum, rmsprop, adam.",
        ),
        ({"difference": "backward"}, "there is no difference backward; choose one of forward, central."),
        ({"epochs": 0}, "epochs is 0; use a whole number from 1 to 1,000,000."),
        ({"learn": 0.0}, "learn is 0; use a number above 0, such as 0.0001."),
        ({"step": float("nan")}, "step is nan; use a number above 0, such as 0.0001."),
        ({"until": -1.0}, "until is -1; use a number above 0, such as 0.0001."),
        (
            {"maximize": "B3"},
            "several objectives were given; use one of --minimize, --maximize and --value-of.",
        ),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    line(tmp_path / "line.xlsx")
    with library.open_book(tmp_path / "line.xlsx") as book, pytest.raises(library.SheetgdError) as refused:
        library.fit(book, minimize="B3", change="B1", **options)
    assert str(refused.value) == f"line.xlsx: {sentence}"


# -- what is said ----------------------------------------------------------------------------------------------------
def test_rand_beside_the_way_is_left_at_its_result(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B8": "=10+RAND()"})
    done = sheetgd("fit", "line.xlsx", *OWN)
    assert done.code == 0
    assert done.err == "Note: Lesson!B8 left at the stored result: it changes at every recalculation.\n"
    last = read_stored(tmp_path / "line.xlsx")["Lesson"]["B8"]
    expected = np.polyfit([1, 2, 3], [5, 6, last], 1)
    stored = read_stored(tmp_path / "line.xlsx")["Lesson"]
    assert [stored["B1"], stored["B2"]] == pytest.approx(list(expected), abs=1e-4)


def test_another_workbook_beside_the_way(sheetgd: CommandLine, tmp_path: Path) -> None:
    """A link whose stored result is there is a number like any other."""
    book = line(tmp_path / "line.xlsx", {"B8": "=[1]Other!A1"})
    put_result(book, "B8", "10")
    done = sheetgd("fit", book.name, *OWN)
    assert done.err == (
        "Note: Lesson!B8 left at the stored result: the formula engine does not know a function or a name in it.\n"
    )
    assert read_stored(book)["Lesson"]["B1"] == pytest.approx(LINE_M, abs=1e-5)


def put_result(book: Path, cell: str, value: str) -> None:
    """Store a formula's result, as an application does; openpyxl stores none."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet, count = re.subn(rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v\s*/>', rf"\1<v>{value}</v>", sheet)
    sheet, more = (
        (sheet, 0)
        if count
        else re.subn(rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v></v>', rf"\1<v>{value}</v>", sheet)
    )
    assert count + more == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_offset_makes_every_step_recalculate_the_whole_workbook(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B3": "=SUMPRODUCT((OFFSET(A6,0,0,3,1)*B1+B2-B6:B8)^2)/3"})
    done = sheetgd("fit", "line.xlsx", *OWN)
    assert done.err == (
        "Note: formulas with OFFSET or INDIRECT may refer to any cell, so every step recalculates the whole workbook.\n"
    )
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(LINE_M, abs=1e-5)


def test_a_loss_that_becomes_an_error_on_the_way(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B1": 4, "B3": "=(SQRT(B1)-0.001)^2"})
    done = sheetgd("fit", "line.xlsx", "--minimize", "B3", "--change", "B1")
    assert re.fullmatch(
        r"Note: the loss was no number in epoch \d+, at m = -0\.\d+ \(\d+ times in all\): the fit went back to the "
        r"best so far and on with a smaller learn\.\n",
        done.err,
    )
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(1e-6, rel=0.01)


def test_a_learn_that_is_too_large(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = line(tmp_path / "line.xlsx")
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *OWN, "--optimizer", "sgd", "--learn", 10)
    assert (done.code, done.out, book.read_bytes()) == (3, "", before)
    assert done.err == (
        "line.xlsx, Lesson!B3: the fit diverged in epoch 2 with learn 10; the sheet is as it was; try a learn ten "
        "times smaller, or leave --learn out: then it is looked for.\n"
    )


ENDLESS = {
    "the largest mean square": (
        {}, ("--maximize", "loss"),
        r"loss grows without limit: in epoch \d+ it was \d\.?\d*e\+\d+, at m = -?\S+e\+\d\d, b = \S+; it has no "
        r"largest value, and the workbook is as it was; use --minimize if the smallest is meant, or mend the formulas",
    ),
    "errors that were not squared": (
        {"B3": "=SUMPRODUCT(B6:B8-A6:A8*B1-B2)/3"}, ("--minimize", "loss"),
        r"loss falls without limit: in epoch \d+ it was -\d\.?\d*e\+\d+, at m = \S+e\+\d\d, b = \S+; it has no "
        r"smallest value, and the workbook is as it was; use --maximize if the largest is meant, or mend the formulas",
    ),
    "an exponential": (
        {"B3": "=EXP(B1)-B2^2"}, ("--maximize", "loss"),
        r"loss grows without limit: in epoch \d+ it was \S+e\+1\d\d, at m = \S+, b = \S+; it has no "
        r"largest value, and the workbook is as it was; use --minimize if the smallest is meant, or mend the formulas",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_an_objective_without_limit_changes_nothing(sheetgd: CommandLine, tmp_path: Path, what: str) -> None:
    changes, words, sentence = ENDLESS[what]
    book = line(tmp_path / "line.xlsx", changes)
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *words, "--change", "m,b", "--log", "D1", "-o", "fitted.xlsx")
    assert re.fullmatch(rf"line\.xlsx, Lesson!B3: {sentence}\.\n", done.err)
    assert (done.code, done.out, book.read_bytes()) == (3, "", before)
    assert os.listdir(tmp_path) == [book.name]


@pytest.mark.parametrize(
    "optimizer, learn",
    [("sgd", None), ("momentum", None), ("rmsprop", None), ("adam", None), ("sgd", 0.1), ("momentum", 0.1)],
)
def test_a_loss_without_limit_is_seen_by_each_optimizer(optimizer: str, learn: float | None) -> None:
    """Well before the epochs are over. (With a given learn, the steps of RMSprop and Adam do not grow.)"""
    found = minimize(lambda points: [-(x**2) - y for x, y in points], [1.0, 1.0], Settings(optimizer, learn))
    assert found.stopped == "endless" and 10 < len(found.log) < 500


FAR: dict[
    str, tuple[Callable[[float], float], float, float]
] = {  # a loss, its start, and its minimum: far away, far below the start, or both
    "from 1e20 to 0": (lambda x: (x - 1e10) ** 2, 0.0, 1e10),
    "from 1e20 to below 0": (lambda x: (x - 1e10) ** 2 - 1e5, 0.0, 1e10),
    "a profit of 5e11": (lambda x: x**2 / 2e12 - x, 0.0, 1e12),
    "a profit of 5e19": (lambda x: x**2 / 2 - 1e10 * x, 0.0, 1e10),
    "a profit of 5e14": (lambda x: x**2 / 2e15 - x, 0.0, 1e15),
    "a likelihood from 1e-36": (lambda x: -math.exp(-((x - 13) ** 2) / 2), 0.0, 13),
    "a step of 1e12": (lambda x: -1e12 * math.exp(-((x - 3) ** 2)), 1.0, 3),
}


@pytest.mark.parametrize("what", FAR)
def test_a_minimum_however_far_is_not_taken_for_none(what: str) -> None:
    loss, start, least = FAR[what]
    found = minimize(lambda points: [loss(x) for (x,) in points], [start], Settings())
    assert (found.stopped, found.best.values[0]) == ("flat", pytest.approx(least, rel=1e-4))


def test_a_loss_that_falls_far_with_a_given_learn_has_not_diverged() -> None:
    found = minimize(lambda points: [x * x / 2 - 1e6 * x for (x,) in points], [0.0], Settings("sgd", 0.5))
    assert (found.stopped, found.best.values[0]) == ("flat", pytest.approx(1e6, rel=1e-4))


# -- engines ---------------------------------------------------------------------------------------------------------
def test_the_small_workbook_holds_what_the_loss_needs_and_no_more(tmp_path: Path) -> None:
    path = regression(tmp_path / "people.xlsx", rows=30, extra=5)
    place = ("Data", (3, 2))
    parameters = [("Data", (2, column)) for column in range(2, 12)]
    with library.open_book(path) as book:
        cone = book.cone([place], parameters)
        assert cone and len(cone.active) == 2 * 30 + 1 and cone.read(parameters) == set(parameters)
        small = ironcalc.load_from_bytes(book.model().extract(cone).data)
        [whole] = book.model().get([place])
    small.evaluate()
    assert small.get_cell_value(0, 3, 2) == whole
    assert len(small.get_all_cells()) == 10 + 30 * 11 + len(cone.active)


def test_the_number_of_engines_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "WORTH_AN_ENGINE", 1)
    ends = []
    for count in (1, 3):
        monkeypatch.setattr(losses, "cores", lambda count=count: count)
        line(tmp_path / "line.xlsx")
        with library.open_book(tmp_path / "line.xlsx") as book:
            ends.append(library.fit(book, minimize="B3", change="B1:B2").history.parameters)
    assert ends[0] == ends[1] and ends[0]["m"].after == pytest.approx(LINE_M, abs=1e-5)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system has no /proc")
def test_ctrl_c_writes_the_best_so_far_and_leaves_no_process(tmp_path: Path) -> None:
    book = regression(tmp_path / "people.xlsx")
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", "fit", book.name, "--minimize", "B3", "--change", "B2:K2"],
        cwd=tmp_path, env={**os.environ, **plain_environment()}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8",
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    engines: set[str] = set()
    until = time.monotonic() + 60
    while len(engines) < 2 and time.monotonic() < until:  # the workbook's, and the first of the fit
        engines |= set(children.read_text().split())
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] in (
        "Stopped: Ctrl-C; the best so far was kept.",
        "No small step of these cells leads further; nothing was changed.",
    )
    assert not any(Path(f"/proc/{engine}").exists() for engine in engines)


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    code = (
        "import sys; from sheetgd.cli.main import main; code = main(sys.argv[1:]);"
        "heavy = {'numpy', 'openpyxl', 'gspread', 'rich', 'lxml', 'requests', 'dataclasses'} & set(sys.modules);"
        "raise SystemExit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", "line.xlsx", *OWN, "--epochs", "3"],
        cwd=tmp_path, env={**os.environ, **plain_environment()}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# -- the page --------------------------------------------------------------------------------------------------------
def test_every_command_of_the_page_prints_what_it_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    regression(tmp_path / "passengers.xlsx")
    ran = 0
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            program, *words = shlex.split(command)
            assert program == "sheetgd"
            done = sheetgd(*words)
            assert done.out + done.err == expected, command
            ran += 1
    assert ran >= 4


def test_the_python_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    library.new("penguins", "penguins.xlsx")
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    exec(compile(code, "fit.md", "exec"), {})
    said = [line.partition("  # ")[2] for line in code.splitlines() if line.startswith("print(")]
    assert capsys.readouterr().out.splitlines() == said
