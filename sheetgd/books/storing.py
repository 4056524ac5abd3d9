"""How a file holds a value: the type and the text of a cell."""

from __future__ import annotations

import math

from ..a1 import Cell, a1
from ..errors import SheetError
from ..sheet import ErrorValue, Value
from .sheetxml import escape

TEXT_LIMIT = 32_767  # in UTF-16 units, as Excel counts
OWN_ERRORS = frozenset({"#CIRC!", "#ERROR!", "#N/IMPL!"})  # the engine's; no application knows them


def stored(value: Value, cell: Cell) -> tuple[str, str]:
    """The type and the text by which a file holds a value; a SheetError says why it cannot.

    >>> stored(0.1, (1, 1)), stored(3.0, (1, 1)), stored(True, (1, 1)), stored("a < b", (1, 1))
    (('n', '0.1'), ('n', '3'), ('b', '1'), ('inlineStr', 'a &lt; b'))
    """
    if isinstance(value, bool):
        return "b", str(int(value))
    if value is None:
        return "n", ""
    if isinstance(value, (int, float)):
        if isinstance(value, int) or math.isfinite(value):
            small = abs(value) < 1e15 and value == int(value)
            return "n", str(int(value)) if small else repr(_as_float(value, cell))
        raise SheetError(f"{value} is not a number that a cell can hold", "use a finite one", cell=a1(cell))
    if isinstance(value, ErrorValue):
        if value in OWN_ERRORS:
            raise SheetError(
                f"the result is {value}, which only the formula engine knows",
                "write the formula with functions that every spreadsheet knows",
                cell=a1(cell),
            )
        return "e", escape(value)
    if not isinstance(value, str):
        what = f"a {type(value).__name__} is not something that a cell can hold"
        raise SheetError(what, "use a number, a text, True, False or None", cell=a1(cell))
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > TEXT_LIMIT:
        raise SheetError(
            f"a text of {length:,} characters is longer than a cell can hold ({TEXT_LIMIT:,})",
            "shorten it",
            cell=a1(cell),
        )
    return "inlineStr", escape(value)


def _as_float(value: float, cell: Cell) -> float:
    try:
        return float(value)
    except OverflowError:
        raise SheetError(
            "the number is larger than a cell can hold", "use a smaller one", cell=a1(cell)
        ) from None
