"""Whether two formulas are the same function of the cells that they read, whatever their form.

Each cell is given a number that nobody would type, and both formulas are computed; what agrees twice is the same. This
knows the arithmetic of a worksheet and no more: no cell is looked up, no engine asked.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from ..formulas.tree import Binary, Bracket, Call, Number, Reference, Sign, Suffix, Tree
from ..grid.a1 import Cell

CLOSE = 1e-9
MOST_CELLS = 2_000  # that a formula reads
SEEDS = (1, 2)
OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
}
FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "PRODUCT": math.prod,
    "SUMSQ": lambda values: sum(value * value for value in values),
    "COUNT": lambda values: float(len(values)),
    "AVERAGE": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
    "SQRT": lambda values: math.sqrt(*values),
    "ABS": lambda values: math.fabs(*values),
    "POWER": lambda values: math.pow(*values),
    "ROUND": lambda values: round(values[0], int(values[1])),
}


class Unknown(Exception):
    """The formula holds what cannot be computed here."""


def same(one: Tree, other: Tree) -> bool:
    """Whether both give the same number, whatever stands in the cells; False where that cannot be told.

    >>> from ..formulas.grammar import parse
    >>> same(parse("(A1-B1)^2"), parse("B1^2-2*B1*$A$1+A1*A1")), same(parse("A1*2"), parse("A1^2"))
    (True, False)
    >>> same(parse("AVERAGE(A1:A4)"), parse("SUM(A1:A4)/4")), same(parse("A1"), parse("LOOKUP(A1,B:B)"))
    (True, False)
    """
    try:
        return all(_agree(value(one, seed), value(other, seed)) for seed in SEEDS)
    except Unknown:
        return False


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


@lru_cache(maxsize=4096)
def value(tree: Tree, seed: int) -> float:
    """What the formula gives where each cell holds its own random number; Unknown where that cannot be told."""
    try:
        return _value(tree, seed)
    except (ArithmeticError, ValueError, TypeError, RecursionError):
        raise Unknown from None


def _value(tree: Tree, seed: int) -> float:
    if isinstance(tree, Number):
        return float(tree.text)
    if isinstance(tree, Bracket):
        return _value(tree.inner, seed)
    if isinstance(tree, Reference) and not tree.sheet and tree.area[:2] == tree.area[2:]:
        return _cell(tree.area[:2], seed)
    if isinstance(tree, Sign) and tree.sign in "+-":
        found = _value(tree.operand, seed)
        return -found if tree.sign == "-" else found
    if isinstance(tree, Suffix) and tree.sign == "%":
        return _value(tree.operand, seed) / 100
    if isinstance(tree, Binary) and tree.operator in OPERATORS:
        return OPERATORS[tree.operator](_value(tree.left, seed), _value(tree.right, seed))
    if isinstance(tree, Call) and isinstance(tree.function, str) and tree.function in FUNCTIONS:
        return FUNCTIONS[tree.function]([one for each in tree.arguments for one in _values(each, seed)])
    raise Unknown


def _values(tree: Tree, seed: int) -> Iterator[float]:
    """An argument's numbers: those of an area, or the one of anything else."""
    if not isinstance(tree, Reference) or tree.sheet:
        yield _value(tree, seed)
        return
    area = tree.area
    if (area.bottom - area.top + 1) * (area.right - area.left + 1) > MOST_CELLS:
        raise Unknown
    for cell in area.cells:
        yield _cell(cell, seed)


@lru_cache(maxsize=4096)
def _cell(cell: Cell, seed: int) -> float:
    """The number that a cell is given: the same whenever it is asked."""
    return random.Random(f"{seed} {cell}").uniform(0.5, 3.5)
