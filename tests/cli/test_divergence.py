"""Runs that diverge, and an engine that is not there: the whole message, and what the sheet holds then."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl

import sheetgd as library
from bad_input import everything
from conftest import ROOT, CommandLine
from sheetgd.errors import SheetError
from small_lesson import draw


def log_rows(path: Path, sheet: str, first: str) -> list[list[float]]:
    """The rows of the log below its heading, as they are stored."""
    found = openpyxl.load_workbook(path, data_only=True)[sheet]
    heading = found[first]
    rows = []
    for row in found.iter_rows(
        heading.row + 1, heading.row + 3000, heading.column, heading.column + 3, values_only=True
    ):
        if row[0] is None:
            break
        rows.append(list(row))
    return rows


def test_a_learn_far_too_large(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--epochs", "50", "--learn", "0.002")
    assert ended.code == 3
    match = re.fullmatch(
        r"lesson\.xlsx, Descent!H3: the run diverged in epoch (\d+) with learn 0\.002; the sheet holds epoch "
        r"(\d+), before the growth began; for these x, every learn below 0\.000399 \(1 / \(max x² \+ 1\)\) is "
        r"certainly safe\.\n",
        ended.err,
    )
    assert match and (int(match[1]), int(match[2])) == (11, 1)  # as a plain loop does: see test_at_once
    rows = log_rows(tmp_path / "lesson.xlsx", "Descent", "O6")
    assert [row[0] for row in rows] == list(range(int(match[2]) + 1))
    sheet = openpyxl.load_workbook(tmp_path / "lesson.xlsx", data_only=True)["Descent"]
    assert (sheet["H3"].value, sheet["D4"].value, sheet["D5"].value, sheet["K3"].value) == (
        0.002,
        *rows[-1][1:],
    )
    assert rows[-1][3] < rows[0][3]
    assert "Descent: 1 epoch, learn 0.002" in ended.out


def test_a_learn_that_diverges_at_once_changes_nothing(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    before = everything(tmp_path)
    ended = sheetgd("run", "lesson.xlsx", "--learn", "0.5", "--json")
    assert ended.code == 3
    assert ended.err == (
        "lesson.xlsx, Descent!H3: the run diverged in epoch 1 with learn 0.5; the sheet is as it was; for "
        "these x, every learn "
        "below 0.000399 (1 / (max x² + 1)) is certainly safe.\n"
    )
    answer = ended.json()
    assert (answer["epochs"], answer["log"]) == (0, [])
    assert all(change["before"] == change["after"] for change in answer["parameters"].values())
    assert everything(tmp_path) == before


def test_the_named_learn_is_safe(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--learn", "0.00039", "--epochs", "3000", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json()["loss"]["after"] < 1


def test_no_learn_is_safe_for_the_published_rule(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "original", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--epochs", "2000", "--json")
    assert ended.code == 3
    stopped = int(re.findall(r"in epoch (\d+)", ended.err)[0])  # as a plain loop says: see test_at_once
    epochs = ended.json()["epochs"]
    assert 0 < epochs < stopped - 10
    assert ended.err == (
        f"lesson.xlsx, Original!H3: the run diverged in epoch {stopped} with learn 0.0001; the sheet holds "
        f"epoch {epochs}, before the growth began; no learn is safe: each derivative is used for the other "
        "parameter, so this rule diverges sooner or later with any.\n"
    )
    rows = log_rows(tmp_path / "lesson.xlsx", "Original", "O6")
    last = ended.json()["log"][-1]
    assert rows[-1] == [last["epoch"], last["m"], last["b"], last["rmse"]]


def test_a_table_of_columns_that_diverges(sheetgd: CommandLine, tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"B5": None, "B1": 0.05, "B2": 100}, formulas=False)
    before = everything(tmp_path)
    ended = sheetgd("run", "lesson.xlsx", "--json")
    assert (ended.code, ended.json()["epochs"]) == (3, 0)
    assert ended.err == (
        "lesson.xlsx, Lesson!B1: the run diverged in epoch 4 with learn 0.05; the sheet is as it was; for these x, "
        "every learn below 0.00127 (1 / (max x² + 1)) is certainly safe.\n"
    )
    assert everything(tmp_path) == before


def test_the_folder_of_the_project_is_the_one_tested() -> None:
    assert Path(library.__file__).is_relative_to(ROOT)
    assert issubclass(SheetError, library.SheetgdError)
