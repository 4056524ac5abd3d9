"""OFFSET by numbers that stand in the formula: the cells that it means are known without computing anything."""

from __future__ import annotations

from ..grid.a1 import COLUMNS, ROWS
from .grammar import NotAFormula, parse, text
from .tree import Call, Corner, Number, Reference, Sign, Tree, replaced


def without_offsets(formula: str) -> str:
    """The formula with what such an OFFSET means in its place; others stay.

    >>> without_offsets("SUM(OFFSET(A1,1,0,2,3))+OFFSET($B$2,-1,C1)")
    'SUM(A2:C3)+OFFSET($B$2,-1,C1)'
    """
    try:
        return text(replaced(parse(formula), _meant))
    except NotAFormula:
        return formula


def _meant(node: Tree) -> Tree | None:
    if not isinstance(node, Call) or node.function != "OFFSET" or not 3 <= len(node.arguments) <= 5:
        return None
    reference, *numbers = node.arguments
    known = [_number(one) for one in numbers]
    if not isinstance(reference, Reference) or not (reference.first.row and reference.first.column):
        return None
    area = reference.area
    sizes: list[int | None] = [area.bottom - area.top + 1, area.right - area.left + 1]
    down, right, height, width = known + sizes[len(known) - 2 :]
    if down is None or right is None or height is None or width is None or height < 1 or width < 1:
        return None
    top, left = area.top + down, area.left + right
    if top < 1 or left < 1 or top + height - 1 > ROWS or left + width - 1 > COLUMNS:
        return None
    end = reference.first
    first = Corner(left, top, end.fixed_column, end.fixed_row)
    last = Corner(left + width - 1, top + height - 1, end.fixed_column, end.fixed_row)
    return Reference(reference.sheet, first, None if first == last else last)


def _number(tree: Tree) -> int | None:
    if isinstance(tree, Sign) and tree.sign == "-" and isinstance(tree.operand, Number):
        return -int(float(tree.operand.text))
    return int(float(tree.text)) if isinstance(tree, Number) else None
