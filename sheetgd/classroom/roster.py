"""Who is in the class: a CSV file as a school's software writes it, read without guessing.

The column of names is found by its heading, in the words of Canvas, Moodle and several languages, or named by the
teacher; first and last names in two columns are joined. A list of nothing but names needs no heading.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import BookError, UsageError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LONGEST = 300  # characters of a name
TESTING = ("Student, Test", "Test Student")  # Canvas's own
MOST = 2_000  # students; more is another file taken for a roster
FULL = frozenset(
    "name,names,student,students,student name,full name,fullname,display name,learner,pupil,user,"
    "schüler,schülername,schülerin,schüler/in,schüler:in,vollständiger name,"
    "nom complet,nom et prénom,nom prénom,élève,étudiant,nombre completo,nombre y apellidos,apellidos y nombre,"
    "alumno,alumna,estudiante,alunno,studente,nome completo,nome e cognome,cognome e nome,aluno,leerling,naam,"
    "volledige naam,navn,namn,imię i nazwisko,uczeń,имя,фио,ученик,姓名,名前,氏名,이름,الاسم,اسم الطالب".split(
        ","
    )
)
FIRST = frozenset(
    "first name,firstname,first,given name,given names,forename,vorname,prénom,prenom,nombre,nombres,nome,"
    "voornaam,fornavn,förnamn,imię,имя".split(",")
)
LAST = frozenset(
    "last name,lastname,last,surname,family name,nachname,familienname,nom,nom de famille,apellido,apellidos,"
    "apellido(s),cognome,sobrenome,apelido,achternaam,etternavn,efternavn,efternamn,nazwisko,фамилия".split(
        ","
    )
)
CONTACTS = ("email", "e-mail", "email address", "e-mail-adresse", "mail", "sis login id", "username", "login id",
            "student id", "id number", "sis user id", "id", "number", "nr", "no")  # fmt: skip


class Student(NamedTuple):
    """One line of the roster: the name as it is printed, and what else tells two of one name apart."""

    name: str
    contact: str = ""


def read_roster(path: str | os.PathLike[str], column: str | None = None) -> list[Student]:
    """The students of a CSV file, in its order.

    `column` names the column with the names (or two, with a comma between them). Commas, semicolons and tabs separate;
    UTF-8, UTF-16 and the old Windows encoding are read. Lines of Canvas that are no students are left out.
    """
    file = Path(path).name or str(path)
    lines = _lines(_text(Path(path)), file)
    titles = [" ".join(title.split()).casefold() for title in lines[0][1]]
    columns = _name_columns(titles, lines[0][1], column, file)
    if columns:
        lines = lines[1:]
        contact = next((titles.index(title) for title in CONTACTS if title in titles), None)
    else:  # a list of nothing but names
        columns, contact = [0], None
    canvas = {"student", "section"} <= set(titles)
    students = []
    for number, cells in lines:
        try:
            cells = _fitted(cells, len(titles))
            name = _name([cells[index] for index in columns])
        except BookError as error:
            raise BookError(f"line {number}{error.found}", error.todo, book=file) from None
        if not (canvas and (name.startswith("Points Possible") or name in TESTING)):
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


# -- the file --------------------------------------------------------------------------------------------------------
def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BookError("there is no such file", "check the name after --roster", book=str(path)) from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise BookError(reason, "check the name after --roster", book=str(path)) from None
    if content[:2] in (b"PK", b"\xd0\xcf"):
        raise BookError("it is a workbook", "save the sheet as CSV and use that file", book=path.name)
    return _decoded(content, path.name)


def _decoded(content: bytes, file: str) -> str:
    """The text: by its byte order mark, by the zeros of UTF-16, as UTF-8, else in the old Windows encoding."""
    zeros = content[1:200:2].count(0), content[0:200:2].count(0)
    wide = {(True, False): "utf-16-le", (False, True): "utf-16-be"}.get((zeros[0] > 0, zeros[1] > 0))
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else [wide or "utf-8-sig"]
    for encoding in [*encodings, "cp1252", "latin-1"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BookError("it is not a text file", "save the sheet as CSV and use that file", book=file)


def _lines(text: str, file: str) -> list[tuple[int, list[str]]]:
    """The lines with their numbers, split into cells, blank ones left out."""
    said = text.partition("\n")[0].rstrip("\r").lower()
    for_excel = said[:4] == "sep=" and said[4:] in SEPARATORS
    first = next((line for line in text.splitlines()[for_excel:] if line.strip()), "")
    separator = said[4:] if for_excel else _separator(first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or "\x1f")
    try:
        if for_excel:
            next(reader)
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        found = f"line {reader.line_num} cannot be read ({error})"
        raise BookError(found, "save it as CSV again", book=file) from None
    if not lines:
        raise BookError("it is empty", "write a name on each line, under the heading name", book=file)
    return lines


def _separator(first: str) -> str:
    """What separates the cells of the first line; nothing where it has only one."""
    counts = {mark: _outside_quotes(first).count(mark) for mark in SEPARATORS}
    found = [mark for mark in SEPARATORS if counts[mark]]
    if ";" in found or "\t" in found:  # a comma may belong to a heading, such as "Name, first name"
        found = [mark for mark in found if mark != ","]
    return max(found, key=lambda mark: counts[mark], default="")


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])
