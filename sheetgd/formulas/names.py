"""Defined names, as what they stand for: the engine knows only those that are cells, and none with a sheet's prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..grid.sheet import Place
from .grammar import NotAFormula, parse, text
from .tree import Bracket, Call, Name, Reference, Tree, function_name, replaced, shifted, walk

_BINDING = frozenset(("LET", "LAMBDA"))  # whose own names hide defined ones


class DefinedNames:
    """A workbook's defined names; `names` are (name, sheet or None for the whole workbook, formula)."""

    def __init__(self, names: Iterable[tuple[str, str | None, str]]) -> None:
        self._trees: dict[tuple[str | None, str], Tree] = {}
        for name, sheet, formula in names:
            try:
                tree = parse(formula.removeprefix("="))
            except NotAFormula:
                continue
            self._trees[sheet.casefold() if sheet is not None else None, name.casefold()] = tree
        strange = {re.escape(name) for (_, name), tree in self._trees.items() if not _is_plain(tree)}
        prefixed = {rf"!{re.escape(name)}" for _, name in self._trees}
        self._strange = re.compile("|".join(strange | prefixed) or r"(?!)", re.IGNORECASE)
        self._any = re.compile("|".join(re.escape(name) for _, name in self._trees) or r"(?!)", re.IGNORECASE)

    def resolved(self, formula: str, place: Place, *, every: bool = False) -> str:
        """A cell's formula with what its names stand for in their places.

        Unless `every` one is wanted, names of cells stay, which the engine knows. So do names that nobody defined.

        >>> names = DefinedNames([("rate", None, "0.1"), ("m", None, "S!$B$3"), ("m", "Two", "Two!$B$4")])
        >>> names.resolved("m-RATE*Two!m", ("S", (9, 9)))
        'm-(0.1)*Two!$B$4'
        >>> names.resolved("m", ("Two", (9, 9)), every=True)
        'Two!$B$4'
        """
        if not (self._any if every else self._strange).search(formula):
            return formula
        try:
            tree = parse(formula)
        except NotAFormula:
            return formula
        found = self._resolve(tree, place, every, frozenset())
        return formula if found is tree else text(found)

    def _resolve(
        self, tree: Tree, place: Place, every: bool, seen: frozenset[tuple[str | None, str]]
    ) -> Tree:
        bound = {
            part.text.casefold()
            for node in walk(tree)
            if isinstance(node, Call) and function_name(node) in _BINDING
            for part in node.arguments
            if isinstance(part, Name)
        }

        def change(node: Tree) -> Tree | None:
            if not isinstance(node, Name) or node.text.casefold() in bound:
                return None
            key = self._key(node.text, place[0])
            if key is None or key in seen:
                return None
            meant = self._trees[key]
            if not every and not seen and "!" not in node.text and _is_plain(meant):
                return None
            meant = shifted(meant, place[1][0] - 1, place[1][1] - 1)
            meant = self._resolve(meant, place, True, seen | {key})
            return meant if isinstance(meant, Reference) else Bracket(meant)

        return replaced(tree, change)

    def _key(self, name: str, sheet: str) -> tuple[str | None, str] | None:
        """Which of the names is meant on a sheet: its own goes before the workbook's."""
        prefix, _, word = name.casefold().rpartition("!")
        own = prefix.removeprefix("'").removesuffix("'").replace("''", "'") or sheet.casefold()
        return next((key for key in ((own, word), (None, word)) if key in self._trees), None)


def _is_plain(tree: Tree) -> bool:
    """Whether the name is that of a cell or an area, wherever it is used."""
    return isinstance(tree, Reference) and shifted(tree, 1, 1) == tree and bool(tree.sheet)
