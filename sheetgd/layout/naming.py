"""What a cell is called: by the text to its left, by the heading above it, or by its defined name."""

from __future__ import annotations

from ..grid.a1 import Cell
from ..grid.sheet import Sheet, printable
from .vocabulary import PLAIN_WORDS, next_of

LABEL_WITHIN = 3  # cells left of a value, or above it, in which its label is looked for


def label_of(sheet: Sheet, cell: Cell) -> str:
    """The text that names a cell: to its left, else above it, else its defined name; heads of whole rows do not."""
    row, column = cell
    left = _nearest_text(sheet, [(row, column - back) for back in range(1, LABEL_WITHIN + 1)])
    above = _nearest_text(sheet, [(row - up, column) for up in range(1, LABEL_WITHIN + 1)])
    name = next((name for name, at in sheet.names.items() if at == cell), "")
    if left and above and left in PLAIN_WORDS and above not in PLAIN_WORDS:
        # a row of next values: its head and the parameter's own heading
        return f"new {above}" if next_of(f"{left} {above}", above) else above
    if left and above and next_of(f"{above} {left}", left):
        return f"new {left}"
    return left or above or name


def _nearest_text(sheet: Sheet, cells: list[Cell]) -> str:
    for cell in cells:
        if cell[0] < 1 or cell[1] < 1:
            return ""
        if cell in sheet.formulas or sheet.number(cell) is not None:
            return ""
        if sheet.label(cell) and any(map(str.isalnum, sheet.label(cell))):
            return printable(str(sheet.values[cell])).strip(" :=")
    return ""


def heading_of(sheet: Sheet, cell: Cell, down: bool) -> str:
    """The heading of a cell's column, or, of a table on its side, of its row; empty where there is none near."""
    row, column = cell
    back = range(1, LABEL_WITHIN + 1)
    places = [(row - up, column) for up in back] if down else [(row, column - left) for left in back]
    texts = [printable(str(sheet.values[place])).strip(" :=") for place in places if sheet.label(place)]
    return next(iter(texts), "")
