"""What scales a step: the typed cells that multiply all of it that depends on the parameter, through helper cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..formulas.tree import Binary, Call, Number, Tree
from ..grid.sheet import Place
from .graph import Graph
from .updates import Update, factors, terms

DEEPEST = 6  # helper cells, one behind another, that a step is traced through


class Scale(NamedTuple):
    """The cells that multiply a step, and whether a plain number below 1 does."""

    cells: set[Place]
    literal: bool = False


def scales(graph: Graph, update: Update, is_schedule: Callable[[Place], bool]) -> Scale:
    """What multiplies an update's step; `is_schedule` says of a formula that depends on no parameter whether it is a
    learning rate."""
    return _Tracer(graph, update.read, is_schedule).sum(update.step, update.home, 0)


class _Tracer:
    def __init__(self, graph: Graph, read: Place, is_schedule: Callable[[Place], bool]) -> None:
        self.graph, self.read, self.is_schedule = graph, read, is_schedule

    def depends(self, places: Iterable[Place]) -> bool:
        return self.read in self.graph.reached(places, {self.read})

    def sum(self, parts: Iterable[Tree], home: Place, depth: int) -> Scale:
        """What multiplies each of the terms that depend on the parameter."""
        moving = [
            part
            for part in parts
            if self.graph.single(part, home) != self.read and self.depends(self.graph.leaves(part, home))
        ]
        steps = [part for part in moving if not self.is_memory(part, home)]
        found = [self.product(part, home, depth) for part in steps or moving]
        if not found:
            return Scale(set())
        return Scale(set.intersection(*(one.cells for one in found)), all(one.literal for one in found))

    def is_memory(self, part: Tree, home: Place) -> bool:
        """Whether a term is the way from an earlier value, as in beta · (w - previous w): typed cells alone."""
        for factor in factors(part):
            ends = [self.graph.single(one, home) for _, one in terms(factor)]
            if self.read in ends and len(ends) == 2 and None not in ends:
                return all(one and self.graph.number(one) is not None for one in ends)
        return False

    def product(self, part: Tree, place: Place, depth: int) -> Scale:
        cells: set[Place] = set()
        literal = False
        for factor in factors(part):
            one = self.graph.single(factor, place)
            if isinstance(factor, Number):
                literal = literal or 0 < float(factor.text) < 1
            elif one and self.graph.number(one) is not None:
                cells |= {one} - {self.read}
            elif depth < DEEPEST:
                deeper = self.behind(factor, place, one, depth)
                cells |= deeper.cells
                literal = literal or deeper.literal
        return Scale(cells, literal)

    def behind(self, factor: Tree, place: Place, one: Place | None, depth: int) -> Scale:
        """What multiplies a factor that is no typed cell."""
        inner = self.inside(factor, place, one)
        if inner is None:
            return Scale(set())
        tree, home = inner
        if one and not self.depends([one]):
            return Scale({one} if self.is_schedule(one) else set())
        return self.sum((piece for _, piece in terms(tree)), home, depth + 1)

    def inside(self, factor: Tree, place: Place, one: Place | None) -> tuple[Tree, Place] | None:
        """A factor's own formula and its cell: a helper cell's, or that of the first cell that a sum adds up."""
        home: Place | None = place
        tree: Tree | None = None
        if one:
            tree, home = self.graph.tree(one), one
        elif _is_sum(factor):
            tree = factor
        elif (
            isinstance(factor, Call) and factor.function in ("SUM", "AVERAGE") and len(factor.arguments) == 1
        ):
            area = self.graph.area(factor.arguments[0], place)
            home = next(self.graph.cells(*area), None) if area else None
            tree = self.graph.tree(home) if home else None
        elif isinstance(factor, Call) and factor.function == "IF" and len(factor.arguments) > 1:
            tree = factor.arguments[1]
        return (tree, home) if tree is not None and home else None


def _is_sum(tree: Tree) -> bool:
    return isinstance(tree, Binary) and tree.operator in "+-"
