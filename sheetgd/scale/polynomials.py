"""Columns as polynomials in what goes from row to row: of degree 2 at most, their coefficients arrays over rows.

So a row's step is known to be affine, whichever way its formulas write it: the squares of a finite difference cancel.
The algebra is done once, on a block of rows, and recorded; of the arithmetic, other blocks only repeat what is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce

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
from .tape import Replay, Tape

RECORDED = 256  # rows: those of the first block on which the arithmetic is done first

Monomial = tuple[int, ...]  # the numbers of one or two carried values, in order; none for a constant
Polynomial = dict[Monomial, int]  # coefficients by their numbers on a tape


class NotPolynomial(Exception):
    """The formulas are not polynomials of degree 2 in what is carried."""


class RowPolynomials:
    """The polynomials of formulas for block after block of rows."""

    def __init__(
        self, formulas: Formulas, cells: Mapping[str, FloatArray], carried: Mapping[str, float]
    ) -> None:
        """`cells` are the inputs that are the same in all rows; `carried` the leaves of what goes from row to row, with
        the values that the polynomials are about."""
        self.formulas, self.cells, self.carried = formulas, cells, carried
        self.made: list[Polynomial] = []
        self.replay: Replay | None = None

    def of(self, rows: Mapping[str, FloatArray]) -> list[dict[Monomial, FloatArray]]:
        """Each of the formulas; arrays that are good until the next block's. NotPolynomial where one is none."""
        if self.replay is None:
            self.replay = self._recorded({name: column[:RECORDED] for name, column in rows.items()})
        values = self.replay.values(rows)
        if values is None:  # squares that cancelled in other rows do not cancel in these
            self.replay = self._recorded(rows)
            values = self.replay.values(rows)
            assert values is not None
        return [{monomial: values[one] for monomial, one in made.items()} for made in self.made]

    def _recorded(self, rows: Mapping[str, FloatArray]) -> Replay:
        tape, formulas, carried = Tape(), self.formulas, list(self.carried)
        algebra = _Algebra(tape)
        at: dict[int, int | Polynomial] = {
            register: tape.fixed(value) for register, value in formulas.builder.constants.items()
        }
        for name, register in formulas.inputs.items():
            if name in carried:
                number = carried.index(name)
                at[register] = {(): tape.number(self.carried[name]), (number,): tape.number(1.0)}
            else:
                at[register] = tape.input(name, rows[name]) if name in rows else tape.fixed(self.cells[name])
        for step in formulas.steps:
            arguments = [at[register] for register in step.arguments]
            numbers = [one for one in arguments if isinstance(one, int)]
            if len(numbers) == len(arguments):
                at[step.result] = tape.apply(step.operation.value, *numbers)
            else:
                at[step.result] = algebra.made(step.operation, arguments)
        self.made = [_polynomial(at[output]) for output in formulas.outputs]
        return Replay(tape, {one for made in self.made for one in made.values()})


def _polynomial(value: int | Polynomial) -> Polynomial:
    return value if isinstance(value, dict) else {(): value}


class _Algebra:
    """Operations on polynomials."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.known: dict[Operation, Callable[..., Polynomial]] = {
            ADD: partial(self._joined, np.add),
            SUBTRACT: partial(self._joined, np.subtract),
            NEGATE: partial(self._each, np.negative),
            MULTIPLY: self._product,
            SQUARE: self._square,
            SUM: self._total,
            BESIDE: self._beside,
            TRANSPOSE: partial(self._each, TRANSPOSE.value),
        }

    def made(self, operation: Operation, arguments: Sequence[int | Polynomial]) -> Polynomial:
        """An operation with an argument that depends on what is carried."""
        last = arguments[-1]
        if operation is CHOOSE and isinstance(arguments[0], int):
            return self._chosen(arguments[0], *map(_polynomial, arguments[1:]))
        if operation is DIVIDE and isinstance(last, int):
            dividend = _polynomial(arguments[0])
            return {monomial: self.tape.apply(np.divide, one, last) for monomial, one in dividend.items()}
        if operation is POWER and isinstance(last, int) and self.tape.is_number(last, 2.0):
            return self._square(_polynomial(arguments[0]))
        if operation in self.known:
            return self.known[operation](*map(_polynomial, arguments))
        raise NotPolynomial

    def _each(self, function: Callable[..., FloatArray], one: Polynomial) -> Polynomial:
        return {monomial: self.tape.apply(function, coefficient) for monomial, coefficient in one.items()}

    def _chosen(self, condition: int, yes: Polynomial, no: Polynomial) -> Polynomial:
        nothing = self.tape.number(0.0)
        return {
            monomial: self.tape.apply(
                _where, condition, yes.get(monomial, nothing), no.get(monomial, nothing)
            )
            for monomial in {**yes, **no}
        }

    def _joined(self, join: np.ufunc, one: Polynomial, other: Polynomial) -> Polynomial:
        """Sum or difference. Squares that cancel are left out."""
        found = dict(one)
        for monomial, more in other.items():
            if monomial not in one:
                found[monomial] = self.tape.apply(np.negative, more) if join is np.subtract else more
            elif len(monomial) == 2 and self.tape.cancels(join, one[monomial], more):
                del found[monomial]
            else:
                found[monomial] = self.tape.apply(join, one[monomial], more)
        return found

    def _product(self, one: Polynomial, other: Polynomial) -> Polynomial:
        return self._terms(
            (left + right, self._times(a, b)) for left, a in one.items() for right, b in other.items()
        )

    def _square(self, one: Polynomial) -> Polynomial:
        """The product with itself, each pair of terms taken once."""
        terms, two = list(one.items()), self.tape.number(2.0)
        return self._terms(
            (left + right, self._times(a if left == right else self._times(two, a), b))
            for at, (left, a) in enumerate(terms)
            for right, b in terms[at:]
        )

    def _terms(self, terms: Iterable[tuple[Monomial, int]]) -> Polynomial:
        """The sum of terms."""
        found: Polynomial = {}
        for variables, term in terms:
            monomial = tuple(sorted(variables))
            if len(monomial) > 2:
                raise NotPolynomial
            found[monomial] = self.tape.apply(np.add, found[monomial], term) if monomial in found else term
        return found

    def _times(self, one: int, other: int) -> int:
        if self.tape.is_number(one, 1.0):
            return other
        return one if self.tape.is_number(other, 1.0) else self.tape.apply(np.multiply, one, other)

    def _total(self, *arguments: Polynomial) -> Polynomial:
        """The sum of a row's cells."""
        found: list[Polynomial] = []
        for one in arguments:
            shapes = {coefficient: self.tape.shape(coefficient) for coefficient in one.values()}
            rows, columns = np.broadcast_shapes(*shapes.values())
            found.append(
                {
                    monomial: self._times(
                        self.tape.apply(SUM.value, coefficient),
                        self.tape.number(rows * columns / (shapes[coefficient][0] * shapes[coefficient][1])),
                    )
                    for monomial, coefficient in one.items()
                }
            )
        return reduce(partial(self._joined, np.add), found)

    def _beside(self, *cells: Polynomial) -> Polynomial:
        nothing = self.tape.number(0.0)
        return {
            monomial: self.tape.apply(BESIDE.value, *(one.get(monomial, nothing) for one in cells))
            for monomial in dict.fromkeys(key for one in cells for key in one)
        }


def _where(condition: FloatArray, yes: FloatArray, no: FloatArray) -> FloatArray:
    return np.where(condition != 0, yes, no)
