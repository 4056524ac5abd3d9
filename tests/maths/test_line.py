"""The mathematics by itself: hand-worked rows, exact derivatives, NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgd.maths import line as descent

NUMBER = st.floats(-100, 100)


def test_a_row_worked_by_hand() -> None:
    """x 7, y 44 from m 1, b 1: a guess of 8 is 36 off; 36² is 1296; (36 - 0.07)² and (36 - 0.01)² after the nudges."""
    row = descent.step(7, 44, 1, 1, learn=0.0001, h=0.01)
    assert (row.y_pred, row.error_sq) == (8, 1296)
    assert row.err_m1 == pytest.approx(1290.9649, rel=1e-14)
    assert row.de_dm == pytest.approx(-503.51, rel=1e-12)
    assert row.new_m == pytest.approx(1.050351, rel=1e-14)
    assert row.err_b1 == pytest.approx(1295.2801, rel=1e-14)
    assert row.de_db == pytest.approx(-71.99, rel=1e-11)
    assert row.new_b == pytest.approx(1.007199, rel=1e-14)


@given(x=NUMBER, y=NUMBER, m=NUMBER, b=NUMBER)
def test_forward_differences_are_the_derivatives_and_a_bias(x: float, y: float, m: float, b: float) -> None:
    row = descent.step(x, y, m, b, learn=0.0001, h=0.01)
    error = m * x + b - y
    scale = 1e-9 * (1 + row.error_sq + row.err_m1 + row.err_b1)
    assert row.de_dm == pytest.approx(2 * x * error + 0.01 * x * x, rel=1e-9, abs=scale)
    assert row.de_db == pytest.approx(2 * error + 0.01, rel=1e-9, abs=scale)


@given(x=st.lists(NUMBER, min_size=1, max_size=20), m=NUMBER, b=NUMBER)
def test_a_learn_below_the_safe_one_shrinks_every_error(x: list[float], m: float, b: float) -> None:
    """With exact derivatives a step at a safe rate never makes the error at its point larger, whatever the guess."""
    learn = 0.999 * descent.safe_learn(x)
    for one in x:
        error = m * one + b
        after = (m - learn * 2 * one * error) * one + (b - learn * 2 * error)
        assert abs(after) <= abs(error) + 1e-9 * (1 + abs(error))


def test_numpy_arrays_step_alike() -> None:
    x, y = np.array([7.0, 9.0, 28.0]), np.array([44.0, 48.0, 86.0])
    together = descent.step(x, y, 1.0, 1.0, 0.0001)  # type: ignore[arg-type]
    for index in range(3):
        alone = descent.step(float(x[index]), float(y[index]), 1.0, 1.0, 0.0001)
        for term in ("y_pred", "error_sq", "de_dm", "new_m", "de_db", "new_b"):
            assert getattr(together, term)[index] == pytest.approx(getattr(alone, term), rel=1e-13)


@given(xs=st.lists(NUMBER, min_size=1, max_size=30), m=NUMBER, b=NUMBER)
def test_rmse_is_numpys(xs: list[float], m: float, b: float) -> None:
    ys = [2 * x + 30 for x in xs]
    expected = float(np.sqrt(np.mean((m * np.array(xs) + b - np.array(ys)) ** 2)))
    assert descent.rmse(xs, ys, m, b) == pytest.approx(expected, rel=1e-12)
    assert math.sqrt(descent.mse(xs, ys, m, b)) == descent.rmse(xs, ys, m, b)


def test_rules_are_told_apart() -> None:
    x, y, m, b, learn = 9.0, 48.0, 1.3, 2.0, 0.0001
    error = m * x + b - y
    exact = (m - learn * 2 * x * error, b - learn * 2 * error)
    swapped = (m - learn * 2 * error, b - learn * 2 * x * error)
    nudged = descent.step(x, y, m, b, learn, 0.01)
    assert descent.recognise(x, y, m, b, learn, 0.01, *exact) == "line"
    assert descent.recognise(x, y, m, b, learn, 0.01, nudged.new_m, nudged.new_b) == "line"
    assert descent.recognise(x, y, m, b, learn, 0.01, *swapped) == "swapped"
    assert descent.recognise(x, y, m, b, learn, 0.01, exact[0] + 0.001, exact[1]) == ""
