"""Fits of real sheets: against least squares by NumPy, the lessons' own descents, and LibreOffice; every refusal."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest

import promises
import sheetgd as library
from conftest import CommandLine, plain_environment
from fakes.google.server import Google
from fit_sheets import LINE_B, LINE_LOSS, LINE_M, line, network, passengers, regression
from office import Office, read_stored
from sheetgd.fitting import losses
from workbooks import changed_parts

OWN = ("--minimize", "Lesson!B3", "--change", "Lesson!B1:B2")


# -- lessons ---------------------------------------------------------------------------------------------------------
LESSONS = {  # the loss, the parameters, the columns of inputs (1: ones), that of outputs, and their rows
    "belts": ("mse", "multiplier", "B", "C", (13, 22)),
    "penguins": ("mse", "slope,intercept", "DE", "F", (74, 406)),
    "descent": ("rmse", "m,b", "B1", "C", (75, 94)),
    "weights": ("Weights!K3", "Weights!C4:C5", "BC", "D", (44, 44)),
}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_reaches_what_its_own_descent_does_and_numpy(
    sheetgd: CommandLine, tmp_path: Path, lesson: str
) -> None:
    loss, cells, given, wanted, (first, last) = LESSONS[lesson]
    sheetgd("new", lesson, "-o", "lesson.xlsx")
    shutil.copy(tmp_path / "lesson.xlsx", tmp_path / "own.xlsx")
    fitted = sheetgd("fit", "lesson.xlsx", "--minimize", loss, "--change", cells, "--json").json()
    own = sheetgd("run", "own.xlsx", "--epochs", 1000, "--json").json()
    assert fitted["loss"]["before"] == pytest.approx(own["loss"]["before"], rel=1e-12)
    assert fitted["loss"]["after"] <= own["loss"]["after"] * (1 + 1e-10) + 1e-24
    assert (fitted["stopped"], fitted["rule"]) == ("flat", "fit")
    assert {fitted["optimizer"], fitted["others"][0]["optimizer"]} & {"bfgs"}
    sheet = openpyxl.load_workbook(tmp_path / "lesson.xlsx", data_only=True).worksheets[0]
    columns = [
        [1.0 if letter == "1" else float(sheet[f"{letter}{row}"].value) for row in range(first, last + 1)]
        for letter in given + wanted
    ]
    inputs, outputs = np.array(columns[:-1]).T, np.array(columns[-1])
    best, _, rank, _ = np.linalg.lstsq(inputs, outputs, rcond=None)
    found = np.array([change["after"] for change in fitted["parameters"].values()])
    np.testing.assert_allclose(inputs @ found, inputs @ best, rtol=0, atol=1e-12 * np.abs(outputs).max())
    if rank == len(best):  # of one point, two weights are as good as two others
        np.testing.assert_allclose(found, best, rtol=0, atol=1e-12 * np.abs(best).max())


def test_a_network_learns_at_least_as_well_as_by_its_own_descent(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    """Its loss has kinks (ReLU), its start is random, and its own descent takes 100 epochs; Adam gets to the bottom."""
    sheetgd("new", "network", "-o", "lesson.xlsx")
    shutil.copy(tmp_path / "lesson.xlsx", tmp_path / "own.xlsx")
    words = ("--minimize", "loss", "--change", "C32:C40,G32:G39,K32:K34")
    fitted = sheetgd("fit", "lesson.xlsx", *words, "--json").json()
    own = sheetgd("run", "own.xlsx", "--json").json()
    assert own["epochs"] == 100 and len(fitted["parameters"]) == 20
    assert fitted["loss"]["before"] == pytest.approx(own["loss"]["before"], rel=1e-12)
    assert fitted["loss"]["after"] < 1e-8 < own["loss"]["after"] < 0.01


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
def test_a_regression_is_that_of_least_squares(sheetgd: CommandLine, tmp_path: Path, office: Office) -> None:
    book = regression(tmp_path / "people.xlsx")
    fitted = sheetgd("fit", book.name, "--minimize", "Data!B3", "--change", "Data!B2:K2", "--json").json()
    inputs, survived = passengers()
    best = np.linalg.lstsq(inputs, survived, rcond=None)[0]
    least = float(np.mean((inputs @ best - survived) ** 2))
    assert fitted["loss"]["after"] == pytest.approx(least, rel=1e-12)
    assert (
        list(fitted["parameters"]) == "age fare siblings parents woman first second port1 port2 one".split()
    )
    after = np.array([change["after"] for change in fitted["parameters"].values()])
    np.testing.assert_allclose(after, best, rtol=0, atol=1e-12 * np.abs(best).max())
    assert office.assert_stored_equals_recalculated(book) == 2 * 712 + 1


def test_a_network_of_relus_does_better_than_the_line(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = network(tmp_path / "network.xlsx")
    words = ("--minimize", "loss", "--change", "B2:K3", "--sheet", "Model", "--epochs", 30)
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
        fitted = library.fit(
            book, minimize="rmse", change="const,slope", log="marks!F1", optimizer="adam", epochs=200
        )
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
    done = sheetgd("fit", "line.xlsx", *OWN, "--log", "D1", "--epochs", 5, "--optimizer", "adam")
    first, *rows, chosen, stopped, log = done.out.splitlines()
    assert first == "line.xlsx, sheet Lesson: loss (B3) minimized in 5 epochs"
    assert [row.split()[:2] for row in rows] == [["m", "B1"], ["b", "B2"], ["loss", "B3"]]
    assert chosen == "Chosen: adam, exact gradients, learn 1 of each parameter's scale, 1 at the end."
    assert stopped == "Stopped: all the allowed epochs were used; run it again to go on, or add --epochs."
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
    assert done.out.splitlines()[-1] == "No small step of these cells improves it; nothing was changed."
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
    first, m, loss, _, stopped, _, last = done.out.splitlines()
    assert re.fullmatch(r"line\.xlsx, sheet Lesson: loss \(B3\) is 7, not 5, after \d+ epochs", first)
    assert (m.split(), loss.split()) == (["m", "B1", "1", "->", "2"], ["loss", "B3", "8", "->", "7"])
    assert (stopped, last) == ("Stopped: the loss no longer falls.", MISSED)
    assert (done.code, done.err) == (0, "")
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(2, abs=1e-3)
    sheetgd("fit", "line.xlsx", "--minimize", "loss", "--change", "m")
    first, *_, nothing, last = sheetgd(*words).out.splitlines()
    assert first == "line.xlsx, sheet Lesson: loss (B3) is 7, not 5, after 0 epochs"
    assert (nothing, last) == ("No small step of these cells improves it; nothing was changed.", MISSED)


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


# -- engines ---------------------------------------------------------------------------------------------------------
def test_the_small_workbook_holds_what_the_loss_needs_and_no_more(tmp_path: Path) -> None:
    path = regression(tmp_path / "people.xlsx", rows=30, extra=5)
    place = ("Data", (3, 2))
    parameters = [("Data", (2, column)) for column in range(2, 12)]
    with library.open_book(path) as book:
        cone = book.cone([place], parameters)
        assert cone and len(cone.active) == 2 * 30 + 1 and cone.read(parameters) == set(parameters)
        small = ironcalc.load_from_bytes(book.model().extract(cone)[0])
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
        [
            sys.executable,
            "-m",
            "sheetgd",
            "fit",
            book.name,
            "--minimize",
            "B3",
            "--change",
            "B2:K2",
            "--difference",
            "forward",
        ],  # before the descent formulas would be compiled, and nothing be there to keep
        cwd=tmp_path,
        env={**os.environ, **plain_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
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
        "No small step of these cells improves it; nothing was changed.",
    )
    assert not any(Path(f"/proc/{engine}").exists() for engine in engines)


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    code = (
        "import sys; from sheetgd.cli.main import main; code = main(sys.argv[1:]);"
        "heavy = {'openpyxl', 'gspread', 'rich', 'lxml', 'requests', 'dataclasses'} & set(sys.modules);"
        "raise SystemExit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", "line.xlsx", *OWN, "--epochs", "3"],
        cwd=tmp_path,
        env={**os.environ, **plain_environment()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
