"""Reading a workbook that a student sent: from any program, damaged, huge or hostile.

Nothing in the file is executed and nothing outside it is opened: macros and links stay what they are, bytes. Formulas
are recalculated by the engine in its own process, which is ended when it takes too long.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

from ..books.opening import open_book
from ..books.xlsx.book import XlsxBook
from ..books.xlsx.contents import spilled
from ..classroom.model_class import IDENTITY
from ..errors import BookError, Hostile, SheetgdError
from ..formulas.model import OWN_ERRORS, Model, describe
from ..grid.sheet import ErrorValue, Place, Sheet, Value
from ..language import counted, translated

NOISE = 1e-12  # of the largest number on the sheets
LARGEST = 50 << 20  # bytes of a file
MOST_XML = 12 << 20  # bytes that all but its pictures unpack to: a worksheet has 0.2 million
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf")
AGAIN = "ask for it again, saved as .xlsx"
AS_WORKBOOK, ITSELF = "ask for the worksheet as .xlsx", "ask for the worksheet itself"
CHECK_NAME = "check the name and the folder"
OTHER_KINDS = {  # how files begin that are not workbooks, whatever they are called
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"{\\rtf": "a text document",
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"Rar!": "a packed folder (.rar)",
    b"7z\xbc\xaf": "a packed folder (.7z)",
}


class ForStudent(BookError):
    """What is wrong with a student's file, and what to ask the student for."""


class Returned(NamedTuple):
    """What a student's file holds: its sheets, every formula recalculated, and what a teacher should know of it.

    `digest` is the same for files with the same bytes; a Google Sheet has none. `hidden` is the assignment in a hidden
    name, where there is one.
    """

    name: str
    sheets: dict[str, Sheet]
    notes: list[str]
    digest: str
    hidden: str = ""


def read_returned(path: Path) -> Returned:
    """Read a student's workbook; a SheetgdError says why one cannot be checked."""
    try:
        return _read(path)
    except SheetgdError as error:
        if not isinstance(error, (ForStudent, Hostile)):  # written for one's own workbook
            error.todo = AGAIN
        raise error.at(book=path.name) from None
    except (OSError, ValueError, LookupError, ArithmeticError, RecursionError, MemoryError) as error:
        kind = type(error).__name__
        raise BookError(f"it is damaged ({kind} while reading it)", AGAIN, book=path.name) from None


def _read(path: Path) -> Returned:
    _refuse_at_sight(path)
    with open_book(path) as book:
        assert isinstance(book, XlsxBook)
        _refuse_large(book)
        notes = _left_alone(book)
        sheets = {name: book.cells(name) for name in book.sheet_names}
        try:
            notes += _recalculate(book, sheets) if book.has_formulas() else []
        except BookError as error:  # there are results, or the sheets would not have been read
            notes.append(
                translated(
                    "it could not be recalculated, so the results stored in it were taken ({reason})",
                    reason=error.found,
                )
            )
        for name, sheet in sheets.items():  # what an array formula fills is not typed
            for cell, formula in spilled(book.contents.scanned(name)):
                sheet.formulas.setdefault(cell, formula)
        digest = hashlib.sha256(book.contents.package.data).hexdigest()
        hidden = [name.text.strip('="') for name in book.defined_names() if name.name == IDENTITY]
        return Returned(path.name, sheets, notes, digest, "".join(hidden))


def _refuse_at_sight(path: Path) -> None:
    """Refuse what is plainly not a worksheet, without reading it whole."""
    if os.path.isdir(path):
        raise ForStudent("it is a folder without files", CHECK_NAME)
    if os.path.exists(path) and not os.path.isfile(path):
        raise ForStudent("it is not a file", CHECK_NAME)
    if not os.path.exists(path):
        raise ForStudent("there is no such file", CHECK_NAME)
    size = path.stat().st_size
    if size > LARGEST:
        raise ForStudent(f"it has {size:,} bytes, far more than a worksheet", ITSELF)
    try:
        with path.open("rb") as file:
            begin = file.read(8)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise ForStudent(reason, CHECK_NAME) from None
    if package := _other_package(path, begin):
        raise ForStudent(*package)
    for mark, kind in OTHER_KINDS.items():
        if begin.lower().startswith(mark.lower()):
            raise ForStudent(f"it is {kind}, not a workbook", AS_WORKBOOK)


def _other_package(path: Path, begin: bytes) -> tuple[str, str] | None:
    """What a file is that is locked or packed like a workbook but is not one, and what to ask for."""
    if begin.startswith(b"\xd0\xcf") and "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return "it is protected by a password", "ask for it again, without the password"
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    if "word/document.xml" in names:
        return "it is a Word document, not a workbook", AS_WORKBOOK
    if "ppt/presentation.xml" in names:
        return "it is a PowerPoint presentation, not a workbook", AS_WORKBOOK
    if path.suffix.lower() == ".zip" and "[Content_Types].xml" not in names:
        return "it is a zip inside another", "unpack it, and name the folder"
    if {"mimetype", "content.xml"} <= names:
        return "it is an OpenDocument file (.ods)", AGAIN
    return None


def _refuse_large(book: XlsxBook) -> None:
    parts = [name for name in book.contents.package.names() if not name.lower().endswith(PICTURES)]
    size = sum(book.contents.package.archive.getinfo(name).file_size for name in parts)
    if size > MOST_XML:
        raise ForStudent(f"it unpacks to {size:,} bytes, far more than a worksheet", ITSELF)


def _left_alone(book: XlsxBook) -> list[str]:
    """What the file holds besides numbers and formulas, and what became of it."""
    names = [name.lower() for name in book.contents.package.names()]
    notes: list[str] = []
    if any(name.endswith("vbaproject.bin") for name in names):
        notes.append(translated("it holds macros, which were not run"))
    if any("externallinks/" in name for name in names):
        notes.append(translated("it refers to other workbooks, which were not opened"))
    return notes


def _recalculate(book: XlsxBook, sheets: dict[str, Sheet]) -> list[str]:
    """Make every formula show what it gives now; returns what to say about that."""
    model = book.model()
    found = {why.words: place for place, why in model.frozen.items() if why.kind == "circular"}
    notes: list[str] = [
        translated("the formula in {cell} has no result: {reason}", cell=describe(place), reason=words)
        for words, place in found.items()
    ]
    if fresh := book.without_results():
        every = sum(len(sheet.formulas) for sheet in sheets.values())
        if len(fresh) == every:
            notes.insert(
                0,
                translated(
                    "its formulas came without results (the program that saved it does not calculate): they "
                    "were calculated"
                ),
            )
            return notes
        some = counted(
            "{count} of its formulas came without a result: it was calculated",
            "{count} of its formulas came without results: they were calculated",
            len(fresh),
        )
        notes.insert(0, some)
        return notes
    unsettling = ("volatile", "circular", "unknown")
    if all(why.kind in unsettling for why in model.frozen.values()):
        return notes
    stale = 0
    results = _results(book, sheets)
    largest = max((abs(value) for value in results.values() if isinstance(value, float)), default=0.0)
    for place, value in results.items():
        sheet, cell = sheets[place[0]], place[1]
        if value != sheet.values.get(cell) and not _is_close(value, sheet.values.get(cell), NOISE * largest):
            sheet.values[cell] = value
            stale += 1
    if stale:
        notes.append(
            counted(
                "one formula was out of date when it was saved, and was recalculated",
                "{count} formulas were out of date when it was saved, and were recalculated",
                stale,
            )
        )
    return notes


def _results(book: XlsxBook, sheets: dict[str, Sheet]) -> dict[Place, Value]:
    """What the engine finds for each formula, except those that it does not know."""
    places = [(name, cell) for name, sheet in sheets.items() for cell in sheet.formulas]
    with Model() as model:
        model.load(os.path.realpath(book.path), 0)
        found = dict(zip(places, model.get(places), strict=True))
    own = {*OWN_ERRORS, "#NAME?"}
    return {
        place: value for place, value in found.items() if not (isinstance(value, ErrorValue) and value in own)
    }


def _is_close(one: Value, other: Value, noise: float) -> bool:
    """Whether two programs can have found both: differences of large numbers keep few digits."""
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-9 * max(abs(one), abs(other)) + noise
    return (one or "") == (other or "")
