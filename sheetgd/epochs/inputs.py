"""The cells of a lesson that a teacher types into: their names, and whether a typed value is allowed there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Area, Cell, a1
from ..grid.sheet import Sheet, Value, looks_like_a_number
from ..layout.find import Layout
from ..limits import MOST_EPOCHS

MOST_INPUTS = 24  # in addition to learn and epochs: a page shows no more
LABEL_WITHIN = 3  # cells left of a number, or above it, in which its label is looked for


class Input(NamedTuple):
    """A cell to type into: what it is called, and "learn", "epochs", "start", "reset" or "other"."""

    name: str
    cell: Cell
    kind: str


def find_inputs(book: Book, layout: Layout) -> list[Input]:
    """learn and epochs, the start values, and every labelled number outside the table that the next values rest on."""
    controls, sheet = layout.controls, layout.sheet
    found = [
        Input(kind, cell, kind)
        for kind, cell in (("learn", controls.learn), ("epochs", controls.epochs))
        if cell and cell not in sheet.formulas
    ]
    found += [Input(name, parameter.start, "start") for name, parameter in layout.parameters.items()]
    taken = {entry.cell for entry in found} | {state.start for state in layout.states.values()}
    grid = [layout.grid.whole] if layout.grid else []
    outside = [layout.area, *grid, *([layout.log.area] if layout.log else [])]
    free = [
        cell for cell in sorted(set(_read(book, layout)) - taken) if not any(cell in a.cells for a in outside)
    ]
    labels = {cell: label for cell in free if (label := label_of(sheet, cell))}
    alike = Counter(labels.values())
    others = [
        Input(label if alike[label] == 1 else f"{label} ({a1(cell)})", cell, "other")
        for cell, label in labels.items()
    ]
    return found + others[:MOST_INPUTS]


def _read(book: Book, layout: Layout) -> Iterator[Cell]:
    """The plain numbers of the sheet that the formulas of an epoch read."""
    sheet = layout.sheet
    if not book.has_formulas():
        if layout.controls.nudge:
            yield layout.controls.nudge
        return
    starts = [(sheet.name, parameter.start) for parameter in layout.carried.values()]
    wanted = [(sheet.name, parameter.carry) for parameter in layout.carried.values()]
    cone = book.cone(wanted, starts)
    areas = [area for name, area in cone.inputs if name.casefold() == sheet.name.casefold()] if cone else []
    for area in areas:
        for cell in area.cells if _is_small(area) else ():
            if sheet.number(cell) is not None and cell not in sheet.formulas and cell not in sheet.dates:
                yield cell


def _is_small(area: Area) -> bool:
    """Whether an area may hold a control; a long column holds points."""
    return (area.bottom - area.top) * (area.right - area.left) < MOST_INPUTS and area.bottom - area.top < 5


def label_of(sheet: Sheet, cell: Cell) -> str:
    """The text left of a cell, else above it; empty where there is none near."""
    row, column = cell
    near = [(row, column - back) for back in range(1, LABEL_WITHIN + 1)]
    near += [(row - up, column) for up in range(1, LABEL_WITHIN + 1)]
    texts = (
        str(sheet.values[place]).strip(" :=")
        for place in near
        if place not in sheet.formulas and sheet.label(place)
    )
    return next((text for text in texts if any(map(str.isalnum, text))), "")


def checked(sheet: Sheet, entry: Input, typed: Value) -> float:
    """The number meant by what was typed into an input; a SheetError says why it is not allowed there."""
    number = _number(typed)
    draft = Sheet(sheet.name)
    draft.values[entry.cell] = typed if number is None else number
    advice = {"learn": "type a number above 0, such as 0.0001", "epochs": "type a whole number, such as 5"}
    number = draft.require(entry.cell, entry.name, advice.get(entry.kind, "type a number"))
    if entry.kind == "learn" and number <= 0:
        raise SheetError(f"learn is {number:.15g}", advice["learn"], **sheet.place(entry.cell))
    if entry.kind == "epochs" and (number != int(number) or not 1 <= number <= MOST_EPOCHS):
        raise SheetError(
            f"epochs is {number:.15g}",
            f"type a whole number from 1 to {MOST_EPOCHS:,}",
            **sheet.place(entry.cell),
        )
    return number


def _number(typed: Value) -> float | None:
    """The number of a plain text such as 1e-4; None for a text with a decimal comma: nothing is guessed."""
    if isinstance(typed, (int, float)) and not isinstance(typed, bool):
        return float(typed) if abs(typed) < float("inf") else None
    if not isinstance(typed, str) or "," in typed or "'" in typed or not looks_like_a_number(typed):
        return None
    return float(typed.strip().replace("\u2212", "-"))


def input_at(inputs: list[Input], cell: Cell, sheet: Sheet) -> Input:
    """The input in a cell; an error if the cell is not one."""
    found = next((entry for entry in inputs if entry.cell == cell), None)
    if found is None:
        known = ", ".join(f"{entry.name} ({a1(entry.cell)})" for entry in inputs)
        raise SheetError("it is not an input of the lesson", f"its inputs are {known}", **sheet.place(cell))
    return found
