"""Seven lessons: their figures by `sheetgd run` and by plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from conftest import CommandLine
from loops import CM, INCHES, X, Y
from office import Office, read_stored
from seven_lessons import TABS
from sheetgd.lessons import points as data
from sheetgd.lessons import sample_points
from sheetgd.lessons.batches import turns


def labelled(cells: dict[str, Any], words: str) -> Any:
    """The value right of a label, over the rest of its merged cells; the label must stand there once."""
    found = [cell for cell, value in cells.items() if value == words and beside(cells, cell) is not None]
    assert len(found) == 1, (words, found)
    return beside(cells, found[0])


def beside(cells: dict[str, Any], cell: str) -> Any:
    column, row, _, _ = range_boundaries(cell)
    value = cells.get(f"{get_column_letter(column + 1)}{row}")
    return value if isinstance(value, float) else None


def logged(ended: Any, *names: str) -> np.ndarray:
    """These columns of the log that --json printed."""
    return np.array([[row[name] for name in names] for row in ended.json()["log"]])


def train_weight(
    epochs: int, w: float = 2, x: float = 3, y: float = 10, learn: float = 0.01
) -> list[list[float]]:
    """w and the loss after each epoch."""
    rows = []
    for _ in range(epochs):
        w -= learn * (2 * (w * x - y) * x * 1)
        rows.append([w, (w * x - y) ** 2])
    return rows


def train_weights(epochs: int, learn: float = 0.01) -> list[list[float]]:
    x, w, y = np.array([3.0, 4.0]), np.array([1.0, 2.0]), 6.0
    rows = []
    for _ in range(epochs):
        w = w - learn * 2 * (x @ w - y) * x
        rows.append([*w, (x @ w - y) ** 2])
    return rows


def train_belts(epochs: int, m: float = 0, learn: float = 1e-5) -> list[list[float]]:
    x, y = np.array(INCHES), np.array(CM)
    rows = []
    for _ in range(epochs):
        m -= learn * np.mean(2 * x * (m * x - y))
        rows.append([m, np.mean((m * x - y) ** 2)])
    return rows


def train_penguins(epochs: int, learn: float = 0.01) -> list[list[float]]:
    birds = data.penguins()
    x, y = ((np.array(v) - np.mean(v)) / np.std(v) for v in (birds.x, birds.y))
    inputs, weights = np.column_stack([x, np.ones_like(x)]), np.array([0.0, -2.0])
    rows = []
    for _ in range(epochs):
        error = inputs @ weights - y
        weights = weights - learn * 2 * inputs.T @ error / len(x)
        rows.append([*weights, np.mean((inputs @ weights - y) ** 2)])
    return rows


def train_line(tab: str, epochs: int) -> list[list[float]]:
    """m, b and rmse after each epoch of an optimizer, both parameters as one vector."""
    p, v, s, t = np.ones(2), np.zeros(2), np.zeros(2), 0
    x, y = np.array(X), np.array(Y)
    rows = []
    for _ in range(epochs):
        for each, target in zip(X, Y, strict=True):
            slope = 2 * (p @ [each, 1] - target) * np.array([each, 1])
            t += 1
            if tab == "Plain":
                p = p - 0.0003 * slope
            elif tab == "Momentum":
                v = 0.9 * v + 0.1 * slope
                p = p - 0.0003 * v
            elif tab == "RMSprop":
                s = 0.9 * s + 0.1 * slope**2
                p = p - 0.1 * slope / (np.sqrt(s) + 1e-8)
            else:
                v, s = 0.9 * v + 0.1 * slope, 0.999 * s + 0.001 * slope**2
                p = p - 0.1 * (v / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        rows.append([*p, math.sqrt(np.mean((p[0] * x + p[1] - y) ** 2))])
    return rows


def test_weight(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "weight").code == 0
    cells = read_stored(sheetgd.folder / "weight.xlsx")["Weight"]
    assert [cells[cell] for cell in ("B11", "E11", "H11", "K11")] == [3, 2, 6, 10]
    assert [cells[cell] for cell in ("B16", "E16", "H16", "K16")] == [-8, 3, 1, -24]
    assert [cells[cell] for cell in ("B23", "E23", "H23", "K23")] == [2, 0.01, -24, 2.24]
    assert (labelled(cells, "gradient"), cells["F35"], cells["G35"]) == (-24, -4, -24)
    ended = sheetgd("run", "weight.xlsx", "--json")
    assert ended.json()["epochs"] == 1
    assert ended.json()["parameters"]["w"]["after"] == 2.24
    after = read_stored(sheetgd.folder / "weight.xlsx")["Weight"]
    assert [after[cell] for cell in ("O8", "P8", "R8")] == pytest.approx([1, 2.24, 10.7584], rel=1e-14)
    assert after["Q8"] == labelled(after, "gradient") == pytest.approx(-19.68, rel=1e-14)

    more = sheetgd("run", "weight.xlsx", "--epochs", 99, "--json")
    assert logged(more, "w", "loss") == pytest.approx(np.array(train_weight(100)[1:]), rel=1e-12, abs=1e-24)
    assert more.json()["parameters"]["w"]["after"] == pytest.approx(10 / 3, abs=1e-8)


def test_weights(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "weights").code == 0
    cells = read_stored(sheetgd.folder / "weights.xlsx")["Weights"]
    assert [cells[cell] for cell in ("B11", "B12", "E11", "E12", "H11", "K11")] == [3, 4, 1, 2, 11, 6]
    assert [cells[cell] for cell in ("B18", "E18", "E19", "H18", "H19")] == [10, 3, 4, 30, 40]
    assert [cells["K25"], cells["K26"]] == [0.7, 1.6]
    assert labelled(cells, "error") == 5
    assert cells["L28"] == 2.5
    assert [cells[cell] for cell in ("E36", "F36", "G36")] == pytest.approx([0.7, 1.6, 2.5], rel=1e-14)
    assert [cells[cell] for cell in ("E37", "F37", "G37")] == pytest.approx([0.7, 1.672, 2.788], rel=1e-14)
    ended = sheetgd("run", "weights.xlsx", "--json")
    assert logged(ended, "w1", "w2", "loss") == pytest.approx(np.array([[0.7, 1.6, 6.25]]), rel=1e-14)
    after = read_stored(sheetgd.folder / "weights.xlsx")["Weights"]
    assert labelled(after, "error") == after["R8"] == pytest.approx(2.5, rel=1e-14)

    more = sheetgd("run", "weights.xlsx", "--epochs", 49, "--json")
    assert logged(more, "w1", "w2", "loss") == pytest.approx(
        np.array(train_weights(50)[1:]), rel=1e-12, abs=1e-24
    )
    assert np.allclose(train_weights(50)[-1], [0.4, 1.2, 0], atol=1e-12)


def test_belts(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "belts").code == 0
    cells = read_stored(sheetgd.folder / "belts.xlsx")["Belts"]
    assert [cells[f"B{row}"] for row in range(13, 23)] == INCHES
    assert [cells[f"C{row}"] for row in range(13, 23)] == CM
    assert [cells[f"C{row}"] for row in range(42, 92)] == pytest.approx(np.linspace(0, 5, 50), rel=1e-15)
    assert labelled(cells, "best guess") == pytest.approx(2.5510204081632653, rel=1e-15)
    assert labelled(cells, "smallest mse") == pytest.approx(train_mse(2.5510204081632653), rel=1e-12)
    assert [cells[f"H{row}"] for row in (73, 74)] == pytest.approx([1728.2125, 1128.2125], rel=1e-14)
    assert cells["I74"] == pytest.approx(-2681.35, rel=1e-14)
    assert cells["K74"] == pytest.approx(-2681.35 + 0.01 * np.mean(np.square(INCHES)), rel=1e-9)

    ended = sheetgd("run", "belts.xlsx", "--json")
    assert ended.json()["epochs"] == 1000
    assert ended.json()["parameters"]["multiplier"]["after"] == pytest.approx(2.5414718343009355, rel=1e-14)
    assert logged(ended, "multiplier", "mse") == pytest.approx(np.array(train_belts(1000)), rel=1e-9)
    after = read_stored(sheetgd.folder / "belts.xlsx")["Belts"]
    assert [after[cell] for cell in ("O6", "P6", "Q6", "R6")] == ["epoch", "multiplier", "mse", "gradient"]
    assert (after["O7"], after["R7"]) == (0, pytest.approx(-8098.4, rel=1e-14))
    assert (after["O1007"], after["P1007"]) == (1000, after["C4"])
    assert after["R1007"] == pytest.approx(0, abs=1e-9)


def train_mse(m: float) -> float:
    return float(np.mean((m * np.array(INCHES) - CM) ** 2))


def test_forward_differences_would_end_lower() -> None:
    m = 0.0
    for _ in range(1000):
        m -= 1e-5 * (train_mse(m + 0.01) - train_mse(m)) / 0.01
    assert m == pytest.approx(2.5365, abs=5e-5)


def test_penguins(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "penguins").code == 0
    cells = read_stored(sheetgd.folder / "penguins.xlsx")["Penguins"]
    assert (cells["B74"], cells["C74"]) == (39.1, 3750)
    assert cells["D74"] == pytest.approx(-0.89604189, abs=5e-9)
    assert "B406" in cells and "B407" not in cells
    assert cells["K3"] == pytest.approx(5.0, rel=1e-12)

    ended = sheetgd("run", "penguins.xlsx", "--json")
    assert ended.json()["epochs"] == 1000
    after = {name: change["after"] for name, change in ended.json()["parameters"].items()}
    assert after["slope"] == pytest.approx(0.589451109, abs=5e-10)
    assert abs(after["intercept"]) < 1e-8
    assert after["intercept"] == pytest.approx(-3.36593425e-09, abs=1e-13)
    expected = np.array(train_penguins(1000))
    assert logged(ended, "slope", "intercept", "mse") == pytest.approx(expected, rel=1e-9, abs=1e-12)
    finished = read_stored(sheetgd.folder / "penguins.xlsx")["Penguins"]
    assert finished["E4"] == pytest.approx(finished["C4"], abs=1e-8)
    assert finished["E5"] == pytest.approx(0, abs=1e-12)


def test_the_penguins_are_those_without_a_gap() -> None:
    birds = data.penguins()
    assert (len(birds.x), birds.x[0], birds.y[0], birds.x[-1], birds.y[-1]) == (333, 39.1, 3750, 50.2, 3775)
    assert (np.mean(birds.x), np.mean(birds.y)) == pytest.approx((43.99279, 4207.05706), abs=5e-6)


@pytest.mark.parametrize("tab", TABS["optimizers"])
def test_optimizers_agree_with_plain_loops(
    sheetgd: CommandLine, lesson_copy: Callable[[str], Path], tab: str
) -> None:
    lesson_copy("optimizers")
    ended = sheetgd("run", "optimizers.xlsx", "--sheet", tab, "--json")
    assert ended.json()["epochs"] == 100
    got, expected = logged(ended, "m", "b", "rmse"), np.array(train_line(tab, 100))
    if (
        tab == "RMSprop"
    ):  # its steps never get small, and near the answer the last digit decides where they lead
        assert got[50:, 2].max() < 0.2
        got, expected = got[:40], expected[:40]
    assert got == pytest.approx(expected, rel=1e-7)


def test_all_optimizers_start_alike_and_state_is_carried_and_reset(
    sheetgd: CommandLine, lesson_copy: Callable[[str], Path], office: Office
) -> None:
    book = lesson_copy("optimizers")
    before = read_stored(book)
    assert {before[tab]["K3"] for tab in TABS["optimizers"]} == {before["Plain"]["K3"]}
    for _ in range(2):
        ended = sheetgd("run", book, "--all", "--epochs", 3)
        assert ended.code == 0, ended.err
    office.assert_stored_equals_recalculated(book)
    after = read_stored(book)
    for tab in TABS["optimizers"]:
        six = train_line(tab, 6)[-1]
        assert [after[tab][cell] for cell in ("C4", "C5", "K3")] == pytest.approx(six, rel=1e-9)
    assert (after["Adam"]["C22"], after["Race"]["D16"], after["Race"]["K3"]) == (120, 6, "Adam")
    assert sheetgd("reset", book, "--all").code == 0
    assert read_stored(book) == before


def test_the_start_of_all_optimizers_is_set_in_one_place(
    sheetgd: CommandLine, lesson_copy: Callable[[str], Path], office: Office
) -> None:
    book = office.edit(lesson_copy("optimizers"), {"Race!C4": 3, "Race!H3": 7}, sheetgd.folder / "moved.xlsx")
    assert sheetgd("reset", book, "--all").code == 0
    assert sheetgd("run", book, "--all").code == 0
    cells = read_stored(book)
    assert [
        (cells[tab]["C4"] != 3, cells["Race"][f"D{row}"]) for row, tab in enumerate(TABS["optimizers"], 13)
    ] == [(True, 7)] * 4
    assert {cells[tab]["D4"] for tab in TABS["optimizers"]} == {3}


def test_the_teachers_figures_are_true(drawn_lessons: dict[str, Path]) -> None:
    """Every table of figures to expect, row by row, as displayed."""
    loops: dict[str, Callable[[int], list[list[float]]]] = {
        "weight": lambda n: [[2, -24, 16], *([w, 6 * (3 * w - 10), e] for w, e in train_weight(n))],
        "weights": lambda n: [[1, 2, 5, 25], *([a, b, 3 * a + 4 * b - 6, e] for a, b, e in train_weights(n))],
        "belts": lambda n: [[0, 10291, -8098.4], *([m, e, belts_slope(m)] for m, e in train_belts(n))],
        "penguins": lambda n: [[0, -2, 5], *train_penguins(n)],
        "optimizers": lambda n: [
            [math.sqrt(np.mean((np.array(X) + 1 - Y) ** 2))] * 4,
            *np.array([np.array(train_line(tab, n))[:, 2] for tab in TABS["optimizers"]]).T.tolist(),
        ],
    }
    loops["batches"] = train_batches
    for name in loops:  # those of logistic: see test_prose.py
        sheet = openpyxl.load_workbook(drawn_lessons[name])["For the teacher"]
        [heading] = [cell.row for cell in sheet["C"] if cell.value == "epochs run"]
        width = sum(sheet.cell(heading, column).value is not None for column in range(3, 8)) - 1
        expected, row = loops[name](1000 if name in ("belts", "penguins") else 100), heading + 1
        while isinstance(sheet.cell(row, 3).value, int):
            printed = [sheet.cell(row, column).value for column in range(4, 4 + width)]
            places = [sheet.cell(row, column).number_format.count("0") - 2 for column in range(4, 4 + width)]
            for value, true, digits in zip(printed, expected[sheet.cell(row, 3).value], places, strict=True):
                if value == "below 0.2":
                    assert true < 0.2
                    continue
                assert value == pytest.approx(true, abs=0.51 * 10.0**-digits), f"{name}, row {row}"
            row += 1
        assert row > heading + 5


def train_batches(epochs: int) -> list[list[float]]:
    """mse before and after each epoch, for each of the three batch sizes."""
    made = sample_points("batches", 32, 1)
    x, y = ((np.array(v) - np.mean(v)) / np.std(v) for v in (made.x, made.y))
    inputs, order = np.column_stack([x, np.ones_like(x)]), np.array(turns(32)) - 1
    ways = [np.array([-1.0, 1.0]) for _ in range(3)]
    rows = []
    for _ in range(epochs + 1):
        rows.append([float(np.mean((inputs @ way - y) ** 2)) for way in ways])
        for index, size in enumerate((32, 8, 1)):
            for first in range(0, 32, size):
                some = order[first : first + size]
                error = inputs[some] @ ways[index] - y[some]
                ways[index] = ways[index] - 0.05 * 2 * inputs[some].T @ error / size
    return rows


def belts_slope(m: float) -> float:
    return float(np.mean(2 * np.array(INCHES) * (m * np.array(INCHES) - CM)))
