"""A loss that grows is reported, and a run that runs away is stopped; the learning rate that is named works.

The oracle is NumPy: the epochs of a line's whole-batch descent, whose largest safe step is 2 / the largest eigenvalue.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from conftest import CommandLine
from sheetgd.epochs.growth import Growth
from sheetgd.epochs.learning_rate import rounded_down
from sheetgd.epochs.rule import State

X = np.array([1.0, 2, 4, 7, 11])
Y = np.array([3.0, 1, 6, 8, 15])


def batch(path: Path, learn: float, epochs: int = 5) -> Path:
    """A line by whole-batch descent: m and b in B3:B4, the mean squared error in B5."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = range(9, 9 + len(X))
    first, last = rows[0], rows[-1]
    cells = {
        "A1": "learn",
        "B1": learn,
        "A2": "epochs",
        "B2": epochs,
        "A3": "m",
        "B3": 0.5,
        "A4": "b",
        "B4": 0.5,
    }
    cells |= {"A5": "mse", "B5": f"=SUM(D{first}:D{last})/{len(X)}"}
    cells |= {"D3": "new m", "E3": f"=B3-B1*SUMPRODUCT(C{first}:C{last},A{first}:A{last})*2/{len(X)}"}
    cells |= {"D4": "new b", "E4": f"=B4-B1*SUM(C{first}:C{last})*2/{len(X)}"}
    cells |= {
        "A8": "x",
        "B8": "y",
        "C8": "error",
        "D8": "squared",
        "G8": "epoch",
        "H8": "m",
        "I8": "b",
        "J8": "mse",
    }
    for row, x, y in zip(rows, X.tolist(), Y.tolist(), strict=True):
        cells |= {f"A{row}": x, f"B{row}": y, f"C{row}": f"=$B$3*A{row}+$B$4-B{row}", f"D{row}": f"=C{row}^2"}
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


def losses(learn: float, epochs: int) -> list[float]:
    """The mean squared errors of a plain loop, the start's first."""
    guess, found = np.array([0.5, 0.5]), []
    for _ in range(epochs + 1):
        error = guess[0] * X + guess[1] - Y
        found.append(float(np.mean(error**2)))
        guess = guess - learn * 2 * np.array([np.mean(error * X), np.mean(error)])
    return found


def limit() -> float:
    """The learning rate at which whole-batch descent begins to diverge."""
    design = np.stack([X, np.ones_like(X)])
    return 2 / float(np.linalg.eigvalsh(2 * design @ design.T / len(X)).max())


def named_learn(text: str) -> float:
    return float(re.findall(r"try learn ([\d.e-]+), with which the loss falls", text)[0])


@pytest.mark.parametrize("times", [1.01, 1.5, 3])
def test_a_loss_that_grew_is_reported_and_the_run_is_kept(
    sheetgd: CommandLine, tmp_path: Path, times: float
) -> None:
    learn = float(f"{times * limit():.3g}")
    batch(tmp_path / "b.xlsx", learn, 8)
    ended = sheetgd("run", "b.xlsx")
    expected = losses(learn, 8)
    lowest = int(np.argmin(expected))
    grown = expected[-1] > expected[0]
    assert ended.code == 0 and bool(ended.err) == grown
    if grown:
        start, end = f"{expected[0]:.9g}", f"{expected[-1]:.9g}"
        assert ended.err.startswith(
            f"Note: mse grew from {start} to {end}, from epoch {lowest + 1} on; try learn "
        )
        assert limit() / 10 < named_learn(ended.err) < limit()


def test_a_run_that_runs_away_keeps_the_epochs_before_the_growth(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    learn = float(f"{1.3 * limit():.3g}")
    batch(tmp_path / "b.xlsx", learn, 400)
    ended = sheetgd("run", "b.xlsx", "--json")
    expected = losses(learn, 400)
    stopped = next(
        n
        for n in range(10, 400)
        if expected[n] > 1000 * expected[0] and min(np.diff(expected[n - 10 : n + 1])) > 0
    )
    kept = int(np.argmin(expected))
    held = f"the sheet holds epoch {kept}, before the growth began" if kept else "the sheet is as it was"
    assert ended.code == 3 and ended.json()["epochs"] == kept
    assert ended.err == (
        f"b.xlsx, Sheet!B1: the run diverged in epoch {stopped} with learn {learn:.15g}; {held}; try learn "
        f"{named_learn(ended.err):.15g}, with which the loss falls.\n"
    )
    assert limit() / 10 < named_learn(ended.err) < limit()
    assert sheetgd("run", "b.xlsx", "--learn", named_learn(ended.err), "--epochs", 400).err == ""


def test_a_flat_learn_that_fails_far_from_the_limit(sheetgd: CommandLine, tmp_path: Path) -> None:
    batch(tmp_path / "b.xlsx", 1000)
    before = (tmp_path / "b.xlsx").read_bytes()
    ended = sheetgd("run", "b.xlsx")
    assert ended.code == 3 and limit() / 10 < named_learn(ended.err) < limit()
    assert (tmp_path / "b.xlsx").read_bytes() == before


def test_momentum_whose_loss_grows_is_no_silent_success(sheetgd: CommandLine) -> None:
    """The lesson's own momentum with ten times its learn."""
    assert sheetgd("new", "optimizers", "-o", "o.xlsx").code == 0
    ended = sheetgd("run", "o.xlsx", "--sheet", "Momentum", "--learn", "0.001", "--epochs", "5")
    assert ended.code == 0 and re.fullmatch(
        r"Note: rmse grew from 50\.7818865 to \d{3}\.\d+, from epoch 1 on; try learn 0\.0005, with which the loss "
        r"falls\.\n",
        ended.err,
    )


def test_a_learn_with_which_the_loss_only_goes_to_and_fro_is_not_named(sheetgd: CommandLine) -> None:
    """Normalised data, learn 1: each step turns what is missing into its opposite, for 1 - 2 * learn is -1."""
    sheetgd("new", "penguins")
    ended = sheetgd("run", "penguins.xlsx", "--learn", 1.1, "--epochs", 5)
    [named] = re.findall(r"; try learn ([\d.]+), with which the loss falls", ended.err)
    assert 0 < float(named) < 1
    sheetgd("reset", "penguins.xlsx")
    ended = sheetgd("run", "penguins.xlsx", "--learn", named, "--epochs", 25)
    assert (ended.code, ended.err) == (0, "")
    before, after = re.search(r"mse .* (\S+)  ->  (\S+)\n", ended.out).groups()  # type: ignore[union-attr]
    assert float(after) < 0.2 * float(before)


def test_the_loss_is_never_above_its_start_with_the_learn_that_is_named(
    tmp_path: Path, sheetgd: CommandLine
) -> None:
    """A sigmoid of large x, for which some learns lead up first, and down again within ten epochs."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    points = [(50 + 45 * row, row % 2) for row in range(10)]
    sheet.append(["learn", 0.1, None, "new w", f"=B2-B1*SUMPRODUCT(D7:D16-B7:B16,A7:A16)/{len(points)}"])
    sheet.append(["w", 0, None, "new b", f"=B3-B1*SUM(F7:F16)/{len(points)}"])
    sheet.append(["b", 0])
    sheet.append(["mse", f"=SUMSQ(F7:F16)/{len(points)}"])
    sheet.append([])
    sheet.append(["x", "y", "z", "p", "squared", "p-y"])
    for row, (x, y) in enumerate(points, 7):
        formulas = (f"=$B$2*A{row}+$B$3", f"=1/(1+EXP(-C{row}))", f"=F{row}^2", f"=D{row}-B{row}")
        sheet.append([x, y, *formulas])
    book.save(tmp_path / "start.xlsx")
    ended = sheetgd("run", "start.xlsx", "--learn", 0.001, "--epochs", 3, "-o", "failed.xlsx")
    [named] = re.findall(r"; try learn (\S+), with which the loss falls", ended.err)
    for epochs in (1, 2, 3, 5, 10):
        again = sheetgd("run", "start.xlsx", "--learn", named, "--epochs", epochs, "-o", f"{epochs}.xlsx")
        assert (again.code, "grew" in again.err) == (0, False), (named, epochs)


def test_the_rule_itself() -> None:
    def stopped(values: list[float], start: float = 2.0) -> int | None:
        growth = Growth(State({"w": 0.0}, start), {"w"})
        return next(
            (n for n, loss in enumerate(values, 1) if growth.runs_away(State({"w": 0.0}, loss))), None
        )

    rising = [2.0 * 3**n for n in range(1, 20)]
    assert stopped(rising) == 10  # 3 to the tenth is more than a thousand
    assert stopped([*rising[:8], 1.0, *rising]) == 19  # ten in a row count
    assert stopped([2.0 * 1.2**n for n in range(1, 60)]) == 38  # as many as a thousand times take
    assert stopped([1e13]) == 1 and stopped([1e11]) is None
    assert stopped([3.0, float("nan")]) == 2
    assert stopped([0.001 * 1.05**n for n in range(100)], start=0.0) is None  # away from a perfect fit


@pytest.mark.parametrize("x", [50, 49.9, 3, 1234.5, 0.01])
def test_a_limit_is_rounded_down(x: float) -> None:
    exact = 1 / (x * x + 1)
    assert 0.99 * exact < rounded_down(exact) <= exact


def test_the_number_of_epochs_that_is_taken_is_said(tmp_path: Path, sheetgd: CommandLine) -> None:
    batch(tmp_path / "b.xlsx", 0.001)
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    book["Sheet"]["A2"] = book["Sheet"]["B2"] = None
    book.save(tmp_path / "b.xlsx")
    assert "\n5 epochs: no cell is labelled epochs.\n" in sheetgd("run", "b.xlsx").out
    assert "no cell" not in sheetgd("run", "b.xlsx", "--epochs", "3").out
