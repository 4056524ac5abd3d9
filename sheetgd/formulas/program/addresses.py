"""What the references of a form mean to each of its formulas: cells by their slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...grid.a1 import Area, Cell
from ..grammar import NotAFormula, parse
from ..structured import meant
from ..tree import (
    Call,
    Corner,
    Name,
    Number,
    Reference,
    Sign,
    TableField,
    Tree,
    bare,
    function_name,
    held,
    walk,
)
from .builder import Builder, Form, NotCompiled
from .operations import Slots

MOST_READ = 5_000_000  # cells that one form reads in all
_PLAIN = (Reference, Name, TableField)


class Addresses:
    """Looks up the cells that the references of a form mean, shape (formulas, rows, columns)."""

    def __init__(self, compiler: Builder, form: Form) -> None:
        self.compiler, self.form = compiler, form
        self.place = form.places[0]

    def fail(self, what: str) -> NotCompiled:
        return NotCompiled(what, self.place)

    def refers(self, tree: Tree) -> bool:
        """Whether the tree means cells, not only numbers."""
        tree = bare(tree)
        return isinstance(tree, _PLAIN) or (isinstance(tree, Call) and function_name(tree) in _LOOKUPS)

    def references(self, tree: Tree) -> Iterator[Slots]:
        """The cells of all plain references in a tree; of OFFSET, the cells that it comes to."""
        for node in walk(tree):
            if isinstance(node, _PLAIN) or (isinstance(node, Call) and function_name(node) == "OFFSET"):
                yield self.slots(node)

    def slots(self, tree: Tree) -> Slots:
        """The slots that a tree means to each formula of the form; one for all where it is the same for each."""
        tree = bare(tree)
        if isinstance(tree, Call):
            return _LOOKUPS[function_name(tree)](self, tree.arguments)
        reference = self.reference(tree)
        key = self.place, len(self.form.places), reference
        if key not in self.compiler.known:
            self.compiler.known[key] = self._find(reference)
        return self.compiler.known[key]

    # -- references ------------------------------------------------------------------------------------------------
    def reference(self, tree: Tree) -> Reference:
        """The reference that a tree is, or that its name or its column of a table stands for."""
        if isinstance(tree, Reference):
            return tree
        if isinstance(tree, TableField):
            return self._field(tree)
        if isinstance(tree, Name):
            texts = self.compiler.around.names.get(tree.text.rpartition("!")[2].casefold(), ())
            if len(texts) == 1:
                try:
                    meant = parse(texts[0].lstrip("="))
                except NotAFormula:
                    meant = tree
                if isinstance(meant, Reference) and meant.sheet:
                    return held(meant)
            raise self.fail(f"the name {tree.text}")
        raise self.fail(f"a {type(tree).__name__.lower()}")

    def _field(self, tree: TableField) -> Reference:
        """Columns of a table: all of their rows, or each formula's own."""
        tables, places = self.compiler.around.tables, self.form.places
        found, last = (meant(tree, place, tables) for place in (places[0], places[-1]))
        if found is None or last is None:
            raise self.fail(f"the table reference {tree.table}{tree.field}")
        return found

    def _find(self, reference: Reference) -> Slots:
        return self.at(reference, self._shape(reference), [(0, 0)])

    def _shape(self, reference: Reference) -> Area:
        """The area of a reference, whole columns and rows as far as the sheet is used."""
        area = reference.area
        if reference.first.row and reference.first.column:
            return area
        rows, columns = self.compiler.around.size(self.sheet(reference))
        if not rows:
            raise self.fail("whole rows or columns")
        return area._replace(
            bottom=area.bottom if reference.first.row else max(rows, 1),
            right=area.right if reference.first.column else max(columns, 1),
        )

    def sheet(self, reference: Reference) -> str:
        found = self.compiler.sheets.get((reference.sheet_name or self.place[0]).casefold())
        if found is None:
            raise self.fail(f"the sheet {reference.sheet_name}")
        return found

    def at(self, reference: Reference, area: Area, away: list[Cell]) -> Slots:
        """The cells of an area that goes along with a reference, moved further for each formula, or for all alike."""
        sheet = self.sheet(reference)
        moves = self._moves([reference.first, reference.last or reference.first])
        count = max(len(moves), len(away))
        height, width = area.bottom - area.top + 1, area.right - area.left + 1
        if height * width * count > MOST_READ:
            raise self.fail(f"{height * width * count:,} cells to read")
        slots, slot = self.compiler.slots, self.compiler.slot
        found = np.empty((count, height, width), dtype=np.intp)
        for number in range(count):
            down, right = (
                sum(pair) for pair in zip(moves[number % len(moves)], away[number % len(away)], strict=True)
            )
            top, left = area.top + down, area.left + right
            if top < 1 or left < 1:
                raise self.fail("a reference past the edge of the sheet")
            places = [
                (sheet, (row, column))
                for row in range(top, top + height)
                for column in range(left, left + width)
            ]
            cells = [slots[place] if place in slots else slot(place) for place in places]
            found[number] = np.array(cells, dtype=np.intp).reshape(height, width)
        return found

    def _moves(self, ends: list[Corner]) -> list[Cell]:
        """How far the reference has moved for each formula of the form; once where it never does."""
        first = self.place[1]
        down = any(end.row and not end.fixed_row for end in ends)
        right = any(end.column and not end.fixed_column for end in ends)
        moves = [((cell[0] - first[0]) * down, (cell[1] - first[1]) * right) for _, cell in self.form.places]
        return moves[:1] if not any(map(any, moves)) else moves

    # -- numbers that choose cells ---------------------------------------------------------------------------------
    def whole_numbers(self, tree: Tree, what: str) -> list[int]:
        """Constant whole numbers, for each formula or one for all."""
        if isinstance(tree, Number):
            return [int(float(tree.text))]
        if isinstance(tree, Sign) and tree.sign == "-" and isinstance(tree.operand, Number):
            return [-int(float(tree.operand.text))]
        constant = self.compiler.constants.get(self.read(tree))
        if constant is None or constant.shape[1:] != (1, 1):
            raise self.fail(what)
        return [int(number) for number in constant.ravel().tolist()]

    def read(self, tree: Tree) -> int:
        """The register of a tree's value."""
        raise NotImplementedError

    def counted(self, tree: Tree, neutral: float = 0.0) -> tuple[int, NDArray[np.bool_] | None]:
        """What an aggregate takes of an argument: the register, in which what it leaves out is the neutral number, and
        which of a range's cells count (None where the argument is no range)."""
        raise NotImplementedError

    def matches(self, key: Tree, area: Slots, what: str) -> list[int]:
        """Where each formula's key first stands in its area, from 0."""
        raise NotImplementedError


# -- functions that mean cells ---------------------------------------------------------------------------------------
def _index(reader: Addresses, arguments: tuple[Tree, ...]) -> Slots:
    if not 2 <= len(arguments) <= 3 or not reader.refers(arguments[0]):
        raise reader.fail("INDEX")
    area = reader.slots(arguments[0])
    numbers = [reader.whole_numbers(one, "INDEX with a place that changes") for one in arguments[1:]]
    if len(numbers) == 1:
        numbers = [[1], *numbers] if area.shape[1] == 1 else [*numbers, [1]]
    return _chosen(reader, area, *numbers)


def _chosen(reader: Addresses, area: Slots, rows: list[int], columns: list[int]) -> Slots:
    """One cell of an area for each formula, by its row and column from 1; the whole row or column for a 0."""
    count = max(len(area), len(rows), len(columns))
    found = []
    for number in range(count):
        row, column = rows[number % len(rows)], columns[number % len(columns)]
        if not (0 <= row <= area.shape[1] and 0 <= column <= area.shape[2]):
            raise reader.fail("a place beyond the range")
        part = area[number % len(area)]
        part = part[row - 1 : row] if row else part
        found.append(part[:, column - 1 : column] if column else part)
    if len({part.shape for part in found}) > 1:
        raise reader.fail("ranges of several sizes")
    return np.stack(found)


def _offset(reader: Addresses, arguments: tuple[Tree, ...]) -> Slots:
    what = "OFFSET with a place that changes"
    if not 3 <= len(arguments) <= 5 or not isinstance(arguments[0], (Reference, Name, TableField)):
        raise reader.fail("OFFSET")
    reference = reader.reference(arguments[0])
    area, (down, right, *sizes) = reference.area, (reader.whole_numbers(one, what) for one in arguments[1:])
    if not all(len(size) == 1 and size[0] > 0 for size in sizes):
        raise reader.fail(what)
    height = sizes[0][0] if sizes else area.bottom - area.top + 1
    width = sizes[1][0] if len(sizes) > 1 else area.right - area.left + 1
    count = max(len(down), len(right))
    away = [(down[number % len(down)], right[number % len(right)]) for number in range(count)]
    shape = Area(area.top, area.left, area.top + height - 1, area.left + width - 1)
    return reader.at(reference, shape, away)


def _vlookup(reader: Addresses, arguments: tuple[Tree, ...]) -> Slots:
    what = "VLOOKUP of other than exact matches"
    if (
        len(arguments) != 4
        or not reader.refers(arguments[1])
        or reader.whole_numbers(arguments[3], what) != [0]
    ):
        raise reader.fail(what)
    area = reader.slots(arguments[1])
    rows = [row + 1 for row in reader.matches(arguments[0], area[:, :, :1], "VLOOKUP")]
    return _chosen(reader, area, rows, reader.whole_numbers(arguments[2], what))


def _xlookup(reader: Addresses, arguments: tuple[Tree, ...]) -> Slots:
    if len(arguments) != 3 or not all(map(reader.refers, arguments[1:])):
        raise reader.fail("XLOOKUP with other than three arguments")
    keys, results = map(reader.slots, arguments[1:])
    places = [place + 1 for place in reader.matches(arguments[0], keys, "XLOOKUP")]
    down = keys.shape[2] == 1
    return _chosen(reader, results, places if down else [0], [0] if down else places)


_LOOKUPS: dict[str, Callable[[Addresses, tuple[Tree, ...]], Slots]] = {
    "INDEX": _index,
    "OFFSET": _offset,
    "VLOOKUP": _vlookup,
    "XLOOKUP": _xlookup,
}
