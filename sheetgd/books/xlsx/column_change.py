"""What is written into a worksheet down a whole column."""

from collections.abc import MutableMapping, Sequence
from typing import NamedTuple

from ...grid.a1 import Cell
from ...grid.column_runs import Run, Tall
from ...grid.sheet import Value


class ColumnChange(NamedTuple):
    """Numbers that are typed down a column, or the new results of the formulas there."""

    run: Run
    is_result: bool
    style: str | None  # for cells that the file does not have yet
    before: MutableMapping[Cell, Value]  # a cell whose value is as before stays as it is

    @property
    def ends(self) -> tuple[Cell, Cell]:
        """The first and the last cell."""
        area = self.run.area
        return area[:2], area[2:]

    def old(self, rows: range) -> Sequence[Value]:
        """The values before, down these rows."""
        column = self.run.column
        found = self.before.down((rows[0], column), rows[-1]) if isinstance(self.before, Tall) else None
        return found if found is not None else [self.before.get((row, column)) for row in rows]

    def new(self, rows: range) -> Sequence[float]:
        found: Sequence[float] = self.run.values[rows[0] - self.run.row : rows[-1] + 1 - self.run.row]
        return found
