"""The formulas of a book as a graph: what each cell reads, and what is reached from it.

Only small books are looked at, not those with too many formulas or with many that read long areas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from ..formulas.grammar import NotAFormula, parse, r1c1
from ..formulas.structured import frames, meant
from ..formulas.tree import Binary, Bracket, Name, Number, Reference, TableField, Tree, bare, walk
from ..grid.a1 import Area, Cell
from ..grid.sheet import Place, Sheet

MOST_FORMULAS = 6_000
MOST_CELLS = 400_000  # cells that all formulas together read, each counted once for each formula
MOST_VISITS = 1_500_000  # of cells, on the ways from formula to formula: about half a second


class TooLarge(Exception):
    """The book has more formulas than are looked at one by one."""


class Graph:
    """The formulas of a book's sheets, taken apart when they are first asked for."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self.sheets = {name.casefold(): sheet for name, sheet in sheets.items()}
        if sum(len(sheet.formulas) for sheet in sheets.values()) > MOST_FORMULAS:
            raise TooLarge
        self._homes = self.sheets | dict(sheets)
        self.tables = frames(sheets.values())
        self._trees: dict[Place, Tree | None] = {}
        self._below: dict[Place, list[Place]] = {}
        self._forms: dict[Place, str] = {}
        self._read = self._visited = 0

    def home(self, name: str) -> Sheet | None:
        """The sheet of that name, however it is written."""
        return self._homes.get(name) or self._homes.get(name.casefold())

    def formula(self, place: Place) -> str | None:
        sheet = self.home(place[0])
        return sheet.formulas.get(place[1]) if sheet else None

    def number(self, place: Place) -> float | None:
        """The number that is typed in a cell, or None."""
        sheet = self.home(place[0])
        return None if sheet is None or place[1] in sheet.formulas else sheet.number(place[1])

    def tree(self, place: Place) -> Tree | None:
        """The tree of a cell's formula; None where it has none, or one that is not understood."""
        if place not in self._trees:
            formula, found = self.formula(place), None
            if formula is not None:
                try:
                    found = parse(formula)
                except (NotAFormula, RecursionError):
                    found = None
            self._trees[place] = found
        return self._trees[place]

    def form(self, place: Place) -> str:
        """A cell's formula as it reads in every cell that it is filled into; empty where it is not understood."""
        if place not in self._forms:
            tree = self.tree(place)
            self._forms[place] = r1c1(tree, place[1]) if tree is not None else ""
        return self._forms[place]

    def area(self, tree: Tree, place: Place) -> tuple[str, Area] | None:
        """The sheet and the area that a leaf of a cell's formula stands for."""
        if isinstance(tree, Reference):
            sheet = self.sheets.get((tree.sheet_name or place[0]).casefold())
            return (sheet.name, tree.area) if sheet else None
        if isinstance(tree, Name):
            scope, _, name = tree.text.rpartition("!")
            homes = [self.sheets.get((scope.strip("'") or place[0]).casefold()), *self.sheets.values()]
            for sheet in homes:
                if sheet and name.casefold() in sheet.names:
                    return sheet.name, Area(*sheet.names[name.casefold()] * 2)
        if isinstance(tree, TableField) and (meant_there := meant(tree, place, self.tables)):
            return self.area(meant_there, place)
        return None

    def single(self, tree: Tree, place: Place) -> Place | None:
        """The cell that a tree names and nothing else, in brackets or not."""
        tree = bare(tree, "+@")
        if isinstance(tree, Reference) and tree.last is None and tree.first.row and tree.first.column:
            home = self.home(tree.sheet_name if tree.sheet else place[0])
            return (home.name, (tree.first.row, tree.first.column)) if home else None
        found = self.area(tree, place)
        return (found[0], found[1][:2]) if found and found[1][:2] == found[1][2:] else None

    def repeats(self, place: Place) -> Place | None:
        """The cell that a formula merely repeats."""
        tree = self.tree(place)
        return self.single(tree, place) if tree is not None else None

    def cells(self, sheet_name: str, area: Area) -> Iterator[Place]:
        """The cells of an area that hold a formula or a number."""
        sheet = self.sheets[sheet_name.casefold()]
        size = (area.bottom - area.top + 1) * (area.right - area.left + 1)
        inside: Iterable[Cell] = area.cells
        if min(size, len(sheet.values)) > MOST_CELLS:
            raise TooLarge
        if size > len(sheet.values) + len(sheet.formulas):
            inside = [cell for cell in {**sheet.values, **sheet.formulas} if cell in area.cells]
        for cell in inside:
            if cell in sheet.formulas or sheet.number(cell) is not None:
                yield sheet.name, cell

    def leaves(self, tree: Tree, place: Place) -> Iterator[Place]:
        """The cells that a part of a cell's formula reads, as far as they hold a formula or a number."""
        for node in walk(tree):
            if isinstance(node, (Binary, Number, Bracket)):
                continue  # most parts are of these kinds, or single cells
            one = self.single(node, place) if isinstance(node, Reference) and node.last is None else None
            home = self.home(one[0]) if one else None
            if one and home:
                if one[1] in home.formulas or home.number(one[1]) is not None:
                    yield one
            elif found := self.area(node, place):
                yield from self.cells(*found)

    def below(self, place: Place) -> list[Place]:
        """The cells that a cell's formula reads."""
        if place not in self._below:
            tree = self.tree(place)
            self._below[place] = found = list(dict.fromkeys(self.leaves(tree, place))) if tree else []
            self._read += len(found)
            if self._read > MOST_CELLS:
                raise TooLarge
        return self._below[place]

    def reached(self, starts: Iterable[Place], stop: Collection[Place] = ()) -> set[Place]:
        """The starts and all that they depend on; what `stop` holds is reached, but not what it depends on."""
        waiting, seen = list(starts), set[Place]()
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                if place not in stop:
                    waiting += self.below(place)
        self._visited += len(seen)
        if self._visited > MOST_VISITS:
            raise TooLarge
        return seen

    def reading(self, sheet: Sheet, wanted: Collection[Place]) -> set[Place]:
        """The sheet's formulas that depend on any of the wanted cells, and those of other sheets in between."""
        formulas = [(sheet.name, cell) for cell in sheet.formulas]
        through = self.reached(formulas) if any("!" in text for text in sheet.formulas.values()) else formulas
        return self.depending([place for place in through if self.formula(place) is not None], wanted)

    def depending(self, among: Collection[Place], wanted: Collection[Place]) -> set[Place]:
        """Those of some cells that depend on any of the wanted ones through others of them."""
        readers: dict[Place, list[Place]] = {}
        for place in among:
            for below in self.below(place):
                readers.setdefault(below, []).append(place)
        waiting, seen = list(wanted), set[Place]()
        while waiting:
            for place in readers.get(waiting.pop(), ()):
                if place not in seen:
                    seen.add(place)
                    waiting.append(place)
        return seen

    def any_below(self, place: Place, test: Callable[[Tree], bool], among: Collection[Place]) -> bool:
        """Whether a part of the formula, or of one that it depends on, all of them `among` these, passes a test."""
        return any(
            test(node)
            for other in self.reached([place])
            if other == place or other in among
            for node in walk(self.tree(other) or Name(""))
        )
