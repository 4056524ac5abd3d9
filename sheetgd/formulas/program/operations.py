"""What a program can compute: each function's value, and how a slope goes back through it.

All arrays have three axes: the cells that share a formula, and the rows and columns of the range that each of them
reads; a single number has one row and one column. Truth is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...maths.bounds import FloatArray

Slots = NDArray[np.intp]  # numbers of cells
# From the slope of a result, the result and the arguments to the slope of one argument; where that was repeated, to
# those of each repetition (see `fitted`). None: a small move of the argument moves nothing.
Slope = Callable[[FloatArray, FloatArray, Sequence[FloatArray]], FloatArray] | None


class Scalar(NamedTuple):
    """An operation on single numbers as Python source: `text` with {0}, {1} … for the arguments.

    Infinity would get lost in those that `sure` counts, so they must be finite."""

    text: str
    sure: tuple[int, ...] = ()


class Operation(NamedTuple):
    """`value` of the arguments; `slopes`: how a slope goes back to each of them, so that those that nobody asks for are
    not computed; of any number of arguments, from an argument's number to that.

    `scalar` is what a scan does for each number; where it is None, a scan has a rule of its own, or does not know it.
    """

    value: Callable[..., FloatArray]
    slopes: tuple[Slope, ...] | Callable[[int], Slope]
    scalar: Scalar | None = None

    def slope(self, argument: int) -> Slope:
        return self.slopes(argument) if callable(self.slopes) else self.slopes[argument]


def fitted(slope: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """A slope summed over the axes along which its argument was repeated.

    >>> fitted(np.ones((2, 3, 1)), (1, 3, 1)).ravel().tolist()
    [2.0, 2.0, 2.0]
    """
    if slope.shape == shape:
        return slope
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and slope.shape[axis] != 1)
    summed: FloatArray = slope.sum(axis=axes, keepdims=True) if axes else slope
    if summed.shape == shape:
        return summed
    repeated = np.empty(shape)
    repeated[...] = summed  # in half the time of np.broadcast_to, where arrays are small
    return repeated


def unknown(where: NDArray[np.bool_], numbers: FloatArray) -> FloatArray:
    """The numbers, without those that only the engine knows: these become roots of -1, as if computed so.

    So `np.errstate` decides about them as about any other: an error at once, or NaN in their places.
    """
    return numbers + np.sqrt(np.where(where, -1.0, 0.0)) if where.any() else numbers


def single(
    value: Callable[[FloatArray], Any],
    slope: Callable[[FloatArray, FloatArray], Any],
    text: str = "",
    sure: tuple[int, ...] = (0,),
) -> Operation:
    """A function of one number; `slope` takes the result and the argument, `text` and `sure` are a scan's."""
    scalar = Scalar(text, sure) if text else None
    return Operation(value, (lambda back, out, x: back * slope(out, x[0]),), scalar)


def no_slope(value: Callable[..., Any], text: str = "", sure: tuple[int, ...] = ()) -> Operation:
    """What stays the same when its arguments move a little, except at its steps."""
    scalar = Scalar(text, sure) if text else None
    return Operation(value, _none, scalar)


def _none(argument: int) -> Slope:
    return None


def _power(base: FloatArray, exponent: FloatArray) -> FloatArray:
    if exponent.size == 1 and exponent.flat[0] == 2:
        return base * base
    if not exponent.all():
        base = unknown((base == 0) & (exponent == 0), base)
    found: FloatArray = base**exponent
    return found


def _base_slope(back: FloatArray, out: FloatArray, x: Sequence[FloatArray]) -> FloatArray:
    base, exponent = x
    if exponent.size == 1 and exponent.flat[0] == 2:
        return back * 2 * base
    found: FloatArray = back * exponent * base ** (exponent - 1)
    return found


def _exponent_slope(back: FloatArray, out: FloatArray, x: Sequence[FloatArray]) -> FloatArray:
    logarithm = np.log(np.where(x[0] > 0, x[0], 1.0))  # no slope for an exponent of what is not above 0
    found: FloatArray = back * out * logarithm
    return found


ALL_ALIKE = (
    1e-20  # of the sum of squares: squares about the mean that are less are those of equal numbers, rounded
)


def _varied(apart: FloatArray, squares: FloatArray) -> FloatArray:
    return unknown(apart <= ALL_ALIKE * squares, apart)


# -- of ranges -------------------------------------------------------------------------------------------------------
def _sum(*arguments: FloatArray) -> FloatArray:
    found: FloatArray = reduce(np.add, [np.add.reduce(one, axis=(1, 2), keepdims=True) for one in arguments])
    return found


def _product(*arguments: FloatArray) -> FloatArray:
    found: FloatArray = reduce(np.multiply, [one.prod(axis=(1, 2), keepdims=True) for one in arguments])
    return found


def _product_slope(argument: int) -> Slope:
    """Each number's slope is the product of the others, of those before it and those behind."""

    def slope(back: FloatArray, out: FloatArray, x: Sequence[FloatArray]) -> FloatArray:
        count = len(out)
        flat = [np.broadcast_to(one, (count, *one.shape[1:])).reshape(count, -1) for one in x]
        row = np.concatenate(flat, axis=1)
        ones = np.ones((count, 1))
        before = np.cumprod(np.concatenate([ones, row[:, :-1]], axis=1), axis=1)
        behind = np.cumprod(np.concatenate([ones, row[:, :0:-1]], axis=1), axis=1)[:, ::-1]
        first = sum(one.shape[1] for one in flat[:argument])
        others = (before * behind)[:, first : first + flat[argument].shape[1]]
        found: FloatArray = back * others.reshape(count, *x[argument].shape[1:])
        return found

    return slope


def extreme(pick: Any) -> Operation:
    """MIN or MAX; several that are equal share the slope."""

    def value(*arguments: FloatArray) -> FloatArray:
        tops = [pick.reduce(one, axis=(1, 2), keepdims=True) for one in arguments]
        found: FloatArray = reduce(pick, tops)
        return found

    def slope(argument: int) -> Slope:
        def share(back: FloatArray, out: FloatArray, x: Sequence[FloatArray]) -> FloatArray:
            hits = [(one == out).astype(float) for one in x]
            found: FloatArray = back / _sum(*hits) * hits[argument]
            return found

        return share

    return Operation(value, slope)


def _if(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    return np.where(condition != 0, yes, no)


def _if_none_is_an_error(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    found = _if(condition, yes, no)
    return unknown(np.isnan(found), found)


def _all(*arguments: FloatArray) -> FloatArray:
    return np.where(_any(*[np.where(one == 0, 1.0, 0.0) for one in arguments]) == 0, 1.0, 0.0)


def _any(*arguments: FloatArray) -> FloatArray:
    return np.where(_sum(*[np.abs(np.sign(one)) for one in arguments]) > 0, 1.0, 0.0)


def _spread(zeros: FloatArray, register: FloatArray) -> FloatArray:
    return register if register.shape == zeros.shape else np.broadcast_to(register, zeros.shape)


def _as_is(back: FloatArray, out: FloatArray, x: Sequence[FloatArray]) -> FloatArray:
    return back


CHOSEN: tuple[Slope, ...] = (
    None,
    lambda back, out, x: np.where(x[0] != 0, back, 0.0),
    lambda back, out, x: np.where(x[0] != 0, 0.0, back),
)

ADD = Operation(np.add, (_as_is, _as_is), Scalar("({0}+{1})"))
SUBTRACT = Operation(np.subtract, (_as_is, lambda back, out, x: -back), Scalar("({0}-{1})"))
MULTIPLY = Operation(
    np.multiply, (lambda back, out, x: back * x[1], lambda back, out, x: back * x[0]), Scalar("({0}*{1})")
)
DIVIDE = Operation(
    np.divide,
    (lambda back, out, x: back / x[1], lambda back, out, x: -back * out / x[1]),
    Scalar("({0}/{1})", (1,)),
)
POWER = Operation(_power, (_base_slope, _exponent_slope), Scalar("power({0},{1})", (0, 1)))
NEGATE = Operation(np.negative, (lambda back, out, x: -back,), Scalar("(-{0})"))
SQRT = single(np.sqrt, lambda out, x: 0.5 / out, "sqrt({0})", ())
SQUARE = single(np.square, lambda out, x: 2 * x)
SUM, PRODUCT = Operation(_sum, lambda argument: _as_is), Operation(_product, _product_slope)
MINIMUM, MAXIMUM = extreme(np.minimum), extreme(np.maximum)
CHOOSE = Operation(_if, CHOSEN)
CHOOSE_NO_ERROR = Operation(_if_none_is_an_error, CHOSEN)  # where a branch is an error
VARIED = Operation(_varied, (_as_is, None))
MMULT = Operation(
    np.matmul,
    (
        lambda back, out, x: back @ x[1].swapaxes(1, 2),
        lambda back, out, x: x[0].swapaxes(1, 2) @ back,
    ),
)
TRANSPOSE = Operation(lambda x: x.swapaxes(1, 2), (lambda back, out, x: back.swapaxes(1, 2),))
SPREAD = Operation(_spread, (None, _as_is))
ONES = Operation(np.ones_like, (None,))
ALL, ANY = no_slope(_all), no_slope(_any)

OPERATORS = {"+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "^": POWER}
