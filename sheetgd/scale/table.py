"""From a sheet to its pattern: which rows belong together, and what each reference means to all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count
from math import isfinite
from typing import NoReturn

from ..books.book import Book, ModelledBook
from ..errors import SheetError
from ..formulas.dependencies import Cone
from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.program.functions import FUNCTIONS
from ..formulas.references import shift
from ..formulas.tree import (
    Array,
    Call,
    Corner,
    Name,
    Reference,
    TableField,
    Tree,
    children,
    replaced,
    shifted,
)
from ..grid.a1 import Area, a1
from ..grid.sheet import ErrorValue, Place, Value, printable
from .pattern import Aggregate, Carried, Pattern
from .reductions import KNOWN, ColumnReader, NotReduced, reduced

_FIELD = re.compile(r"\[(@?)\[?([^\[\]#@]+)\]?\]")
EACH = frozenset(name for name, _ in FUNCTIONS) - {"MMULT", "TRANSPOSE"} | {
    "IF",
    "IFERROR",
}  # made for each row
WITHOUT = "or run it on the sheet's own rows, without --rows"


def find_pattern(
    book: Book, wanted: Sequence[Place], parameters: Sequence[Place], table: tuple[str, Area] | None = None
) -> Pattern:
    """The pattern of what computes the wanted cells from the parameters and the rows of a table.

    `table` are the table's rows, without headings; else they are those of the ranges that most is read of. A
    SheetError names the formula that no pattern can be made of, and says why.
    """
    cone = book.cone(wanted, parameters)
    if cone is None or not isinstance(book, ModelledBook):
        raise SheetError(
            "formulas with OFFSET or INDIRECT may refer to any cell, so there is no pattern for further rows",
            f"write the references out, {WITHOUT}",
            sheet=wanted[0][0],
            cell=a1(wanted[0][1]),
        )
    areas = {
        (_proper(book, sheet), area)
        for place in cone.reached
        for sheet, area in book.precedents.areas(place) or ()
    }
    if table is None:
        table = _widest(areas, parameters, wanted[0])
    rows = table[1].bottom - table[1].top + 1
    if rows == 1:
        raise SheetError(
            "the table has a single row, so there is no pattern for further rows",
            "give it a few rows, whose formulas say what goes on from row to row",
            sheet=table[0],
            cell=a1(table[1][:2]),
        )
    blocks = {table, *((sheet, area) for sheet, area in areas if area.bottom - area.top + 1 == rows)}
    return _Table(book, cone, rows, blocks, wanted, parameters).pattern()


def _proper(book: Book, sheet: str) -> str:
    return next((name for name in book.sheet_names if name.casefold() == sheet.casefold()), sheet)


def _widest(
    areas: Iterable[tuple[str, Area]], parameters: Sequence[Place], wanted: Place
) -> tuple[str, Area]:
    """Rows that most is read of, in ranges without parameters."""
    sizes: dict[int, int] = {}
    tall = [
        (sheet, area)
        for sheet, area in areas
        if area.bottom > area.top
        and not any(name == sheet and cell in area.cells for name, cell in parameters)
    ]
    for _, area in tall:
        height = area.bottom - area.top + 1
        sizes[height] = sizes.get(height, 0) + height * (area.right - area.left + 1)
    if not tall:
        raise SheetError(
            "it reads no column of a table, so there is no pattern for further rows",
            "name a cell that is computed from a table's columns, by SUM or AVERAGE",
            sheet=wanted[0],
            cell=a1(wanted[1]),
        )
    most = max(sizes, key=lambda height: (sizes[height], height))
    return min((sheet, area) for sheet, area in tall if area.bottom - area.top + 1 == most)


class _Table:
    """What has been found of a pattern so far. ColumnReader are known by their first row's place."""

    def __init__(
        self,
        book: ModelledBook,
        cone: Cone,
        rows: int,
        blocks: Iterable[tuple[str, Area]],
        wanted: Sequence[Place],
        parameters: Sequence[Place],
    ) -> None:
        self.book, self.rows = book, rows
        self.wanted, self.parameters = wanted, list(parameters)
        self.tops: dict[str, set[int]] = {}
        for sheet, area in blocks:
            self.tops.setdefault(sheet, set()).add(area.top)
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
        self.begun: set[Place] = set()
        self.carrying: dict[str, Place] = {}  # the columns of what is carried, by its leaf,
        self.starts: dict[str, str] = {}  # and the cells that it starts from
        self.read: dict[Place, tuple[Place, str]] = {}  # single cells: a formula that reads them, and how
        self.found = Pattern(rows, {}, {}, {}, {}, {}, {}, [], [], {})

    def _numbers(self, blocks: Iterable[tuple[str, Area]]) -> list[Place]:
        """The cells of the rows that are no formulas."""
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
            if any(column in self.keys for column in columns):
                self.refuse(
                    user, f"{words} reads a single row of the table", f"read whole columns there, {WITHOUT}"
                )

    def _new(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    def refuse(self, place: Place, what: str, todo: str) -> NoReturn:
        raise SheetError(what, todo, sheet=place[0], cell=a1(place[1]))

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

    def _begin(self, place: Place) -> None:
        if place in self.begun:
            self.refuse(place, "the formula depends on itself", "mend the circle of formulas")
        self.begun.add(place)

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

    def formula(self, place: Place) -> Tree:
        try:
            return parse(self.book.formulas[place])
        except NotAFormula:
            self.refuse(
                place, f"the formula ={self.book.formulas[place]} cannot be read", "write it in another way"
            )

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
        if first in self.keys:
            return self.keys[first]
        self._begin(first)
        sheet, (top, at) = first
        formulas = [(sheet, (row, at)) in self.book.formulas for row in range(top, top + self.rows)]
        if any(formulas) and not all(formulas):
            odd = (sheet, (top + formulas.index(False), at))
            self.refuse(
                odd, "there is no formula here, but in other rows of the column", "fill it through the column"
            )
        key = self._new("c")
        if formulas[0]:
            self.found.columns[key] = self._column_tree(first)
        else:
            self.found.data[key] = self._heading(first)
        self.keys[first] = key
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
        second = self.book.formulas[sheet, (top + 1, at)]
        for row in range(2, self.rows):
            here = (sheet, (top + row, at))
            if self.book.formulas[here] != shift(second, row - 1, 0):
                self.refuse(
                    here,
                    f"={self.book.formulas[here]} is another formula than that of the row above",
                    "fill one formula through the whole column",
                )
        tree, below = self.formula(first), shifted(self.formula((sheet, (top + 1, at))), -1, 0)
        starts: dict[tuple[Place, str], Place] = {}
        if text(tree) != text(below):
            self._compare(tree, below, first, starts)
        return self.rewritten(below, first, True, starts)

    def _compare(self, tree: Tree, below: Tree, first: Place, starts: dict[tuple[Place, str], Place]) -> None:
        """Find what the first row reads where each other row reads the row above it."""
        if isinstance(below, Reference) and isinstance(tree, Reference) and text(tree) != text(below):
            above = self._above(below, first)
            if above and tree.last is None:
                starts[above, text(below)] = self._place(tree, first)
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
                "fill one formula through the whole column; only what comes from the row above may differ",
            )
        for one, other in zip(ones, others, strict=True):
            self._compare(one, other, first, starts)

    def _above(self, reference: Reference, first: Place) -> Place | None:
        """The first row of the column of whose row above a reference of the first row reads."""
        sheet, (row, at) = self._place(reference, first)
        fixed = reference.first.fixed_row or reference.last is not None
        tops = self.tops.get(sheet, set())
        return (sheet, (row + 1, at)) if not fixed and row + 1 in tops and row not in tops else None

    def _place(self, reference: Reference, at: Place) -> Place:
        return self._sheet(reference, at), reference.area[:2]

    def _sheet(self, reference: Reference, at: Place) -> str:
        wanted = reference.sheet_name or at[0]
        found = next((name for name in self.book.sheet_names if name.casefold() == wanted.casefold()), None)
        if found is None:
            self.refuse(at, f"the sheet {wanted} is not in this workbook", "mend the formula")
        return found

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
            node = self._meant(node, at)
            if isinstance(node, Reference):
                return self._leaf(node, at, in_row, starts or {}, over)
            if isinstance(node, Call) and self._reads_whole(node.arguments, at):
                return self._reduction(node, at, in_row, starts, over)
            return None

        return replaced(tree, change)

    def _meant(self, node: Tree, at: Place) -> Tree:
        """The reference that a defined name or a table's column stands for."""
        if isinstance(node, Name):
            texts = self.book.precedents.names.get(node.text.casefold(), ())
            meant = parse(texts[0].lstrip("=")) if len(texts) == 1 else node
            if not isinstance(meant, Reference) or not meant.sheet:
                self.refuse(at, f"the name {node.text} is no range of cells", "write the cells instead")
            return meant._replace(first=_held(meant.first), last=meant.last and _held(meant.last))
        if isinstance(node, TableField):
            return self._field(node, at)
        return node

    def _field(self, node: TableField, at: Place) -> Reference:
        own = [
            name
            for name, (sheet, area) in self.book.precedents.tables.items()
            if sheet == at[0] and at[1] in area.cells
        ]
        table = self.book.precedents.tables.get(node.table.casefold() or next(iter(own), ""))
        match = _FIELD.fullmatch(node.field)
        if table and match:
            sheet, area = table
            cells = self.book.cells(sheet)
            for column in range(area.left, area.right + 1):
                if str(cells.values.get((area.top, column), "")).casefold() == match[2].strip().casefold():
                    prefix = "'" + sheet.replace("'", "''") + "'!"
                    if match[1]:
                        return Reference(prefix, Corner(column, at[1][0], True, False))
                    ends = [Corner(column, row, True, True) for row in (area.top + 1, area.bottom)]
                    return Reference(prefix, ends[0], ends[1])
        self.refuse(at, f"{text(node)} is no whole column of a table", f"write the cells instead, {WITHOUT}")

    def _is_whole(self, reference: Reference, at: Place) -> bool:
        area = reference.area
        tops = self.tops.get(self._sheet(reference, at), ())
        return area.bottom - area.top + 1 == self.rows and area.top in tops

    def _reduction(
        self, call: Call, at: Place, in_row: bool, starts: dict[tuple[Place, str], Place] | None, over: bool
    ) -> Tree | None:
        """A call that reads whole columns, by reductions; None for one that is made for each row."""
        name = str(call.function).rpartition("_xlfn.")[2]
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
            return reduced(
                call, ColumnReader(lambda one: self._reads_whole([one], at), row, alone, aggregate)
            )
        except NotReduced as error:
            self.refuse(
                at, f"{error} cannot be put together from partitions of rows", f"use {KNOWN} there, {WITHOUT}"
            )

    def _reads_whole(self, trees: Iterable[Tree], at: Place) -> bool:
        """Whether one of a call's arguments is a whole column, or made of whole columns row by row."""
        for tree in trees:
            node = self._meant(tree, at)
            if isinstance(node, Reference):
                if self._is_whole(node, at):
                    return True
            elif isinstance(node, Call) and str(node.function).rpartition("_xlfn.")[2] not in EACH:
                continue
            elif self._reads_whole(children(node), at):
                return True
        return False

    # -- references ------------------------------------------------------------------------------------------------
    def _leaf(
        self, node: Reference, at: Place, in_row: bool, starts: dict[tuple[Place, str], Place], over: bool
    ) -> Tree:
        sheet, area = self._sheet(node, at), node.area
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
        if self._is_whole(node, at) and (fixed == {True} or not in_row):
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
        above = self._above(node, at)
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
            self.refuse(at, f"{text(node)} is no column of as many rows", f"hold its row with $, {WITHOUT}")
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
        self.read.setdefault(place, (at, text(node)))
        return self.cell(place)


def _array(cells: list[list[Tree]]) -> Tree:
    return cells[0][0] if len(cells) == 1 == len(cells[0]) else Array(tuple(map(tuple, cells)))


def _held(end: Corner) -> Corner:
    return end._replace(fixed_column=True, fixed_row=True)
