"""Many epochs at once give what stepping gives, and stop where stepping stops. The oracle is a plain loop."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import sheetgd
from sheetgd.epochs.at_once import _course
from sheetgd.epochs.growth import FAR_AWAY
from sheetgd.epochs.rule import State
from sheetgd.epochs.stepping import logged_epochs
from sheetgd.layout.find import sheet_layout
from sheetgd.maths import affine
from sheetgd.maths.affine import BLOCK, AffineMap, QuadraticLoss

X = [7, 9, 28, 30, 50, 22, 3, 9, 30, 23, 40, 23, 40, 18, 17, 3, 4, 16, 20, 10]


def loop(
    xs: list[float], ys: list[float], epochs: int, learn: float, h: float = 0.01
) -> list[tuple[float, float, float]]:
    """m, b and rmse after each epoch, as long as they are numbers."""
    m = b = 1.0
    states: list[tuple[float, float, float]] = []
    for _ in range(epochs):
        for x, y in zip(xs, ys, strict=True):
            error = (m * x + b - y) ** 2
            de_dm = (((m + h) * x + b - y) ** 2 - error) / h
            de_db = ((m * x + b + h - y) ** 2 - error) / h
            m, b = m - learn * de_dm, b - learn * de_db
        loss = rmse(xs, ys, m, b)
        if not math.isfinite(loss):
            break
        states.append((m, b, loss))
    return states


def rmse(xs: list[float], ys: list[float], m: float, b: float) -> float:
    return math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs))


def stop(losses: list[float]) -> tuple[int, int]:
    """The epoch in which a run with these losses, its start among them, is stopped, and the one that is kept."""
    for epoch in range(1, len(losses)):
        ten = losses[max(0, epoch - 10) : epoch + 1]
        grown = len(ten) == 11 and ten == sorted(set(ten)) and losses[epoch] > 1000 * losses[0]
        if grown or losses[epoch] > 1e12 * losses[0]:
            return epoch, max(range(epoch), key=lambda earlier: (-losses[earlier], earlier))
    raise AssertionError("it is not stopped")


def columns(path: Path, xs: list[float], ys: list[float], learn: float) -> Path:
    """A worksheet of plain columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row, (label, value) in enumerate([("m", 1), ("b", 1), ("learn", learn), ("rmse", None)], 1):
        sheet.cell(row, 1, label)
        sheet.cell(row, 2, value)
    for column, title in enumerate(["x", "y", "m", "b", "new_m", "new_b"], 1):
        sheet.cell(6, column, title)
    for row, (x, y) in enumerate(zip(xs, ys, strict=True), 7):
        sheet.cell(row, 1, x)
        sheet.cell(row, 2, y)
    for column, title in enumerate(["epoch", "m", "b", "rmse"], 9):
        sheet.cell(1, column, title)
    book.save(path)
    return path


CASES = {
    "the lesson": (X, [2 * x + 30 for x in X], 0.0001),
    "noise": (X, [2 * x + 30 + (-1) ** i * i for i, x in enumerate(X)], 0.0003),
    "tiny x": ([x / 1e4 for x in X], [2 * x + 30 for x in X], 0.3),
    "huge x": ([x * 1e4 for x in X], [2 * x + 30 for x in X], 1e-12),
    "far from the origin": ([x + 1000 for x in X], [2 * x + 30 for x in X], 4e-7),
    "years": ([1990 + i for i in range(30)], [0.01 * i + 14 for i in range(30)], 0.5 / (2019**2 + 1)),
    "nearly divergent": (X, [2 * x + 30 for x in X], 0.0018),
}


@pytest.mark.parametrize("name", CASES)
def test_ten_thousand_epochs_agree_with_stepping(tmp_path: Path, name: str) -> None:
    xs, ys, learn = CASES[name]
    with sheetgd.open_book(columns(tmp_path / "c.xlsx", xs, ys, learn)) as book:
        history = sheetgd.run(book, epochs=10_000)
    expected = loop(xs, ys, 10_000, learn)
    assert history.epochs == len(expected) == 10_000
    scale_m, scale_b = (max(1.0, *(abs(state[i]) for state in expected)) for i in (0, 1))
    for row in history.log:
        m, b, loss = expected[int(row["epoch"]) - 1]
        assert row["m"] == pytest.approx(m, rel=1e-9, abs=1e-9 * scale_m)
        assert row["b"] == pytest.approx(b, rel=1e-9, abs=1e-9 * scale_b)
        assert row["rmse"] == pytest.approx(loss, rel=1e-9, abs=1e-9 * expected[0][2])


@pytest.mark.parametrize("learn", [0.00195, 0.002, 0.0021])
def test_it_stops_where_stepping_stops(tmp_path: Path, learn: float) -> None:
    ys = [2 * x + 30.0 for x in X]
    with sheetgd.open_book(columns(tmp_path / "c.xlsx", X, ys, learn)) as book:
        history = sheetgd.run(book, epochs=100_000)
    expected = loop(X, ys, 100, learn)
    stopped, kept = stop([rmse(X, ys, 1, 1), *(loss for _, _, loss in expected)])
    assert history.diverged and history.diverged.found.startswith(
        f"the run diverged in epoch {stopped} with learn {learn}; the sheet "
    )
    assert history.epochs == kept == len(history.log)
    for row in history.log:
        assert row["m"] == pytest.approx(expected[int(row["epoch"]) - 1][0], rel=1e-8)


def swapped(epochs: int, learn: float = 0.0001) -> list[tuple[float, float, float]]:
    """The published rule: m, b and the root of the summed errors, from the start on."""
    m = b = 1.0
    states: list[tuple[float, float, float]] = []
    for _ in range(epochs + 1):
        start, total = (m, b), 0.0
        for x in X:
            error = m * x + b - (2 * x + 30)
            total += error**2
            m, b = m - learn * 2 * error, b - learn * 2 * x * error
        states.append((*start, math.sqrt(total)))
    return states


def test_the_swapped_rule_stops_where_it_does_step_by_step(tmp_path: Path) -> None:
    sheetgd.new("original", tmp_path / "o.xlsx")
    with sheetgd.open_book(tmp_path / "o.xlsx") as book:
        history = sheetgd.run(book, epochs=5000)
    expected = swapped(5000)
    stopped, kept = stop([loss for _, _, loss in expected])
    assert history.diverged and history.epochs == kept > 0
    assert history.diverged.found == (
        f"the run diverged in epoch {stopped} with learn 0.0001; the sheet holds epoch {kept}, before the growth began"
    )
    for row in history.log:
        assert (row["m"], row["b"], row["rmse"]) == pytest.approx(expected[int(row["epoch"])], rel=1e-8)


def test_a_million_epochs_of_the_lesson(tmp_path: Path) -> None:
    sheetgd.new("descent", tmp_path / "d.xlsx", epochs=5)
    with sheetgd.open_book(tmp_path / "d.xlsx") as book:
        history = sheetgd.run(book, epochs=1_000_000)
    assert history.epochs == 1_000_000 and len(history.log) == 1000
    assert [row["epoch"] for row in history.log[:101]] == list(range(1, 102))
    assert history.log[-1]["epoch"] == 1_000_000
    assert round(history.parameters["m"].after or 0, 5) == 1.98290
    assert history.log[99]["rmse"] == pytest.approx(
        loop(X, [2 * x + 30 for x in X], 100, 0.0001)[-1][2], rel=1e-10
    )


def test_a_rule_that_is_not_affine_is_stepped(tmp_path: Path) -> None:
    """y = w², one parameter: w goes to w - learn·4·w·(w² - 9)."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row, line in enumerate([("w", 1), ("learn", 0.001), ("loss", "=F6")], 1):
        sheet.cell(row, 1, line[0])
        sheet.cell(row, 2, line[1])
    for column, title in enumerate(["x", "y", "w", "pred", "new_w", "error_sq"], 1):
        sheet.cell(5, column, title)
    cells = [1, 9, "=B1", "=A6*C6^2", "=C6-B2*4*C6*(D6-B6)", "=(D6-B6)^2"]
    for column, value in enumerate(cells, 1):
        sheet.cell(6, column, value)
    book.save(tmp_path / "square.xlsx")
    w = 1.0
    for _ in range(1500):
        w -= 0.001 * 4 * w * (w**2 - 9)
    with sheetgd.open_book(tmp_path / "square.xlsx") as opened:
        history = sheetgd.run(opened, epochs=1500)
    assert history.parameters["w"].after == pytest.approx(w, rel=1e-12) and len(history.log) == 1000


def test_find_map_refuses_what_is_no_map() -> None:
    with pytest.raises(affine.NotAffine):
        affine.find_map(lambda values: values * values, np.array([0.5, 2.0]))


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 1500, 4321, 99_999, 1_000_000])
def test_which_epochs_are_logged(count: int) -> None:
    epochs = logged_epochs(count)
    assert len(epochs) == min(count, 1000) == len(set(epochs))
    assert epochs[-1] == count and epochs == sorted(epochs)
    assert epochs[:100] == list(range(1, min(count, 100) + 1))


def test_log_every(tmp_path: Path) -> None:
    sheetgd.new("descent", tmp_path / "d.xlsx", epochs=5)
    with sheetgd.open_book(tmp_path / "d.xlsx") as book:
        history = sheetgd.run(book, epochs=25, log_every=10)
        assert [row["epoch"] for row in history.log] == [10, 20, 25]
        assert sheetgd.run(book, epochs=1).log[0]["epoch"] == 26


def test_blocks_of_epochs_join_without_a_seam() -> None:
    turning = AffineMap(
        np.array([1.0, -2.0]), np.array([[0.9999, -0.01], [0.01, 0.9999]]), np.array([0.3, 0.1])
    )
    start, count = np.array([5.0, 7.0]), 2 * BLOCK + 100
    blocks = list(turning.course(start, count))
    assert [block.shape[1] for block in blocks] == [BLOCK, BLOCK, 100]
    values, plain = start, []
    for _ in range(count):
        values = turning.center + turning.matrix @ (values - turning.center) + turning.drift
        plain.append(values)
    assert np.allclose(np.hstack(blocks).T + turning.center, plain, rtol=1e-9, atol=1e-9)
    assert np.allclose(turning.after(start, count), plain[-1], rtol=1e-9)


def test_a_run_that_diverges_after_many_blocks_stops_at_the_same_epoch() -> None:
    growth, start = 1.0013, 2.0
    growing = AffineMap(np.zeros(1), np.array([[growth]]), np.zeros(1))
    value, good = start, 0
    while abs(value * growth) <= FAR_AWAY * max(1.0, start):
        value, good = value * growth, good + 1
    assert good > BLOCK
    wanted = [1, BLOCK, BLOCK + 1, good, good + 1]
    course = _course(
        growing, None, State({"w": start}, None), np.array([FAR_AWAY * start]), 1_000_000, wanted
    )
    assert (course.done, course.stopped, list(course.logged)) == (good, good + 1, wanted[:-1])
    assert course.logged[good][0] == pytest.approx(value, rel=1e-9)


def test_epochs_that_come_to_rest_are_the_same_to_the_last() -> None:
    slope, start, count = 0.75, 2.0, 40 * BLOCK
    halving, loss = (
        AffineMap(np.array([0.3]), np.array([[slope]]), np.array([0.1])),
        QuadraticLoss(0.5, np.zeros(1), np.eye(1), False),
    )
    value, losses = start, []
    for _ in range(500):
        value = 0.3 + slope * (value - 0.3) + 0.1
        losses.append(0.5 + (value - 0.3) ** 2)
    least, wanted = 0.5 + (0.1 / (1 - slope)) ** 2, [1, 20, BLOCK, 7 * BLOCK + 5, count]
    course = _course(halving, loss, State({"w": start}, 10.0), np.array([FAR_AWAY]), count, wanted)
    assert (course.done, course.stopped) == (count, None) and list(course.logged) == wanted
    for number in wanted:
        shown = course.logged[number][1]
        expected = losses[min(number, 500) - 1]
        assert shown == pytest.approx(expected, rel=1e-12)
    assert course.logged[count][0] == pytest.approx(value, rel=1e-12) and losses[-1] == pytest.approx(least)
    assert course.lowest == count  # the last of the lowest


def test_a_diverging_map_that_starts_at_its_fixed_point_stays_there() -> None:
    """Its powers are infinite long before the end, and infinity times nothing is no number."""
    growing = AffineMap(np.array([3.0, 1.0]), np.diag([1.5, 0.5]), np.zeros(2))
    course = _course(
        growing, None, State({"m": 3.0, "b": 9.0}, None), np.full(2, FAR_AWAY), 3 * BLOCK, [5, 3 * BLOCK]
    )
    assert (course.done, course.stopped) == (3 * BLOCK, None)
    assert course.logged[5][0].tolist() == [3.0, 1.25] and course.logged[3 * BLOCK][0].tolist() == [3.0, 1.0]


def test_a_state_may_be_larger_than_any_parameter(tmp_path: Path) -> None:
    """RMSprop's mean of squared slopes, of points a thousand times larger than usual."""
    data = tmp_path / "far.csv"
    data.write_text("a,b\n1000,2\n3000,4\n5000,9\n", encoding="utf-8")
    path = sheetgd.new("optimizers", tmp_path / "far.xlsx", data=data)
    with sheetgd.open_book(path) as book:
        mean = sheet_layout(book.cells("RMSprop")).states["s_m"].start
        history = sheetgd.run(book, sheet="RMSprop", epochs=100)
        assert book.cells("RMSprop").values[mean] > FAR_AWAY
    assert history.diverged is None and history.epochs == 100
    assert history.loss is not None and history.loss.after < history.loss.before
