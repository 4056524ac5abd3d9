"""From a sheet's cells to the leaves and trees of a pattern: single cells, columns, reductions and what is carried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from math import isfinite
from typing import NoReturn

from ..books.book import ModelledBook
from ..formulas.dependencies import Cone
from ..formulas.grammar import text
from ..formulas.references import shift
from ..formulas.tree import (
    Array,
    Call,
    Corner,
    Name,
    Reference,
    Tree,
    children,
    function_name,
    replaced,
    shifted,
)
from ..grid.a1 import Area
from ..grid.sheet import ErrorValue, Place, Value, printable
from .pattern import Aggregate, Carried, Pattern
from .reductions import KNOWN, ColumnReader, NotReduced, reduced
from .references import EACH, WITHOUT, RowBlocks


class TablePattern(RowBlocks):
    """What has been found of a pattern so far. Columns are known by their first row's place."""

    def __init__(
        self,
        book: ModelledBook,
        cone: Cone,
        rows: int,
        blocks: Iterable[tuple[str, Area]],
        wanted: Sequence[Place],
        parameters: Sequence[Place],
    ) -> None:
        super().__init__(book, rows, blocks)
        self.wanted, self.parameters = wanted, list(parameters)
        numbers = [*self.parameters, *self._numbers(blocks)]
        moving = book.cone(wanted, numbers)
        assert moving is not None
        self.active = moving.active
        fixed = list(cone.reached - self.active)
        self.results: dict[Place, Value] = (
            dict(zip(fixed, book.model().get(fixed), strict=True)) if fixed else {}
        )
        self.keys: dict[object, str] = {}
        self.numbers = count()
        self.begun: set[tuple[str, Place]] = set()
        self.carrying: dict[str, Place] = {}  # the columns of what is carried, by its leaf,
        self.starts: dict[str, str] = {}  # and the cells that it starts from
        self.read: dict[Place, tuple[Place, str]] = {}  # single cells: a formula that reads them, and how
        self.found = Pattern(rows, {}, {}, {}, {}, {}, {}, [], [], {})

    def _numbers(self, blocks: Iterable[tuple[str, Area]]) -> list[Place]:
        """The cells of the rows that are not formulas."""
        return [
            (sheet, cell)
            for sheet, area in blocks
            for cell in area.cells
            if cell not in self.book.cells(sheet).formulas
        ]

    def pattern(self) -> Pattern:
        found = self.found
        for place in self.parameters:
            self.keys[place] = key = self._new("s")
            found.parameters.append(key)
            found.places[key] = place
        for place in self.wanted:
            found.wanted.append(self.last(place) if self.is_last(place) else self.cell(place))
        while len(found.carried) < len(self.carrying):
            for key, above in list(self.carrying.items()):
                found.carried[key] = Carried(self.column(above), self.starts[key])
        if not found.data:
            self.refuse(
                self.wanted[0],
                "it reads no column of numbers of a table",
                "type the table's x and y as numbers",
            )
        self._refuse_single_rows()
        return found

    def _refuse_single_rows(self) -> None:
        """A column may be read in its own row or whole: a formula that picks a row of it means the sheet's rows."""
        for place, (user, words) in self.read.items():
            tops = self.tops.get(place[0], ())
            columns = [(place[0], (top, place[1][1])) for top in tops if top <= place[1][0] < top + self.rows]
            if any(("c", column) in self.keys for column in columns):
                self._refuse_single_row(user, words)

    def _refuse_single_row(self, user: Place, words: str) -> NoReturn:
        self.refuse(user, f"{words} reads a single row of the table", f"read whole columns there, {WITHOUT}")

    def _new(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    # -- single cells ----------------------------------------------------------------------------------------------
    def cell(self, place: Place) -> str:
        """The leaf of a single cell."""
        if place in self.keys:
            return self.keys[place]
        self._begin(place)
        key = self._new("s")
        if place in self.active:
            self.found.cells[key] = self.rewritten(self.formula(place), place, False)
        else:
            self.found.constants[key] = self._constant(place)
        self.keys[place] = key
        self.found.places[key] = place
        return key

    def _begin(self, place: Place, kind: str = "s") -> None:
        if (kind, place) in self.begun:
            self.refuse(place, "the formula depends on itself", "break the circle of formulas")
        self.begun.add((kind, place))

    def _constant(self, place: Place) -> float:
        value = (
            self.results[place] if place in self.results else self.book.cells(place[0]).values.get(place[1])
        )
        if value is None or (value == "" and not isinstance(value, ErrorValue)):
            return 0.0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            self.refuse(
                place, f"this cell is {self.book.cells(place[0]).show(place[1])}", "type a number there"
            )
        return float(value)

    # -- columns ---------------------------------------------------------------------------------------------------
    def is_last(self, place: Place) -> bool:
        """Whether a place is in the last row of a block, in a column of formulas."""
        top = place[1][0] - self.rows + 1
        return top in self.tops.get(place[0], ()) and (place[0], (top, place[1][1])) in self.book.formulas

    def last(self, place: Place) -> str:
        """The leaf of a column whose last row is meant."""
        return self.column((place[0], (place[1][0] - self.rows + 1, place[1][1])))

    def column(self, first: Place) -> str:
        """The leaf of a column."""
        if ("c", first) in self.keys:
            return self.keys["c", first]
        self._begin(first, "c")
        sheet, (top, at) = first
        formulas = [(sheet, (row, at)) in self.book.formulas for row in range(top, top + self.rows)]
        if any(formulas) and not all(formulas):
            odd = (sheet, (top + formulas.index(False), at))
            self.refuse(
                odd, "there is no formula here, but in other rows of the column", "fill it down the column"
            )
        key = self._new("c")
        if formulas[0]:
            self.found.columns[key] = self._column_tree(first)
        else:
            self.found.data[key] = self._heading(first)
        self.keys["c", first] = key
        self.found.places[key] = first
        return key

    def _heading(self, first: Place) -> str:
        sheet, (top, at) = self.book.cells(first[0]), first[1]
        for row in range(top, top + self.rows):
            sheet.require((row, at), "a number of the table")
        above = sheet.merge_at((top - 1, at))[:2]
        if not sheet.label(above) or above in sheet.formulas:
            self.refuse(
                first, "the column has no heading above it", "type what it is called in the data there"
            )
        return printable(str(sheet.values[above])).strip()

    def _column_tree(self, first: Place) -> Tree:
        """The formula of a column, as its first row has it; what the other rows read of the row above them instead is
        carried."""
        sheet, (top, at) = first
        tree, second = self.formula(first), self.formula((sheet, (top + 1, at)))
        pinned = _is_pinned(tree, second)
        for row in range(2, self.rows):
            here = (sheet, (top + row, at))
            expected = text(_lower(tree, row)) if pinned else None
            if self.book.formulas[here] != (
                expected or shift(self.book.formulas[sheet, (top + 1, at)], row - 1, 0)
            ):
                self.refuse(
                    here,
                    f"={self.book.formulas[here]} is another formula than that of the row above",
                    "fill one formula down the whole column",
                )
        if pinned:
            assert isinstance(tree, Reference)
            return self.rewritten(tree.with_ends(_let_go), first, True)
        below = shifted(second, -1, 0)
        starts: dict[tuple[Place, str], Place] = {}
        if text(tree) != text(below):
            self._compare(tree, below, first, starts)
        return self.rewritten(below, first, True, starts)

    def _compare(self, tree: Tree, below: Tree, first: Place, starts: dict[tuple[Place, str], Place]) -> None:
        """Find what the first row reads where each other row reads the row above it."""
        if isinstance(below, Reference) and isinstance(tree, Reference) and text(tree) != text(below):
            above = self.above(below, first)
            if above and tree.last is None:
                starts[above, text(below)] = self.place_of(tree, first)
                return
        ones, others = children(tree), children(below)
        if (
            type(tree) is not type(below)
            or len(ones) != len(others)
            or (not ones and text(tree) != text(below))
        ):
            self.refuse(
                first,
                f"={text(tree)} is another formula than that of the row below",
                "fill one formula down the whole column, where only what comes from the row above may differ, "
                + WITHOUT,
            )
        for one, other in zip(ones, others, strict=True):
            self._compare(one, other, first, starts)

    # -- formulas --------------------------------------------------------------------------------------------------
    def rewritten(
        self,
        tree: Tree,
        at: Place,
        in_row: bool,
        starts: dict[tuple[Place, str], Place] | None = None,
        over: bool = False,
    ) -> Tree:
        """A formula with leaves for its references. `in_row`: that of a column's first row, which stands for all;
        `over`: within a reduction, where a whole column stands for its value in a row."""

        def change(node: Tree) -> Tree | None:
            node = self.meant(node, at)
            if isinstance(node, Reference):
                return self._leaf(node, at, in_row, starts or {}, over)
            if isinstance(node, Call) and self.reads_whole(node.arguments, at):
                return self._reduction(node, at, in_row, starts, over)
            return None

        return replaced(tree, change)

    def _reduction(
        self, call: Call, at: Place, in_row: bool, starts: dict[tuple[Place, str], Place] | None, over: bool
    ) -> Tree | None:
        """A call that reads whole columns, by reductions; None for one that is made for each row."""
        name = function_name(call)
        if name in EACH:
            return None

        def row(tree: Tree) -> Tree:
            return self.rewritten(tree, at, in_row, None, True)

        def alone(tree: Tree) -> Tree:
            return self.rewritten(tree, at, in_row, starts, over)

        def aggregate(kind: str, tree: Tree) -> Tree:
            known = ("a", kind, text(tree))
            if known not in self.keys:
                self.keys[known] = self._new("a")
                self.found.aggregates[self.keys[known]] = Aggregate(kind, tree, at)
            return Name(self.keys[known])

        try:
            return reduced(call, ColumnReader(lambda one: self.reads_whole([one], at), row, alone, aggregate))
        except NotReduced as error:
            self.refuse(
                at, f"{error} cannot be put together from partitions of rows", f"use {KNOWN} there, {WITHOUT}"
            )

    # -- references ------------------------------------------------------------------------------------------------
    def _leaf(
        self, node: Reference, at: Place, in_row: bool, starts: dict[tuple[Place, str], Place], over: bool
    ) -> Tree:
        sheet, area = self.sheet_of(node, at), node.area
        ends = [node.first, node.last or node.first]
        if not all(end.row and end.column for end in ends):
            self.refuse(at, f"{text(node)} is whole rows or columns", f"name the table's rows, {WITHOUT}")
        fixed = {end.fixed_row for end in ends}
        if over and in_row and fixed != {True}:
            self.refuse(
                at,
                f"{text(node)} moves from row to row, and stands beside whole columns",
                f"hold it with $, {WITHOUT}",
            )
        if self.is_whole(node, at) and (fixed == {True} or not in_row):
            if not over:
                self.refuse(
                    at, f"{text(node)} is a whole column, and nothing reduces it", f"use {KNOWN} there"
                )
            return _array(
                [[Name(self.column((sheet, (area.top, c)))) for c in range(area.left, area.right + 1)]]
            )
        if in_row and fixed != {True}:
            if len(fixed) == 2 or area.top != area.bottom:
                self.refuse(at, f"{text(node)} reads other rows of the table", f"read a row alone, {WITHOUT}")
            cells = [(sheet, (area.top, c)) for c in range(area.left, area.right + 1)]
            return _array([[Name(self._in_row(place, node, at, starts)) for place in cells]])
        rows = range(area.top, area.bottom + 1)
        columns = range(area.left, area.right + 1)
        return _array([[Name(self._single((sheet, (r, c)), node, at)) for c in columns] for r in rows])

    def _in_row(
        self, place: Place, node: Reference, at: Place, starts: dict[tuple[Place, str], Place]
    ) -> str:
        """The leaf of what a column's first row reads in its own row, or in the one above."""
        sheet, (row, column) = place
        tops = self.tops.get(sheet, set())
        if row in tops:
            return self.column(place)
        above = self.above(node, at)
        if above:
            start = starts.get((above, text(node)))
            if start is None:
                self.refuse(
                    at,
                    f"{text(node)} reads the row above, and there is none above the first",
                    "start it from a cell",
                )
            return self._carried(above, start)
        if any(abs(row - top) < self.rows for top in tops):
            self.refuse(at, f"{text(node)} reads another row of the table", f"read its own row, {WITHOUT}")
        if not all(
            (sheet, (line, column)) in self.book.formulas
            or self.book.cells(sheet).number((line, column)) is not None
            for line in range(row, row + self.rows)
        ):
            self.refuse(
                at, f"{text(node)} is not a column of as many rows", f"hold its row with $, {WITHOUT}"
            )
        self.tops.setdefault(sheet, set()).add(row)
        return self.column(place)

    def _carried(self, above: Place, start: Place) -> str:
        known = ("p", above, start)
        if known not in self.keys:
            self.keys[known] = key = self._new("p")
            self.carrying[key] = above
            self.starts[key] = self.cell(start)
        return self.keys[known]

    def _single(self, place: Place, node: Reference, at: Place) -> str:
        inside = any(sheet == place[0] and place[1] in area.cells for sheet, area in self.blocks)
        if inside and place not in self.parameters:
            self._refuse_single_row(at, text(node))
        self.read.setdefault(place, (at, text(node)))
        return self.cell(place)


def _array(cells: list[list[Tree]]) -> Tree:
    return cells[0][0] if len(cells) == 1 == len(cells[0]) else Array(tuple(map(tuple, cells)))


def _is_pinned(tree: Tree, second: Tree) -> bool:
    """Whether a column reads another one cell by cell, each held by $: =$F$13, =$F$14 …"""
    return (
        isinstance(tree, Reference)
        and tree.last is None
        and tree.first.fixed_row
        and second == _lower(tree, 1)
    )


def _lower(tree: Tree, rows: int) -> Tree:
    assert isinstance(tree, Reference)
    return tree.with_ends(lambda end: Corner(end.column, end.row + rows, end.fixed_column, end.fixed_row))


def _let_go(end: Corner) -> Corner:
    """An end whose row no $ holds."""
    return Corner(end.column, end.row, end.fixed_column)
