"""State that no label names: what the formulas carry from epoch to epoch beside the parameters."""

from __future__ import annotations

from collections.abc import Mapping

from ..grid.a1 import Cell, a1
from ..grid.sheet import Sheet, normal
from .batch_states import BatchStates
from .choice import Choice
from .controls import Controls
from .find import Layout
from .graph import Graph
from .labels import crossing
from .naming import label_of
from .parameters import Parameter, checked_start
from .questions import Questions
from .states import SharedStart, States, fresh_in_first_row, row_states
from .updates import Chain, Update
from .vocabulary import PLAIN_WORDS, RESET_TO_WORDS


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
        label: carried_cell(sheet, label, start, carry)
        for label, (start, carry) in more.items()
        if start not in taken
    }
    decaying = decaying_state(controls, states)
    return layout._replace(states=layout.states | states, decaying=decaying)


def _chain(layout: Layout, found: Parameter) -> Chain:
    """The next values of a parameter that headings tell."""
    sheet, start = layout.sheet.name, (layout.sheet.name, found.start)
    nexts = [(row, found.successor) for row in layout.rows] if found.successor else [found.carry]
    return Chain(start, [Update((sheet, cell), start, []) for cell in nexts])


def more_states(
    graph: Graph,
    sheet: Sheet,
    named: dict[str, Chain],
    loss: Cell | None,
    learn: Cell | None,
    kind: str,
    ask: Questions,
) -> States:
    """What goes on beside parameters; Unclear where the teacher must say whether something does."""
    found: States = {}
    if kind != "batch":
        try:
            found = row_states(graph, sheet, named, kind)
        except SharedStart as shared:
            raise ask.shared_start(shared.start, shared.nexts) from None
        if kind == "trajectory" and (fresh := fresh_in_first_row(graph, sheet, named, found)):
            raise ask.fresh_row(fresh[1], (fresh[1][0] - 1, fresh[1][1]))
    starts = {start for start, _ in found.values()}
    outside = BatchStates(graph, sheet, named, loss, learn, kind)
    if outside.open and not ask.chosen.carry:
        raise ask.open_state(outside.open[0], named)
    for start, following in outside.found.items():
        if start not in starts and following not in {
            place[1] for chain in named.values() for place in chain.nexts
        }:
            name = label_of(sheet, start) or a1(start)
            found[name if name not in found and name not in PLAIN_WORDS else a1(start)] = (start, following)
    return found


def decaying_state(controls: Controls, states: Mapping[str, Parameter]) -> Parameter | None:
    """The state that is the learning rate, which then is no control."""
    found = next((state for state in states.values() if state.start == controls.learn), None)
    controls.learn = None if found else controls.learn
    return found


def carried_cell(sheet: Sheet, label: str, start: Cell, carry: Cell) -> Parameter:
    """What goes on from `carry` to `start`, a number; it is reset from where its row crosses the heading `reset to`."""
    labels = [cell for cell in sheet.labelled(normal(label)) if cell[0] == start[0]]
    reset = next(filter(None, (crossing(sheet, cell, RESET_TO_WORDS) for cell in labels)), None)
    return checked_start(sheet, Parameter(label, None, None, start, carry, reset))
