"""What a program can compute: each function's value, and how a slope goes back through it.

All arrays have three axes: the cells that share a formula, and the rows and columns of the range that each of them
reads; a single number has one row and one column. Truth is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...maths.bounds import FloatArray

Slots = NDArray[np.intp]  # numbers of cells
Slopes = tuple["FloatArray | None", ...]


class Scalar(NamedTuple):
    """An operation on single numbers as Python source: `text` with {0}, {1} … for the arguments.

    Infinity would get lost in those that `sure` counts, so they must be finite."""

    text: str
    sure: tuple[int, ...] = ()


class Operation(NamedTuple):
    """`value` of the arguments; `back`: from the slope of the result, the result and the arguments to their slopes,
    where an argument was repeated to those of each repetition (see `fitted`).

    `scalar` is what a scan does for each number; where it is None, a scan has a rule of its own, or does not know it.
    """

    value: Callable[..., FloatArray]
    back: Callable[..., Slopes]
    scalar: Scalar | None = None


def fitted(slope: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """A slope summed over the axes along which its argument was repeated.

    >>> fitted(np.ones((2, 3, 1)), (1, 3, 1)).ravel().tolist()
    [2.0, 2.0, 2.0]
    """
    if slope.shape == shape:
        return slope
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and slope.shape[axis] != 1)
    summed: FloatArray = slope.sum(axis=axes, keepdims=True) if axes else slope
    return summed if summed.shape == shape else np.broadcast_to(summed, shape)


def single(
    value: Callable[[FloatArray], Any],
    slope: Callable[[FloatArray, FloatArray], Any],
    text: str = "",
    sure: tuple[int, ...] = (0,),
) -> Operation:
    """A function of one number; `slope` takes the result and the argument, `text` and `sure` are a scan's."""
    scalar = Scalar(text, sure) if text else None
    return Operation(value, lambda back, out, x: (back * slope(out, x),), scalar)


def no_slope(value: Callable[..., Any], text: str = "", sure: tuple[int, ...] = ()) -> Operation:
    """What stays the same when its arguments move a little, except at its steps."""
    scalar = Scalar(text, sure) if text else None
    return Operation(value, lambda back, out, *arguments: (None,) * len(arguments), scalar)


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


ALL_ALIKE = (
    1e-20  # of the sum of squares: squares about the mean that are less are those of equal numbers, rounded
)


def _varied(apart: FloatArray, squares: FloatArray) -> FloatArray:
    if (apart <= ALL_ALIKE * squares).any():
        raise FloatingPointError("numbers that do not vary")
    return apart


# -- of ranges -------------------------------------------------------------------------------------------------------
def _sum(*arguments: FloatArray) -> FloatArray:
    found: FloatArray = reduce(np.add, [argument.sum(axis=(1, 2), keepdims=True) for argument in arguments])
    return found


def _sum_back(back: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
    return tuple(
        fitted(np.broadcast_to(back, np.broadcast_shapes(back.shape, one.shape)), one.shape)
        for one in arguments
    )


def _product(*arguments: FloatArray) -> FloatArray:
    found: FloatArray = reduce(np.multiply, [one.prod(axis=(1, 2), keepdims=True) for one in arguments])
    return found


def _product_back(back: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
    """Each number's slope is the product of the others, of those before it and those behind."""
    count = len(out)
    flat = [np.broadcast_to(one, (count, *one.shape[1:])).reshape(count, -1) for one in arguments]
    row = np.concatenate(flat, axis=1)
    ones = np.ones((count, 1))
    before = np.cumprod(np.concatenate([ones, row[:, :-1]], axis=1), axis=1)
    behind = np.cumprod(np.concatenate([ones, row[:, :0:-1]], axis=1), axis=1)[:, ::-1]
    parts = np.split(before * behind, np.cumsum([one.shape[1] for one in flat])[:-1], axis=1)
    return tuple(
        fitted(back * part.reshape(count, *one.shape[1:]), one.shape)
        for part, one in zip(parts, arguments, strict=True)
    )


def _mmult_back(back: FloatArray, out: FloatArray, left: FloatArray, right: FloatArray) -> Slopes:
    return (
        fitted(back @ right.swapaxes(1, 2), left.shape),
        fitted(left.swapaxes(1, 2) @ back, right.shape),
    )


def extreme(pick: Any) -> Operation:
    """MIN or MAX; several that are equal share the slope."""

    def value(*arguments: FloatArray) -> FloatArray:
        tops = [pick.reduce(one, axis=(1, 2), keepdims=True) for one in arguments]
        found: FloatArray = reduce(pick, tops)
        return found

    def back(slope: FloatArray, out: FloatArray, *arguments: FloatArray) -> Slopes:
        hits = [(one == out).astype(float) for one in arguments]
        share = slope / reduce(np.add, [hit.sum(axis=(1, 2), keepdims=True) for hit in hits])
        return tuple(fitted(share * hit, one.shape) for hit, one in zip(hits, arguments, strict=True))

    return Operation(value, back)


def _if(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    return np.where(condition != 0, yes, no)


def _if_none_is_an_error(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    found = _if(condition, yes, no)
    if np.isnan(found).any():
        raise FloatingPointError("an error is chosen")
    return found


def _if_back(
    back: FloatArray, out: FloatArray, condition: FloatArray, yes: FloatArray, no: FloatArray
) -> Slopes:
    return None, np.where(condition != 0, back, 0.0), np.where(condition != 0, 0.0, back)


def _all(*arguments: FloatArray) -> FloatArray:
    return np.where(_any(*[np.where(one == 0, 1.0, 0.0) for one in arguments]) == 0, 1.0, 0.0)


def _any(*arguments: FloatArray) -> FloatArray:
    return np.where(_sum(*[np.abs(np.sign(one)) for one in arguments]) > 0, 1.0, 0.0)


def _spread(zeros: FloatArray, register: FloatArray) -> FloatArray:
    return register if register.shape == zeros.shape else np.broadcast_to(register, zeros.shape)


def _spread_back(back: FloatArray, out: FloatArray, zeros: FloatArray, register: FloatArray) -> Slopes:
    return None, fitted(back, register.shape)


ADD = Operation(np.add, lambda back, out, a, b: (back, back), Scalar("({0}+{1})"))
SUBTRACT = Operation(np.subtract, lambda back, out, a, b: (back, -back), Scalar("({0}-{1})"))
MULTIPLY = Operation(np.multiply, lambda back, out, a, b: (back * b, back * a), Scalar("({0}*{1})"))
DIVIDE = Operation(np.divide, lambda back, out, a, b: (back / b, -back * out / b), Scalar("({0}/{1})", (1,)))
POWER = Operation(_power, _power_back, Scalar("power({0},{1})", (0, 1)))
NEGATE = single(np.negative, lambda out, x: -1.0, "(-{0})", ())
SQRT = single(np.sqrt, lambda out, x: 0.5 / out, "sqrt({0})", ())
SQUARE = single(np.square, lambda out, x: 2 * x)
SUM, PRODUCT = Operation(_sum, _sum_back), Operation(_product, _product_back)
MINIMUM, MAXIMUM = extreme(np.minimum), extreme(np.maximum)
CHOOSE = Operation(_if, _if_back)
CHOOSE_NO_ERROR = Operation(_if_none_is_an_error, _if_back)  # where a branch is an error
VARIED = Operation(_varied, lambda back, out, apart, squares: (back, None))
MMULT = Operation(np.matmul, _mmult_back)
TRANSPOSE = Operation(lambda x: x.swapaxes(1, 2), lambda back, out, x: (back.swapaxes(1, 2),))
SPREAD = Operation(_spread, _spread_back)
ONES = Operation(np.ones_like, lambda back, out, x: (None,))
ALL, ANY = no_slope(_all), no_slope(_any)

OPERATORS = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "^": POWER}
