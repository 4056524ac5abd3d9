"""Columns as polynomials in what goes from row to row: of degree 2 at most, their coefficients arrays over rows.

So a row's step is known to be affine, whichever way its formulas write it: the squares of a finite difference cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np

from ..formulas.program.operations import (
    ADD,
    CHOOSE,
    DIVIDE,
    MULTIPLY,
    NEGATE,
    POWER,
    SQUARE,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    Operation,
)
from ..maths.bounds import FloatArray
from .formulas import BESIDE, Formulas

ROUNDING = 8 * float(np.finfo(float).eps)  # of what is subtracted: a coefficient of degree 2 below it is 0

Monomial = tuple[int, ...]  # the numbers of one or two carried values, in order; none for a constant
Polynomial = dict[Monomial, FloatArray]


class NotPolynomial(Exception):
    """The formulas are not polynomials of degree 2 in what is carried."""


def polynomials(
    formulas: Formulas, inputs: Mapping[str, FloatArray], carried: Mapping[str, float]
) -> list[Polynomial]:
    """Each of the trees, for inputs that do not depend on what is carried; `carried` are the leaves of that, with the
    values that the polynomials are about."""
    at: dict[int, FloatArray | Polynomial] = dict(formulas.builder.constants)
    for name, register in formulas.inputs.items():
        if name in carried:
            number = list(carried).index(name)
            at[register] = {(): np.full((1, 1, 1), carried[name]), (number,): np.ones((1, 1, 1))}
        else:
            at[register] = inputs[name]
    with np.errstate(all="ignore"):
        for step in formulas.steps:
            arguments = [at[register] for register in step.arguments]
            if any(isinstance(one, dict) for one in arguments):
                at[step.result] = _made(step.operation, arguments)
            else:
                at[step.result] = step.operation.value(*arguments)
    return [_polynomial(at[output]) for output in formulas.outputs]


def _polynomial(value: FloatArray | Polynomial) -> Polynomial:
    return value if isinstance(value, dict) else {(): value}


def _made(operation: Operation, arguments: Sequence[FloatArray | Polynomial]) -> Polynomial:
    """An operation with an argument that depends on what is carried."""
    if operation is CHOOSE:
        return _chosen(*arguments)
    if operation is DIVIDE and not isinstance(arguments[1], dict):
        divisor = arguments[1]
        return {monomial: one / divisor for monomial, one in _polynomial(arguments[0]).items()}
    if operation is POWER and not isinstance(arguments[1], dict) and arguments[1].size == 1:
        if arguments[1].flat[0] == 2:
            return _square(_polynomial(arguments[0]))
    elif operation in _MADE:
        return _MADE[operation](*map(_polynomial, arguments))
    raise NotPolynomial


def _chosen(condition: FloatArray | Polynomial, *branches: FloatArray | Polynomial) -> Polynomial:
    if isinstance(condition, dict):
        raise NotPolynomial
    yes, no = map(_polynomial, branches)
    nothing = np.zeros((1, 1, 1))
    return {
        monomial: np.where(condition != 0, yes.get(monomial, nothing), no.get(monomial, nothing))
        for monomial in {**yes, **no}
    }


def _sum(one: Polynomial, other: Polynomial) -> Polynomial:
    return _joined(one, other, np.add)


def _joined(one: Polynomial, other: Polynomial, join: np.ufunc) -> Polynomial:
    """Sum or difference. Squares that cancel are left out."""
    found = dict(one)
    for monomial, more in other.items():
        if monomial not in one:
            found[monomial] = join(0.0, more)
            continue
        total = join(one[monomial], more)
        if len(monomial) < 2 or not _is_rounding(total, one[monomial], more):
            found[monomial] = total
        else:
            del found[monomial]
    return found


def _is_rounding(total: FloatArray, one: FloatArray, other: FloatArray) -> bool:
    """Whether nothing but rounding is left of two numbers in each row."""
    return not total.any() or bool((np.abs(total) <= ROUNDING * (np.abs(one) + np.abs(other))).all())


def _negative(one: Polynomial) -> Polynomial:
    return {monomial: -coefficient for monomial, coefficient in one.items()}


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for left, a in one.items():
        for right, b in other.items():
            monomial = tuple(sorted(left + right))
            if len(monomial) > 2:
                raise NotPolynomial
            found[monomial] = found[monomial] + _times(a, b) if monomial in found else _times(a, b)
    return found


def _square(one: Polynomial) -> Polynomial:
    """The product with itself, each pair of terms taken once."""
    found: Polynomial = {}
    terms = list(one.items())
    for at, (left, a) in enumerate(terms):
        for right, b in terms[at:]:
            monomial = tuple(sorted(left + right))
            if len(monomial) > 2:
                raise NotPolynomial
            term = (
                _times(a, b) if left == right else _times(2.0 * a, b) if a.size == 1 else _times(a, 2.0 * b)
            )
            found[monomial] = found[monomial] + term if monomial in found else term
    return found


def _times(one: FloatArray, other: FloatArray) -> FloatArray:
    if one.size == 1 and one.flat[0] == 1.0:
        return other
    return one if other.size == 1 and other.flat[0] == 1.0 else one * other


def _total(*arguments: Polynomial) -> Polynomial:
    """The sum of a row's cells."""
    found: list[Polynomial] = []
    for one in arguments:
        shape = np.broadcast_shapes(*(coefficient.shape for coefficient in one.values()))
        cells = shape[1] * shape[2]
        found.append(
            {
                monomial: coefficient.sum(axis=(1, 2), keepdims=True) * (cells / (coefficient[0].size or 1))
                for monomial, coefficient in one.items()
            }
        )
    return reduce(_sum, found)


def _beside(*cells: Polynomial) -> Polynomial:
    count = max(len(coefficient) for one in cells for coefficient in one.values())
    nothing = np.zeros((1, 1, 1))
    return {
        monomial: np.concatenate(
            [np.broadcast_to(one.get(monomial, nothing), (count, 1, 1)) for one in cells], axis=2
        )
        for monomial in dict.fromkeys(key for one in cells for key in one)
    }


_MADE: dict[Operation, Callable[..., Polynomial]] = {
    ADD: _sum,
    SUBTRACT: lambda one, other: _joined(one, other, np.subtract),
    NEGATE: _negative,
    MULTIPLY: _product,
    SQUARE: _square,
    SUM: _total,
    BESIDE: _beside,
    TRANSPOSE: lambda one: {monomial: cells.swapaxes(1, 2) for monomial, cells in one.items()},
}
