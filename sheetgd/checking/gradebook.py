"""Grades into the teacher's own gradebook: the CSV file that Canvas or Moodle exported, and will take back.

Only the cells of one grade column, and of the feedback column beside it, change; every other byte stays: encoding, byte
order mark, separators, quotes, line ends, and the rows and columns that are Canvas's own. Sources of the formats:
Canvas's lib/gradebook_exporter.rb and gradebook_importer.rb, Moodle's mod/assign/feedback/offline and
grade/export/txt.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from .. import csv_text
from ..books.xlsx.saving import exists, write_atomically
from ..classroom import headings
from ..classroom.assignment import Given
from ..classroom.headings import E_MAIL, FEEDBACK, FIRST, FULL, GRADE, IDS, LAST, LOCKED, MOST, NO
from ..errors import BookError, UsageError

EXPORT = "export it from Canvas or Moodle as CSV, without opening it,"
CANVAS_OWN = frozenset(
    "Student,LastName,FirstName,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section".split(",")
)
POINTS_POSSIBLE = "Points Possible"
NOT_CANVAS_GRADES = re.compile(
    r"(Current|Final) (Score|Grade|Points)( \(.*\))?$|^Override (Score|Grade|Status)"
)
KEPT = frozenset({"EX", "N/A"})  # Canvas: excused, and not assigned to this student
EMPTY = frozenset({"", "-"})  # Moodle writes a dash for no grade


class Field(NamedTuple):
    """A cell of the file: where its raw text begins and ends, and what it says."""

    start: int
    end: int
    value: str


class Grade(NamedTuple):
    """What a student gets: a share of the points from 0 to 1, and a sentence."""

    share: float
    feedback: str


class Waiting(NamedTuple):
    """A student who gets no grade yet: why, for the teacher, and what the gradebook says beside the empty grade."""

    student: Given
    why: str
    note: str


class Filled(NamedTuple):
    """What was written, and what was not, each by name with the reason."""

    out: Path
    column: str
    written: int  # grades
    feedback: str  # the feedback column, empty where there is none
    left: list[tuple[str, str]]


class Gradebook:
    """A gradebook as it stands in the file, to the byte.

    `rows` are those of students, `titles` the names of the columns.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.name = self.path.name
        read = csv_text.read(self.path, "--gradebook", EXPORT)
        self.text, self.encoding, self.separator = read.text, read.encoding, read.separator
        table = _table(read, self.name)
        self.titles = [field.value.strip() for field in table[0]]
        self.plain = [headings.plain(title) for title in self.titles]
        self.is_canvas = headings.is_canvas(self.plain)
        self.points_row: list[Field] | None = None
        self.rows = [row for row in table[1:] if len(row) == len(table[0])]
        if self.is_canvas:
            first = next(
                (n for n, row in enumerate(self.rows) if row[0].value.strip() == POINTS_POSSIBLE), None
            )
            if first is not None:
                self.points_row, self.rows = self.rows[first], self.rows[first + 1 :]
        self.rows = [
            row for row in self.rows if not headings.no_student(self.plain, [field.value for field in row])
        ]
        self._changes: dict[int, tuple[Field, str]] = {}

    # -- columns ---------------------------------------------------------------------------------------------------
    def index(self, title: str) -> int | None:
        """The number of a column; None where none has this name."""
        found = [n for n, each in enumerate(self.titles) if each.casefold() == title.strip().casefold()]
        return found[0] if len(found) == 1 else None

    def grade_columns(self) -> list[str]:
        """The columns that take grades."""
        if self.is_canvas:
            return [
                title
                for n, title in enumerate(self.titles)
                if title not in CANVAS_OWN
                and not NOT_CANVAS_GRADES.search(title)
                and not (self.points_row and _number(self.points_row[n].value) is None)  # "(read only)"
            ]
        real = [
            title
            for title in self.titles
            if title.endswith("(Real)") and not title.startswith("Course total")
        ]
        return [title for title, plain in zip(self.titles, self.plain, strict=True) if plain in GRADE] or real

    def choose_column(self, wanted: str | None) -> int:
        """The column to fill: the one named, by its whole name or without Canvas's number; or the only one."""
        columns = self.grade_columns()
        names = ", ".join(columns)
        if wanted is None:
            if len(columns) == 1:
                return self.titles.index(columns[0])
            found = (
                f"it has {len(columns)} columns for grades: {names}"
                if columns
                else "it has no column for grades"
            )
            raise BookError(found, 'name one with --column "NAME"', book=self.name)
        bare = [re.sub(r" \(\d+\)$| \(Real\)$", "", title).casefold() for title in self.titles]
        numbers = [n for n, title in enumerate(self.titles) if title.casefold() == wanted.strip().casefold()]
        numbers = numbers or [n for n, title in enumerate(bare) if title == wanted.strip().casefold()]
        if len(numbers) != 1:
            found = f"it has {len(numbers) or 'no'} column{'s' * (len(numbers) > 1)} {wanted}"
            raise BookError(
                found, f"its columns for grades are {names}" if names else "check the name", book=self.name
            )
        title = self.titles[numbers[0]]
        if self.is_canvas and title not in columns:
            raise BookError(
                f"Canvas does not take grades in its column {title}", f"use one of {names}", book=self.name
            )
        return numbers[0]

    def feedback_column(self, grade: int) -> int | None:
        """The column of the feedback that belongs to a grade column; Canvas's file has none."""
        if self.is_canvas:
            return None
        title = self.titles[grade]
        twin = (
            self.index(re.sub(r" \(Real\)$", "", title) + " (Feedback)") if title.endswith("(Real)") else None
        )
        if twin is not None or title.endswith("(Real)"):
            return twin
        named = [
            n for n, each in enumerate(self.plain) if any(word in each for word in FEEDBACK) and n != grade
        ]
        return named[0] if len(named) == 1 else None

    def points(self, row: Sequence[Field], grade: int) -> float | None:
        """How many points full work gets, as the file says."""
        most = next((n for n, title in enumerate(self.plain) if title in MOST), None)
        cell = self.points_row[grade] if self.points_row else row[most] if most is not None else None
        return _number(cell.value) if cell else None

    # -- students --------------------------------------------------------------------------------------------------
    def find(self, student: Given) -> list[list[Field]]:
        """The lines that are the student's: by what the roster knew besides the name, else by name."""
        ids = [
            n
            for n, title in enumerate(self.plain)
            if title in (*E_MAIL, *IDS, "integration id", "identifier")
        ]
        contact = _plain(student.contact)
        found = [row for row in self.rows if contact and any(_plain(row[n].value) == contact for n in ids)]
        return found or [row for row in self.rows if _plain(student.name) in self._names(row)]

    def _names(self, row: Sequence[Field]) -> set[str]:
        """A line's name, in both orders."""
        first, last, full = (
            next((n for n, title in enumerate(self.plain) if title in words), None)
            for words in (FIRST, LAST, FULL)
        )
        if last is not None and first is not None:
            one, other = _plain(row[last].value), _plain(row[first].value)
            return {f"{other} {one}", f"{one}, {other}", f"{one} {other}"}
        whole = full if full is not None else last
        if whole is None:
            return set()
        name = _plain(row[whole].value)
        last_name, comma, first_name = name.partition(",")
        return {name, f"{first_name.strip()} {last_name.strip()}"} if comma else {name}

    # -- writing ---------------------------------------------------------------------------------------------------
    def put(self, field: Field, value: str) -> None:
        """Make a cell say something else."""
        raw = self.text[field.start : field.end]
        if raw.startswith('"') or any(sign in value for sign in (self.separator, '"', "\n", "\r")):
            value = '"' + value.replace('"', '""') + '"'
        self._changes[field.start] = field, value

    def changed(self) -> bytes:
        """The file's bytes with what was put in."""
        pieces, end = [], 0
        for start in sorted(self._changes):
            field, value = self._changes[start]
            pieces += [self.text[end:start], value]
            end = field.end
        text = "".join([*pieces, self.text[end:]])
        return text.encode(self.encoding, errors="replace")

    def written(self, number: float) -> str:
        """A number as the file writes numbers: at most two decimals, and a comma where the file has commas."""
        text = f"{number:.2f}".rstrip("0").rstrip(".")
        cells = [*(self.points_row or ()), *(field for row in self.rows for field in row)]
        commas = any(re.fullmatch(r"\d+,\d+", cell.value.strip()) for cell in cells)
        points = any(re.fullmatch(r"\d+\.\d+", cell.value.strip()) for cell in cells)
        return text.replace(".", ",") if commas and not points else text


def fill(
    path: str | os.PathLike[str],
    grades: Sequence[tuple[Given, Grade]],
    out: str | os.PathLike[str] | None = None,
    *,
    held: Sequence[Waiting] = (),
    column: str | None = None,
    points: float | None = None,
    replace: bool = False,
    force: bool = False,
) -> Filled:
    """Fill a column of a copy of the gradebook, which is written whole or not at all.

    `column` names it where there are several; `points` is what full work gets where the file does not say. A grade that
    is there already stays unless `replace`. `held` are the students who get none yet: where there is a column for
    feedback, a note says so. `force` writes over an `out` that exists.
    """
    book = Gradebook(path)
    target = Path(out) if out else book.path.with_name(f"{book.path.stem}-graded{book.path.suffix}")
    if exists(target) and not force:
        raise BookError(
            "the file already exists", "name another, or add --force to replace it", book=target.name
        )
    grade = book.choose_column(column)
    feedback = book.feedback_column(grade)
    left = [(each.student.name, each.why) for each in held]
    for each in held:
        lines = book.find(each.student)
        if feedback is not None and not _why_not(book, lines, grade, replace=False):
            book.put(lines[0][feedback], each.note)
    count = 0
    taken: dict[int, str] = {}
    for student, given in grades:
        lines = book.find(student)
        why = _why_not(book, lines, grade, replace)
        if not why and lines[0][0].start in taken:
            why = f"its line in the gradebook is also that of {taken[lines[0][0].start]}"
        if why:
            left.append((student.name, why))
            continue
        [line] = lines
        taken[line[0].start] = student.name
        most = points if points is not None else book.points(line, grade)
        if most is None:
            raise UsageError(
                f"{book.name} does not say how many points full marks are", "add, for instance, --points 10"
            )
        book.put(line[grade], book.written(given.share * most))
        if feedback is not None:
            book.put(line[feedback], given.feedback)
        count += 1
    write_atomically(target, book.changed(), elsewhere=f"-o OTHER{target.suffix}")
    return Filled(
        target, book.titles[grade], count, book.titles[feedback] if feedback is not None else "", left
    )


def _why_not(book: Gradebook, lines: Sequence[Sequence[Field]], grade: int, replace: bool) -> str:
    """Why a student's grade is not filled in; empty where it is."""
    if len(lines) != 1:
        return f"{len(lines)} lines of the gradebook have this name" if lines else "not in the gradebook"
    there = lines[0][grade].value.strip()
    locked = [n for n, title in enumerate(book.plain) if title in LOCKED]
    if locked and _plain(lines[0][locked[0]].value) in NO:
        return "Moodle says that this grade cannot be changed"
    if there in KEPT:
        return f"the gradebook says {there}"
    if there not in EMPTY and not replace:
        return f"already has the grade {there} (--regrade replaces it)"
    return ""


# -- the file --------------------------------------------------------------------------------------------------------
def _table(read: csv_text.CsvText, name: str) -> list[list[Field]]:
    """The cells row by row, with their places in the text."""
    table = _fields(read.text, read.separator, len(read.text) - len(read.text.removeprefix("\ufeff")))
    table = table[len(table) - len(read.rows) :]  # without Excel's sep=
    if not read.separator or not table:
        raise BookError("it has no columns", f"{EXPORT} and use that file", book=name)
    if [row.cells for row in read.rows] != [[field.value for field in row] for row in table]:
        raise BookError(
            "its quotes do not match",
            "export it again, and use that file without opening it first",
            book=name,
        )
    return table


def _fields(text: str, separator: str, at: int) -> list[list[Field]]:
    """The cells of a CSV text with their places in it; blank lines are left out."""
    rows: list[list[Field]] = []
    row: list[Field] = []
    plain = re.compile(rf"[^{re.escape(separator)}\r\n]*")
    quoted = re.compile(r'"((?:[^"]|"")*)"')
    while at < len(text):
        match = quoted.match(text, at)
        end = match.end() if match else at
        rest = plain.match(text, end)
        assert rest
        value = (match[1].replace('""', '"') if match else "") + rest[0]
        row.append(Field(at, rest.end(), value))
        at = rest.end()
        if text[at : at + 1] == separator:
            at += 1
            if at == len(text):
                row.append(Field(at, at, ""))
            continue
        at += 2 if text[at : at + 2] == "\r\n" else 1
        rows.append(row)
        row = []
    return [row for row in [*rows, row] if any(field.value.strip() for field in row)]


def _number(text: str) -> float | None:
    found = csv_text.number(text, True)
    return found if isfinite(found) else None


def _plain(text: str) -> str:
    """A name or an address as it is compared: without case and outer or double blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
