"""What a program can compute: each function's value, and how a slope goes back through it.

All arrays have three axes: the cells that share a formula, and the rows and columns of the range that each of them
reads; a single number has one row and one column. Truth is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...maths.bounds import FloatArray

Slots = NDArray[np.intp]  # numbers of cells
Slopes = tuple["FloatArray | None", ...]


class Operation(NamedTuple):
    """`value` of the arguments; `back`: from the slope of the result, the result and the arguments to their slopes."""

    value: Callable[..., FloatArray]
    back: Callable[..., Slopes]


def fitted(slope: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """A slope summed over the axes along which its argument was repeated.

    >>> fitted(np.ones((2, 3, 1)), (1, 3, 1)).ravel().tolist()
    [2.0, 2.0, 2.0]
    """
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and slope.shape[axis] != 1)
    summed: FloatArray = slope.sum(axis=axes, keepdims=True) if axes else slope
    return np.broadcast_to(summed, shape)


def single(value: Callable[[FloatArray], Any], slope: Callable[[FloatArray, FloatArray], Any]) -> Operation:
    """A function of one number; `slope` takes the result and the argument."""
    return Operation(value, lambda back, out, x: (back * slope(out, x),))


def several(value: Callable[..., Any], back: Callable[..., Slopes]) -> Operation:
    """A function of numbers that are repeated until they have one shape."""

    def fit(slope: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
        found = back(slope, out, *arguments)
        return tuple(
            None if one is None else fitted(one, argument.shape)
            for one, argument in zip(found, arguments, strict=True)
        )

    return Operation(value, fit)


def _no_slope(value: Callable[..., Any]) -> Operation:
    return Operation(value, lambda back, out, *arguments: (None,) * len(arguments))


def _power(base: FloatArray, exponent: FloatArray) -> FloatArray:
    if ((base == 0) & (exponent == 0)).any():
        raise FloatingPointError("0^0")
    if exponent.size == 1 and exponent.flat[0] == 2:
        return base * base
    found: FloatArray = base**exponent
    return found


def _power_back(back: FloatArray, out: FloatArray, base: FloatArray, exponent: FloatArray) -> Slopes:
    logarithm = np.log(np.where(base > 0, base, 1.0))  # no slope for an exponent of what is not above 0
    if exponent.size == 1 and exponent.flat[0] == 2:
        return back * 2 * base, back * out * logarithm
    return back * exponent * base ** (exponent - 1), back * out * logarithm


def _compared(compare: Callable[[FloatArray, FloatArray], Any]) -> Operation:
    return _no_slope(lambda one, other: compare(one, other).astype(float))


def _equal(one: FloatArray, other: FloatArray) -> Any:
    return np.abs(one - other) <= 1e-15 * np.maximum(np.abs(one), np.abs(other))


def _sum(*arguments: FloatArray) -> FloatArray:
    found: FloatArray = reduce(np.add, [argument.sum(axis=(1, 2), keepdims=True) for argument in arguments])
    return found


def _sum_back(back: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
    return tuple(
        fitted(np.broadcast_to(back, np.broadcast_shapes(back.shape, one.shape)), one.shape)
        for one in arguments
    )


def _mmult_back(back: FloatArray, out: FloatArray, left: FloatArray, right: FloatArray) -> Slopes:
    return (
        fitted(back @ right.swapaxes(1, 2), left.shape),
        fitted(left.swapaxes(1, 2) @ back, right.shape),
    )


def extreme(pick: Any) -> Operation:
    """MIN or MAX; the first of several that are equal has the slope."""

    def value(*arguments: FloatArray) -> FloatArray:
        tops = [pick.reduce(one, axis=(1, 2), keepdims=True) for one in arguments]
        found: FloatArray = reduce(pick, tops)
        return found

    def back(slope: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
        found: list[FloatArray] = []
        left = np.ones(out.shape, dtype=bool)
        for one in arguments:
            hit = (one == out) & left
            flat = hit.reshape(hit.shape[0], -1)
            first = flat & (np.cumsum(flat, axis=1) == 1)
            left = left & ~flat.any(axis=1).reshape(-1, 1, 1)
            found.append(fitted(slope * first.reshape(hit.shape), one.shape))
        return tuple(found)

    return Operation(value, back)


def _if_back(
    back: FloatArray, out: FloatArray, condition: FloatArray, yes: FloatArray, no: FloatArray
) -> Slopes:
    return None, np.where(condition != 0, back, 0.0), np.where(condition != 0, 0.0, back)


def _all(*arguments: FloatArray) -> FloatArray:
    return np.where(_any(*[np.where(one == 0, 1.0, 0.0) for one in arguments]) == 0, 1.0, 0.0)


def _any(*arguments: FloatArray) -> FloatArray:
    return np.where(_sum(*[np.abs(np.sign(one)) for one in arguments]) > 0, 1.0, 0.0)


ADD = several(np.add, lambda back, out, a, b: (back, back))
SUBTRACT = several(np.subtract, lambda back, out, a, b: (back, -back))
MULTIPLY = several(np.multiply, lambda back, out, a, b: (back * b, back * a))
DIVIDE = several(np.divide, lambda back, out, a, b: (back / b, -back * out / b))
POWER = several(_power, _power_back)
NEGATE = single(np.negative, lambda out, x: -1.0)
SUM = Operation(_sum, _sum_back)
SQRT = single(np.sqrt, lambda out, x: 0.5 / out)
SQUARE = single(np.square, lambda out, x: 2 * x)

OPERATORS = {
    "+": ADD,
    "-": SUBTRACT,
    "*": MULTIPLY,
    "/": DIVIDE,
    "^": POWER,
    "<": _compared(np.less),
    ">": _compared(np.greater),
    "<=": _compared(np.less_equal),
    ">=": _compared(np.greater_equal),
    "=": _compared(_equal),
    "<>": _compared(lambda one, other: ~_equal(one, other)),
}
# By the number of arguments they take.
FUNCTIONS: dict[tuple[str, int], Operation] = {
    ("EXP", 1): single(np.exp, lambda out, x: out),
    ("LN", 1): single(np.log, lambda out, x: 1 / x),
    ("LOG10", 1): single(np.log10, lambda out, x: 1 / (x * np.log(10))),
    ("LOG", 1): single(np.log10, lambda out, x: 1 / (x * np.log(10))),
    ("SQRT", 1): SQRT,
    ("ABS", 1): single(np.abs, lambda out, x: np.sign(x)),
    ("SIGN", 1): single(np.sign, lambda out, x: 0.0),
    ("SIN", 1): single(np.sin, lambda out, x: np.cos(x)),
    ("COS", 1): single(np.cos, lambda out, x: -np.sin(x)),
    ("TAN", 1): single(np.tan, lambda out, x: 1 + out * out),
    ("ASIN", 1): single(np.arcsin, lambda out, x: 1 / np.sqrt(1 - x * x)),
    ("ACOS", 1): single(np.arccos, lambda out, x: -1 / np.sqrt(1 - x * x)),
    ("ATAN", 1): single(np.arctan, lambda out, x: 1 / (1 + x * x)),
    ("SINH", 1): single(np.sinh, lambda out, x: np.cosh(x)),
    ("COSH", 1): single(np.cosh, lambda out, x: np.sinh(x)),
    ("TANH", 1): single(np.tanh, lambda out, x: 1 - out * out),
    ("RADIANS", 1): single(np.radians, lambda out, x: pi / 180),
    ("DEGREES", 1): single(np.degrees, lambda out, x: 180 / pi),
    ("POWER", 2): POWER,
    ("NOT", 1): _no_slope(lambda x: (x == 0).astype(float)),
    ("IF", 3): several(lambda condition, yes, no: np.where(condition != 0, yes, no), _if_back),
    ("MMULT", 2): Operation(np.matmul, _mmult_back),
    ("TRANSPOSE", 1): Operation(lambda x: x.swapaxes(1, 2), lambda back, out, x: (back.swapaxes(1, 2),)),
}
# Of any number of arguments.
AGGREGATES = {
    "SUM": SUM,
    "MIN": extreme(np.minimum),
    "MAX": extreme(np.maximum),
    "AND": _no_slope(_all),
    "OR": _no_slope(_any),
}
