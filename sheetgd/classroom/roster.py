"""Who is in the class: a CSV file as a school's software writes it, read without guessing.

The column of names is found by its heading, in the words of Canvas, Moodle and several languages, or named by the
teacher; first and last names in two columns are joined. A list of nothing but names needs no heading.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .. import csv_text
from ..errors import BookError, UsageError
from .headings import E_MAIL, FIRST, FULL, IDS, LAST, no_student, plain

LONGEST = 300  # characters of a name
MOST = 2_000  # students; with more, it is some other file taken for a roster


class Student(NamedTuple):
    """One line of the roster: the name as it is printed, and what else tells two of one name apart."""

    name: str
    contact: str = ""


def read_roster(path: str | os.PathLike[str], column: str | None = None) -> list[Student]:
    """The students of a CSV file, in its order.

    `column` names the column with the names (or two, with a comma between them). Commas, semicolons and tabs separate;
    UTF-8, UTF-16 and the old Windows encoding are read. Canvas's lines that are not students are left out.
    """
    file = Path(path).name or str(path)
    lines = csv_text.read(path, "--roster").rows
    if not lines:
        raise BookError("it is empty", "write a name on each line, under the heading name", book=file)
    titles = [plain(title) for title in lines[0][1]]
    columns = _name_columns(titles, lines[0][1], column, file)
    if columns:
        lines = lines[1:]
        contact = next((titles.index(title) for title in (*E_MAIL, *IDS) if title in titles), None)
    else:  # a list of nothing but names
        columns, contact = [0], None
    students = []
    for number, cells in lines:
        if no_student(titles, cells):
            continue
        try:
            cells = _fitted(cells, len(titles))
            name = _name([cells[index] for index in columns])
        except BookError as error:
            raise BookError(f"line {number}{error.found}", error.todo, book=file) from None
        students.append(Student(name, printable(cells[contact]) if contact is not None else ""))
    return _checked(students, file)


def _fitted(cells: list[str], count: int) -> list[str]:
    """A line's cells, as many as there are headings."""
    if any(cell.strip() for cell in cells[count:]):
        found = f" has {len(cells)} cells, but the first line only {count}"
        raise BookError(found, 'put names with a comma into quotes, "Lovelace, Ada"')
    return cells[:count] + [""] * (count - len(cells))


def _name(parts: Sequence[str]) -> str:
    """A name of one or two cells."""
    name = " ".join(filter(None, map(printable, parts)))
    if not name:
        raise BookError(": the name is empty", "type it, or delete the line")
    if len(name) > LONGEST:
        found = f": the name has {len(name):,} characters"
        raise BookError(found, f"shorten it; up to {LONGEST} fit on a worksheet")
    return name


def printable(text: str) -> str:
    """A text as it can stand in a cell: no control characters, single blanks.

    >>> printable("  Ada\\tLovelace\\x07 ")
    'Ada Lovelace'
    """
    kept = (sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text)
    return " ".join("".join(kept).split())


def _checked(students: list[Student], file: str) -> list[Student]:
    if not students:
        raise BookError("it has no students", "write a name on each line, under the heading name", book=file)
    if len(students) > MOST:
        found = f"it has {len(students):,} students"
        raise BookError(found, f"a class has up to {MOST:,}; split the file", book=file)
    return students


def _name_columns(titles: Sequence[str], shown: Sequence[str], wanted: str | None, file: str) -> list[int]:
    """Where the names stand: in one column, or the first name's and the last name's; [] where there is no heading."""
    if wanted is not None:
        return [_position(titles, shown, name, file) for name in _wanted(titles, wanted)]
    first, last, full = (_headed(titles, words) for words in (FIRST, LAST, FULL))
    if first and (last or "name" in titles):  # Vorname and Name
        return [first[0], last[0] if last else titles.index("name")]
    if full or last or first:
        return (full or last or first)[:1]
    if len(titles) == 1:
        return []
    names = ", ".join(" ".join(title.split()) or "(empty)" for title in shown)
    todo = f"say which with --name COLUMN, or write name above a list of nothing but names; the first line has {names}"
    raise BookError("no column is headed name or student", todo, book=file)


def _headed(titles: Sequence[str], words: frozenset[str]) -> list[int]:
    return [index for index, title in enumerate(titles) if title in words]


def _wanted(titles: Sequence[str], wanted: str) -> list[str]:
    whole = " ".join(wanted.split()).casefold()
    return [whole] if whole in titles else [" ".join(part.split()).casefold() for part in wanted.split(",")]


def _position(titles: Sequence[str], shown: Sequence[str], name: str, file: str) -> int:
    if name not in titles:
        names = ", ".join(title.strip() for title in shown)
        raise UsageError(f"{file} has no column {name}", f"after --name write one of {names}")
    if titles.count(name) > 1:
        raise BookError(f"{titles.count(name)} columns are called {name}", "rename all but one", book=file)
    return titles.index(name)
