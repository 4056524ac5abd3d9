"""Next values, found by what formulas do: N = P - … stands for the next value of P, alone or from row to row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..formulas.tree import Binary, Bracket, Sign, Tree
from ..grid.sheet import Place, Sheet
from .graph import Graph


class Update(NamedTuple):
    """A formula, in `next`, that adds to the cell `read`, or takes from it, what depends on that cell."""

    next: Place
    read: Place
    step: list[Tree]  # the other terms of its sum
    formed: Place | None = None  # the cell that it stands in, where `next` only repeats that one

    @property
    def home(self) -> Place:
        """The cell whose formula it is."""
        return self.formed or self.next


class Chain(NamedTuple):
    """A typed number and the formulas that go on from it, from the first to the last."""

    start: Place
    updates: list[Update]

    @property
    def nexts(self) -> list[Place]:
        return [update.next for update in self.updates]


def terms(tree: Tree) -> Iterator[tuple[int, Tree]]:
    """The terms of a sum with their signs."""
    waiting = [(1, tree)]
    while waiting:
        sign, node = waiting.pop()
        if isinstance(node, Bracket):
            waiting.append((sign, node.inner))
        elif isinstance(node, Sign) and node.sign in "+-":
            waiting.append((-sign if node.sign == "-" else sign, node.operand))
        elif isinstance(node, Binary) and node.operator in "+-":
            waiting += [(sign, node.left), (-sign if node.operator == "-" else sign, node.right)]
        else:
            yield sign, node


def factors(tree: Tree) -> Iterator[Tree]:
    """The factors of a product; of a quotient, those above the line."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Bracket):
            waiting.append(node.inner)
        elif isinstance(node, Sign) and node.sign in "+-":
            waiting.append(node.operand)
        elif isinstance(node, Binary) and node.operator == "*":
            waiting += [node.left, node.right]
        elif isinstance(node, Binary) and node.operator == "/":
            waiting.append(node.left)
        else:
            yield node


def chains(graph: Graph, sheet: Sheet) -> list[list[Chain]]:
    """For each typed number that has next values, its chains of them: one, or several among which formulas leave a
    choice."""
    readers: dict[Place, list[Update]] = {}
    for cell, formula in sheet.formulas.items():
        if "+" in formula or "-" in formula:
            for update in updates_in(graph, (sheet.name, cell)):
                readers.setdefault(origin(graph, update.read), []).append(update)
    found = []
    for start in [place for place in readers if graph.number(place) is not None]:
        first = [update for update in readers[start] if depends_on_itself(graph, update)]
        # What is filled down a column and depends on itself in some rows only is a column of the table, no next value.
        idle = (
            {graph.form(update.next) for update in readers[start] if update not in first} if first else set()
        )
        first = [update for update in first if graph.form(update.next) not in idle]
        if first:
            found.append([Chain(start, _followed(graph, update, readers)) for update in first])
    return found


def linked_chains(graph: Graph, sheet: Sheet) -> list[list[Chain]]:
    """For each typed number whose next value is formed on another sheet the cell of its own sheet that repeats that."""
    links = {
        origin(graph, (sheet.name, cell)): (sheet.name, cell)
        for cell, formula in sheet.formulas.items()
        if "!" in formula and graph.repeats((sheet.name, cell))
    }
    found = []
    for name in sorted({place[0] for place in links} - {sheet.name}):
        for group in chains(graph, graph.sheets[name.casefold()]):
            ends = [(chain, links[chain.nexts[-1]]) for chain in group if chain.nexts[-1] in links]
            if group[0].start[0] == sheet.name and ends:
                firsts = [(chain.updates[0], cell) for chain, cell in ends]
                found.append(
                    [
                        Chain(group[0].start, [one._replace(next=cell, formed=one.next)])
                        for one, cell in firsts
                    ]
                )
    return found


def running_totals(graph: Graph, sheet: Sheet) -> list[Chain]:
    """Columns that go on from row to row by what does not depend on them, three rows or more."""
    readers: dict[Place, list[Update]] = {}
    for cell, formula in sheet.formulas.items():
        if "+" in formula or "-" in formula:
            for update in updates_in(graph, (sheet.name, cell)):
                readers.setdefault(update.read, []).append(update)
    nexts = {update.next for group in readers.values() for update in group}
    found = []
    for start in [place for place in readers if place not in nexts]:
        for first in readers[start]:
            chain = Chain(origin(graph, start), _followed(graph, first, readers))
            line = (
                {place[1][1] for place in (start, *chain.nexts)},
                {place[1][0] for place in (start, *chain.nexts)},
            )
            if len(chain.updates) > 2 and min(map(len, line)) == 1 and graph.number(chain.start) is not None:
                found.append(chain)
    return found


def updates_in(graph: Graph, place: Place) -> Iterator[Update]:
    """The cells that a formula adds something to, each with what it adds."""
    tree = graph.tree(place)
    parts = list(terms(tree)) if tree is not None else []
    for number, (sign, part) in enumerate(parts):
        read = graph.single(part, place) if sign > 0 and len(parts) > 1 else None
        if read and read != place:
            yield Update(place, read, [other for at, (_, other) in enumerate(parts) if at != number])


def origin(graph: Graph, place: Place) -> Place:
    """The cell at the end of formulas that only repeat another."""
    seen = set()
    while place not in seen and (further := graph.repeats(place)):
        seen.add(place)
        place = further
    return place


def depends_on_itself(graph: Graph, update: Update) -> bool:
    """Whether what is added to a value depends on that value, as a gradient does and a running total does not."""
    leaves = [place for part in update.step for place in graph.leaves(part, update.home)]
    return update.read in graph.reached(leaves, {update.read})


def _followed(graph: Graph, first: Update, readers: dict[Place, list[Update]]) -> list[Update]:
    """The chain from its first formula on, as far as each is filled on from the one before."""
    found, seen = [first], {first.next}
    while True:
        last = found[-1]
        further = [update for update in readers.get(last.next, ()) if update.next not in seen]
        alike = [update for update in further if graph.form(update.next) == graph.form(last.next)]
        if len(alike) != 1:
            alike = [update for update in further if depends_on_itself(graph, update)]
        if len(alike) != 1:
            return found
        found += alike
        seen.add(alike[0].next)
