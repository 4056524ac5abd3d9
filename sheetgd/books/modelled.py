"""What every book with a verified model can tell of its formulas: what depends on what, and what cannot be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..a1 import Area, Cell
from ..errors import SheetError
from ..formulas import CIRCULAR, ITERATED, Column, Model, describe
from ..hints import NoReturn
from ..precedents import Cone, Precedents
from ..sheet import ErrorValue, Place, Sheet, Value
from ..tall import Tall, few
from . import Book

MOST_NARROWED = 50_000  # formulas, whose dependencies are found in less time than it saves
MOST_NOTES = 5  # of formulas left alone, each for a reason of its own


class ModelledBook(Book):
    """A book whose formulas a model recalculates, as compared with the results that the book holds of them."""

    formulas: Mapping[Place, str]
    stored: dict[Place, Value]
    results: dict[Place, Value]
    columns: list[Column]
    precedents: Precedents

    def _compare(
        self,
        model: Model,
        formulas: dict[Place, str],
        stored: dict[Place, Value],
        names: dict[str, list[str]],
        tables: Mapping[str, tuple[str, Area]],
        iterates: bool,
        tall: Sequence[Column] = (),
    ) -> None:
        """Verify the model against the stored results; warn of what it has to leave alone.

        `names` and `tables` are as for `Precedents`; `iterates` says whether the book allows circular references;
        `tall` are whole columns of formulas beside the single ones.
        """
        self.stored = stored
        self.results, self.columns = model.verify(formulas, stored, tall)
        self.formulas = _Formulas(formulas, self.columns) if self.columns else formulas
        self.precedents = Precedents(self.formulas, names, dict(tables))
        if iterates:
            model.frozen = {
                place: ITERATED if why == CIRCULAR else why for place, why in model.frozen.items()
            }
        self.warnings += _frozen_notes(model.frozen)

    def unreliable(self, sheet: str, cells: Iterable[Cell]) -> tuple[Place, str] | None:
        frozen = self.model().frozen
        place = self.precedents.reach([(sheet, cell) for cell in cells], frozen) if frozen else None
        if place:
            place = self.precedents.origin(place, frozen)
        return (place, frozen[place]) if place else None

    def origin_of_error(self, place: Place) -> tuple[Place, str] | None:
        model = self.model()
        [error] = model.get([place])
        if not isinstance(error, ErrorValue):
            return None
        cone = self.precedents.cone([place], [])
        reached = list(cone.reached if cone else self.formulas)
        alike = [other for other, value in zip(reached, model.get(reached), strict=True) if value == error]
        origin = self.precedents.origin(place, alike + self._typed(error))
        return origin, self.cells(origin[0]).formulas.get(origin[1], "")

    def _typed(self, error: ErrorValue) -> list[Place]:
        """The cells of all sheets that hold an error without a formula."""
        sheets = [(name, self.cells(name)) for name in self.sheet_names]
        return [
            (name, cell)
            for name, sheet in sheets
            for cell, value in few(sheet.values).items()
            if isinstance(value, ErrorValue) and value == error and cell not in sheet.formulas
        ]

    def depend(self, sheet: str, cells: Iterable[Cell], on: Cell) -> bool:
        self.model()
        return self.precedents.reach([(sheet, cell) for cell in cells], [(sheet, on)]) is not None

    def narrow(self, sheet: str, wanted: Iterable[Cell], changing: Iterable[Cell]) -> None:
        if len(self.formulas) > MOST_NARROWED:
            return
        needed = self.precedents.active(
            [(sheet, cell) for cell in wanted], [(sheet, cell) for cell in changing]
        )
        if needed is not None:
            bound = self._bound()
            self.model().narrow(place for place in self.formulas if place not in needed and not bound(place))

    def cone(self, wanted: Iterable[Place], changing: Iterable[Place]) -> Cone | None:
        self.model()
        return self.precedents.cone(wanted, changing, self._bound())

    def _bound(self) -> Callable[[Place], bool]:
        """Whether a formula's cell belongs to others: an array's, of which none can be replaced alone."""
        groups = self._groups()
        return lambda place: any(place[0] == name and place[1] in area.cells for name, area in groups)

    def _groups(self) -> list[tuple[str, Area]]:
        """The areas that one formula fills: none of their cells can become a constant on its own."""
        raise NotImplementedError


class _Formulas(Mapping[Place, str]):
    """All formulas of a workbook by place: single ones, and columns of them."""

    def __init__(self, singles: dict[Place, str], columns: list[Column]) -> None:
        self.singles = singles
        self.sheets: dict[str, Tall[str]] = {}
        for column in columns:
            self.sheets.setdefault(column.sheet, Tall()).add(column.formulas)

    def __getitem__(self, place: Place) -> str:
        found = self.singles.get(place)
        return self.sheets.get(place[0], Tall[str]())[place[1]] if found is None else found

    def __contains__(self, place: object) -> bool:
        return place in self.singles or (
            isinstance(place, tuple) and place[1] in self.sheets.get(place[0], ())
        )

    def __iter__(self) -> Iterator[Place]:
        yield from self.singles
        for sheet, cells in self.sheets.items():
            yield from ((sheet, cell) for cell in cells)

    def __len__(self) -> int:
        return len(self.singles) + sum(map(len, self.sheets.values()))


def refuse_to_write(sheet: Sheet, cell: Cell, what: str) -> NoReturn:
    """The error for a cell that must not be written, because it holds the formula, or is part of `what`."""
    formula = sheet.formulas.get(cell)
    found = f"it is part of {what}" if formula is None else f"it holds the formula ={formula}"
    raise SheetError(
        f"sheetgd would write here, but {found}", "move it, or type a plain number here", **sheet.place(cell)
    )


def date_note(sheet: Sheet, cell: Cell) -> str:
    """What a teacher is told of a number that is written where dates are shown."""
    place = describe((sheet.name, cell))
    return f"{place} shows its number as a date: give the cell a number format"


def _frozen_notes(frozen: dict[Place, str]) -> list[str]:
    """What a teacher is told of the formulas that keep their stored results: a sentence for each reason."""
    reasons: dict[str, list[Place]] = {}
    for place, why in frozen.items():
        reasons.setdefault(why, []).append(place)
    notes = []
    for why, places in reasons.items():
        others = f" and {len(places) - 1} more" if len(places) > 1 else ""
        notes.append(f"{describe(places[0])}{others} left at the stored result: {why}")
    shown = notes[:MOST_NOTES]
    return shown + (
        [f"{len(notes) - MOST_NOTES} more formulas left as they are"] if len(notes) > MOST_NOTES else []
    )
