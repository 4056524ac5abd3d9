"""The mathematics of the lesson: a guess, its squared error, a nudge, a small step downhill.

Everything works on plain numbers; `predict`, `step` and the terms of `safe_learn` also work on NumPy arrays. No sheet,
no file. The terms of `Step` are the columns of the lesson's step table, in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import NamedTuple

H = 0.01  # the nudge of the finite differences, where a sheet does not name its own


class Step(NamedTuple):
    """One row of the step table: from a point and a guess to the next guess."""

    m: float
    b: float
    y_pred: float
    error_sq: float
    err_m1: float
    de_dm: float
    new_m: float
    err_b1: float
    de_db: float
    new_b: float


def predict(x: float, m: float, b: float) -> float:
    """The line's y at x."""
    return m * x + b


def step(x: float, y: float, m: float, b: float, learn: float, h: float = H) -> Step:
    """One stochastic step with forward differences: nudge each parameter by h, see how the squared error moves.

    `x` and `y` are numbers or NumPy arrays of one shape; `learn` is the learning rate. The difference
    (error(m + h) - error(m)) / h is the derivative for m plus h·x², and for b plus h: forward differences are biased.

    >>> row = step(x=7, y=44, m=1, b=1, learn=0.0001)
    >>> row.y_pred, row.error_sq, round(row.de_dm, 2), round(row.new_m, 6)
    (8, 1296, -503.51, 1.050351)
    """
    y_pred = predict(x, m, b)
    error_sq = (y_pred - y) ** 2
    err_m1 = (predict(x, m + h, b) - y) ** 2
    de_dm = (err_m1 - error_sq) / h
    new_m = m - learn * de_dm
    err_b1 = (predict(x, m, b + h) - y) ** 2
    de_db = (err_b1 - error_sq) / h
    new_b = b - learn * de_db
    return Step(m, b, y_pred, error_sq, err_m1, de_dm, new_m, err_b1, de_db, new_b)


def epoch(
    xs: Sequence[float], ys: Sequence[float], m: float, b: float, learn: float, h: float = H
) -> list[Step]:
    """One step per point, each from the guess that the previous point left behind.

    >>> [round(row.new_m, 4) for row in epoch([7, 9], [44, 48], m=1, b=1, learn=0.0001)]
    [1.0504, 1.1178]
    """
    rows = []
    for x, y in zip(xs, ys, strict=True):
        rows.append(step(x, y, m, b, learn, h))
        m, b = rows[-1].new_m, rows[-1].new_b
    return rows


def mse(xs: Sequence[float], ys: Sequence[float], m: float, b: float) -> float:
    """The mean squared error of one guess over all points."""
    return sum((predict(x, m, b) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def rmse(xs: Sequence[float], ys: Sequence[float], m: float, b: float) -> float:
    """The root of the mean squared error of one guess, in the units of y.

    >>> rmse([7, 9], [44, 48], m=2, b=30), rmse([7, 9], [44, 48], m=2, b=33)
    (0.0, 3.0)
    """
    return sqrt(mse(xs, ys, m, b))


def safe_learn(xs: Iterable[float]) -> float:
    """The learning rate below which no step can overshoot: each step's error shrinks for every guess.

    A step on a point multiplies the error there by 1 - 2·learn·(x² + 1), so learn must stay below 1 / (max x² + 1).

    >>> safe_learn([3, -50, 22]) == 1 / 2501
    True
    """
    return 1 / (max(x * x for x in xs) + 1)


def recognise(
    x: float, y: float, m: float, b: float, learn: float, h: float, new_m: float, new_b: float
) -> str:
    """Which rule leads from (m, b) to (new_m, new_b): "line", "swapped", or "" for another.

    Finite differences with the nudge h and exact derivatives are both "line".

    >>> row = step(x=7, y=44, m=1, b=1, learn=0.0001)
    >>> recognise(7, 44, 1, 1, 0.0001, 0.01, row.new_m, row.new_b)
    'line'
    """

    def close(value: float, goal: float, start: float) -> bool:
        return abs(value - goal) <= 1e-4 * abs(goal - start) + 1e-12

    rules = {"swapped": swapped_step(x, y, m, b, learn)}
    for name, nudge in (("exact", 1e-6), ("line", h)):
        row = step(x, y, m, b, learn, nudge)
        rules[name] = row.new_m, row.new_b
    for name, (goal_m, goal_b) in rules.items():
        if close(new_m, goal_m, m) and close(new_b, goal_b, b):
            return "line" if name == "exact" else name
    return ""


def swapped_step(x: float, y: float, m: float, b: float, learn: float) -> tuple[float, float]:
    """The step of a well-known lesson, whose exact derivatives are each used for the other parameter.

    >>> swapped_step(x=7, y=44, m=1, b=1, learn=0.0001)
    (1.0072, 1.0504)
    """
    error = predict(x, m, b) - y
    return m - learn * 2 * error, b - learn * 2 * x * error
