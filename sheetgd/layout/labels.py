"""Finding cells by the labels around them: beside, below, and where a row crosses a heading's column."""

from __future__ import annotations

from ..formulas.references import only_reference
from ..grid.a1 import Cell
from ..grid.sheet import Sheet
from .vocabulary import Words


def distance(one: Cell, other: Cell) -> int:
    """The number of steps, cell by cell, from one to the other.

    >>> distance((1, 1), (3, 5))
    6
    """
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def nearest(anchor: Cell, cells: list[Cell]) -> list[Cell]:
    """The cells, nearest to the anchor first."""
    return sorted(cells, key=lambda cell: (distance(cell, anchor), cell))


def labelled(sheet: Sheet, *texts: str) -> list[Cell]:
    """The cells with any of some labels, row by row."""
    return sorted(cell for text in texts for cell in sheet.labelled(text))


def crossing(sheet: Sheet, label: Cell, heading: Words) -> Cell | None:
    """The cell in a label's row and under the nearest heading above it to the right."""
    headings = [cells for text in heading.labels if (cells := sheet.labelled(text))]
    for row in range(label[0] - 1, label[0] - 11, -1) if headings else ():
        for column in range(label[1] + 1, label[1] + 11):
            if any((row, column) in cells for cells in headings):
                return label[0], column
    return None


def beside(sheet: Sheet, label: Cell) -> Cell:
    """The cell right of a label, or below it where the right one is empty and the one below a number."""
    area = sheet.merge_at(label)
    right, below = (label[0], area.right + 1), (area.bottom + 1, label[1])
    return below if sheet.is_empty(right) and sheet.number(below) is not None else right


def follow(sheet: Sheet, cell: Cell | None) -> Cell | None:
    """The cell at the end of a chain of formulas that merely repeat another cell."""
    seen = set()
    while cell and cell not in seen and (further := only_reference(sheet.formulas.get(cell), sheet.name)):
        seen.add(cell)
        cell = further
    return cell
