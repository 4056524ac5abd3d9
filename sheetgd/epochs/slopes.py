"""How a cell comes from the parameters, formula by formula: values forward, slopes backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..books.book import Book, ModelledBook
from ..errors import SheetError, UsageError
from ..formulas.model import describe
from ..grid.a1 import Cell, a1
from ..grid.sheet import Place, Value
from ..layout.find import Layout


class SlopeNode(NamedTuple):
    """A parameter, or a formula between the parameters and the end.

    `cell` is its A1 address, with the sheet's name where that is another one; `formula` is empty for a parameter.
    `slope` is by how much the end grows for each unit that this cell grows. `reads` are the cells among the nodes that
    the formula reads.
    """

    cell: str
    formula: str
    value: float
    slope: float
    reads: list[str]


def slopes_of(
    book: Book, layout: Layout, now: Mapping[str, float], typed: Mapping[Cell, float], end: Cell | None
) -> list[SlopeNode]:
    """The nodes from a lesson's parameters to `end`; `now` are the values of what it carries."""
    sheet = layout.sheet.name
    if end is None:
        raise UsageError("no cell is labelled rmse, mse or loss", "name the cell")
    starts = {found.start for found in layout.parameters.values()}
    carried = {(sheet, found.start): now[name] for name, found in layout.carried.items()}
    parameters = {(name, cell): value for (name, cell), value in carried.items() if cell in starts}
    return find_slopes(
        book,
        (sheet, end),
        parameters,
        {**carried, **{(sheet, cell): number for cell, number in typed.items()}},
    )


def find_slopes(
    book: Book, end: Place, parameters: Mapping[Place, float], typed: Mapping[Place, Value] = {}
) -> list[SlopeNode]:
    """The nodes from the parameters to the end, each after those that it reads, by back-propagation.

    `typed` are values of other cells that the book does not hold. Raises a SheetError where a formula has no slope that
    is known, or shows no number.
    """
    cone = book.cone([end], list(parameters))
    if cone is None or not isinstance(book, ModelledBook) or end not in cone.active:
        raise UsageError(
            f"{describe(end)} is not computed from {_listed(end, list(parameters))}",
            "name a cell that is, such as the loss",
        )
    from ..books.compiled import compiled  # which needs NumPy
    from ..formulas.program.builder import NotCompiled
    from ..formulas.program.program import Doubtful

    places = list(parameters)
    try:
        program = compiled(book, cone, end, places, {**typed, **parameters})
        _, slopes = program.slopes(list(parameters.values()))
    except NotCompiled as error:
        raise _without_slopes(error.place, f"{error.what} has no slope that sheetgd knows") from None
    except Doubtful:
        raise _without_slopes(end, "there is an error, or a number too large, on the way to it") from None
    order = program.order()
    computed = [place for place in sorted(order, key=order.__getitem__) if place in cone.active]
    found = []
    for place in [*places, *computed]:
        slot = program.slots[place]
        formula = "" if place in parameters else book.formulas[place]
        read = [] if place in parameters else _read(book, place, [*places, *computed])
        names = [_name(end, other) for other in read]
        found.append(
            SlopeNode(_name(end, place), formula, float(program.cells[slot]), float(slopes[slot]), names)
        )
    return found


def _read(book: ModelledBook, place: Place, among: Sequence[Place]) -> list[Place]:
    areas = book.precedents.areas(place) or []
    return [
        other
        for other in among
        if other != place
        and any(other[0].casefold() == sheet.casefold() and other[1] in area.cells for sheet, area in areas)
    ]


def _name(end: Place, place: Place) -> str:
    return a1(place[1]) if place[0] == end[0] else describe(place)


def _listed(end: Place, places: Sequence[Place]) -> str:
    return ", ".join(_name(end, place) for place in places) or "any parameter"


def _without_slopes(place: Place, found: str) -> SheetError:
    return SheetError(found, "write the formula with other functions", sheet=place[0], cell=a1(place[1]))
