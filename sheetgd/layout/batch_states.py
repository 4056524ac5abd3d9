"""State beside parameters whose next values stand once: a velocity, a mean square, a step counter, a rate that decays.

No second row shows what goes on, so the formulas are asked: a typed cell that no loss depends on, and that is added to
what the parameters give, as in v = 0.9 v + learn · gradient, is the past of that sum. Where this leaves a choice, or
where nothing forms the next value, it is `Open`: a constant, or forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from ..formulas.tree import Binary, Call, Name, Number, Tree, bare, children, walk
from ..grid.a1 import Cell
from ..grid.column_runs import few
from ..grid.sheet import Place, Sheet
from .graph import Graph
from .naming import label_of
from .updates import Chain, factors, terms
from .vocabulary import CONSTANT_WORDS, COUNTER_WORDS, next_of

LONGEST_SIMPLE = 40  # characters of a formula that counts or decays

TINY = 1e-3  # a typed number below it may keep a root from being 0


class Open(NamedTuple):
    """A typed cell that the step reads and that may be state, with the formulas that could be its next value."""

    cell: Cell
    others: list[Cell]  # that could be the state in its place
    nexts: list[Cell]


class BatchStates:
    """Looks for the state of a batch; `found` are the pairs (start, next value), `open` what is left to be said."""

    def __init__(
        self,
        graph: Graph,
        sheet: Sheet,
        named: Mapping[str, Chain],
        loss: Cell | None,
        learn: Cell | None,
        kind: str = "batch",
    ) -> None:
        self.graph, self.sheet, self.learn = graph, sheet, learn
        self.starts = {chain.start for chain in named.values()}
        self.nexts = {place for chain in named.values() for place in chain.nexts}
        self.loss = loss
        self.found: dict[Cell, Cell] = {}
        self.open: list[Open] = []
        self.label()
        if kind == "batch":
            self.count()
        if kind == "batch" and loss:
            self.add()

    # -- what the step reads, found only where it is asked for -----------------------------------------------------
    @cached_property
    def cone(self) -> set[Place]:
        """What the next values depend on."""
        return self.graph.reached(self.nexts)

    @cached_property
    def moving(self) -> set[Place]:
        """What depends on the parameters."""
        return self.graph.depending(self.cone, self.starts)

    @cached_property
    def typed(self) -> set[Place]:
        """The numbers that the step reads and the loss does not."""
        shown = self.graph.reached([(self.sheet.name, self.loss)]) if self.loss else set()
        return {place for place in self.cone - self.starts - shown if self.graph.number(place) is not None}

    @cached_property
    def formulas(self) -> list[Place]:
        return sorted(place for place in self.cone if self.graph.formula(place) is not None)

    # -- by labels and by counting ---------------------------------------------------------------------------------
    def label(self) -> None:
        """What a label calls the next value."""
        called: dict[str, list[Cell]] = {}
        for cell in few(self.sheet.formulas):
            if (self.sheet.name, cell) not in self.nexts and (label := label_of(self.sheet, cell)):
                called.setdefault(label, []).append(cell)
        for cell in sorted(few(self.sheet.values)):
            typed = cell not in self.sheet.formulas and self.sheet.number(cell) is not None
            own = label_of(self.sheet, cell) if typed else ""
            cells = [
                place for label, places in called.items() if own and next_of(label, own) for place in places
            ]
            if len(cells) == 1 and (self.sheet.name, cell) in self.typed:
                self.found[cell] = cells[0]

    def count(self) -> None:
        """A counter, whose next value is one more; a rate that decays, whose next value is a part of it."""
        read = {place for one in self.formulas for place in self.graph.below(one)}
        powers = self.exponents()
        for start, other, grows in self.simple():
            place = (self.sheet.name, other)
            label = label_of(self.sheet, start)
            if start in self.found or label in CONSTANT_WORDS or not (grows or place not in read):
                continue
            if grows and (place not in read or place in powers or label in COUNTER_WORDS):
                self.found[start] = other
            else:
                self.open.append(Open(start, [], [other]))
        for name, cell in sorted(self.typed):
            own = name == self.sheet.name and cell != self.learn
            counts = own and label_of(self.sheet, cell) in COUNTER_WORDS
            if counts and cell not in self.found and all(one.cell != cell for one in self.open):
                self.open.append(Open(cell, [], []))

    def simple(self) -> Iterator[tuple[Cell, Cell, bool]]:
        """Each typed cell with a formula that adds 1 to it, or takes a part of it, and whether it adds."""
        wanted = self.typed | ({(self.sheet.name, self.learn)} if self.learn else set())
        short = [cell for cell, text in self.sheet.formulas.items() if len(text) <= LONGEST_SIMPLE]
        for cell in sorted(short):
            place = (self.sheet.name, cell)
            tree = self.graph.tree(place)
            tree = tree and bare(tree)
            if not isinstance(tree, Binary) or tree.operator not in "+*" or place in self.nexts:
                continue
            for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
                read = self.graph.single(side, place)
                amount = float(other.text) if isinstance(other, Number) else None
                if read not in wanted or read is None or read[0] != self.sheet.name or amount is None:
                    continue
                if amount == 1 if tree.operator == "+" else 0.5 < amount < 1:
                    yield read[1], cell, tree.operator == "+"

    def exponents(self) -> set[Place]:
        """The cells that are exponents in formulas of the step."""
        found: set[Place | None] = set()
        for place in self.formulas:
            for node in walk(self.tree_of(place)):
                if isinstance(node, Binary) and node.operator == "^":
                    found.add(self.graph.single(node.right, place))
        return {place for place in found if place}

    # -- by adding -------------------------------------------------------------------------------------------------
    def add(self) -> None:
        """A typed cell added to what the parameters give."""
        below = divisors(self.graph, self.formulas)
        uses: dict[
            Place, list[tuple[Place, bool]]
        ] = {}  # the formulas, and whether one is that sum and no more
        partners: dict[Place, set[Place]] = {}
        for place in self.formulas:
            if place not in self.moving or place in below:
                continue
            for cells, whole in self.added(self.tree_of(place), place, True):
                for cell in cells - below:
                    uses.setdefault(cell, []).append((place, whole))
                    partners.setdefault(cell, set()).update(cells - {cell})
        settled = {(self.sheet.name, cell) for cell in self.found}
        kept = [cell for cell in sorted(uses) if not self.is_constant(cell, partners[cell], settled)]
        alike = Counter(
            map(self.graph.form, {place for cell in kept for place, whole in uses[cell] if whole})
        )
        for cell in kept:
            sums = {place for place, whole in uses[cell] if whole and place not in self.nexts}
            if cell in settled or any(alike[self.graph.form(place)] > len(self.starts) for place in sums):
                continue  # a column of data
            self.take(cell, sorted(one[1] for one in partners[cell] & set(kept)), sorted(sums))

    def take(self, start: Place, others: list[Cell], sums: list[Place]) -> None:
        tiny = 0 < abs(self.graph.number(start) or 0) < TINY
        own = [cell for name, cell in sums if name == self.sheet.name]
        if len(own) == len(sums) == 1 and not others and not tiny and start[0] == self.sheet.name:
            self.found[start[1]] = own[0]
        elif all(start[1] not in one.others for one in self.open):
            self.open.append(Open(start[1], others, own))

    def added(self, tree: Tree, place: Place, whole: bool) -> Iterator[tuple[set[Place], bool]]:
        """The typed cells of each term without a parameter that stands beside a term with one, and whether the sum is
        the whole formula; not what is added to a parameter itself, below a line or in an exponent."""
        tree = bare(tree)
        if isinstance(tree, Binary) and tree.operator in "+-":
            parts = tuple(part for _, part in terms(tree))
            yield from ((cells, whole) for cells in self.beside(parts, place))
        elif isinstance(tree, Call) and tree.function == "MAX":
            parts = tree.arguments
            yield from ((cells, False) for cells in self.beside(parts, place))
        else:
            parts = (tree.left,) if isinstance(tree, Binary) and tree.operator in "/^" else children(tree)
        for part in parts:
            yield from self.added(part, place, False)

    def beside(self, parts: Sequence[Tree], place: Place) -> Iterator[set[Place]]:
        """The typed cells of each part of a sum without a parameter, if another part has one and is no parameter."""
        moving = [part for part in parts if self.moves(part, place)]
        bare = any(self.is_parameter(part, place) for part in moving)
        if moving and (not bare or place in self.nexts):
            yield from filter(None, (self.factors(part, place) for part in parts if part not in moving))

    def moves(self, part: Tree, place: Place) -> bool:
        return any(one in self.moving or one in self.starts for one in self.graph.leaves(part, place))

    def is_parameter(self, part: Tree, place: Place) -> bool:
        one = self.graph.single(part, place)
        return one is not None and (one in self.starts or self.graph.repeats(one) in self.starts)

    def factors(self, part: Tree, place: Place) -> set[Place]:
        """The typed cells of a product, if it is one of typed cells and numbers alone."""
        found: set[Place] = set()
        for factor in factors(part):
            one = self.graph.single(factor, place)
            if one not in self.typed and not self.typed.issuperset(self.graph.leaves(factor, place)):
                return set()
            found |= {one} if one and one[1] != self.learn else set()
        return found

    def is_constant(self, cell: Place, partners: Iterable[Place], settled: set[Place]) -> bool:
        """Whether a typed cell only scales another one: by its word, or because it is used more often."""
        if cell in settled:
            return False
        if self.is_called_constant(cell):
            return True
        rivals = [one for one in partners if not self.is_called_constant(one)]
        return bool(settled & set(rivals)) or any(self.times(cell) > self.times(one) for one in rivals)

    def is_called_constant(self, cell: Place) -> bool:
        return label_of(self.graph.sheets[cell[0].casefold()], cell[1]) in CONSTANT_WORDS

    def times(self, cell: Place) -> int:
        """How often the formulas of the step read a cell."""
        reading = [place for place in self.formulas if cell in self.graph.below(place)]
        return sum(one == cell for place in reading for one in self.graph.leaves(self.tree_of(place), place))

    def tree_of(self, place: Place) -> Tree:
        """A formula's tree, an empty one where it is not understood."""
        return self.graph.tree(place) or Name("")


def divisors(graph: Graph, places: Iterable[Place]) -> set[Place]:
    """The cells that some formulas divide by, such as h, or a root with an epsilon beside it."""
    found: set[Place] = set()
    for place in places:
        for part in _below_a_line(graph.tree(place) or Name("")):
            found |= {one for factor in factors(part) if (one := graph.single(factor, place))}
    return found


def _below_a_line(tree: Tree) -> Iterator[Tree]:
    """What a formula divides by."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Binary) and node.operator == "/":
            yield node.right
            waiting.append(node.left)
        else:
            waiting += children(node)
