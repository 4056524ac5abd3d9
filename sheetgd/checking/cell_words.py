"""What stands in a cell, and what belongs there instead, in words for a student."""

from __future__ import annotations

from ..grid.a1 import Cell
from ..grid.sheet import ErrorValue, Sheet, Value, meant_number
from ..language import localized, phrases, translated

TRUTH = phrases("FALSE", "TRUE")


def held(sheet: Sheet, cell: Cell) -> str:
    """What a cell holds."""
    value = sheet.values.get(cell)
    if value is None and cell in sheet.formulas:
        return translated("a formula without a stored result")
    if cell in sheet.dates:
        return translated("the date with the number {number}", number=words(value))
    return words(value)


def words(value: Value) -> str:
    """A value.

    >>> words(0.1), words(True), words("1,5"), words(ErrorValue("#N/A")), words(None)
    ('0.1', 'TRUE', 'the text "1,5"', 'the error #N/A', 'empty')
    """
    if isinstance(value, ErrorValue):
        return translated("the error {error}", error=str(value))
    if isinstance(value, bool):
        return translated(TRUTH[value])
    if isinstance(value, str):
        return translated('the text "{text}"', text=value) if value.strip() else translated("empty")
    return translated("empty") if value is None else localized(f"{value:.15g}")


def what_to_type(text: str) -> str:
    """What to type in the place of a text.

    >>> what_to_type("0,0001"), what_to_type("abc")
    ('type 0.0001 as a number', 'type a number')
    """
    number = meant_number(text)
    if number is None:
        return translated("type a number")
    return translated("type {number} as a number", number=localized(number))
