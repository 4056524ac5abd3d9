"""The layout of a sheet that no headings tell: made of what its formulas do (see `structure`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..grid.a1 import Area, Cell
from ..grid.sheet import Sheet, normal
from .choice import Choice
from .controls import Controls, find_grid, find_log
from .find import Layout, missing_things
from .graph import Graph
from .labels import crossing
from .naming import label_of
from .own_table import own_table
from .parameters import Parameter, checked_start
from .questions import Questions
from .structure import Finder, Structure, more_states
from .updates import Chain, Update
from .vocabulary import RESET_TO_WORDS


def own_layout(sheets: Mapping[str, Sheet], name: str, choice: Choice, book: str) -> Layout | None:
    """The layout of one of a book's sheets; None where it holds no descent, `Unclear` where that is the teacher's to
    say. `book` is what the commands of the advice name."""
    sheet = sheets[name]
    found = Finder(sheets, name, choice, book).find()
    if found is None:
        return None
    table, last, across = own_table(sheet, found)
    parameters = {
        label: checked_start(
            sheet,
            Parameter(
                label, None, None, chain.start[1], _carry(found, label), _reset(sheet, label, chain.start[1])
            ),
        )
        for label, chain in found.chains.items()
    }
    states = {
        label: checked_start(sheet, Parameter(label, None, None, start, carry, _reset(sheet, label, start)))
        for label, (start, carry) in found.states.items()
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
    decaying = _decaying(controls, states)
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


def _decaying(controls: Controls, states: Mapping[str, Parameter]) -> Parameter | None:
    """The state that is the learning rate, which then is no control."""
    found = next((state for state in states.values() if state.start == controls.learn), None)
    controls.learn = None if found else controls.learn
    return found


def completed(sheets: Mapping[str, Sheet], layout: Layout, choice: Choice, book: str) -> Layout:
    """A layout that headings tell, with the state that its formulas carry and no label does.

    `Unclear` where the teacher must say what is carried.
    """
    sheet, graph = layout.sheet, Graph(sheets)
    named = {name: _chain(layout, found) for name, found in layout.parameters.items()}
    kind = "steps" if layout.table.successors else "batch"
    if kind == "steps" and len(layout.rows) < 2:
        return layout
    controls, taken = layout.controls, {found.start for found in layout.carried.values()}
    ask = Questions(sheet, book, choice)
    more = more_states(graph, sheet, named, controls.loss, controls.learn, kind, ask)
    states = {
        label: checked_start(sheet, Parameter(label, None, None, start, carry, _reset(sheet, label, start)))
        for label, (start, carry) in more.items()
        if start not in taken
    }
    decaying = _decaying(controls, states)
    return layout._replace(states=layout.states | states, decaying=decaying)


def _chain(layout: Layout, found: Parameter) -> Chain:
    """The next values of a parameter that headings tell."""
    sheet, start = layout.sheet.name, (layout.sheet.name, found.start)
    nexts = [(row, found.successor) for row in layout.rows] if found.successor else [found.carry]
    return Chain(start, [Update((sheet, cell), start, []) for cell in nexts])


def _carry(found: Structure, label: str) -> Cell:
    """What is carried: of rows that are epochs the second, so that any number of epochs may be run; else the last."""
    nexts = found.chains[label].nexts
    return nexts[0 if found.kind == "trajectory" else -1][1]


def _reset(sheet: Sheet, label: str, start: Cell) -> Cell | None:
    """The cell that reset restores a start from: where its row crosses the heading `reset to`."""
    labels = [cell for cell in sheet.labelled(normal(label)) if cell[0] == start[0]]
    return next(filter(None, (crossing(sheet, cell, RESET_TO_WORDS) for cell in labels)), None)


def _areas(places: Iterable[tuple[str, Cell]]) -> list[tuple[str, Area]]:
    """Columns of cells as areas."""
    columns: dict[tuple[str, int], list[int]] = {}
    for sheet, (row, column) in places:
        columns.setdefault((sheet, column), []).append(row)
    return [(sheet, Area(min(rows), column, max(rows), column)) for (sheet, column), rows in columns.items()]
