"""The last digits of a minimum, and where none are to be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sheetgd.maths.bounds import Bounds
from sheetgd.maths.loss import Loss, Point, Settings
from sheetgd.maths.minimize import minimize
from sheetgd.maths.newton import sharpened


def many(function: Callable[[Any], float]) -> Loss:
    return lambda points: [float(function(np.array(point))) for point in points]


def test_least_squares_to_the_last_digits_but_one() -> None:
    dice = np.random.default_rng(4)
    plain, sizes, outputs = dice.normal(size=(300, 8)), 10.0 ** np.arange(-3, 5), dice.normal(size=300)
    inputs, best = plain * sizes, np.linalg.lstsq(plain, outputs, rcond=None)[0] / sizes

    def slopes(now: Point) -> list[float]:
        found: list[float] = (2 * inputs.T @ (inputs @ np.array(now.values) - outputs) / 300).tolist()
        return found

    found = minimize(
        many(lambda x: np.mean((inputs @ x - outputs) ** 2)), [0.1] * 8, Settings(), None, slopes
    )
    np.testing.assert_allclose(found.best.values, best, rtol=1e-12)


def valley(x: Any) -> float:
    return 5 + (x[0] + x[1] - 3) ** 2


def kink(x: Any) -> float:
    return 5 + abs(x[0] - 2) + x[1] ** 2


KEPT = {
    "a valley with a flat floor": (valley, lambda x: [2 * (x[0] + x[1] - 3)] * 2, (1.0, 2.0), None),
    "a kink": (kink, lambda x: [float(np.sign(x[0] - 2)), 2 * x[1]], (2.0 + 1e-9, 1e-9), None),
    "a bound": (
        lambda x: 5 + x[0] + x[1] ** 2,
        lambda x: [1.0, 2 * x[1]],
        (0.0, 1e-9),
        Bounds(np.zeros(2), np.full(2, np.inf)),
    ),
    "a gradient that is none": (valley, lambda x: [np.nan, np.nan], (1.0, 2.0), None),
}


@pytest.mark.parametrize("name", KEPT)
def test_the_end_is_kept_where_newton_does_not_help(name: str) -> None:
    function, slopes, values, bounds = KEPT[name]
    end = Point(values, float(function(values)))
    assert sharpened(many(function), lambda now: slopes(now.values), end, [1.0, 1.0], bounds) is end
