"""The optimizers against hand-worked rows, the published algorithms in NumPy, and descents whose end is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from sheetgd.maths.loss import FLAT, INTERRUPTED, Settings
from sheetgd.maths.loss import Point as Best
from sheetgd.maths.minimize import minimize
from sheetgd.maths.optimizers import OPTIMIZERS
from sheetgd.maths.scales import find_scales

Function = Callable[..., float]


def losses(function: Function) -> Callable[[Sequence[Sequence[float]]], list[float]]:
    """A loss of many points from one of a point; NaN where it has no number, as a sheet's error is."""

    def at(points: Sequence[Sequence[float]]) -> list[float]:
        found = []
        for point in points:
            try:
                found.append(float(function(*point)))
            except (ValueError, ZeroDivisionError, OverflowError):
                found.append(math.nan)
        return found

    return at


# -- the formulas ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, steps",
    [
        ("sgd", [10, -10]),
        ("momentum", [1, -0.1]),  # 0.1 · 10; 0.9 · 1 - 0.1 · 10
        (
            "rmsprop",
            [10 / math.sqrt(10), -10 / math.sqrt(19)],
        ),  # s = 0.1 · 100 = 10; 0.9 · 10 + 0.1 · 100 = 19
        (
            "adam",
            [1, -0.1 / 0.19 / 10],
        ),  # v = 1, V = 10, S = 100; v = -0.1, V = -0.1 / 0.19, S = 0.1999 / 0.001999
    ],
)
def test_two_gradients_by_hand(name: str, steps: list[float]) -> None:
    optimizer = OPTIMIZERS[name](1)
    assert [optimizer.direction([g])[0] for g in (10.0, -10.0)] == pytest.approx(steps, rel=1e-8)


def published(name: str, gradients: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Every direction, by sums over all gradients so far: the closed forms of the recurrences."""
    if name == "sgd":
        return gradients

    def mean(of: np.ndarray[Any, Any], beta: float) -> np.ndarray[Any, Any]:
        count = len(of)
        weights = np.array(
            [[(1 - beta) * beta ** (t - i) * (i <= t) for i in range(count)] for t in range(count)]
        )
        return weights @ of

    if name == "momentum":
        return mean(gradients, 0.9)
    if name == "rmsprop":
        return gradients / (np.sqrt(mean(gradients**2, 0.9)) + 1e-8)
    t = np.arange(1, len(gradients) + 1)[:, None]
    m_hat = mean(gradients, 0.9) / (1 - 0.9**t)
    v_hat = mean(gradients**2, 0.999) / (1 - 0.999**t)
    return m_hat / (np.sqrt(v_hat) + 1e-8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_gradients_as_published(name: str) -> None:
    gradients = np.random.default_rng(1).normal(size=(100, 3)) * [1.0, 1e-3, 1e4]
    optimizer = OPTIMIZERS[name](3)
    found = [optimizer.direction(list(map(float, row))) for row in gradients]
    np.testing.assert_allclose(found, published(name, gradients), rtol=1e-11)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_given_learn_steps_as_published(name: str) -> None:
    """Ten epochs on a quadratic whose gradient is known, without scales, search or decay."""
    matrix, target = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([3.0, -1.0])
    learn, point = {"sgd": 0.05, "momentum": 0.05}.get(name, 0.1), np.zeros(2)
    gradients: list[np.ndarray[Any, Any]] = []
    for _ in range(10):
        gradients.append(2 * matrix @ (point - target))
        point = point - learn * published(name, np.array(gradients))[-1]
    loss = losses(lambda x, y: float((np.array([x, y]) - target) @ matrix @ (np.array([x, y]) - target)))
    outcome = minimize(loss, [0.0, 0.0], Settings(name, learn=learn, epochs=10, central=True))
    assert outcome.best.values == pytest.approx(point, rel=1e-6)
    assert (outcome.learn, outcome.last_learn, len(outcome.log)) == (learn, learn, 11)


@pytest.mark.parametrize("central, settled", [(False, 2.0 - 0.005), (True, 2.0)])
def test_the_bias_of_differences(central: bool, settled: float) -> None:
    """The forward difference of (x - 2)² with step h is 2 (x - 2) + h: it comes to rest h / 2 too low."""
    settings = Settings("sgd", learn=0.2, epochs=200, step=0.01, central=central, until=1e-15)
    outcome = minimize(losses(lambda x: 1 + (x - 2) ** 2), [0.0], settings)
    assert outcome.best.values[0] == pytest.approx(settled, abs=1e-6) or outcome.best.values[0] > settled


# -- descents --------------------------------------------------------------------------------------------------------
X = np.array([7, 9, 28, 30, 50, 22, 3, 9, 30, 23.0])
Y = 2 * X + 30 + np.array([3, -4, 1, 0, -2, 5, -1, 2, -3, 1.0])
LEAST = float(np.mean((np.polyval(np.polyfit(X, Y, 1), X) - Y) ** 2))
DESCENTS: dict[str, tuple[Function, list[float], float]] = {
    "a line": (lambda m, b: np.mean((m * X + b - Y) ** 2), [1, 1], LEAST),
    "its root mean square": (lambda m, b: np.mean((m * X + b - Y) ** 2) ** 0.5, [1, 1], LEAST**0.5),
    "a line in odd units": (lambda m, b: np.mean((m * 1e6 * X + b / 1e4 - Y) ** 2), [0, 0], LEAST),
    "a loss far above zero": (lambda m, b: 1e4 + np.mean((m * X + b - Y) ** 2), [1, 1], 1e4 + LEAST),
    "a loss below zero": (lambda m, b: -1 / (1 + np.mean((m * X + b - Y) ** 2)), [1, 1], -1 / (1 + LEAST)),
    "Rosenbrock's valley": (lambda x, y: 1 + (1 - x) ** 2 + 100 * (y - x * x) ** 2, [-1.2, 1], 1),
    "a steep wall": (lambda x: x - math.log(x), [0.001], 1),
    "an exponential": (lambda x: 1 + (math.exp(20 * x) - 5) ** 2, [2], 1),
    "a large parameter": (lambda x: 1 + (x - 1000001) ** 2, [1e6], 1),
}


@pytest.mark.parametrize("name", DESCENTS)
def test_the_default_finds_the_minimum(name: str) -> None:
    function, start, least = DESCENTS[name]
    outcome = minimize(losses(function), start, Settings(epochs=3000))
    assert outcome.stopped == FLAT
    assert outcome.best.loss == pytest.approx(least, rel=1e-6)
    assert outcome.best.loss == function(*outcome.best.values)


def test_a_loss_with_kinks_ends_close_to_the_minimum() -> None:
    outcome = minimize(losses(lambda x, y: 1 + abs(x - 3) + abs(y + 2)), [0.0, 0.0], Settings())
    assert outcome.best.values == pytest.approx([3, -2], abs=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_finds_the_minimum_of_a_line(optimizer: str) -> None:
    function, start, least = DESCENTS["a line"]
    outcome = minimize(losses(function), start, Settings(optimizer))
    assert outcome.best.loss == pytest.approx(least, rel=1e-6)


def test_the_log_is_the_best_so_far() -> None:
    function, start, _ = DESCENTS["a line"]
    log = minimize(losses(function), start, Settings()).log
    assert log[0] == Best(tuple(start), function(*start))
    found = [point.loss for point in log]
    assert found == sorted(found, reverse=True)
    assert all(point.loss == function(*point.values) for point in log)


def test_a_scale_changes_the_loss_by_its_own_size() -> None:
    start = Best((0.0, 0.0, 5.0), 400.0)
    found = find_scales(losses(lambda x, y, z: 400 + 1000 * x + y / 1000 + 0 * z), start)
    assert 0.1 <= found[0] <= 0.4 and 1e5 <= found[1] <= 4e5
    assert found[2] == 5  # it never changes the loss: its own size


def test_a_loss_without_numbers_on_the_way() -> None:
    outcome = minimize(losses(lambda x: (math.sqrt(x) - 0.001) ** 2), [4.0], Settings("adam"))
    assert outcome.failures and outcome.failures[0].values[0] < 0
    assert outcome.best.values[0] == pytest.approx(1e-6, rel=1e-2)


def test_a_loss_without_numbers_behind_the_start() -> None:
    """Central differences at the edge of a domain take the side that has numbers."""
    outcome = minimize(losses(lambda x: (math.sqrt(x) - 2) ** 2), [0.0], Settings(central=True))
    assert outcome.best.values[0] == pytest.approx(4, rel=1e-4)


def test_at_the_minimum_nothing_is_done() -> None:
    outcome = minimize(losses(lambda x: 5 + x * x), [0.0], Settings(central=True))
    assert (len(outcome.log), outcome.stopped, outcome.best.values) == (1, FLAT, (0.0,))


def test_ctrl_c_keeps_the_best_so_far() -> None:
    function, start, least = DESCENTS["a line"]

    def progress(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    outcome = minimize(losses(function), start, Settings("adam"), progress)
    assert outcome.stopped == INTERRUPTED and len(outcome.log) == 21
    assert least < outcome.best.loss < function(*start) / 2
