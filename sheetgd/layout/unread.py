"""Starts and learning rates that are no numbers: typed as text, or missing. Their cells are named."""

from __future__ import annotations

from collections.abc import Collection

from ..formulas.tree import walk
from ..grid.a1 import Cell, a1
from ..grid.sheet import Place, Sheet, looks_like_a_number
from .graph import Graph
from .naming import label_of
from .updates import updates_in
from .vocabulary import LEARN_WORDS, next_of


def refuse_unread_starts(graph: Graph, sheet: Sheet) -> None:
    """An error for a start that holds no number, where a label names its next value."""
    for cell, formula in sheet.formulas.items():
        if "-" not in formula and "+" not in formula:
            continue
        for update in updates_in(graph, (sheet.name, cell)):
            name, start = update.read
            if name != sheet.name or start in sheet.formulas or sheet.number(start) is not None:
                continue
            called = label_of(sheet, start)
            if called and next_of(label_of(sheet, cell), called):
                sheet.require(
                    start, f"the start of {called}, whose next value is {a1(cell)},", "type a number there"
                )


def refuse_unread_factors(graph: Graph, sheet: Sheet, nexts: Collection[Place]) -> None:
    """An error for a learning rate, or a number typed as text, that a step reads."""
    for place in sorted(graph.reached(nexts)):
        tree = graph.tree(place)
        for node in walk(tree) if tree is not None else ():
            one = graph.single(node, place)
            if one and one[0] == sheet.name and _is_unread(sheet, one[1]):
                what = label_of(sheet, one[1]) or a1(one[1])
                sheet.require(one[1], what, "type a number above 0, such as 0.01")


def _is_unread(sheet: Sheet, cell: Cell) -> bool:
    value = sheet.values.get(cell)
    if cell in sheet.formulas or sheet.number(cell) is not None:
        return False
    return (isinstance(value, str) and looks_like_a_number(value)) or label_of(sheet, cell) in LEARN_WORDS
