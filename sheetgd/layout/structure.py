"""Finding a descent by what the formulas do: next values, the loss that depends on them, the learning rate that scales
the step, state, and whether each row is a step, an epoch, or the rows together one step.

Words break ties. Where formulas and words leave a choice, nothing is chosen: see `Unclear`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..formulas.tree import Binary, Call, Tree, walk
from ..grid.a1 import Cell, a1
from ..grid.sheet import Place, Sheet
from .batch_states import divisors
from .choice import Choice
from .graph import Graph
from .naming import label_of
from .questions import Questions, Unclear
from .scale import scales
from .states import States
from .unlabelled_states import more_states
from .unread import refuse_unread_factors, refuse_unread_starts
from .updates import Chain, Update, chains, linked_chains, origin, updates_in
from .vocabulary import LEARN_WORDS, LOSS_WORDS, PLAIN_WORDS, next_of

# What makes a sum of residuals a loss: it cannot cancel itself out.
BENDING = {
    "ABS",
    "MAX",
    "LN",
    "LOG",
    "LOG10",
    "SUMSQ",
    "SUMXMY2",
    "SUMX2MY2",
    "DEVSQ",
    "POWER",
    "EXP",
    "COSH",
    "IF",
}


class Structure(NamedTuple):
    """A descent as its formulas tell it, all cells on one sheet."""

    kind: str  # "steps", "batch" or "trajectory": a row a step, all rows one step, a row an epoch
    chains: dict[str, Chain]  # by parameter
    states: dict[str, tuple[Cell, Cell]]  # start and next value
    loss: Cell | None
    learn: Cell | None
    data: list[Place]  # the typed numbers that the loss reads, in order
    why: dict[str, str]  # of each thing, by what it is called in `look`
    rivals: dict[str, list[Cell]]  # the cells that each could have been instead


class Finder:
    """Looks at one sheet of a book; `book` is what the commands that settle what is unclear name."""

    def __init__(self, sheets: Mapping[str, Sheet], name: str, chosen: Choice, book: str) -> None:
        self.graph, self.sheet, self.chosen = Graph(sheets), sheets[name], chosen
        self.ask = Questions(self.sheet, book, chosen)
        self.why: dict[str, str] = {}
        self.rivals: dict[str, list[Cell]] = {}
        self.abroad: list[Chain] = []  # that start on another sheet
        self.others: dict[Cell, list[Cell]] = {}  # by a parameter's start: what could be its next value, too

    # -- the whole -------------------------------------------------------------------------------------------------
    def find(self) -> Structure | None:
        """The descent, or None where the sheet holds none; Unclear where it may hold one."""
        refuse_unread_starts(self.graph, self.sheet)
        known = self.by_hand()
        given = {chain.start for chain in known}
        possible = [group for group in self.possible() if group[0].start not in given]
        if not known and not possible:
            if abroad := [chain for chain in self.abroad if self.is_scaled([chain])]:
                raise self.ask.other_sheet(abroad, self.graph)
            return None
        starts = [*given, *(group[0].start for group in possible)]
        nexts = {cell for group in [known, *possible] for chain in group for cell in chain.nexts}
        loss = self.find_loss(
            starts, nexts, bool(known), bool(known) and not any(map(self.is_scaled, possible))
        )
        found = self.beside(loss, possible) if known else self.moved_by(loss, possible)
        states = [chain for chain in known if found and not self.moves(loss, chain)]
        named = self.named([*found, *(chain for chain in known if chain not in states)])
        learn = self.find_learn(named, bool(known))
        kind = self.kind(found or known)
        also = {name: (chain.start[1], chain.nexts[0][1]) for name, chain in self.named(states).items()}
        chains_ = {name: chain for name, chain in named.items() if chain in found} or named
        also |= self.find_states(chains_, loss, learn, kind, {*given, *(chain.start for chain in found)})
        return Structure(
            kind, named, also, loss, learn, self.data(loss, [*found, *known]), self.why, self.rivals
        )

    def by_hand(self) -> list[Chain]:
        """The chains that --carry names."""
        name = self.sheet.name
        found = []
        for source, to in self.chosen.carry:
            place, start = (name, source), (name, to)
            formed = [one for one in updates_in(self.graph, place) if origin(self.graph, one.read) == start]
            found.append(Chain(start, formed[:1] or [Update(place, start, [])]))
        return found

    def beside(self, loss: Cell | None, possible: list[list[Chain]]) -> list[Chain]:
        """The parameters beside those that --carry names: those beyond doubt."""
        return [
            group[0]
            for group in possible
            if len(group) == 1 and self.moves(loss, group[0]) and self.is_scaled(group)
        ]

    def is_scaled(self, group: list[Chain]) -> bool:
        """Whether a learning rate multiplies a chain's step."""
        return any(scales(self.graph, group[0].updates[0], self.is_schedule))

    def moves(self, loss: Cell | None, chain: Chain) -> bool:
        """Whether the loss depends on what a chain starts from."""
        return loss is not None and chain.start in self.graph.reached([(self.sheet.name, loss)])

    def possible(self) -> list[list[Chain]]:
        """For each start on this sheet its possible chains, one where a label tells which is meant."""
        found = []
        groups = [*chains(self.graph, self.sheet), *linked_chains(self.graph, self.sheet)]
        for group in sorted(groups, key=lambda group: group[0].start):
            if group[0].start[0] != self.sheet.name:
                self.abroad.append(group[0])
                continue
            name = label_of(self.sheet, group[0].start[1])
            labelled = [chain for chain in group if next_of(label_of(self.sheet, chain.nexts[0][1]), name)]
            longest = max(len(chain.updates) for chain in group)
            long = [chain for chain in group if len(chain.updates) == longest]
            kept = labelled if len(labelled) == 1 else long
            others = [chain.nexts[-1][1] for chain in group if chain not in kept]
            self.others[group[0].start[1]] = others
            found.append(kept)
        return found

    # -- the loss --------------------------------------------------------------------------------------------------
    def find_loss(self, starts: list[Place], nexts: set[Place], carried: bool, lenient: bool) -> Cell | None:
        """The cell that sums up the table and depends on the parameters, not on what comes after."""
        if self.chosen.loss:
            self.why["loss"] = "given by --loss"
            return self.chosen.loss
        found = self.losses(starts, nexts)
        found = self.unshifted(found, nexts)
        worded = [cell for cell in found if self.is_called_loss(cell)]
        used = self.graph.reached([place for cell in nexts for place in self.graph.below(cell)])
        silent = [cell for cell in found if (self.sheet.name, cell) not in used]
        named = [cell for cell in silent if cell in self.sheet.names.values()]
        for cells, why in (
            (worded, "its label says so, and it depends on the parameters"),
            (named, "it has a name, and it depends on the parameters"),
            (silent, "it sums up the table and depends on the parameters"),
        ):
            last = self.last_of(cells)
            if len(last) == 1:
                self.why["loss"] = why
                self.rivals["loss"] = [cell for cell in self.outer(found) if cell != last[0]]
                return last[0]
            if last and not lenient:
                raise self.ask.two_losses(last)
        if carried:
            return None
        raise self.no_loss(starts)

    def losses(self, starts: list[Place], nexts: set[Place]) -> list[Cell]:
        depending = self.graph.reading(self.sheet, starts)
        summing: set[Place] = set()
        for cell in sorted(self.sheet.formulas):
            place = (self.sheet.name, cell)
            if place in depending and place not in nexts and self.sums_up(place, nexts, summing):
                summing.add(place)
        cut = self.graph.reached(starts)
        return [
            cell
            for _, cell in sorted(summing | self.called(depending - nexts, starts, nexts))
            if self.graph.any_below((self.sheet.name, cell), bends, depending - cut)
            and self.is_early((self.sheet.name, cell), nexts)
        ]

    def unshifted(self, losses: list[Cell], nexts: set[Place]) -> list[Cell]:
        """The losses without those of a finite difference, which read what another reads, and an h that a next value
        divides by."""
        if len(losses) < 2:
            return losses
        read = {cell: self.typed(self.graph.reached([(self.sheet.name, cell)])) for cell in losses}
        steps = divisors(self.graph, self.graph.reached(nexts))
        return [
            cell
            for cell in losses
            if not any(read[other] < read[cell] and read[cell] - read[other] <= steps for other in losses)
        ]

    def called(self, depending: Collection[Place], starts: list[Place], nexts: set[Place]) -> set[Place]:
        """Cells that a label of their own, left of them, or a name calls a loss: a function's value, without a table;
        in a table with a row for each epoch it is the heading."""
        rows = {row for name, (row, column) in starts if (name, (row + 1, column)) in nexts}
        columns = {column for name, (row, column) in starts if (name, (row, column + 1)) in nexts}
        return {
            place
            for place in depending
            if place[0] == self.sheet.name
            and (
                self.sheet.label((place[1][0], place[1][1] - 1)) in LOSS_WORDS
                or (place[1] in self.sheet.names.values() and self.is_called_loss(place[1]))
                or ((place[1][0] in rows or place[1][1] in columns) and self.is_called_loss(place[1]))
            )
        }

    def sums_up(self, place: Place, nexts: Collection[Place], summing: Collection[Place]) -> bool:
        below = self.graph.below(place)
        return _reads_many(self.graph, place) or any(
            other in summing and other not in nexts and not self.in_row(place, other) for other in below
        )

    def in_row(self, place: Place, other: Place) -> bool:
        """Whether a cell of a table's row merely uses a sum, as a prediction uses a mean."""
        below = (place[1][0] + 1, place[1][1])
        return below in self.sheet.formulas and other[1][0] != place[1][0]

    def is_early(self, place: Place, nexts: set[Place]) -> bool:
        """Whether a loss in a row (or a column) of a trajectory is that of its first one."""
        (row, column), form = place[1], self.graph.form(place)
        for down, across in ((1, 0), (0, 1)):
            beside = [(place[0], (row + way * down, column + way * across)) for way in (1, -1)]
            at = row if down else column
            near = any((cell[1][0] if down else cell[1][1]) in (at - 1, at) for cell in nexts)
            if near and any(self.graph.form(other) == form for other in beside):
                return nexts.isdisjoint(self.graph.reached([place]))
        return True

    def is_called_loss(self, cell: Cell) -> bool:
        names = [name for name, at in self.sheet.names.items() if at == cell]
        return label_of(self.sheet, cell) in LOSS_WORDS or any(name in LOSS_WORDS for name in names)

    def last_of(self, cells: list[Cell]) -> list[Cell]:
        """Those that no other of them is computed from; of several that read the same, the first."""
        found: dict[tuple[Place, ...], Cell] = {}
        for cell in self.outer(cells):
            found.setdefault(tuple(sorted(self.graph.below((self.sheet.name, cell)))), cell)
        return list(found.values())

    def outer(self, cells: list[Cell]) -> list[Cell]:
        """Those that no other of them is computed from."""
        places = [(self.sheet.name, cell) for cell in cells]
        inner = {other for place in places for other in self.graph.reached([place]) if other != place}
        return [place[1] for place in places if place not in inner]

    # -- parameters ------------------------------------------------------------------------------------------------
    def moved_by(self, loss: Cell | None, possible: list[list[Chain]]) -> list[Chain]:
        """The chains of the starts that the loss depends on."""
        reached = self.graph.reached([(self.sheet.name, loss)]) if loss else set()
        kept = [group for group in possible if group[0].start in reached]
        for group in kept:
            if len(group) > 1:
                raise self.ask.two_nexts(group)
        if not kept:
            raise self.no_loss([group[0].start for group in possible])
        return [group[0] for group in kept]

    def no_loss(self, starts: list[Place]) -> Unclear:
        return self.ask.no_loss([group[0] for group in self.possible() if group[0].start in starts])

    def named(self, found: list[Chain]) -> dict[str, Chain]:
        names: dict[str, Chain] = {}
        for chain in sorted(found, key=lambda chain: chain.start[1]):
            name = label_of(self.sheet, chain.start[1]) or a1(chain.start[1])
            if name in names or name in PLAIN_WORDS:
                name = a1(chain.start[1])
            names[name] = chain
            step = a1(chain.nexts[0][1])
            self.rivals[name] = self.others.get(chain.start[1], [])
            self.why[name] = (
                "given by --carry"
                if (chain.nexts[0][1], chain.start[1]) in self.chosen.carry
                else f"{step} is {a1(chain.start[1])} and a step that depends on it; the loss depends on it"
            )
        return names

    def kind(self, found: list[Chain]) -> str:
        """How the chains run; rows that read the same numbers are epochs."""
        chain = found[0]
        if len(chain.updates) == 1:
            return "batch"
        cut = {cell for one in found for cell in (*one.nexts, one.start)}
        leaves = [
            self.typed(self.graph.reached(self.graph.below(cell), cut)) - cut for cell in chain.nexts[-2:]
        ]
        return "trajectory" if leaves[0] == leaves[1] else "steps"

    def typed(self, places: Collection[Place]) -> set[Place]:
        return {place for place in places if self.graph.number(place) is not None}

    def data(self, loss: Cell | None, found: list[Chain]) -> list[Place]:
        first = [(self.sheet.name, loss)] if loss else [cell for chain in found for cell in chain.nexts]
        starts = {chain.start for chain in found}
        return sorted(self.typed(self.graph.reached(first)) - starts)

    # -- the learning rate -----------------------------------------------------------------------------------------
    def find_learn(self, named: dict[str, Chain], carried: bool) -> Cell | None:
        """The typed cell that scales every step."""
        if self.chosen.learn:
            self.why["learn"] = "given by --learn-cell"
            return self.chosen.learn
        steps = [update for chain in named.values() for update in chain.updates[:2] if update.step]
        scaled = [scales(self.graph, update, self.is_schedule) for update in steps]
        common = set.intersection(*(cells for cells, _ in scaled)) if scaled else set()
        own = sorted(cell for name, cell in common if name == self.sheet.name)
        worded = [cell for cell in own if self.is_called_learn(cell)]
        candidates = worded or own
        if len(candidates) > 1 and not carried:
            raise self.ask.two_learns(candidates)
        if len(candidates) == 1:
            where = ", ".join(a1(update.next[1]) for update in steps[:2])
            self.why["learn"] = f"it multiplies the step in {where}"
            self.rivals["learn"] = [cell for cell in own if cell != candidates[0]]
            return candidates[0]
        if not carried and not any(literal or cells for cells, literal in scaled):
            refuse_unread_factors(self.graph, self.sheet, {update.home for update in steps})
            raise self.ask.no_learn(named)
        return None

    def is_called_learn(self, cell: Cell) -> bool:
        names = [name for name, at in self.sheet.names.items() if at == cell]
        return label_of(self.sheet, cell) in LEARN_WORDS or any(name in LEARN_WORDS for name in names)

    def is_schedule(self, place: Place) -> bool:
        """Whether a formula that depends on no parameter is a learning rate by its name."""
        return place[0] == self.sheet.name and self.is_called_learn(place[1])

    # -- state -----------------------------------------------------------------------------------------------------
    def find_states(
        self, named: dict[str, Chain], loss: Cell | None, learn: Cell | None, kind: str, taken: set[Place]
    ) -> States:
        """What else goes on from row to row, or from end to start."""
        found = more_states(self.graph, self.sheet, named, loss, learn, kind, self.ask)
        found = {name: pair for name, pair in found.items() if (self.sheet.name, pair[0]) not in taken}
        for name in found:
            self.why[name] = "its next value is computed beside those of the parameters, which depend on it"
        return found


def bends(node: Tree) -> bool:
    """Whether a part of a formula keeps residuals from cancelling: a square, a logarithm, an absolute value."""
    if isinstance(node, Call):
        return node.function in BENDING
    if isinstance(node, Binary) and node.operator == "*":
        return node.left == node.right
    return isinstance(node, Binary) and node.operator == "^"


def _reads_many(graph: Graph, place: Place) -> bool:
    tree = graph.tree(place)
    areas = (graph.area(node, place) for node in walk(tree)) if tree is not None else iter(())
    return any(found and found[1][:2] != found[1][2:] for found in areas)
