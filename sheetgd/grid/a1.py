"""Cell and area addresses: A1 at every boundary, (row, column) counted from 1 inside.

Source of the limits: ECMA-376 part 1, 18.3.1.4 (1,048,576 rows, 16,384 columns).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

Cell = tuple[int, int]

ROWS, COLUMNS = 1_048_576, 16_384


def letters(column: int) -> str:
    """The letters of a column number.

    >>> letters(1), letters(27), letters(16384)
    ('A', 'AA', 'XFD')
    """
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@lru_cache
def column(name: str) -> int:
    """The number of a column's letters.

    >>> column("A"), column("xfd")
    (1, 16384)
    """
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def a1(cell: Cell) -> str:
    """A cell's address.

    >>> a1((7, 3))
    'C7'
    """
    return f"{letters(cell[1])}{cell[0]}"


@lru_cache(maxsize=4096)  # a sheet's cells are asked for when it is read, and when it is written
def parse(address: str) -> Cell:
    """The (row, column) of an A1 address, with or without dollar signs; a ValueError names what is not an address.

    >>> parse("C7"), parse("$AA$10")
    ((7, 3), (10, 27))
    """
    address = address.strip()
    name = address.rstrip("0123456789")
    row = address[len(name) :]
    letters = name.removesuffix("$").removeprefix("$")
    if (
        1 <= len(row) <= 7
        and row[0] != "0"
        and 1 <= len(letters) <= 3
        and letters.isascii()
        and letters.isalpha()
    ):
        cell = int(row), column(letters)
        if cell[0] <= ROWS and cell[1] <= COLUMNS:
            return cell
    raise ValueError(f"{address!r} is not a cell address like C7")


def split(address: str) -> tuple[str, str]:
    """A sheet's name and the rest of an address; the name is empty where the address has none.

    >>> split("'My lesson'!C7"), split("C7")
    (('My lesson', 'C7'), ('', 'C7'))
    """
    sheet, mark, rest = address.rpartition("!")
    if mark and sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, rest


def sheet_word(sheet: str) -> str:
    """A sheet's name as it stands before an address.

    >>> sheet_word("Lesson"), sheet_word("My lesson")
    ('Lesson', "'My lesson'")
    """
    return sheet if re.fullmatch(r"[^\W\d]\w*", sheet) else "'" + sheet.replace("'", "''") + "'"


class Area(NamedTuple):
    """A rectangle of cells, both corners included.

    >>> area = Area.parse("B2:C3")
    >>> area.a1, (3, 3) in area.cells, len(list(area.cells))
    ('B2:C3', True, 4)
    """

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def parse(cls, text: str) -> "Area":
        """The area of an A1 text such as B2:C3, or of one cell."""
        first, _, last = text.partition(":")
        (top, left), (bottom, right) = parse(first), parse(last or first)
        return cls(min(top, bottom), min(left, right), max(top, bottom), max(left, right))

    @property
    def a1(self) -> str:
        first, last = a1((self.top, self.left)), a1((self.bottom, self.right))
        return first if first == last else f"{first}:{last}"

    @property
    def cells(self) -> "AreaCells":
        return AreaCells(self)

    def meets(self, other: "Area") -> bool:
        """Whether the two areas share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )


class AreaCells:
    """The cells of an area, row by row, without building a list of them."""

    def __init__(self, area: Area) -> None:
        self._area = area

    def __iter__(self) -> Iterator[Cell]:
        area = self._area
        for row in range(area.top, area.bottom + 1):
            for col in range(area.left, area.right + 1):
                yield row, col

    def __contains__(self, cell: Cell) -> bool:
        area = self._area
        return area.top <= cell[0] <= area.bottom and area.left <= cell[1] <= area.right
