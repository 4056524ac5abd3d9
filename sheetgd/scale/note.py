"""The note that a sheet keeps of rows that are not on it: which data it was, and the loss over all of it."""

from __future__ import annotations

from ..grid.a1 import COLUMNS, Area, Cell
from ..grid.edits import Edits
from ..grid.sheet import Sheet, normal

LABEL = "rows beyond this sheet"


def write_note(sheet: Sheet, edits: Edits, what: str, loss_name: str, loss: float | None) -> str:
    """Write the note where the last one stands, or right of all that the sheet holds; its address."""
    row, column = _place(sheet)
    edits.put(sheet.name, (row, column), LABEL)
    edits.put(sheet.name, (row, column + 1), what)
    if loss is not None:
        edits.put(sheet.name, (row + 1, column), f"{loss_name} over these rows")
        edits.put(sheet.name, (row + 1, column + 1), loss)
    return Area(row, column, row + 1, column + 1).a1


def _place(sheet: Sheet) -> Cell:
    """Two columns and two rows that nothing else will want."""
    if known := next(iter(sheet.labelled(normal(LABEL))), None):
        return known
    used = [column for column, _ in sheet.bottoms().items()] + [area.right for area in sheet.merged]
    return 1, min(max(used, default=0) + 2, COLUMNS - 1)
