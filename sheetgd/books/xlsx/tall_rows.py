"""Rows of one shape: where each row of a tall table holds the same kinds of cells, thousands are read and rewritten at
a time.

A shape is learned from one row, as a regular expression of whole rows like it: numbers, formulas with a number as their
result, and empty cells. Other rows are left to expat.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...grid.a1 import ROWS, Cell, column, letters
from ...grid.column_runs import SHORTEST, Run
from ...grid.run_values import FilledDown, FillPattern, Same, fill_pattern
from .column_change import ColumnChange
from .xml import stored

WIDEST = 200  # cells of a row of which a shape is learned: its expression takes time to compile
MOST_WAITED = 64  # rows between two tries to learn a shape
CHUNK = 2_000  # rows that are taken apart at a time
_ROW = rb'<row r="([1-9]\d{0,6})"([^<>]*)>'
_CELL = rb'<c r="([A-Z]{1,3})([1-9]\d{0,6})"((?: s="\d+")?(?: t="n")?)(?:/>|>(?:<f>([^<]+)</f>)?<v>([^<]+)</v></c>)'
_NUMBER = rb"(-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)"
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class CellKind(NamedTuple):
    """A cell of a shape: where it stands, what it looks like, and what it holds."""

    letters: bytes
    column: int
    attributes: bytes
    has_formula: bool
    has_value: bool

    @property
    def style(self) -> str:
        return self.attributes.partition(b's="')[2].partition(b'"')[0].decode()


class Shape(NamedTuple):
    """What rows have in common: the row's attributes, its cells, and the expression of such a row.

    The expression's groups are the row's number and then, for each cell, its formula and its value where it has them.
    """

    attributes: bytes
    kinds: list[CellKind]
    pattern: re.Pattern[bytes]


class Stretch(NamedTuple):
    """Rows of one shape, one after the other: the bytes that they take, and what stands in them."""

    shape: Shape
    start: int
    end: int
    rows: range
    values: list[Run]
    formulas: list[Run]
    styles: list[Run]


def stretches(data: bytes) -> Iterator[Stretch]:
    """The stretches of a worksheet's XML from top to bottom; none of one with comments."""
    if b"<!" in data or b"]]>" in data or data.find(b"<?", 2) >= 0:
        return
    place, tries, wait = data.find(b"<row "), 0, 0
    while place >= 0:
        found = None
        if wait == 0:
            shape = learn(data, place)
            found = shape and read_stretch(shape, data, place)
            tries = 0 if found else min(2 * tries + 1, MOST_WAITED)
            wait = tries
        else:
            wait -= 1
        if found:
            yield found
        place = data.find(b"<row ", found.end if found else place + 1)


def learn(data: bytes, start: int) -> Shape | None:
    """The shape of the row that starts here; None where it is not one of plain cells."""
    head = re.compile(_ROW).match(data, start)
    if head is None or head[2].endswith(b"/"):
        return None
    kinds: list[CellKind] = []
    at = head.end()
    expression = [b'<row r="([1-9]\\d{0,6})"', re.escape(head[2]), b">"]
    match_cell = re.compile(_CELL).match
    while cell := match_cell(data, at):
        letters, row, attributes, formula, value = cell.groups()
        if row != head[1] or (kinds and column(letters.decode()) <= kinds[-1].column) or len(kinds) == WIDEST:
            return None
        kinds.append(
            CellKind(letters, column(letters.decode()), attributes, formula is not None, value is not None)
        )
        expression += [b'<c r="%s\\1"%s' % (letters, attributes), b">" if value else b"/>"]
        expression += [b"<f>([^<]+)</f>"] if formula else []
        expression += [b"<v>%s</v></c>" % _NUMBER] if value else []
        at = cell.end()
    if not kinds or not data.startswith(b"</row>", at):
        return None
    return Shape(head[2], kinds, re.compile(b"".join([*expression, b"</row>"])))


def read_stretch(shape: Shape, data: bytes, start: int) -> Stretch | None:
    """The rows of the shape that stand here one below the other, if they are enough to be kept as runs."""
    first = shape.pattern.match(data, start)
    second = first and shape.pattern.match(data, first.end())
    if not first or not second:
        return None
    row = int(first[1])
    patterns = _fill_patterns(shape, first.groups(), second.groups(), row)
    if patterns is None:
        return None
    numbers = [array("d") for kind in shape.kinds if kind.has_value]
    end, count = start, 0
    for texts, ends in rows_of(shape, data, start, row):
        values, kept = _columns(shape, texts), len(texts)
        for pattern, formulas in zip(patterns, values[0], strict=True):
            kept = _follow(pattern, formulas, row + count, kept)
        for numbers_, column_ in zip(numbers, values[1], strict=True):
            numbers_.extend(map(float, column_[:kept]))
        count, end = count + kept, ends[kept - 1] if kept else end
        if kept < len(texts):
            break
    if count < SHORTEST or row + count - 1 > ROWS or not all(map(_finite, numbers)):
        return None
    return _stretch(shape, start, end, range(row, row + count), numbers, patterns)


def rows_of(
    shape: Shape, data: bytes, at: int, row: int
) -> Iterator[tuple[list[tuple[bytes, ...]], list[int]]]:
    """The groups of each row of the shape from here on, and where each ends, in chunks."""
    match = shape.pattern.match
    while True:
        texts: list[tuple[bytes, ...]] = []
        ends: list[int] = []
        while len(texts) < CHUNK and (found := match(data, at)) and int(found[1]) == row:
            texts.append(found.groups())
            at, row = found.end(), row + 1
            ends.append(at)
        if not texts:
            return
        yield texts, ends


def _columns(
    shape: Shape, texts: list[tuple[bytes, ...]]
) -> tuple[list[tuple[bytes, ...]], list[tuple[bytes, ...]]]:
    """The formulas and the values, column by column."""
    groups = iter(zip(*texts, strict=True))
    next(groups)  # the rows' numbers
    formulas, values = [], []
    for kind in shape.kinds:
        formulas += [next(groups)] if kind.has_formula else []
        values += [next(groups)] if kind.has_value else []
    return formulas, values


def _fill_patterns(
    shape: Shape, first: tuple[bytes, ...], second: tuple[bytes, ...], row: int
) -> list[FillPattern] | None:
    """How the formulas of the shape go on from row to row; None where one does not."""
    found = []
    for one, other in _columns(shape, [first, second])[0]:
        pattern = fill_pattern(one.decode(), other.decode(), row)
        text = pattern.text if pattern else ""
        if pattern is None or "\r" in text or "&#" in text or text != text.strip():
            return None
        found.append(pattern)
    return found


def _follow(pattern: FillPattern, formulas: tuple[bytes, ...], row: int, most: int) -> int:
    """How many of the formulas follow the pattern from the row on."""
    expected, offsets = pattern.text.encode(), pattern.offsets
    for index in range(most):
        if expected % tuple([row + index + offset for offset in offsets]) != formulas[index]:
            return index
    return most


def _finite(numbers: array[float]) -> bool:
    return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))


def _stretch(
    shape: Shape, start: int, end: int, rows: range, numbers: list[array[float]], patterns: list[FillPattern]
) -> Stretch:
    values, formulas, styles = [], [], []
    arrays, fills = iter(numbers), iter(patterns)
    for kind in shape.kinds:
        if kind.has_formula:
            fill = next(fills)
            text = fill.text
            for entity, character in ENTITIES:
                text = text.replace(entity, character)
            formulas.append(Run(rows[0], kind.column, FilledDown.of(fill._replace(text=text), rows)))
        if kind.has_value:
            values.append(Run(rows[0], kind.column, next(arrays)))
        if kind.style:
            styles.append(Run(rows[0], kind.column, Same.of(kind.style, len(rows))))
    return Stretch(shape, start, end, rows, values, formulas, styles)


Groups = list[tuple[bytes, ...]]


class RowPart(NamedTuple):
    """Some rows of a stretch, and the bytes that they take."""

    shape: Shape
    start: int
    end: int
    rows: range


def parts(data: bytes, stretch: Stretch, touched: list[int]) -> Iterator[RowPart]:
    """The rows of a stretch without those that are touched (in their order), in as few parts as there can be."""
    start, first = stretch.start, stretch.rows[0]
    for row in [row for row in touched if row in stretch.rows]:
        at = data.index(b'<row r="%d"' % row, start)
        if row > first:
            yield RowPart(stretch.shape, start, at, range(first, row))
        start, first = data.index(b"</row>", at) + len(b"</row>"), row + 1
    if first <= stretch.rows[-1]:
        yield RowPart(stretch.shape, start, stretch.end, range(first, stretch.rows[-1] + 1))


def can_rewrite(shape: Shape, changes: Sequence[ColumnChange]) -> bool:
    """Whether the changes fit the shape: results to its formulas, numbers to anything else."""
    formulas = {kind.column: kind.has_formula for kind in shape.kinds}
    return b"customFormat" not in shape.attributes and all(
        formulas.get(change.run.column, False) == change.is_result for change in changes
    )


def rewritten(data: bytes, part: RowPart, changes: Sequence[ColumnChange]) -> Iterator[bytes]:
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
        for place in sorted({*by_column, *kinds}):
            pattern.append(b'<c r="%b%%b"%%b' % letters(place).encode())
            texts += [numbers, tails.get(place) or _new_tails(by_column[place], rows)]
        yield b"".join(map((b"".join(pattern) + b"</row>").__mod__, zip(*texts, strict=True)))
        row = rows[-1] + 1
        if row > part.rows[-1]:
            return


def _tails(
    kind: CellKind, groups: Iterator[tuple[bytes, ...]], change: ColumnChange | None, rows: range
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
    """The numbers as `xml.stored` writes them, without a call for each."""
    if not math.isfinite(sum(values)):
        return [stored(value, (row, top[1]))[1].encode() for row, value in enumerate(values, top[0])]
    return [b"%d" % value if value.is_integer() and abs(value) < 1e15 else b"%a" % value for value in values]
