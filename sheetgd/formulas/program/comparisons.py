"""Comparisons as the engine makes them: two numbers are equal where their first 15 digits are.

IronCalc rounds both to 15 significant digits, and takes them for equal where they then differ by less than the grain of
1; so 1E-16 would be 0 to it, if it did not get numbers below 1 made larger (see `dialect`).
"""

from __future__ import annotations

from collections.abc import Callable
from sys import float_info
from typing import Any

import numpy as np

from ...maths.bounds import FloatArray
from .operations import Operation, no_slope

GRAIN = float_info.epsilon
CLOSE = 1e-14  # relative: numbers that are farther apart stay so when rounded
LARGER = 2.0**1000
LEAST = 2.072262e-317  # the smallest number that is not 0 when compared


def order(one: float, other: float) -> int:
    """-1, 0 or 1: whether the engine takes one number for less than the other, equal, or greater.

    >>> order(0.1 + 0.2, 0.3), order(0.3, 0.3 + 1e-15), order(1e-16, 0.0), order(2.0, 2 + 5e-16)
    (0, -1, 1, 0)
    """
    if one == other:
        return 0
    if abs(one) < 1 > abs(other):
        one, other = one * LARGER, other * LARGER
    one, other = float(f"{one:.14e}"), float(f"{other:.14e}")
    return 0 if abs(one - other) < GRAIN else -1 if one < other else 1


_orders = np.vectorize(order, otypes=[float])


def _compared(compare: Callable[[FloatArray, Any], Any]) -> Operation:
    def value(one: FloatArray, other: FloatArray) -> FloatArray:
        apart = np.abs(one - other)
        near = (apart <= CLOSE * (np.abs(one) + np.abs(other))) & (apart > 0)
        found = compare(one, other)
        if near.any():
            pairs = (np.broadcast_to(side, near.shape)[near] for side in (one, other))
            found[near] = compare(_orders(*pairs), 0.0)
        truths: FloatArray = found.astype(float)
        return truths

    return no_slope(value)


COMPARISONS = {
    "<": _compared(np.less),
    ">": _compared(np.greater),
    "<=": _compared(np.less_equal),
    ">=": _compared(np.greater_equal),
    "=": _compared(np.equal),
    "<>": _compared(np.not_equal),
}
