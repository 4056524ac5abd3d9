"""State in the rows of a table: what goes on from row to row beside the parameters, such as a velocity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..formulas.tree import Name, Reference, TableField, Tree, children
from ..grid.a1 import Cell, a1
from ..grid.sheet import Place, Sheet
from .graph import Graph
from .naming import heading_of, label_of
from .updates import Chain, origin

States = dict[str, tuple[Cell, Cell]]  # by name: the start and the next value


class SharedStart(Exception):
    """One typed cell begins several states: their next values cannot all be carried to it."""

    def __init__(self, start: Cell, nexts: list[Cell]) -> None:
        super().__init__()
        self.start, self.nexts = start, nexts


def row_states(graph: Graph, sheet: Sheet, named: Mapping[str, Chain], kind: str) -> States:
    """The start and the next value of each state in the rows (or columns) of the chains.

    A state shows where two neighbouring rows differ: what the first reads of a typed cell, the second reads of a
    formula in the first.
    """
    step = step_between(named)
    if step is None:
        return {}
    last = max(len(chain.updates) for chain in named.values()) - 1 if kind == "steps" else 0
    begins = {cell: start for start, cell in _begun(graph, sheet, named, step)}
    shared = [cell for cell, start in begins.items() if list(begins.values()).count(start) > 1]
    if shared:
        raise SharedStart(begins[shared[0]], sorted(shared))
    found: States = {}
    for cell, start in begins.items():
        name = heading_of(sheet, cell, bool(step[0])) or label_of(sheet, start) or a1(start)
        found[name if name not in found else a1(start)] = (start, _moved(cell, step, last))
    return found


def step_between(named: Mapping[str, Chain]) -> tuple[int, int] | None:
    """How far, down or right, the second next value is from the first."""
    (top, left), (below, right) = (place[1] for place in next(iter(named.values())).nexts[:2])
    down, across = below - top, right - left
    return None if down and across else (down, across)


def marks(graph: Graph, named: Mapping[str, Chain], among: Iterable[Place]) -> set[Place]:
    """The cells of parameters, and those among some that only repeat them."""
    carried = {place for chain in named.values() for place in (chain.start, *chain.nexts)}
    return carried | {place for place in among if graph.repeats(place) in carried}


def fresh_in_first_row(
    graph: Graph, sheet: Sheet, named: Mapping[str, Chain], states: States
) -> Place | None:
    """A cell of the first row that the second row goes on from, though the first goes on from none: in a table with a
    row for each epoch, every epoch would begin it anew."""
    starts = [chain.start for chain in named.values()]
    first, second = ([chain.nexts[row] for chain in named.values()] for row in (0, 1))
    own = graph.reached(first)
    known = marks(graph, named, own) | {(sheet.name, cell) for _, cell in states.values()}
    ahead = graph.reached(second, known - set(second))
    direct = {read for place in ahead - own for read in graph.below(place)}
    return min((own & direct & graph.depending(own, starts)) - known, default=None)


# -- between two rows ------------------------------------------------------------------------------------------------
def _begun(
    graph: Graph, sheet: Sheet, named: Mapping[str, Chain], step: tuple[int, int]
) -> Iterator[tuple[Cell, Cell]]:
    """Each typed cell that the first row goes on from, with the first row's cell that the second goes on from."""
    first = [chain.nexts[0] for chain in named.values()]
    line = {
        (sheet.name, cell) for cell in _in_line(sheet, first[0][1], bool(step[0])) if cell in sheet.formulas
    }
    own = {place for place in graph.reached(first) if place[0] == sheet.name and place[1] in sheet.formulas}
    below = {read for place in line | own for read in graph.below(place)}
    known = marks(graph, named, line | own | below)
    seen = set()
    for place in sorted(line | own):
        other = (sheet.name, _moved(place[1], step))
        if place in known or other[1] not in sheet.formulas:
            continue
        for read, later in _differences(graph, place, other, step):
            start = origin(graph, read)
            if later in line | own and not known & {read, later, start} and graph.number(start) is not None:
                seen.add((start, later))
    yield from sorted((start[1], later[1]) for start, later in seen if start[0] == sheet.name)


def _in_line(sheet: Sheet, cell: Cell, down: bool) -> Iterator[Cell]:
    """The cells of a table's row (or column) on both sides of one, as far as none is empty."""
    for way in (-1, 1):
        here = cell
        while not sheet.is_empty(here):
            yield here
            here = (here[0], here[1] + way) if down else (here[0] + way, here[1])


def _differences(
    graph: Graph, one: Place, other: Place, step: tuple[int, int]
) -> Iterator[tuple[Place, Place]]:
    """The cells that two formulas, the same but for these, read in the same place."""
    first, second = graph.tree(one), graph.tree(other)
    found = [] if first is None or second is None else list(_leaves(graph, first, second, one, other))
    if None in found:
        return
    for pair in filter(None, found):
        typed = graph.number(pair[0]) is not None
        filled = pair[1] == (pair[0][0], _moved(pair[0][1], step))
        if pair[0] != pair[1] and (typed or not filled) and graph.formula(pair[1]) is not None:
            yield pair


def _leaves(
    graph: Graph, first: Tree, second: Tree, one: Place, other: Place
) -> Iterator[tuple[Place, Place] | None]:
    """The single cells in the same places of two trees; None where the trees are of different forms."""
    leaf = (Reference, Name, TableField)
    if isinstance(first, leaf) and isinstance(second, leaf):
        cells = graph.single(first, one), graph.single(second, other)
        if cells[0] and cells[1]:
            yield cells[0], cells[1]
        elif cells[0] or cells[1]:
            yield None
        return
    below = children(first), children(second)
    alike = type(first) is type(second) and len(below[0]) == len(below[1])
    if not alike or (not below[0] and first != second) or _head(first) != _head(second):
        yield None
        return
    for left, right in zip(*below, strict=True):
        yield from _leaves(graph, left, right, one, other)


def _head(tree: Tree) -> object:
    """What a part of a formula does with its parts."""
    return next(
        (getattr(tree, field) for field in ("operator", "sign", "function") if hasattr(tree, field)), None
    )


def _moved(cell: Cell, step: tuple[int, int], times: int = 1) -> Cell:
    return cell[0] + step[0] * times, cell[1] + step[1] * times
