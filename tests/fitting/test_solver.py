"""Models that Excel's Solver saved: taken as they are, bounds kept to, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import CommandLine
from fit_sheets import LINE_B, LINE_LOSS, LINE_M, line
from office import read_stored


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


# With x = 1, 2, 3 and y = 5, 6, 10: m = 41 / 14 where b is held at 1, b = 3 where m is held at 2.
BOUNDS = {
    "b at most 1": (
        {"num": "1", "lhs1": "Lesson!$B$2", "rel1": "1", "rhs1": "1"},
        {"m": 41 / 14, "b": 1},
        {"b": [None, 1]},
    ),
    "a cell says how much": (
        {"num": "1", "lhs1": "Lesson!$B$2", "rel1": "1", "rhs1": "Lesson!$A$6"},
        {"m": 41 / 14, "b": 1},
        {"b": [None, 1]},
    ),
    "m at most 2, both at least 0": (
        {
            "num": "2",
            "lhs1": "Lesson!$B$1",
            "rel1": "1",
            "rhs1": "2",
            "lhs2": "Lesson!$B$1:$B$2",
            "rel2": "3",
            "rhs2": "0",
        },
        {"m": 2, "b": 3},
        {"m": [0, 2], "b": [0, None]},
    ),
    "from beyond": (
        {"num": "1", "lhs1": "Lesson!$B$1", "rel1": "3", "rhs1": "4"},
        {"m": 4, "b": -1},
        {"m": [4, None]},
    ),
    "what is not bound is not negative": (
        {"neg": "1", "num": "1", "lhs1": "Lesson!$B$1", "rel1": "3", "rhs1": "4"},
        {"m": 4, "b": 0},
        {"m": [4, None], "b": [0, None]},
    ),
}


@pytest.mark.parametrize("what", BOUNDS)
def test_bounds_that_solver_saved_are_kept_to(sheetgd: CommandLine, tmp_path: Path, what: str) -> None:
    model, end, bounds = BOUNDS[what]
    line(tmp_path / "line.xlsx", solver={"Lesson": model})
    found = sheetgd("fit", "line.xlsx", "--json").json()
    assert {name: change["after"] for name, change in found["parameters"].items()} == pytest.approx(
        end, abs=1e-6
    )
    assert found["bounds"] == bounds


SOLVERS: list[tuple[dict[str, dict[str, str]], tuple[str, ...], str]] = [
    (
        {
            "Lesson": {
                "num": "3",
                "lhs1": "Lesson!$B$3",
                "rel1": "3",
                "rhs1": "0",
                "lhs2": "Lesson!$B$1",
                "rel2": "3",
                "rhs2": "0",
                "lhs3": "Lesson!$B$1",
                "rel3": "2",
                "rhs3": "1",
                "typ": "3",
                "val": "4",
            }
        },
        (),
        "line.xlsx, sheet Lesson: the saved Solver model has the constraint Lesson!B3 >= 0 and 1 more, which gradient "
        "descent does not keep to; take it out in Solver and save, or name the cells: --value-of Lesson!B3=4 --change "
        "Lesson!B1:B2.",
    ),
    (  # a formula's result may move with the parameters
        {"Lesson": {"num": "1", "lhs1": "Lesson!$B$1", "rel1": "1", "rhs1": "Lesson!$B$3"}},
        (),
        "line.xlsx, sheet Lesson: the saved Solver model has the constraint Lesson!B1 <= Lesson!B3, which gradient "
        "descent does not keep to; take it out in Solver and save, or name the cells: --minimize Lesson!B3 --change "
        "Lesson!B1:B2.",
    ),
    (
        {
            "Lesson": {
                "num": "2",
                "lhs1": "Lesson!$B$1",
                "rel1": "3",
                "rhs1": "5",
                "lhs2": "Lesson!$B$1",
                "rel2": "1",
                "rhs2": "4",
            }
        },
        (),
        "line.xlsx, Lesson!B1: this parameter is to be at least 5 and at most 4; let the first be no larger than the "
        "second.",
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
