"""What-if data tables: their results computed anew, by putting value after value into their input cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...formulas.model import OWN_ERRORS
from ...grid.a1 import Area, Cell, parse
from ...grid.sheet import ErrorValue, Place, Sheet, Value
from ..book import ModelledBook

MOST = 2_000  # results; a larger table is left to Excel


class DataTable(NamedTuple):
    """A what-if data table: the area of its results, and the cells into which the values above and to its left are put.

    None is a cell that the table does not use, or that was deleted. Source: ECMA-376 part 1, 18.3.1.40.
    """

    area: Area
    row_input: Cell | None  # for the values in the row above the results
    column_input: Cell | None  # for those in the column left of them
    deleted: bool

    @property
    def inputs(self) -> list[Cell]:
        return [cell for cell in (self.row_input, self.column_input) if cell]

    @classmethod
    def of(cls, area: Area, attributes: Mapping[str, str]) -> DataTable:
        """The table of an f element."""

        def is_set(name: str) -> bool:
            return attributes.get(name) in ("1", "true")

        first, second = (parse(text) if (text := attributes.get(name)) else None for name in ("r1", "r2"))
        both, deleted = is_set("dt2D"), is_set("del1") or is_set("del2")
        if both:
            return cls(area, first, second, deleted)
        return cls(area, first, None, deleted) if is_set("dtr") else cls(area, None, first, deleted)


class _Line(NamedTuple):
    """Results of one formula, with the cells of the values that are put into the input cells for each."""

    formula: Cell
    results: list[Cell]
    values: list[tuple[Cell, ...]]


def computed(book: ModelledBook, sheet: Sheet, table: DataTable) -> dict[Cell, Value] | None:
    """What a data table shows as the model stands; None where only Excel can tell."""
    area, inputs = table.area, table.inputs
    count = (area.bottom - area.top + 1) * (area.right - area.left + 1)
    lines = list(_lines(table)) if count <= MOST and min(area.top, area.left) > 1 else []
    formulas = [(sheet.name, line.formula) for line in lines]
    if not lines or not all(line.formula in sheet.formulas for line in lines):
        return None
    if table.deleted or not inputs or not all(_is_input(sheet, cell) for cell in inputs):
        return None
    model = book.model()
    if model.frozen and book.precedents.reach(formulas, model.frozen):
        return None
    places = [(sheet.name, cell) for cell in inputs]
    before = model.get(places)
    book.guard_all()
    try:
        return dict(found for line in lines for found in _results(book, sheet.name, line, places))
    except _Unknown:
        return None
    finally:
        model.put(zip(places, before, strict=True))


class _Unknown(Exception):
    """A value that is no number, or a result for which the engine has no name that Excel knows."""


def _lines(table: DataTable) -> Iterator[_Line]:
    top, left, bottom, right = table.area
    rows, columns = range(top, bottom + 1), range(left, right + 1)
    if table.row_input and table.column_input:
        cells = list(table.area.cells)
        yield _Line(
            (top - 1, left - 1), cells, [((top - 1, column), (row, left - 1)) for row, column in cells]
        )
    elif table.row_input:
        for row in rows:
            yield _Line(
                (row, left - 1),
                [(row, column) for column in columns],
                [((top - 1, column),) for column in columns],
            )
    else:
        for column in columns:
            yield _Line(
                (top - 1, column), [(row, column) for row in rows], [((row, left - 1),) for row in rows]
            )


def _is_input(sheet: Sheet, cell: Cell) -> bool:
    return cell not in sheet.formulas and (sheet.number(cell) is not None or sheet.is_empty(cell))


def _results(
    book: ModelledBook, sheet: str, line: _Line, inputs: Sequence[Place]
) -> Iterator[tuple[Cell, Value]]:
    model = book.model()
    values = [model.get([(sheet, cell) for cell in cells]) for cells in line.values]
    points = [[value for value in point if type(value) is float] for point in values]
    if any(len(point) < len(inputs) for point in points):
        raise _Unknown
    results = model.ask_values(inputs, points, (sheet, line.formula))()
    for cell, result in zip(line.results, results, strict=True):
        if isinstance(result, ErrorValue) and result in OWN_ERRORS | {"#DIV/0!"}:
            raise _Unknown  # #DIV/0! may be a power that is too large
        yield cell, result
