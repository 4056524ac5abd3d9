"""The table on the sheet as a pattern: its formulas as trees over columns, reductions and single cells.

The leaves of these trees are names: "c3" is a column's value in its own row, "p0" the value that a column had in the
row above, "a2" a reduction over all rows, "s5" a single cell, "n" how many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..formulas.grammar import text
from ..formulas.tree import Name, Tree, walk
from ..grid.sheet import Place

COUNT = "n"
SUM, MIN, MAX = "SUM", "MIN", "MAX"


class Aggregate(NamedTuple):
    """A reduction over all rows: of the tree's value in each. `place` is the formula that asks for it."""

    kind: str
    tree: Tree
    place: Place


class Carried(NamedTuple):
    """What goes from row to row: the column whose value is handed on, and the cell whose value the first row takes."""

    column: str
    start: str


class Pattern(NamedTuple):
    """A table's formulas. Columns, reductions and cells stand in an order in which they can be computed."""

    sample: int  # rows on the sheet
    data: dict[str, str]  # columns of numbers, with their headings
    columns: dict[str, Tree]
    carried: dict[str, Carried]
    aggregates: dict[str, Aggregate]
    cells: dict[str, Tree]  # single cells with formulas
    constants: dict[str, float]  # and those without
    parameters: list[str]
    wanted: list[str]  # single cells; or columns, whose last row is meant
    places: dict[str, Place]  # where each cell, and each column's first row, is

    @property
    def headings(self) -> list[str]:
        """The headings of the data, each once."""
        return list(dict.fromkeys(self.data.values()))

    def tree(self, key: str) -> Tree | None:
        """The tree that a leaf stands for, if it is computed from others in its own row or alone."""
        if key in self.columns:
            return self.columns[key]
        if key in self.aggregates:
            return self.aggregates[key].tree
        return self.cells.get(key)

    def wanted_place(self, key: str) -> Place:
        """Where a wanted value stands: of a column, in its last row."""
        sheet, (row, column) = self.places[key]
        return (sheet, (row + self.sample - 1, column)) if key in self.columns else (sheet, (row, column))

    def needs(self, key: str) -> set[str]:
        """All that a leaf is computed from, itself among them; what goes from row to row with its column."""
        found: set[str] = set()
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one in found:
                continue
            found.add(one)
            if one in self.carried:
                waiting += self.carried[one]
            elif (tree := self.tree(one)) is not None:
                waiting += leaves(tree)
        return found


def leaves(tree: Tree) -> Iterator[str]:
    """The names in a tree."""
    return (node.text for node in walk(tree) if isinstance(node, Name))


def as_text(pattern: Pattern) -> Mapping[str, str]:
    """The pattern's formulas as text, by their leaves.

    >>> tree = Name("c0")
    >>> as_text(Pattern(2, {"c0": "x"}, {}, {}, {"a0": Aggregate(SUM, tree, ("S", (1, 1)))}, {}, {}, [], [], {}))
    {'a0': 'SUM c0'}
    """
    reductions = {key: f"{one.kind} {text(one.tree)}" for key, one in pattern.aggregates.items()}
    return {key: text(tree) for key, tree in {**pattern.columns, **pattern.cells}.items()} | reductions
