"""What reads whole columns, as reductions over rows: SUM, AVERAGE, SUMPRODUCT, VAR.P and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

from ..formulas.tree import Array, Binary, Bracket, Call, Name, Number, Tree, walk
from .pattern import COUNT, MAX, MIN, SUM

TOGETHER = frozenset(("SUMPRODUCT", "SUMXMY2", "SUMX2MY2", "SUMX2PY2"))  # whose arguments go side by side
APART = frozenset(("SUM", "SUMSQ"))
COUNTS = frozenset(("COUNT", "COUNTA", "ROWS"))
_VARIANCES = {"VAR.P": 0, "VARP": 0, "VAR.S": 1, "VAR": 1}
_DEVIATIONS = {"STDEV.P": 0, "STDEVP": 0, "STDEV.S": 1, "STDEV": 1}
KNOWN = "SUM, AVERAGE, COUNT, MIN, MAX, SUMSQ, SUMPRODUCT, SUMXMY2, VAR and STDEV"


class NotReduced(ValueError):
    """A call that is not a reduction; its argument says what it is."""


class ColumnReader(NamedTuple):
    """How a formula's arguments are read: whether one spans all rows, its tree in each row, its tree alone, and the
    leaf of a reduction."""

    spans: Callable[[Tree], bool]
    row: Callable[[Tree], Tree]
    alone: Callable[[Tree], Tree]
    aggregate: Callable[[str, Tree], Tree]


def reduced(call: Call, columns: ColumnReader) -> Tree:
    """The call, which reads whole columns, by reductions; NotReduced where partitions cannot share it."""
    name = str(call.function).rpartition("_xlfn.")[2]
    arguments = call.arguments
    if name in TOGETHER:
        return columns.aggregate(SUM, Call(name, tuple(map(columns.row, arguments))))
    if name in APART:
        return _total(name, arguments, columns)
    if name in COUNTS:
        return _count(name, arguments, columns)
    if name == "AVERAGE":
        return _average(arguments, columns)
    if name in (MIN, MAX):
        return _extreme(name, arguments, columns)
    if name in _VARIANCES:
        return _variance(name, arguments, columns, _VARIANCES[name])
    if name in _DEVIATIONS:
        return Call("SQRT", (_variance(name, arguments, columns, _DEVIATIONS[name]),))
    raise NotReduced(f"{name} of a whole column")


def _total(name: str, arguments: Sequence[Tree], columns: ColumnReader) -> Tree:
    parts = []
    for one in arguments:
        if columns.spans(one):
            row = columns.row(one)
            plain = name == "SUM" and isinstance(row, Name)
            parts.append(columns.aggregate(SUM, row if plain else Call(name, (row,))))
        else:
            parts.append(Call(name, (columns.alone(one),)))
    return Bracket(reduce(lambda one, other: Binary("+", one, other), parts))


def _count(name: str, arguments: Sequence[Tree], columns: ColumnReader) -> Tree:
    if not all(map(columns.spans, arguments)):
        raise NotReduced(f"{name} of a whole column and other cells")
    rows = [columns.row(one) for one in arguments]
    if not all(isinstance(row, (Name, Array)) for row in rows):
        raise NotReduced(f"{name} of what is not a range")
    width = 1 if name == "ROWS" else sum(map(_width, rows))
    return Binary("*", Number(str(width)), Name(COUNT)) if width > 1 else Name(COUNT)


def _width(row: Tree) -> int:
    return sum(len(cells) for cells in row.rows) if isinstance(row, Array) else 1


def _average(arguments: Sequence[Tree], columns: ColumnReader) -> Tree:
    if len(arguments) == 1:
        row = columns.row(arguments[0])
        wide = any(isinstance(node, Array) for node in walk(row))
        each = Call("AVERAGE", (row,)) if wide and not isinstance(row, Array) else row
        if not isinstance(row, Array):
            return Binary("/", columns.aggregate(SUM, each), Name(COUNT))
    return Binary("/", _total("SUM", arguments, columns), Bracket(_count("AVERAGE", arguments, columns)))


def _extreme(name: str, arguments: Sequence[Tree], columns: ColumnReader) -> Tree:
    found = []
    for one in arguments:
        if columns.spans(one):
            row = columns.row(one)
            found.append(columns.aggregate(name, row if isinstance(row, Name) else Call(name, (row,))))
        else:
            found.append(columns.alone(one))
    return found[0] if len(found) == 1 else Call(name, tuple(found))


def _variance(name: str, arguments: Sequence[Tree], columns: ColumnReader, less: int) -> Tree:
    if len(arguments) > 1:
        raise NotReduced(f"{name} of several ranges")
    row, count = columns.row(arguments[0]), _count(name, arguments, columns)
    mean = Binary("/", _total("SUM", arguments, columns), Bracket(count))
    squares = columns.aggregate(SUM, Call("SUMSQ", (Binary("-", row, Bracket(mean)),)))
    return Binary("/", squares, Bracket(Binary("-", count, Number(str(less)))))
