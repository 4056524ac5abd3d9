"""A student's file, asked by the places of the worksheet as it was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import a1
from ..references import references
from ..sheet import Place, Sheet, Value, advice
from .results import short
from .returned import Returned

LONGEST_FORMULA, MOST_CELLS = 300, 2_000  # of a student's formula that is computed on its own
TAME = frozenset("SUM AVERAGE SUMSQ SUMPRODUCT PRODUCT COUNT SQRT POWER ABS ROUND IF ISNUMBER PI".split())


class Answers:
    """A student's file, asked by the places of the drawn sheet."""

    def __init__(self, returned: Returned, at: dict[Place, Place]) -> None:
        self.sheets, self.at = returned.sheets, at

    def _cell(self, place: Place) -> tuple[Sheet, a1.Cell]:
        sheet, cell = self.at[place]
        return self.sheets[sheet], cell

    def value(self, place: Place) -> Value:
        """What stands in the cell; nothing where it holds a date, which is no answer."""
        if place not in self.at:
            return None
        sheet, cell = self._cell(place)
        return None if cell in sheet.dates else sheet.values.get(cell)

    def address(self, place: Place) -> str:
        return a1.a1(self.at[place][1])

    def formula(self, place: Place) -> str:
        """The formula in the cell; empty where there is none, or no such cell."""
        if place not in self.at:
            return ""
        sheet, cell = self._cell(place)
        return sheet.formulas.get(cell, "")

    def unmoved_formulas(self, places: Iterable[Place]) -> dict[Place, str]:
        """The student's formulas, where nothing was inserted: their references are those of the drawn sheet."""
        same = all(place[1] == where[1] for place, where in self.at.items())
        return {place: text for place in places if (text := self.formula(place))} if same else {}

    def name(self, place: Place) -> str:
        """The text of a cell; empty where there is none."""
        value = self.value(place)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def is_empty(self, place: Place) -> bool:
        sheet, cell = self._cell(place)
        return sheet.is_empty(cell)

    def is_typed(self, place: Place) -> bool:
        sheet, cell = self._cell(place)
        return cell not in sheet.formulas and cell not in sheet.dates and sheet.number(cell) is not None

    def show(self, place: Place) -> str:
        sheet, cell = self._cell(place)
        return sheet.show(cell)

    def holds(self, place: Place, number: float) -> bool:
        """Whether this number stands in the cell."""
        sheet, cell = self._cell(place)
        found = sheet.number(cell)
        return found is not None and abs(found - number) <= 1e-9 * max(abs(found), abs(number))

    def texts(self, places: Iterable[Place]) -> Iterator[tuple[str, str, str]]:
        """The cells in which something stands that is no number: address, what, and what to do."""
        for place in places:
            sheet, cell = self._cell(place)
            if sheet.is_empty(cell) or (sheet.number(cell) is not None and cell not in sheet.dates):
                continue
            value = sheet.values.get(cell)
            formula = cell in sheet.formulas
            typed = isinstance(value, str) and not formula
            todo = advice(str(value)) if typed else "mend the formula" if formula else "type a plain number"
            shown = "a formula that shows nothing" if formula and not value else sheet.show(cell)
            yield self.address(place), short(shown), todo


def is_tame(formula: str) -> bool:
    """Whether a student's formula is short and simple enough to be computed beside the formulas of the worksheet.

    >>> is_tame("D17-$H$3*I17"), is_tame('REPT("x",1E9)'), is_tame("SUM(A:XFD)"), is_tame("[1]Sheet1!A1")
    (True, False, False, False)
    """
    found = references(formula, "")
    cells = sum((area.bottom - area.top + 1) * (area.right - area.left + 1) for _, area in found.areas)
    plain = not found.names and not found.tables and found.functions <= TAME
    return plain and "!" not in formula and cells <= MOST_CELLS and len(formula) <= LONGEST_FORMULA
