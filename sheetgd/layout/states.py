"""State in the rows of a table: what goes on from row to row beside the parameters, such as a velocity."""

from __future__ import annotations

from collections.abc import Mapping

from ..grid.a1 import Cell, a1
from ..grid.sheet import Place, Sheet
from .graph import Graph
from .naming import heading_of, label_of
from .updates import Chain, recurs_from


def row_states(
    graph: Graph, sheet: Sheet, named: Mapping[str, Chain], carried: dict[Place, str], kind: str
) -> dict[str, tuple[Cell, Cell]]:
    """The start and the next value of each state in the rows (or columns) of the chains.

    `carried` are the cells of parameters, each with its parameter's name.
    """
    chain = next(iter(named.values()))
    (top, left), (below, right) = (place[1] for place in chain.nexts[:2])
    down, across = below - top, right - left
    if down and across:
        return {}
    last = len(chain.updates) - 1 if kind == "steps" else 0
    marks = carried | _repeated(graph, sheet, carried)
    found: dict[str, tuple[Cell, Cell]] = {}
    for cell in list(sheet.formulas):
        first, second = (sheet.name, cell), (sheet.name, (cell[0] + down, cell[1] + across))
        in_line = cell[0] == top if down else cell[1] == left
        if not in_line or first in carried or second in carried:
            continue
        start = recurs_from(graph, first, second, marks)
        if start and start[0] == sheet.name and graph.number(start) is not None:
            label = heading_of(sheet, cell, bool(down)) or label_of(sheet, start[1]) or a1(start[1])
            found[label] = (start[1], (cell[0] + down * last, cell[1] + across * last))
    return found


def _repeated(graph: Graph, sheet: Sheet, carried: dict[Place, str]) -> dict[Place, str]:
    """The cells that only repeat those of parameters."""
    found = {}
    for cell in sheet.formulas:
        other = graph.repeats((sheet.name, cell))
        if other and other in carried:
            found[sheet.name, cell] = carried[other]
    return found
