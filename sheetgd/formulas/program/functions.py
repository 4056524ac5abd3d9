"""The functions that a program knows, by name and number of arguments: each with its value and its slope."""

from __future__ import annotations

from math import log, pi

import numpy as np

from .operations import (
    ALL,
    ANY,
    CHOOSE,
    MAXIMUM,
    MINIMUM,
    MMULT,
    POWER,
    SQRT,
    SUM,
    TRANSPOSE,
    Operation,
    no_slope,
    single,
)

FUNCTIONS: dict[tuple[str, int], Operation] = {
    ("EXP", 1): single(np.exp, lambda out, x: out, "exp({0})"),
    ("LN", 1): single(np.log, lambda out, x: 1 / x, "log({0})", ()),
    ("LOG10", 1): single(np.log10, lambda out, x: 1 / (x * log(10)), "log10({0})", ()),
    ("LOG", 1): single(np.log10, lambda out, x: 1 / (x * log(10)), "log10({0})", ()),
    ("SQRT", 1): SQRT,
    ("ABS", 1): single(np.abs, lambda out, x: np.sign(x), "abs({0})", ()),
    ("SIGN", 1): no_slope(np.sign, "sign({0})"),
    ("SIN", 1): single(np.sin, lambda out, x: np.cos(x), "sin({0})"),
    ("COS", 1): single(np.cos, lambda out, x: -np.sin(x), "cos({0})"),
    ("TAN", 1): single(np.tan, lambda out, x: 1 + out * out, "tan({0})"),
    ("ASIN", 1): single(np.arcsin, lambda out, x: 1 / np.sqrt(1 - x * x), "asin({0})"),
    ("ACOS", 1): single(np.arccos, lambda out, x: -1 / np.sqrt(1 - x * x), "acos({0})"),
    ("ATAN", 1): single(np.arctan, lambda out, x: 1 / (1 + x * x), "atan({0})"),
    ("SINH", 1): single(np.sinh, lambda out, x: np.cosh(x), "sinh({0})"),
    ("COSH", 1): single(np.cosh, lambda out, x: np.sinh(x), "cosh({0})"),
    ("TANH", 1): single(np.tanh, lambda out, x: 1 - out * out, "tanh({0})"),
    ("RADIANS", 1): single(np.radians, lambda out, x: pi / 180, "radians({0})"),
    ("DEGREES", 1): single(np.degrees, lambda out, x: 180 / pi, "degrees({0})"),
    ("POWER", 2): POWER,
    ("NOT", 1): no_slope(lambda x: (x == 0).astype(float), "(0.0 if {0} else 1.0)", (0,)),
    ("IF", 3): CHOOSE,
    ("MMULT", 2): MMULT,
    ("TRANSPOSE", 1): TRANSPOSE,
}
# Of any number of arguments.
AGGREGATES = {"SUM": SUM, "MIN": MINIMUM, "MAX": MAXIMUM, "AND": ALL, "OR": ANY}
