"""Functions of ranges that are made of others."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import inf

import numpy as np

from ..tree import Tree
from .addresses import Addresses
from .functions import AGGREGATES
from .operations import ADD, CHOOSE, DIVIDE, MULTIPLY, ONES, SQRT, SQUARE, SUBTRACT, SUM, VARIED

Composed = Callable[[Addresses, tuple[Tree, ...]], int]


def _total(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    return reader.compiler.apply(SUM, *[reader.counted(one)[0] for one in arguments])


def _product(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    return reader.compiler.apply(AGGREGATES["PRODUCT"], *[reader.counted(one, 1.0)[0] for one in arguments])


def _extreme(name: str, none: float) -> Composed:
    """MIN or MAX; what does not count is as far away as can be, or 0 where nothing counts."""

    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        found = [reader.counted(one, none) for one in arguments]
        kept = [keep for _, keep in found if keep is not None]
        if (
            len(kept) == len(found)
            and not reduce(np.logical_or, [one.any(axis=(1, 2)) for one in kept]).all()
        ):
            raise reader.fail(f"{name} of no numbers")
        return reader.compiler.apply(AGGREGATES[name], *[one for one, _ in found])

    return register


def _all_of(name: str) -> Composed:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        if any(reader.refers(one) and reader.slots(one).size > 1 for one in arguments):
            raise reader.fail(f"{name} of a range")
        return reader.compiler.apply(AGGREGATES[name], *map(reader.read, arguments))

    return register


def _count(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    compiler, found = reader.compiler, []
    for tree in arguments:
        numbers, keep = reader.counted(tree)
        if keep is None:
            found.append(compiler.apply(SUM, compiler.apply(ONES, numbers)))
        else:
            found.append(compiler.constant(keep.sum(axis=(1, 2), keepdims=True).astype(float)))
    return reduce(lambda one, other: compiler.apply(ADD, one, other), found)


def _average(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    return reader.compiler.apply(DIVIDE, _total(reader, arguments), _count(reader, arguments))


def _squares(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    return compiler.apply(SUM, *[compiler.apply(SQUARE, reader.counted(one)[0]) for one in arguments])


def _products(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    product, *others = [reader.counted(one)[0] for one in arguments]
    for other in others:
        product = compiler.apply(MULTIPLY, product, other)
    return compiler.apply(SUM, product)


# -- of two ranges ---------------------------------------------------------------------------------------------------
def _pairs(reader: Addresses, arguments: tuple[Tree, ...], what: str) -> tuple[int, int]:
    """Two ranges of one size; a pair of which one is no number is left out, that is, both are 0."""
    if len(arguments) != 2:
        raise reader.fail(f"{what} of other than two ranges")
    compiler = reader.compiler
    (left, some), (right, others) = (reader.counted(one) for one in arguments)
    kept = [keep for keep in (some, others) if keep is not None and not keep.all()]
    if kept:
        keep = compiler.constant(reduce(np.logical_and, kept).astype(float))
        left, right = (compiler.apply(CHOOSE, keep, one, compiler.number(0.0)) for one in (left, right))
    return left, right


def _of_pairs(what: str, *signs: int) -> Composed:
    """The sum of (x-y)², or of x² and y² with a sign between them."""

    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        left, right = _pairs(reader, arguments, what)
        if not signs:
            return compiler.apply(SUM, compiler.apply(SQUARE, compiler.apply(SUBTRACT, left, right)))
        squares = (compiler.apply(SQUARE, one) for one in (left, right))
        return compiler.apply(SUM, compiler.apply(ADD if signs[0] > 0 else SUBTRACT, *squares))

    return register


def _apart(reader: Addresses, arguments: tuple[Tree, ...]) -> tuple[list[int], int]:
    """How far the numbers of each argument are from the mean of all, 0 for what is none, and their count."""
    compiler = reader.compiler
    found = [reader.counted(one) for one in arguments]
    count = _count(reader, arguments)
    mean = compiler.apply(DIVIDE, compiler.apply(SUM, *[numbers for numbers, _ in found]), count)
    apart = []
    for numbers, keep in found:
        one = compiler.apply(SUBTRACT, numbers, mean)
        if keep is not None and not keep.all():
            one = compiler.apply(CHOOSE, compiler.constant(keep.astype(float)), one, compiler.number(0.0))
        apart.append(one)
    return apart, count


def _variance(less: int | None, root: bool = False) -> Composed:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        apart, count = _apart(reader, arguments)
        found = compiler.apply(SUM, *[compiler.apply(SQUARE, one) for one in apart])
        if root:
            found = compiler.apply(VARIED, found, _squares(reader, arguments))
        if less is not None:
            degrees = compiler.apply(SUBTRACT, count, compiler.number(float(less)))
            found = compiler.apply(DIVIDE, found, degrees)
        return compiler.apply(SQRT, found) if root else found

    return register


def _moments(reader: Addresses, arguments: tuple[Tree, ...], what: str) -> tuple[list[int], list[int], int]:
    """Of two ranges without gaps: their means, the sums of x², xy and y² about these, and the count."""
    compiler = reader.compiler
    if len(arguments) != 2:
        raise reader.fail(f"{what} of other than two ranges")
    found = [reader.counted(one) for one in arguments]
    if any(keep is not None and not keep.all() for _, keep in found):
        raise reader.fail(f"{what} of empty cells")
    count = _count(reader, arguments[:1])
    means = [compiler.apply(DIVIDE, compiler.apply(SUM, numbers), count) for numbers, _ in found]
    one, other = (
        compiler.apply(SUBTRACT, numbers, mean) for (numbers, _), mean in zip(found, means, strict=True)
    )
    sums = [
        compiler.apply(SUM, compiler.apply(MULTIPLY, *pair))
        for pair in ((one, one), (one, other), (other, other))
    ]
    for at, argument in ((0, arguments[0]), (2, arguments[1])):
        sums[at] = compiler.apply(VARIED, sums[at], _squares(reader, (argument,)))
    return means, sums, count


def _covariance(less: int) -> Composed:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        _, (_, product, _), count = _moments(reader, arguments, "a covariance")
        return compiler.apply(DIVIDE, product, compiler.apply(SUBTRACT, count, compiler.number(float(less))))

    return register


def _correlation(squared: bool) -> Composed:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        _, (first, product, second), _ = _moments(reader, arguments, "a correlation")
        found = compiler.apply(DIVIDE, product, compiler.apply(SQRT, compiler.apply(MULTIPLY, first, second)))
        return compiler.apply(SQUARE, found) if squared else found

    return register


def _line(intercept: bool) -> Composed:
    """SLOPE and INTERCEPT, of the known y and x."""

    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        (mean_y, mean_x), (_, product, squares), _ = _moments(reader, arguments, "a regression")
        slope = compiler.apply(DIVIDE, product, squares)
        if not intercept:
            return slope
        return compiler.apply(SUBTRACT, mean_y, compiler.apply(MULTIPLY, slope, mean_x))

    return register


COMPOSED: dict[str, Composed] = {
    "SUM": _total,
    "PRODUCT": _product,
    "MIN": _extreme("MIN", inf),
    "MAX": _extreme("MAX", -inf),
    "AND": _all_of("AND"),
    "OR": _all_of("OR"),
    "COUNT": _count,
    "AVERAGE": _average,
    "SUMSQ": _squares,
    "SUMPRODUCT": _products,
    "SUMXMY2": _of_pairs("SUMXMY2"),
    "SUMX2MY2": _of_pairs("SUMX2MY2", -1),
    "SUMX2PY2": _of_pairs("SUMX2PY2", 1),
    "DEVSQ": _variance(None),
    "VAR.P": _variance(0),
    "VARP": _variance(0),
    "VAR.S": _variance(1),
    "VAR": _variance(1),
    "STDEV.P": _variance(0, True),
    "STDEVP": _variance(0, True),
    "STDEV.S": _variance(1, True),
    "STDEV": _variance(1, True),
    "COVARIANCE.P": _covariance(0),
    "COVAR": _covariance(0),
    "COVARIANCE.S": _covariance(1),
    "CORREL": _correlation(False),
    "PEARSON": _correlation(False),
    "RSQ": _correlation(True),
    "SLOPE": _line(False),
    "INTERCEPT": _line(True),
}
