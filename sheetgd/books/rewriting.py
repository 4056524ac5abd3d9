"""Rewriting rows of one shape, thousands at a time: numbers down whole columns change, or are new."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, MutableMapping, Sequence

from ..a1 import Cell, letters
from ..hints import NamedTuple
from ..sheet import Value
from ..tall import Run, Tall
from .shapes import Kind, Shape, Stretch, rows_of
from .storing import stored

Groups = list[tuple[bytes, ...]]


class ColumnChange(NamedTuple):
    """Numbers that are typed down a column, or the new results of the formulas there."""

    run: Run
    is_result: bool
    style: str | None  # for cells that the file does not have yet
    before: MutableMapping[Cell, Value]  # a cell whose value is as before stays as it is

    @property
    def ends(self) -> tuple[Cell, Cell]:
        """The first and the last cell."""
        area = self.run.area
        return area[:2], area[2:]

    def old(self, rows: range) -> Sequence[Value]:
        """The values before, down these rows."""
        column = self.run.column
        found = self.before.down((rows[0], column), rows[-1]) if isinstance(self.before, Tall) else None
        return found if found is not None else [self.before.get((row, column)) for row in rows]

    def new(self, rows: range) -> Sequence[float]:
        found: Sequence[float] = self.run.values[rows[0] - self.run.row : rows[-1] + 1 - self.run.row]
        return found


class Part(NamedTuple):
    """Some rows of a stretch, and the bytes that they take."""

    shape: Shape
    start: int
    end: int
    rows: range


def parts(data: bytes, stretch: Stretch, touched: list[int]) -> Iterator[Part]:
    """The rows of a stretch without those that are touched (in their order), in as few parts as there can be."""
    start, first = stretch.start, stretch.rows[0]
    for row in [row for row in touched if row in stretch.rows]:
        at = data.index(b'<row r="%d"' % row, start)
        if row > first:
            yield Part(stretch.shape, start, at, range(first, row))
        start, first = data.index(b"</row>", at) + len(b"</row>"), row + 1
    if first <= stretch.rows[-1]:
        yield Part(stretch.shape, start, stretch.end, range(first, stretch.rows[-1] + 1))


def can_rewrite(shape: Shape, changes: Sequence[ColumnChange]) -> bool:
    """Whether the changes fit the shape: results to its formulas, numbers to anything else."""
    formulas = {kind.column: kind.has_formula for kind in shape.kinds}
    return b"customFormat" not in shape.attributes and all(
        formulas.get(change.run.column, False) == change.is_result for change in changes
    )


def rewritten(data: bytes, part: Part, changes: Sequence[ColumnChange]) -> Iterator[bytes]:
    """The part's rows with the changes, all of which reach over all of its rows."""
    by_column = {change.run.column: change for change in changes}
    kinds = {kind.column: kind for kind in part.shape.kinds}
    grown = not by_column.keys() <= kinds.keys()
    attributes = re.sub(rb'\s+spans="[^"]*"', b"", part.shape.attributes) if grown else part.shape.attributes
    row = part.rows[0]
    for groups, _ in rows_of(part.shape, data, part.start, row):
        rows = range(row, min(row + len(groups), part.rows[-1] + 1))
        columns = zip(*groups[: len(rows)], strict=True)
        numbers = next(columns)
        pattern = [b'<row r="%b"' + attributes.replace(b"%", b"%%") + b">"]
        texts: list[Sequence[bytes]] = [numbers]
        tails = {
            kind.column: _tails(kind, columns, by_column.get(kind.column), rows) for kind in part.shape.kinds
        }
        for column in sorted({*by_column, *kinds}):
            pattern.append(b'<c r="%b%%b"%%b' % letters(column).encode())
            texts += [numbers, tails.get(column) or _new_tails(by_column[column], rows)]
        yield b"".join(map((b"".join(pattern) + b"</row>").__mod__, zip(*texts, strict=True)))
        row = rows[-1] + 1
        if row > part.rows[-1]:
            return


def _tails(
    kind: Kind, groups: Iterator[tuple[bytes, ...]], change: ColumnChange | None, rows: range
) -> list[bytes]:
    """What follows the address of each cell down a column that the file has."""
    formulas = [b"<f>%b</f>" % text for text in next(groups)] if kind.has_formula else [b""] * len(rows)
    opening = kind.attributes + b">"
    if kind.has_value:
        tails = [
            b"%b%b<v>%b</v></c>" % (opening, formula, text)
            for formula, text in zip(formulas, next(groups), strict=True)
        ]
    else:
        tails = [kind.attributes + b"/>"] * len(rows)
    if change is None:
        return tails
    opening = kind.attributes.replace(b' t="n"', b"") + b">"
    new, old = change.new(rows), change.old(rows)
    return [
        tail if one == other and type(other) is float else b"%b%b<v>%b</v></c>" % (opening, formula, text)
        for tail, one, other, formula, text in zip(
            tails, new, old, formulas, _texts(new, (rows[0], kind.column)), strict=True
        )
    ]


def _new_tails(change: ColumnChange, rows: range) -> list[bytes]:
    style = f' s="{change.style}"'.encode() if change.style else b""
    return [
        b"%b><v>%b</v></c>" % (style, text) for text in _texts(change.new(rows), (rows[0], change.run.column))
    ]


def _texts(values: Sequence[float], top: Cell) -> list[bytes]:
    """The numbers as `storing.stored` writes them, without a call for each."""
    if not math.isfinite(sum(values)):
        return [stored(value, (row, top[1]))[1].encode() for row, value in enumerate(values, top[0])]
    return [b"%d" % value if value.is_integer() and abs(value) < 1e15 else b"%a" % value for value in values]
