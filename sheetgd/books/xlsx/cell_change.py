"""What is written into a cell of a worksheet."""

from typing import NamedTuple

from ...grid.sheet import Value


class CellChange(NamedTuple):
    """A cell's new content. A result keeps the cell's formula; a typed value has none to keep."""

    value: Value
    is_result: bool = False
    style: str | None = None  # for a cell that the file does not have yet
