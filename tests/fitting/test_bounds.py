"""Bounds as typed: kept to by every optimizer, at the start, on the way and at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from fit_sheets import line
from sheetgd.errors import SheetgdError

LINE = ("--minimize", "loss", "--change", "m,b")
# x = 1, 2, 3 and y = 5, 6, 10: m = 41 / 14 where b is held at 1, and b = 3 where m is held at 2.


@pytest.mark.parametrize("optimizer", [None, "sgd", "momentum", "rmsprop", "adam", "bfgs"])
def test_each_optimizer_keeps_to_bounds(tmp_path: Path, optimizer: str | None) -> None:
    line(tmp_path / "line.xlsx")
    with library.open_book(tmp_path / "line.xlsx") as book:
        found = library.fit(
            book, minimize="loss", change="m,b", at_least={"m,b": -1}, at_most={"m": 2}, optimizer=optimizer
        ).history
    assert [change.after for change in found.parameters.values()] == pytest.approx([2, 3], abs=1e-4)
    assert all(-1 <= row["m"] <= 2 and row["b"] >= -1 for row in found.log)


def test_bounds_on_the_command_line(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    found = sheetgd("fit", "line.xlsx", *LINE, "--at-most", "b=1", "--at-least", "m,b=0", "--json").json()
    assert found["parameters"]["m"]["after"] == pytest.approx(41 / 14, abs=1e-6)
    assert found["parameters"]["b"]["after"] == 1
    assert found["bounds"] == {"m": [0, None], "b": [0, 1]}


def test_the_loss_is_not_asked_for_beyond_a_bound(sheetgd: CommandLine, tmp_path: Path) -> None:
    """A root of a negative number is none; with the bound, no epoch meets it."""
    line(tmp_path / "line.xlsx", {"B1": 4, "B3": "=(SQRT(B1)+1)^2"})
    words = (
        "fit",
        "line.xlsx",
        "--minimize",
        "loss",
        "--change",
        "m",
        "--optimizer",
        "adam",
        "--at-least",
        "m=0",
    )
    done = sheetgd(*words, "--json")
    assert (done.code, done.err, done.json()["parameters"]["m"]["after"]) == (
        0,
        "",
        pytest.approx(0, abs=1e-9),
    )


def test_a_start_beyond_the_bounds_moves_to_them(tmp_path: Path) -> None:
    """Where the loss is lower outside, that does not count."""
    line(tmp_path / "line.xlsx", {"B1": 2.5, "B2": 2})
    with library.open_book(tmp_path / "line.xlsx") as book:
        found = library.fit(book, minimize="loss", change="m,b", at_least={"m": 4}).history
    assert found.loss and found.loss.before is not None and found.loss.after is not None
    assert found.loss.before == pytest.approx(0.5) and found.loss.after > 0.5
    assert [change.after for change in found.parameters.values()] == pytest.approx([4, -1], abs=1e-6)


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a cell that is not changed": (
        {},
        {"at_least": {"A1": 0.0}},
        "line.xlsx, Lesson!A1: --at-least names a cell that the fit does not change; name cells that --change names, "
        "too.",
    ),
    "an empty range": (
        {},
        {"at_least": {"m": 3.0}, "at_most": {"m": 2.0}},
        "line.xlsx, Lesson!B1: this parameter is to be at least 3 and at most 2; let the first be no larger than the "
        "second.",
    ),
    "no number": (
        {},
        {"at_most": {"m": float("nan")}},
        "line.xlsx: --at-most m is not a number; write it like --at-most m=0.",
    ),
    "no loss within them": (
        {"B3": "=SQRT(B1-0.5)+B2"},
        {"at_most": {"m": 0.0}},
        "line.xlsx, Lesson!B3: the start lies outside the bounds, and at the nearest values within them the "
        "objective is not a number; start within the bounds, at values where it is one.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bounds_that_are_refused(tmp_path: Path, what: str) -> None:
    changes, bounds, sentence = REFUSED[what]
    path = line(tmp_path / "line.xlsx", changes)
    before = path.read_bytes()
    with library.open_book(path) as book, pytest.raises(SheetgdError) as refused:
        library.fit(book, minimize="loss", change="m,b", **bounds)
    assert (str(refused.value), path.read_bytes()) == (sentence, before)
