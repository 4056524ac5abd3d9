"""From a sheet to its pattern: which rows belong together, and what each reference means to all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from ..books.book import Book, ModelledBook
from ..errors import SheetError
from ..formulas.grammar import NotAFormula, parse
from ..formulas.structured import TableFrame, frames, plain
from ..formulas.tree import Reference, walk
from ..grid.a1 import Area, a1
from ..grid.sheet import Place
from .columns import TablePattern
from .pattern import Pattern
from .references import WITHOUT


def find_pattern(
    book: Book, wanted: Sequence[Place], parameters: Sequence[Place], table: tuple[str, Area] | None = None
) -> Pattern:
    """The pattern of what computes the wanted cells from the parameters and the rows of a table.

    `table` are the table's rows, without headings; else they are the rows of the ranges that are read most. A
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
    tables = frames(map(book.cells, book.sheet_names))
    areas = {area for place in cone.reached for area in _read(book, place, tables)}
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
    return TablePattern(book, cone, rows, blocks, wanted, parameters).pattern()


def _read(book: ModelledBook, place: Place, tables: Mapping[str, TableFrame]) -> Iterator[tuple[str, Area]]:
    """The areas that a formula reads; of a table, the columns and rows that it names."""
    whole = [(table.sheet, table.area) for table in tables.values()]
    for sheet, area in book.precedents.areas(place) or ():
        if (sheet, area) not in whole:
            yield _proper(book, sheet), area
    with suppress(NotAFormula):  # which is refused where its meaning is looked for
        formula = book.formulas[place]
        for node in walk(plain(parse(formula), place, tables)) if "[" in formula else ():
            if isinstance(node, Reference):
                yield _proper(book, node.sheet_name or place[0]), node.area


def _proper(book: Book, sheet: str) -> str:
    return next((name for name in book.sheet_names if name.casefold() == sheet.casefold()), sheet)


def _widest(
    areas: Iterable[tuple[str, Area]], parameters: Sequence[Place], wanted: Place
) -> tuple[str, Area]:
    """The rows that are read most, in ranges without parameters."""
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
