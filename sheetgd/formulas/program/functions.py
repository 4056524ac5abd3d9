"""The functions that a program knows, by name and number of arguments: each with its value and its slope."""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi

import numpy as np

from ...maths.bounds import FloatArray
from ..dialect import LARGEST_ANGLE, LARGEST_QUOTIENT
from .operations import (
    ALL,
    ANY,
    MAXIMUM,
    MINIMUM,
    MMULT,
    POWER,
    PRODUCT,
    SQRT,
    SUM,
    TRANSPOSE,
    Operation,
    Scalar,
    no_slope,
    single,
    unknown,
)

NEAR_A_STEP = 1e-9  # so near to a step, the engine is asked on which side of it a number is


def _steady(numbers: FloatArray, where: float) -> FloatArray:
    """The numbers; unknown are those that are nearly, but not exactly, `where` between two whole ones."""
    off = np.abs(numbers - np.floor(numbers) - where)
    near = np.minimum(off, 1 - off)
    return unknown((near < NEAR_A_STEP) & (near > 0), numbers)


def _stepped(number: Callable[[FloatArray], FloatArray], where: float) -> Callable[..., FloatArray]:
    """Rounding by `number`, to whole numbers or to some digits; its steps are `where` between two whole ones."""

    def value(x: FloatArray, digits: FloatArray | float = 0.0) -> FloatArray:
        scale = np.power(10.0, digits)
        scaled = x * scale
        step = np.rint(scaled - where) + where
        scaled = np.where(step / scale == x, step, scaled)  # 1.005 is 100.5 hundredths in every spreadsheet
        found: FloatArray = number(_steady(scaled, where)) / scale
        return found

    return value


def _of_angle(function: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray], FloatArray]:
    def value(x: FloatArray) -> FloatArray:
        return function(unknown(np.abs(x) >= LARGEST_ANGLE, x))  # Excel takes no sine of these

    return value


def _half_away(x: FloatArray) -> FloatArray:
    found: FloatArray = np.sign(x) * np.floor(np.abs(x) + 0.5)
    return found


def _away(x: FloatArray) -> FloatArray:
    found: FloatArray = np.sign(x) * np.ceil(np.abs(x))
    return found


def _modulus(x: FloatArray, n: FloatArray) -> FloatArray:
    x = unknown(np.abs(x) >= LARGEST_QUOTIENT * np.abs(n), x)
    found: FloatArray = x - n * np.floor(_steady(x / n, 0.0))
    return found


ROUNDED, CUT = _stepped(_half_away, 0.5), _stepped(np.trunc, 0.0)

FUNCTIONS: dict[tuple[str, int], Operation] = {
    ("EXP", 1): single(np.exp, lambda out, x: out, "exp({0})"),
    ("LN", 1): single(np.log, lambda out, x: 1 / x, "log({0})", ()),
    ("LOG10", 1): single(np.log10, lambda out, x: 1 / (x * log(10)), "log10({0})", ()),
    ("LOG", 1): single(np.log10, lambda out, x: 1 / (x * log(10)), "log10({0})", ()),
    ("SQRT", 1): SQRT,
    ("ABS", 1): single(np.abs, lambda out, x: np.sign(x), "abs({0})", ()),
    ("SIGN", 1): no_slope(np.sign, "sign({0})"),
    ("SIN", 1): single(_of_angle(np.sin), lambda out, x: np.cos(x), "sin({0})"),
    ("COS", 1): single(_of_angle(np.cos), lambda out, x: -np.sin(x), "cos({0})"),
    ("TAN", 1): single(_of_angle(np.tan), lambda out, x: 1 + out * out, "tan({0})"),
    ("ASIN", 1): single(np.arcsin, lambda out, x: 1 / np.sqrt(1 - x * x), "asin({0})"),
    ("ACOS", 1): single(np.arccos, lambda out, x: -1 / np.sqrt(1 - x * x), "acos({0})"),
    ("ATAN", 1): single(np.arctan, lambda out, x: 1 / (1 + x * x), "atan({0})"),
    ("SINH", 1): single(np.sinh, lambda out, x: np.cosh(x), "sinh({0})"),
    ("COSH", 1): single(np.cosh, lambda out, x: np.sinh(x), "cosh({0})"),
    ("TANH", 1): single(np.tanh, lambda out, x: 1 - out * out, "tanh({0})"),
    ("RADIANS", 1): single(np.radians, lambda out, x: pi / 180, "radians({0})"),
    ("DEGREES", 1): single(np.degrees, lambda out, x: 180 / pi, "degrees({0})"),
    ("ASINH", 1): single(np.arcsinh, lambda out, x: 1 / np.sqrt(x * x + 1), "asinh({0})"),
    ("ACOSH", 1): single(np.arccosh, lambda out, x: 1 / np.sqrt(x * x - 1), "acosh({0})"),
    ("ATANH", 1): single(np.arctanh, lambda out, x: 1 / (1 - x * x), "atanh({0})"),
    ("SEC", 1): single(lambda x: 1 / _of_angle(np.cos)(x), lambda out, x: out * np.tan(x)),
    ("CSC", 1): single(lambda x: 1 / _of_angle(np.sin)(x), lambda out, x: -out / np.tan(x)),
    ("COT", 1): single(lambda x: 1 / _of_angle(np.tan)(x), lambda out, x: -1 - out * out),
    ("SQRTPI", 1): single(lambda x: np.sqrt(x * pi), lambda out, x: pi / (2 * out)),
    ("N", 1): single(np.positive, lambda out, x: 1.0, "{0}", ()),
    ("INT", 1): no_slope(_stepped(np.floor, 0.0)),
    ("TRUNC", 1): no_slope(CUT),
    ("TRUNC", 2): no_slope(CUT),
    ("ROUND", 2): no_slope(ROUNDED),
    ("ROUNDDOWN", 2): no_slope(CUT),
    ("ROUNDUP", 2): no_slope(_stepped(_away, 0.0)),
    ("MOD", 2): Operation(
        _modulus, (lambda back, out, x: back, lambda back, out, x: -back * np.floor(x[0] / x[1]))
    ),
    ("ATAN2", 2): Operation(
        lambda x, y: np.arctan2(y, x),
        (
            lambda back, out, x: -back * x[1] / (x[0] * x[0] + x[1] * x[1]),
            lambda back, out, x: back * x[0] / (x[0] * x[0] + x[1] * x[1]),
        ),
        Scalar("atan2({1},{0})", (0, 1)),
    ),
    ("LOG", 2): Operation(
        lambda x, base: np.log(x) / np.log(base),
        (
            lambda back, out, x: back / (x[0] * np.log(x[1])),
            lambda back, out, x: -back * out / (x[1] * np.log(x[1])),
        ),
    ),
    ("POWER", 2): POWER,
    ("NOT", 1): no_slope(lambda x: (x == 0).astype(float), "(0.0 if {0} else 1.0)", (0,)),
    ("MMULT", 2): MMULT,
    ("TRANSPOSE", 1): TRANSPOSE,
}
# Of any number of arguments.
AGGREGATES = {"SUM": SUM, "PRODUCT": PRODUCT, "MIN": MINIMUM, "MAX": MAXIMUM, "AND": ALL, "OR": ANY}
# What they give beside a step, only the engine knows.
STEPPED = frozenset(
    FUNCTIONS[name, count]
    for name, count in FUNCTIONS
    if name in ("INT", "TRUNC", "ROUND", "ROUNDDOWN", "ROUNDUP", "MOD")
)
