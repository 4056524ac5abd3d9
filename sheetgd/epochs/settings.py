"""How many epochs to run, and with which learning rate: as the sheet says, or the caller."""

from __future__ import annotations

from math import isfinite

from ..errors import SheetError, UsageError
from ..grid.a1 import a1
from ..layout.find import Layout
from ..limits import MOST_EPOCHS
from .rule import Rule

EPOCHS = 5  # where the sheet names no number


def check_options(epochs: int | None, learn: float | None) -> None:
    """Refuse numbers that no sheet could take."""
    if epochs is not None and not (isinstance(epochs, int) and 1 <= epochs <= MOST_EPOCHS):
        raise UsageError(f"epochs is {epochs}", f"use a whole number from 1 to {MOST_EPOCHS:,}")
    if learn is not None and not (isfinite(learn) and learn > 0):
        raise UsageError(f"learn is {learn:.15g}", "use a number above 0, such as 0.0001")


def asked_epochs(layout: Layout) -> int:
    """The number of epochs that the sheet asks for."""
    sheet, cell = layout.sheet, layout.controls.epochs
    if cell is None or names_no_epochs(layout):
        return layout.turns - 1 if layout.kind == "trajectory" and layout.turns > 1 else EPOCHS
    number = sheet.require(cell, "epochs", "type a whole number, such as 5")
    if number != int(number) or not 1 <= number <= MOST_EPOCHS:
        raise SheetError(
            f"epochs is {number:.15g}", f"type a whole number from 1 to {MOST_EPOCHS:,}", **sheet.place(cell)
        )
    return int(number)


def names_no_epochs(layout: Layout) -> bool:
    """Whether the sheet leaves open how many epochs to run."""
    cell = layout.controls.epochs
    return cell is None or layout.sheet.is_empty(cell)


def learning_rate(layout: Layout, given: float | None) -> float | None:
    """The learning rate; a table without formulas cannot do without."""
    sheet, cell = layout.sheet, layout.controls.learn
    if cell is None or (sheet.is_empty(cell) and given is None):
        if given is not None and (decaying := layout.decaying):
            raise UsageError(
                f"the learning rate of sheet {sheet.name} changes after each epoch, to what {a1(decaying.carry)} shows",
                f"type its start into {a1(decaying.start)}",
            )
        if given is not None:
            raise UsageError(
                f"sheet {sheet.name} has no learn cell for --learn", "add the label learn to the left of one"
            )
        if layout.rule == "columns":
            raise SheetError(
                "the sheet has no learning rate: no label learn with a number to its right",
                "type learn in a cell and a number such as 0.0001 to its right",
                sheet=sheet.name,
                cell=a1(cell) if cell else "",
            )
        return None
    if given is not None:
        if cell in sheet.formulas:
            raise SheetError(
                f"learn is the formula ={sheet.formulas[cell]}, which --learn would overwrite",
                "change the cells that it refers to, or type a number there",
                **sheet.place(cell),
            )
        return given
    number = sheet.require(cell, "learn", "type a number above 0, such as 0.0001")
    if number <= 0:
        raise SheetError(
            f"learn is {number:.15g}", "type a number above 0, such as 0.0001", **sheet.place(cell)
        )
    return number


def require_learn(rule: Rule) -> None:
    """Refuse an empty learn cell that the new parameters are computed from."""
    layout, cell = rule.layout, rule.layout.controls.learn
    if rule.learn is None and cell and rule.depends(cell):
        raise SheetError(
            "learn is empty", "type a number above 0, such as 0.0001", **layout.sheet.place(cell)
        )
