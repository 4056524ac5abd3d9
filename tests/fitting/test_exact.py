"""Exact gradients: used where the formulas can be compiled, compared with the engine, and left where they are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from fit_sheets import LINE_B, LINE_LOSS, LINE_M, line
from sheetgd.fitting import exact
from sheetgd.fitting.fit import Fit
from sheetgd.formulas.program.program import Program


def fitted(path: Path, **options: Any) -> Fit:
    with library.open_book(path) as book:
        return library.fit(book, **{"minimize": "loss", "change": "m,b", **options})


def test_the_gradient_is_exact_where_the_formulas_are_compiled(tmp_path: Path) -> None:
    found = fitted(line(tmp_path / "line.xlsx"))
    assert (found.gradient, found.difference, found.inexact) == ("exact", None, "")
    assert found.as_json()["gradient"] == "exact" and "difference" not in found.as_json()
    assert [change.after for change in found.history.parameters.values()] == pytest.approx(
        [LINE_M, LINE_B], rel=1e-8
    )


@pytest.mark.parametrize("given", [{"difference": "forward"}, {"difference": "central"}, {"step": 1e-6}])
def test_differences_that_are_asked_for(tmp_path: Path, given: dict[str, Any]) -> None:
    found = fitted(line(tmp_path / "line.xlsx"), optimizer="adam", **given)
    assert (found.gradient, found.difference) == ("differences", given.get("difference", "forward"))
    assert found.history.loss and found.history.loss.after == pytest.approx(LINE_LOSS)


@pytest.mark.parametrize("goal", ["minimize", "maximize", "value_of"])
def test_each_goal_has_its_gradient(tmp_path: Path, goal: str) -> None:
    hill = "10-(B1-2)^2-2*(B2-3)^2"
    path = line(tmp_path / "hill.xlsx", {"B3": f"=-({hill})" if goal == "minimize" else f"={hill}"})
    objective = ("B3", 7.75) if goal == "value_of" else "B3"
    found = fitted(path, **{"minimize": None, goal: objective})
    assert found.gradient == "exact" and found.history.loss
    ends = {"minimize": -10.0, "maximize": 10.0, "value_of": 7.75}
    assert found.history.loss.after == pytest.approx(ends[goal], abs=1e-9)


def test_what_is_not_compiled_is_named(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/3+0*ERF(B1)"})
    words = ("fit", "line.xlsx", "--minimize", "loss", "--change", "m,b", "--optimizer", "bfgs", "-o")
    said = sheetgd(*words, "one.xlsx").out
    assert "Chosen: bfgs, central differences (ERF in Lesson!B3 has no exact gradient)." in said.splitlines()
    found = sheetgd(*words, "other.xlsx", "--json").json()
    assert (found["gradient"], found["difference"]) == ("differences", "central")
    assert found["inexact"] == "ERF in Lesson!B3 has no exact gradient"


class Wrong:
    """A program that gives other numbers: values, slopes, or values near the end alone."""

    def __init__(self, program: Program, what: str) -> None:
        self.program, self.what = program, what

    def __getattr__(self, name: str) -> Any:
        return getattr(self.program, name)

    def value(self, point: Sequence[float]) -> float:
        found = self.program.value(point)
        if self.what == "value" or (self.what == "end" and found < 1.0):
            found *= 1 + 1e-6
            self.program.cells[self.program.slots["Lesson", (3, 2)]] = found
        return found

    def gradient(self, point: Sequence[float]) -> Any:
        _, slopes = self.program.gradient(point)
        return self.value(point), slopes * (1.1 if self.what == "slopes" else 1.0)


SAID = {
    "value": "the compiled formulas do not give what Lesson!B3 shows",
    "slopes": "the exact gradient of Lesson!B3 is not that of its differences",
    "end": "at the end the compiled formulas did not give what Lesson!B3 shows",
}


@pytest.mark.parametrize("what", ["value", "slopes", "end"])
def test_a_program_that_is_wrong_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    compiled = exact.compiled
    monkeypatch.setattr(exact, "compiled", lambda *given: Wrong(compiled(*given), what))
    found = fitted(line(tmp_path / "line.xlsx"))
    assert (found.gradient, found.inexact) == ("differences", SAID[what])
    assert any(note.startswith(SAID[what]) for note in found.history.warnings)
    assert found.history.loss and found.history.loss.after == pytest.approx(LINE_LOSS, rel=1e-9)
    assert [change.after for change in found.history.parameters.values()] == pytest.approx(
        [LINE_M, LINE_B], abs=1e-5
    )
    logged = [row["loss"] for row in found.history.log]
    assert logged == sorted(logged, reverse=True) and logged[-1] == found.history.loss.after


def test_where_a_number_is_doubtful_the_engine_is_asked(tmp_path: Path) -> None:
    """A root of a negative number on the way, and a start beside it."""
    path = line(tmp_path / "line.xlsx", {"B1": 4, "B3": "=(SQRT(B1)-0.001)^2"})
    found = fitted(path, change="m")
    assert found.gradient == "exact"
    assert found.history.parameters["m"].after == pytest.approx(1e-6, rel=0.01)


def test_at_a_kink_the_slope_may_be_that_of_either_side(tmp_path: Path) -> None:
    path = line(tmp_path / "line.xlsx", {"B1": 2, "B3": "=ABS(B1-2)+(B2-3)^2"})
    found = fitted(path)
    assert found.gradient == "exact" and found.history.loss
    assert found.history.loss.after == pytest.approx(0, abs=1e-9)
