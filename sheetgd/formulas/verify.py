"""Comparing what the engine computes with the results that a workbook holds; freezing what it cannot reproduce."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple, TypeGuard

from ..grid.column_runs import Run
from ..grid.sheet import ErrorValue, Place, Value
from .model import OWN_ERRORS, Model, show
from .reasons import CHANGES, CIRCULAR, UNKNOWN, Reason
from .references import is_volatile, references

ROUNDS = 20  # rounds of looking for first causes among the cells that the engine cannot reproduce
MANY = 500  # with more wrong cells than this, first causes and roundings are no longer looked for
ROUNDING = 1e-11  # of the largest operand: a difference this small is rounding


class FormulaColumn(NamedTuple):
    """Formulas down a column of a sheet, and their results, all numbers."""

    sheet: str
    formulas: Run
    results: Sequence[float]

    def holds(self, places: Iterable[Place]) -> bool:
        """Whether one of the places is the column's."""
        return any(sheet == self.sheet and cell in self.formulas.area.cells for sheet, cell in places)

    def shows(self, numbers: Sequence[float] | None) -> bool:
        """Whether the numbers are the results, apart from the last digits, in which engines differ."""
        if numbers is None or is_volatile(self.formulas.values[0]):
            return False
        scale = max(map(abs, self.results))
        return numbers == self.results or all(
            _equal(one, other, scale) for one, other in zip(numbers, self.results, strict=True)
        )


def verify(
    model: Model,
    formulas: dict[Place, str],
    stored: dict[Place, Value],
    tall: Sequence[FormulaColumn] = (),
    doubts: Mapping[Place, Reason] = MappingProxyType({}),
    *,
    outdated: bool = False,
) -> tuple[dict[Place, Value], list[FormulaColumn]]:
    """Compare what the engine computes with the stored results; freeze what it cannot reproduce.

    `formulas` are the workbook's, `stored` their results where the file has them; `tall` are columns of formulas beside
    them. `doubts` are formulas that are frozen whatever the engine finds, and why. Where the results may be `outdated`,
    those that differ are taken out of `stored` instead, unless a function or a name somewhere is unknown. Returns every
    formula's value in the model as it is now used, and the columns that are reproduced as a whole, with the engine's
    numbers. `frozen` holds the reason for each frozen cell.
    """
    while True:
        numbers = model.down([(column.sheet, column.formulas) for column in tall]) if tall else []
        found = [
            (column, new)
            for column, new in zip(tall, numbers, strict=True)
            if column.shows(new) and not (doubts and column.holds(doubts))
        ]
        rest = [column for column, _ in found]
        for column in tall:
            if column not in rest:
                places = [(column.sheet, cell) for cell in column.formulas.area.cells]
                formulas.update(zip(places, column.formulas.values, strict=True))
                stored.update(zip(places, column.results, strict=True))
        values = _verify(model, formulas, stored, doubts, outdated)
        if len(rest) == len(tall) or not model.frozen:
            return values, [column._replace(results=new) for column, new in found if new]
        tall = rest  # whose results the frozen cells may have changed


def _verify(
    model: Model,
    formulas: dict[Place, str],
    stored: dict[Place, Value],
    doubts: Mapping[Place, Reason],
    outdated: bool,
) -> dict[Place, Value]:
    places = list(formulas)
    volatile = {place: CHANGES for place, formula in formulas.items() if is_volatile(formula)} | dict(doubts)
    values = dict(zip(places, model.get(places), strict=True))
    if volatile:
        values = _freeze(model, volatile, stored, values, places)
    rounds = 0
    if outdated and not any(_is_unknown(value, stored.get(place)) for place, value in values.items()):
        for place in wrong(model, formulas, values, stored):
            del stored[place]
    while differing := wrong(model, formulas, values, stored):
        rounds += 1
        causes = _first_causes(differing, formulas) if rounds < ROUNDS else differing
        values = _freeze(model, causes, stored, values, places)
    for place, value in values.items():
        if isinstance(value, ErrorValue) and value in OWN_ERRORS and place not in model.frozen:
            model.frozen[place] = _why(value, None)
        elif value == "#NAME?" and place not in stored and place not in model.frozen:
            model.frozen[place] = UNKNOWN
    return values


def wrong(
    model: Model, formulas: Mapping[Place, str], values: dict[Place, Value], stored: dict[Place, Value]
) -> dict[Place, Reason]:
    """Those formulas, frozen ones aside, whose values are not the stored ones, and why."""
    differing = {place: value for place, value in stored.items() if values[place] != value}
    if not differing:
        return {}
    scale: dict[tuple[str, int], float] = {}
    for (sheet, cell), value in stored.items():
        if isinstance(value, float):
            key = sheet, cell[1]
            scale[key] = max(scale.get(key, 0.0), abs(value))
    found = {
        place: _why(values[place], value)
        for place, value in differing.items()
        if place not in model.frozen
        and not _equal(values[place], value, scale.get((place[0], place[1][1]), 0.0))
    }
    for place in _rounded_away(model, formulas, values, stored, found):
        del found[place]
    return found


def _rounded_away(
    model: Model,
    formulas: Mapping[Place, str],
    values: dict[Place, Value],
    stored: dict[Place, Value],
    found: dict[Place, Reason],
) -> list[Place]:
    """Those of the differing cells whose difference is the rounding of far larger operands, or comes from such cells.

    LibreOffice writes 0 for the difference of two nearly equal numbers; other programs write what rounding leaves.
    """
    operands = {place: list(_operands(formulas[place], place[0])) for place in found if formulas.get(place)}
    numbers = [place for place in operands if _is_number(values[place]) and _is_number(stored[place])]
    shown = iter(model.get([operand for place in numbers for operand in operands[place]]))
    rounded: dict[Place, None] = {}
    for place in numbers:
        largest = max(
            (abs(number) for number in islice(shown, len(operands[place])) if _is_number(number)), default=0.0
        )
        one, other = values[place], stored[place]
        if _is_number(one) and _is_number(other) and abs(one - other) <= ROUNDING * largest:
            rounded[place] = None
    users: dict[Place, list[Place]] = {}
    for place, read in operands.items():
        for operand in read:
            users.setdefault(operand, []).append(place)
    waiting = list(rounded)
    while waiting:
        more = [user for user in users.get(waiting.pop(), ()) if user not in rounded]
        rounded |= dict.fromkeys(more)
        waiting += more
    return list(rounded)


def _operands(formula: str, sheet: str) -> Iterator[Place]:
    """The cells that a formula reads, except areas too large to be worth looking at."""
    for name, area in references(formula, sheet).areas:
        if (area.bottom - area.top + 1) * (area.right - area.left + 1) <= MANY:
            yield from ((name, cell) for cell in area.cells)


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, float)


def _freeze(
    model: Model,
    causes: dict[Place, Reason],
    stored: dict[Place, Value],
    values: dict[Place, Value],
    places: list[Place],
) -> dict[Place, Value]:
    model.frozen.update(causes)
    model.put((place, stored.get(place, values[place])) for place in causes)
    return dict(zip(places, model.get(places), strict=True))


def _first_causes(wrong: dict[Place, Reason], formulas: dict[Place, str]) -> dict[Place, Reason]:
    """Those wrong cells that refer to no other wrong cell: the others may only repeat their error."""

    def repeats(place: Place) -> bool:
        return any(
            other != place and other[0] == sheet and other[1] in area.cells
            for sheet, area in references(formulas[place], place[0]).areas
            for other in wrong
        )

    if len(wrong) > MANY:
        return wrong
    return {place: why for place, why in wrong.items() if not repeats(place)} or wrong


def _why(value: Value, stored: Value) -> Reason:
    """Why a formula is frozen for which the engine finds one value and the workbook holds another."""
    if isinstance(value, ErrorValue) and value == "#CIRC!":
        return CIRCULAR
    if _is_unknown(value, stored):
        return UNKNOWN
    words = f"the formula engine finds {show(value)} where the workbook holds {show(stored)}"
    return Reason("different", words)


def _equal(one: Value, other: Value, scale: float) -> bool:
    """Whether two results are the same, apart from the last digits, in which engines differ."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= max(1e-9 * max(abs(one), abs(other)), 1e-9 * scale)
    if isinstance(one, ErrorValue) and isinstance(other, ErrorValue):
        return not _is_unknown(one, other)  # applications do not agree on which error to show
    if other == "" or other is None:
        return one in ("", None) or one == 0
    return one == other


def _is_unknown(value: Value, stored: Value) -> bool:
    """Whether the engine's error means that it does not know a function or a name in the formula."""
    return isinstance(value, ErrorValue) and value in OWN_ERRORS | {"#NAME?"} and value != stored
