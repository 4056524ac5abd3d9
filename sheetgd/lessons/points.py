"""The points of a lesson: from a teacher's CSV file, from the file that comes with a lesson, or made at random.

Nothing is guessed: a cell that is not a number is refused with its line, and so is a file whose separator is not clear.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from .. import csv_text
from ..csv_text import Row
from ..errors import BookError, UsageError
from ..language import Written

MOST_ROWS = 2_000  # what a worksheet with a formula or ten in every row handles with ease


class Points(NamedTuple):
    """The points that a lesson fits, and what its two columns are called."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_name: str = "x"
    y_name: str = "y"
    own: bool = False  # from a teacher's file

    @property
    def differ(self) -> bool:
        """Whether not all have the same x, nor the same y."""
        return min(len(set(self.x)), len(set(self.y))) > 1

    def sample(self, rows: int, seed: int) -> Points:
        """This many of the points, chosen at random, in their order; they differ in x and in y if any do."""
        if rows > len(self.x):
            raise UsageError(f"--rows is {rows:,}, but there are {len(self.x):,} rows", "ask for fewer")
        chance = random.Random(seed)
        while True:
            kept = sorted(chance.sample(range(len(self.x)), rows))
            x, y = tuple(self.x[row] for row in kept), tuple(self.y[row] for row in kept)
            found = self._replace(x=x, y=y)
            if found.differ or not self.differ:
                return found

    def scaled(self) -> Points:
        """The points with x less its mean, over its (population's) deviation.

        >>> Points((1, 3), (5, 6)).scaled().x
        (-1.0, 1.0)
        """
        mean = sum(self.x) / len(self.x)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in self.x) / len(self.x))
        return self._replace(x=tuple((x - mean) / deviation for x in self.x))


def check_rows(rows: int) -> None:
    """Refuse a number of rows that no lesson can have."""
    if not 2 <= rows <= MOST_ROWS:
        raise UsageError(f"--rows is {rows:,}", f"use a whole number from 2 to {MOST_ROWS:,}")


def read_points(
    path: str | os.PathLike[str],
    x: str | None = None,
    y: str | None = None,
    rows: int | None = None,
    seed: int = 0,
    fewer: str = "add --rows 500 to take 500 of them at random",
) -> Points:
    """Two columns of a CSV file with headings; with `rows`, this many of its lines, chosen at random.

    Commas, semicolons and tabs separate, and where commas do not, a number may have a decimal comma. Columns need no
    names where the file has just two. `fewer` is what to do where there are too many rows.
    """
    file = Path(path).name or str(path)
    text = csv_text.read(path, "--data")
    table, separator = text.rows, text.separator
    if not table:
        raise BookError("it is empty", "its first line has the names of the columns", book=file)
    if not separator:
        todo = "its first line has the names of the columns, with commas, semicolons or tabs between them"
        raise BookError("it has only one column", todo, book=file)
    _refuse_numbers(table[0], separator != ",", file)
    titles = ["".join(c if c.isprintable() else " " for c in title).strip() for title in table[0][1]]
    across, up = _columns(titles, x, y, file)
    count = len(table) - 1
    if count < 2:
        found = f"it has {count or 'no'} row{'s' * (count != 1)} of data"
        raise BookError(found, "a lesson needs at least two", book=file)
    if rows is None and count > MOST_ROWS:
        todo = f"{fewer} (a worksheet takes {MOST_ROWS:,})"
        raise BookError(f"it has {count:,} rows of data", todo, book=file)
    x_values, y_values = (_numbers(table, column, separator, file) for column in (across, up))
    points = Points(x_values, y_values, Written(titles[across]), Written(titles[up]), own=True)
    points = points if rows is None else points.sample(rows, seed)
    for values, name, option in ((points.x, points.x_name, "--x"), (points.y, points.y_name, "--y")):
        if len(set(values)) == 1:
            todo = f"choose another column with {option}, or a file in which it differs"
            raise BookError(f"{name} is {values[0]:.15g} in every row", todo, book=file)
    return points


def penguins() -> Points:
    """The 333 penguins for which every measurement is known, in the order of their file."""
    points = read_points(Path(__file__).with_name("penguins.csv"))
    return Points(points.x, points.y, "bill length (mm)", "body mass (g)")


def round_down(number: float) -> float:
    """A positive number with only its first digit.

    >>> round_down(0.00039984), round_down(7.9)
    (0.0003, 7.0)
    """
    return float(f"{number:.16e}"[0] + "e" + str(math.floor(math.log10(number))))


# -- the file --------------------------------------------------------------------------------------------------------
def _refuse_numbers(heading: Row, commas: bool, file: str) -> None:
    """Refuse a heading of nothing but numbers: it is the first point of a file without a heading."""
    line, cells = heading
    found = [cell.strip() for cell in cells if cell.strip()]
    if all(math.isfinite(csv_text.number(cell, commas)) for cell in found):
        todo = "write the names of the columns above them, such as x and y, in a line of their own"
        raise BookError(f"line {line} holds numbers ({' and '.join(found[:2])})", todo, book=file)


def _columns(titles: Sequence[str], x: str | None, y: str | None, file: str) -> tuple[int, int]:
    """The positions of the two columns."""
    if x is None and y is None and len(titles) == 2:
        return 0, 1
    named = {"--x": x, "--y": y}
    found = [_position(titles, name, option, file) for option, name in named.items() if name is not None]
    for option, name in named.items():
        if name is None:
            raise UsageError(f"{option} is missing", f"name a column of {file}: {', '.join(titles)}")
    return found[0], found[1]


def _position(titles: Sequence[str], name: str, option: str, file: str) -> int:
    exact = [index for index, title in enumerate(titles) if title == name.strip()]
    folded = [index for index, title in enumerate(titles) if title.casefold() == name.strip().casefold()]
    found = exact or folded
    if len(found) > 1:
        raise BookError(f"{len(found)} columns are called {name}", "rename all but one", book=file)
    if not found:
        near = get_close_matches(name.casefold(), [title.casefold() for title in titles], n=1)
        meant = [title for title in titles if title.casefold() in near][:1]
        names = f"ts columns are {', '.join(titles)}"
        todo = f"did you mean {option} {_quoted(meant[0])}? I{names}" if meant else f"i{names}"
        raise BookError(f"it has no column {name}", todo, book=file)
    return found[0]


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _numbers(table: Sequence[Row], column: int, separator: str, file: str) -> tuple[float, ...]:
    """A column's numbers."""
    name = table[0][1][column].strip()
    cells = [(line, row[column].strip() if column < len(row) else "") for line, row in table[1:]]
    commas = csv_text.decimal_commas(separator, (cell for _, cell in cells))
    numbers = []
    for line, cell in cells:
        number = csv_text.number(cell, commas)
        if not (number == 0 or 1e-50 < abs(number) < 1e50):
            size = "no number that a lesson can use" if math.isfinite(number) else "not a number"
            found = f"{name} is {cell!r}, {size}" if cell else f"{name} is empty"
            raise BookError(f"line {line}: {found}", "type a number, or delete the line", book=file)
        numbers.append(number)
    return tuple(numbers)
