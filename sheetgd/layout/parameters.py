"""Parameters and state: where each starts, which cell is carried back to it, and what reset restores.

Defined names decide first, then formulas, then labels.
"""

from typing import NamedTuple

from ..errors import SheetError
from ..formulas.references import only_reference, recurrence
from ..grid.a1 import Cell, a1
from ..grid.sheet import ErrorValue, Sheet, looks_like_a_number, normal, printable
from .labels import beside, crossing, follow, labelled, nearest
from .tables import StepTable
from .vocabulary import GUESS_WORDS, NEW_WORDS, RESET_TO_WORDS, named_by_next


class Parameter(NamedTuple):
    """A value that goes from epoch to epoch: a parameter, or state beside them such as a velocity."""

    name: str
    column: int | None  # in the step table
    successor: int | None  # the column of its next value
    start: Cell
    carry: Cell
    reset: Cell | None  # the cell with the value that reset restores


# -- in the step table -----------------------------------------------------------------------------------------------
def table_parameters(sheet: Sheet, table: StepTable, last: int) -> dict[str, Parameter]:
    """The parameters whose next values are columns of the table."""
    found = {}
    for name, successor in table.successors.items():
        column = table.columns[name]
        referred = follow(sheet, only_reference(sheet.formulas.get((table.first, column)), sheet.name))
        start = referred or labelled_start(sheet, table, name)
        if start is None:
            raise _no_start(sheet, name, a1((table.first, column)))
        carry = _named_carry(sheet, start) or (last, successor)
        found[name] = checked_start(
            sheet, Parameter(name, column, successor, start, carry, _reset(sheet, table, name))
        )
    return found


def table_states(sheet: Sheet, table: StepTable, last: int, taken: set[Cell]) -> dict[str, Parameter]:
    """The state of the table: columns whose rows go on from the row above, and the first from a cell outside.

    Such a column need not have a title; it is then called by its start cell.
    """
    found = {}
    column = min(table.columns.values())
    while not sheet.is_empty((table.first, column)):
        start = follow(sheet, _recurs_from(sheet, (table.first, column)))
        inside = start and table.first <= start[0] <= last and start[1] <= column
        if start and start not in taken and not inside:
            heading = (table.heading, column)
            name = printable(str(sheet.values[heading])).strip() if sheet.label(heading) else a1(start)
            reset = _reset(sheet, table, name)
            found[name] = checked_start(sheet, Parameter(name, column, column, start, (last, column), reset))
        column += 1
    return found


def _recurs_from(sheet: Sheet, cell: Cell) -> Cell | None:
    """Where the column below the cell starts, if each row's formula goes on from the row above."""
    first, second = (sheet.formulas.get((cell[0] + row, cell[1])) for row in (0, 1))
    return recurrence(first, second, cell, sheet.name) if first and second else None


def labelled_start(sheet: Sheet, table: StepTable, name: str) -> Cell | None:
    """The start cell by its labels: the crossing with `guess`, else beside m_guess or m."""
    label = normal(name)
    rows = _rows(sheet, table, label)
    if guess := next(filter(None, (crossing(sheet, cell, GUESS_WORDS) for cell in rows)), None):
        return guess
    guesses = labelled(sheet, *(f"{label} {word}" for word in GUESS_WORDS.labels))
    values = [beside(sheet, cell) for cell in nearest(table.corner, guesses) + rows]
    numbers = [cell for cell in values if sheet.number(cell) is not None]
    return next(iter(numbers + values), None)


def _rows(sheet: Sheet, table: StepTable, label: str) -> list[Cell]:
    """The labels of a parameter outside the table's headings, nearest first."""
    return nearest(
        table.corner,
        [
            cell
            for cell in labelled(sheet, label)
            if cell[0] != table.heading or _is_control(sheet, table, cell)
        ],
    )


def _is_control(sheet: Sheet, table: StepTable, cell: Cell) -> bool:
    """Whether a label in the row of the headings is none of them, but names the number to its right."""
    right = (cell[0], sheet.merge_at(cell).right + 1)
    return cell[1] not in table.columns.values() and sheet.number(right) is not None


def _reset(sheet: Sheet, table: StepTable, name: str) -> Cell | None:
    rows = _rows(sheet, table, normal(name))
    return next(filter(None, (crossing(sheet, cell, RESET_TO_WORDS) for cell in rows)), None)


def _named_carry(sheet: Sheet, start: Cell) -> Cell | None:
    """The cell whose name says that it is carried to the named start cell: lastslope -> slope, new_m -> m."""
    for name in [name for name, cell in sheet.names.items() if cell == start]:
        for other in (f"last{name}", f"last_{name}", f"new{name}", f"new_{name}"):
            if sheet.names.get(other, start) != start:
                return sheet.names[other]
    return None


def checked_start(sheet: Sheet, found: Parameter) -> Parameter:
    """The parameter, if its start cell holds a number that a run may overwrite."""
    if found.start in sheet.formulas:
        raise SheetError(
            f"{found.name} starts from the formula ={sheet.formulas[found.start]}, which a run would have to overwrite",
            "type a number there",
            **sheet.place(found.start),
        )
    if not isinstance(sheet.values.get(found.start), ErrorValue):  # as a run by hand that diverged leaves it
        sheet.require(found.start, f"the start of {found.name}")
    return found


def _no_start(sheet: Sheet, name: str, cell: str) -> SheetError:
    return SheetError(
        f"the start of {name} was not found: no formula in {cell} refers to it, and no cell is labelled {name}_guess "
        f"or {name}",
        f"put a label {name} to the left of the cell with its start value",
        sheet=sheet.name,
    )


# -- outside the table -----------------------------------------------------------------------------------------------
def batch_parameters(sheet: Sheet, table: StepTable) -> dict[str, Parameter]:
    """The parameters of a batch table: a cell labelled `new m`, or where m's row crosses the heading `new`."""
    found: dict[str, Parameter] = {}
    for name, carry in [*_labelled_successors(sheet), *_crossed_successors(sheet)]:
        start = labelled_start(sheet, table, name)
        if start and start != carry and name not in found and _is_start(sheet, table, name, start):
            carry = _named_carry(sheet, start) or carry
            found[name] = Parameter(name, None, None, start, carry, _reset(sheet, table, name))
    if not any(parameter.carry in sheet.formulas for parameter in found.values()):
        return {}  # another kind of sheet
    return {name: checked_start(sheet, _with_formula(sheet, parameter)) for name, parameter in found.items()}


def _with_formula(sheet: Sheet, found: Parameter) -> Parameter:
    """The parameter, if a formula gives its next value."""
    if found.carry not in sheet.formulas:
        raise SheetError(
            f"the next value of {found.name} is {sheet.show(found.carry)} here, not a formula",
            "write its formula again",
            **sheet.place(found.carry),
        )
    return found


def _is_start(sheet: Sheet, table: StepTable, name: str, cell: Cell) -> bool:
    """Whether a cell is a start: it holds a number, or must hold one, by the heading `guess` or by its text."""
    if sheet.number(cell) is not None or any(
        crossing(sheet, label, GUESS_WORDS) == cell for label in _rows(sheet, table, normal(name))
    ):
        return True
    value = sheet.values.get(cell)
    return isinstance(value, str) and looks_like_a_number(value)


def _labelled_successors(sheet: Sheet) -> list[tuple[str, Cell]]:
    """Names and cells of labels such as `new m`: the one right of them or below, with a formula or else a number."""
    found = []
    for cell, label in sheet.labels():
        if name := named_by_next(label):
            area = sheet.merge_at(cell)
            right, below = (cell[0], area.right + 1), (area.bottom + 1, cell[1])
            heads_column = (below[0] + 1, below[1]) in sheet.formulas
            places = [right] if heads_column else [right, below]
            value = next((place for place in places if place in sheet.formulas), None)
            value = value or next((place for place in places if sheet.number(place) is not None), None)
            if value:
                found.append((_title(sheet, name), value))
    return found


def _crossed_successors(sheet: Sheet) -> list[tuple[str, Cell]]:
    """Names and cells of rows that cross the heading `new`, each with the label nearest on its left."""
    found: dict[Cell, Cell] = {}
    for label, _ in sheet.labels() if labelled(sheet, *NEW_WORDS.labels) else ():
        value = crossing(sheet, label, NEW_WORDS)
        if value and not sheet.is_empty(value) and crossing(sheet, label, GUESS_WORDS):
            found[value] = max(label, found.get(value, label))
    return [(_title(sheet, sheet.label(label)), value) for value, label in found.items()]


def _title(sheet: Sheet, label: str) -> str:
    """A parameter's name as it stands on the sheet."""
    written = [printable(str(sheet.values[cell])).strip() for cell in labelled(sheet, label)]
    return next(iter(written), label)


# -- by hand ---------------------------------------------------------------------------------------------------------
def carried_by_hand(
    sheet: Sheet, found: dict[str, Parameter], pairs: list[tuple[Cell, Cell]]
) -> tuple[dict[str, Parameter], dict[str, Parameter]]:
    """Pairs (from, to) over what was found: parameters that another cell is carried to, and state that none had."""
    changed: dict[str, Parameter] = {}
    states: dict[str, Parameter] = {}
    for source, target in pairs:
        known = next((parameter for parameter in found.values() if parameter.start == target), None)
        name = known.name if known else a1(target)
        fresh = known or Parameter(name, None, None, target, source, None)
        (changed if known else states)[name] = checked_start(sheet, fresh._replace(carry=source))
    return changed, states
