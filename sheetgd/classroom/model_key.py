"""The teacher's key of a class whose worksheets come from a solved workbook, which lies beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..books.book import Book
from ..errors import BookError, SheetError
from ..grid.a1 import a1
from ..grid.sheet import Place, Value
from ..language import speaking, translated
from ..lessons.kit.book import new_book, save_book
from .key_lines import EDITED, KeySettings, Lines, put_settings
from .key_sheet import Pages
from .solved import SolvedWorkbook
from .variants import Variant

CLASS, ANSWERS, NUMBERS, SETTINGS = "Class", "Answers", "Numbers", "Settings"
WHO = ("assignment", "name")
SOLVED = "solved workbook"  # the label of its file's name; a lesson's key has none
FILE = "solved.xlsx"


class ModelClass(NamedTuple):
    """What a key holds: the variants, the seed, and the solved workbook with its blanks and what varies in it."""

    assignments: list[Variant]
    seed: str
    solved: Path
    blank_cells: str
    vary: str

    def open(self) -> SolvedWorkbook:
        """The solved workbook; an error where it is not there, or was changed."""
        return SolvedWorkbook(self.solved, self.blank_cells, self.vary)


def write(
    path: Path,
    variants: Sequence[Variant],
    answers: Sequence[Mapping[Place, Value]],
    seed: str,
    solved: SolvedWorkbook,
    ending: str = ".xlsx",
) -> None:
    """Write the key of a class at the path; `answers` are the variants', `ending` is that of the students' files."""
    with speaking(variants[0].language):
        _write(path, variants, answers, seed, solved, ending)


def _write(
    path: Path,
    variants: Sequence[Variant],
    answers: Sequence[Mapping[Place, Value]],
    seed: str,
    solved: SolvedWorkbook,
    ending: str,
) -> None:
    book = new_book()
    book.properties.title = "Key"
    lines, right, numbers = (Pages(book.create_sheet(name), 4) for name in (CLASS, ANSWERS, NUMBERS))
    lines.head(translated("Key: {title}", title=variants[0].lesson), [*WHO[::-1], "contact", "file"])
    right.head(translated("What belongs in the blanks"), [*WHO, *map(_address, solved.blanks)])
    numbers.head(translated("What each student was given"), [*WHO, *map(_address, solved.varied)])
    for one, values in zip(variants, answers, strict=True):
        lines.add([one.name, one.id, one.contact, one.file + ending])
        right.add([one.id, one.name, *values.values()])
        numbers.add([one.id, one.name, *one.numbers])
    lines.finish()
    right.finish(titles=len(WHO))
    numbers.finish(titles=len(WHO))
    settings: list[tuple[str, Sequence[Value]]] = [
        (SOLVED, [FILE]),
        ("its digest", [hashlib.sha256(solved.book.contents.package.data).hexdigest()]),
        ("title", [variants[0].lesson]),
        ("language", [variants[0].language]),
        ("seed", [seed]),
        ("blank cells", [",".join(map(_address, solved.blanks))]),
        ("vary", [",".join(map(_address, solved.varied))]),
    ]
    put_settings(book.create_sheet(SETTINGS), settings)
    save_book(book, path)


def from_book(book: Book, settings: KeySettings, folder: Path) -> ModelClass:
    """All that a key says of its class; the solved workbook must lie in the folder, unchanged."""
    solved = folder / settings.text(SOLVED)
    if not solved.is_file():
        raise BookError(
            f"{solved.name}, the solved workbook, is not beside it", "put it back into the key's folder"
        )
    if hashlib.sha256(solved.read_bytes()).hexdigest() != settings.text("its digest"):
        raise BookError(
            f"{solved.name} beside it was changed since the worksheets were made",
            "put back the one that sheetgd class left there",
        )
    lines, given = Lines(book.cells(CLASS), "assignment"), Lines(book.cells(NUMBERS), "assignment")
    typed = {given.text(row, "assignment"): row for row in given.rows()}
    blank_cells, vary = settings.text("blank cells"), settings.text("vary")
    language = settings.language()
    titles = [title for title in given.columns if title not in WHO]
    titles.sort(key=lambda title: given.columns[title])
    found: list[Variant] = []
    for row in lines.rows():
        identity = lines.text(row, "assignment")
        if identity not in typed or identity in {other.id for other in found}:
            raise SheetError(
                f"{identity} is not an assignment of this key",
                EDITED,
                sheet=CLASS,
                cell=lines.cell(row, "assignment"),
            )
        numbers = tuple(given.number(typed[identity], title) for title in titles)
        file = Path(lines.text(row, "file")).stem
        contact = lines.text(row, "contact", empty=True)
        found.append(
            Variant(
                identity, lines.text(row, "name"), contact, file, settings.text("title"), numbers, language
            )
        )
    return ModelClass(found, settings.text("seed"), solved, blank_cells, vary)


def _address(place: Place) -> str:
    """A place as --blank-cells reads it."""
    sheet, cell = place
    plain = sheet.replace("_", "").isalnum() and not sheet[0].isdigit()
    quoted = sheet if plain else "'{}'".format(sheet.replace("'", "''"))
    return f"{quoted}!{a1(cell)}"
