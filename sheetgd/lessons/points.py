"""The points of a lesson: from a teacher's CSV file, from the file that comes with a lesson, or made at random.

Nothing is guessed: a cell that is no number is refused with its line, and so is a file whose separator is not clear.
"""

from __future__ import annotations

import csv
import io
import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from ..errors import BookError, UsageError

MOST_ROWS = 2_000  # what a worksheet with a formula or ten in every row carries with ease
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Points:
    """The points that a lesson fits, and what its two columns are called."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_name: str = "x"
    y_name: str = "y"
    own: bool = field(default=False, compare=False)  # from a teacher's file

    def sample(self, rows: int, seed: int) -> Points:
        """So many of the points, chosen at random, in their order."""
        if rows > len(self.x):
            raise UsageError(f"--rows is {rows:,}, but there are {len(self.x):,} rows", "ask for fewer")
        kept = sorted(random.Random(seed).sample(range(len(self.x)), rows))
        x, y = tuple(self.x[row] for row in kept), tuple(self.y[row] for row in kept)
        return replace(self, x=x, y=y)

    def scaled(self) -> Points:
        """The points with x less its mean, over its (population's) deviation.

        >>> Points((1, 3), (5, 6)).scaled().x
        (-1.0, 1.0)
        """
        mean = sum(self.x) / len(self.x)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in self.x) / len(self.x))
        return replace(self, x=tuple((x - mean) / deviation for x in self.x))


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
) -> Points:
    """Two columns of a CSV file with headings; with `rows`, so many of its lines, chosen at random.

    Commas, semicolons and tabs separate, a byte order mark is skipped, and between semicolons a number may have a
    decimal comma. Columns need no names where the file has just two.
    """
    file = Path(path).name or str(path)
    table, separator = _lines(Path(path))
    commas = separator == ";"
    _refuse_numbers(table[0], commas, file)
    titles = ["".join(c if c.isprintable() else " " for c in title).strip() for title in table[0][1]]
    across, up = _columns(titles, x, y, file)
    count = len(table) - 1
    if count < 2:
        found = f"it has {count or 'no'} row{'s' * (count != 1)} of data"
        raise BookError(found, "a lesson needs at least two", book=file)
    if rows is None and count > MOST_ROWS:
        todo = f"add --rows 500 to take 500 of them at random (a worksheet takes {MOST_ROWS:,})"
        raise BookError(f"it has {count:,} rows of data", todo, book=file)
    x_values, y_values = (_numbers(table, column, commas, file) for column in (across, up))
    points = Points(x_values, y_values, titles[across], titles[up], own=True)
    points = points if rows is None else points.sample(rows, seed)
    for values, name, option in ((points.x, points.x_name, "--x"), (points.y, points.y_name, "--y")):
        if len(set(values)) == 1:
            todo = f"choose another column with {option}, or a file in which it differs"
            raise BookError(f"{name} is {values[0]:.15g} in every row", todo, book=file)
    return points


def penguins() -> Points:
    """The 333 penguins of which every measurement is known, in the order of their file."""
    points = read_points(Path(__file__).with_name("penguins.csv"))
    return Points(points.x, points.y, "bill length (mm)", "body mass (g)")


def round_down(number: float) -> float:
    """A positive number with only its first digit.

    >>> round_down(0.00039984), round_down(7.9)
    (0.0003, 7.0)
    """
    return float(f"{number:.16e}"[0] + "e" + str(math.floor(math.log10(number))))


# -- the file --------------------------------------------------------------------------------------------------------
def _lines(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """The lines with their numbers, split into cells, blank ones left out; and what separates the cells."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BookError("there is no such file", "check the name after --data", book=str(path)) from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise BookError(reason, "check the name after --data", book=str(path)) from None
    if content[:2] in (b"PK", b"\xd0\xcf"):
        raise BookError("it is a workbook", "save the sheet as CSV and use that file", book=path.name)
    text = _decoded(content, path.name)
    said = text.partition("\n")[0].rstrip("\r").lower()
    for_excel = said[:4] == "sep=" and said[4:] in SEPARATORS
    separator = said[4:] if for_excel else _separator(text, path.name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        if for_excel:
            next(reader)
        table = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        found = f"line {reader.line_num} cannot be read ({error})"
        raise BookError(found, "save it as CSV again", book=path.name) from None
    if not table:
        raise BookError("it is empty", "its first line has the names of the columns", book=path.name)
    return table, separator


def _decoded(content: bytes, file: str) -> str:
    """The text: what its byte order mark says, UTF-8 without one, else the old Windows encoding."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise BookError("it is not a text file", "save the sheet as CSV and use that file", book=file)
    return text


def _separator(text: str, file: str) -> str:
    """What separates the cells of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: first.count(mark) for mark in SEPARATORS}
    found = [mark for mark in SEPARATORS if counts[mark]]
    if text.strip() and not found:
        todo = "its first line has the names of the columns, with commas, semicolons or tabs between them"
        raise BookError("it has only one column", todo, book=file)
    if ";" in found or "\t" in found:  # a comma may belong to a name, such as "mass, kg"
        found = [mark for mark in found if mark != ","]
    return max(found, key=lambda mark: counts[mark], default=",")


def _refuse_numbers(heading: tuple[int, list[str]], commas: bool, file: str) -> None:
    """Refuse a heading of nothing but numbers: it is the first point of a file without a heading."""
    line, cells = heading
    found = [cell.strip() for cell in cells if cell.strip()]
    if all(math.isfinite(_number(cell, commas)) for cell in found):
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


def _numbers(
    table: Sequence[tuple[int, list[str]]], column: int, commas: bool, file: str
) -> tuple[float, ...]:
    """A column's numbers; with `commas` they have decimal commas, if commas are all that they have for a point."""
    name = table[0][1][column].strip()
    cells = [(line, row[column].strip() if column < len(row) else "") for line, row in table[1:]]
    commas = commas and not any("." in cell for _, cell in cells)
    numbers = []
    for line, cell in cells:
        number = _number(cell, commas)
        if not (number == 0 or 1e-50 < abs(number) < 1e50):
            size = "no number that a lesson can use" if math.isfinite(number) else "not a number"
            found = f"{name} is {cell!r}, {size}" if cell else f"{name} is empty"
            raise BookError(f"line {line}: {found}", "type a number, or delete the line", book=file)
        numbers.append(number)
    return tuple(numbers)


def _number(cell: str, commas: bool) -> float:
    """The number that a cell holds, with a decimal comma where `commas`; not a number (nan) for any other text."""
    written = cell.replace("\u2212", "-")
    try:
        return math.nan if "_" in written else float(written.replace(",", ".") if commas else written)
    except ValueError:
        return math.nan
