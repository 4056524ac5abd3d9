"""Comparisons as the engine makes them: two numbers are equal where their first 15 digits are.

IronCalc rounds both to 15 significant digits, and takes them for equal where they then differ by less than the grain of
1, so that 1E-16 is 0 to it. Most comparisons reach it in a form in which small numbers count as well (see `dialect`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import nextafter
from sys import float_info
from typing import Any

import numpy as np

from ...maths.bounds import FloatArray
from .operations import Operation, no_slope

GRAIN = float_info.epsilon
CLOSE, CLOSE_TO_0 = 1e-14, 1e-15  # relative, absolute: numbers that are farther apart stay so when rounded
UP = 2.0**1000  # by which small numbers are multiplied
LEAST = 2.220446049250315e-16  # the smallest number that is not 0 to the engine,
LEAST_SMALL = nextafter(LEAST / UP, 1.0)  # and to a comparison in which small numbers count

Order = Callable[[float, float], int]


def order(one: float, other: float) -> int:
    """-1, 0 or 1: whether the engine takes one number for less than the other, equal, or greater.

    >>> order(0.1 + 0.2, 0.3), order(0.3, 0.3 + 1e-15), order(1e-16, 0.0), order(LEAST, 0.0)
    (0, -1, 0, 1)
    """
    if one == other:
        return 0
    one, other = float(f"{one:.14e}"), float(f"{other:.14e}")
    return 0 if abs(one - other) < GRAIN else -1 if one < other else 1


def order_small(one: float, other: float) -> int:
    """The same where small numbers count.

    >>> order_small(1e-16, 0.0), order_small(1e-20, 1.0000000000000001e-20)
    (1, 0)
    """
    if abs(one) < 1 and abs(other) < 1:
        return order(one * UP, other * UP)
    return order(one, other)


def order_subtracted(one: float, other: float) -> int:
    """The same of a difference that is compared with 0."""
    if abs(one) < 1 and abs(other) < 1:
        return order(one * UP, other * UP)
    return order(one - other, 0.0)


def _compared(rule: Order, compare: Callable[[FloatArray, Any], Any]) -> Operation:
    orders = np.vectorize(rule, otypes=[float])

    def value(one: FloatArray, other: FloatArray) -> FloatArray:
        apart = np.abs(one - other)
        near = (apart <= CLOSE * (np.abs(one) + np.abs(other)) + CLOSE_TO_0) & (apart > 0)
        found = compare(one, other)
        if near.any():
            pairs = (np.broadcast_to(side, near.shape)[near] for side in (one, other))
            found[near] = compare(orders(*pairs), 0.0)
        truths: FloatArray = found.astype(float)
        return truths

    return no_slope(value)


_SIGNS: dict[str, Callable[[FloatArray, Any], Any]] = {
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "=": np.equal,
    "<>": np.not_equal,
}
RULES: tuple[Order, ...] = (order, order_small, order_subtracted)
COMPARISONS = {(rule, sign): _compared(rule, compare) for rule in RULES for sign, compare in _SIGNS.items()}
