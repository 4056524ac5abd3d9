"""The layout of a sheet that no headings tell: made of what its formulas do (see `structure`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..grid.a1 import Area, Cell
from ..grid.sheet import Sheet
from .choice import Choice
from .controls import Controls, find_grid, find_log
from .find import Layout, missing_things
from .naming import label_of
from .own_table import own_table
from .structure import Finder, Structure
from .unlabelled_states import carried_cell, decaying_state


def own_layout(sheets: Mapping[str, Sheet], name: str, choice: Choice, book: str) -> Layout | None:
    """The layout of one of a book's sheets; None where it holds no descent, `Unclear` where that is the teacher's to
    say. `book` is what the commands of the advice name."""
    sheet = sheets[name]
    found = Finder(sheets, name, choice, book).find()
    if found is None:
        return None
    table, last, across = own_table(sheet, found)
    parameters = {
        label: carried_cell(sheet, label, chain.start[1], _carry(found, label))
        for label, chain in found.chains.items()
    }
    states = {
        label: carried_cell(sheet, label, start, carry) for label, (start, carry) in found.states.items()
    }
    controls = Controls(sheet, table, last, choice)
    controls.learn = found.learn
    controls.loss, controls.loss_name = None, "loss"
    if found.loss:
        controls.loss, controls.loss_name = found.loss, label_of(sheet, found.loss) or "loss"
    if controls.epochs and controls.epochs in table.area(last).cells:
        controls.epochs = choice.epochs
    grid = find_grid(sheet, parameters, table.area(last))
    log = find_log(sheet, parameters, grid, controls)
    missing = missing_things(controls, log, grid, len(parameters), logs_itself=found.kind == "trajectory")
    decaying = decaying_state(controls, states)
    elsewhere = _areas(cell for cell in found.data if cell[0] != name)
    return Layout(
        sheet,
        "formulas",
        table,
        last,
        parameters,
        states,
        controls,
        log,
        grid,
        missing,
        found.kind,
        found.why | ({"epochs": "its label says so"} if controls.epochs else {}),
        found.rivals,
        elsewhere,
        decaying,
        across,
    )


def _carry(found: Structure, label: str) -> Cell:
    """What is carried: of rows that are epochs the second, so that any number of epochs may be run; else the last."""
    nexts = found.chains[label].nexts
    return nexts[0 if found.kind == "trajectory" else -1][1]


def _areas(places: Iterable[tuple[str, Cell]]) -> list[tuple[str, Area]]:
    """Columns of cells as areas."""
    columns: dict[tuple[str, int], list[int]] = {}
    for sheet, (row, column) in places:
        columns.setdefault((sheet, column), []).append(row)
    return [(sheet, Area(min(rows), column, max(rows), column)) for (sheet, column), rows in columns.items()]
