"""A worksheet as a new Google Sheet: uploaded to the teacher's own Drive, with tick boxes Run and Reset."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..books.google.book import GoogleBook
from ..books.google.drive import SHEETS, make_sheet, owner, share_sheet
from ..epochs.choose import choose_sheets, layout_of
from ..errors import SheetgdError, UsageError
from ..grid.a1 import Area, Cell, a1
from ..grid.edits import Edits
from ..grid.sheet import Sheet
from ..layout.find import Layout
from ..layout.labels import labelled
from ..layout.vocabulary import RESET_WORDS, RUN_WORDS

LABELS = ("Run", "Reset")
WIDTH = 3  # cells of a label, its box and its status


class Published(NamedTuple):
    """A new Google Sheet: its title, its address and the sheets with tick boxes, each with the cell of Run's."""

    title: str
    url: str
    boxes: dict[str, str]


def publish(path: Path, title: str, share: str | None = None) -> Published:
    """Make a Google Sheet of the workbook, owned by whoever is logged in, shared with the address `share` for editing.

    A BookError says why it cannot be made, and what became of it where only a later step failed.
    """
    if share is not None and "@" not in share.strip("@"):
        raise UsageError(f"{share} is not an e-mail address", "write it like a@school.edu")
    google = owner(title)
    try:
        key = make_sheet(google, title, path.read_bytes())
    except SheetgdError as error:
        raise error.at(book=title) from None
    url = f"{SHEETS}{key}/edit"
    try:
        book = GoogleBook(key, None, google)
        with book:
            boxes = add_boxes(book)
        if share:
            share_sheet(google, key, share, notify=True)
    except SheetgdError as error:
        error.found = f"the Google Sheet was made ({url}), but then {error.found}"
        raise error.at(book=title) from None
    return Published(title, url, boxes)


def add_boxes(book: GoogleBook) -> dict[str, str]:
    """Put tick boxes Run and Reset on every sheet that can be run and has none; where each Run's is."""
    edits, boxes = Edits(), dict[str, Area]()
    for name in choose_sheets(book, every=True):
        sheet = book.cells(name)
        if not all(labelled(sheet, *words.known) for words in (RUN_WORDS, RESET_WORDS)):
            row, column = _place(sheet, layout_of(book, name))
            for number, label in enumerate(LABELS):
                edits.put(name, (row + number, column), label)
                edits.put(name, (row + number, column + 1), False)
            boxes[name] = Area(row, column + 1, row + 1, column + 1)
            _reword(sheet, boxes[name], edits)
    if boxes:
        book.write(edits, boxes)
    return {name: a1(area[:2]) for name, area in boxes.items()}


def _place(sheet: Sheet, layout: Layout) -> Cell:
    """The first of free cells for the boxes: above the log, else right of everything."""
    column = layout.log.area.left if layout.log else 0
    places = [(row, column) for row in (2, 1, 3)] if column else []
    right = max(cell[1] for cell in sheet.values) + 2
    return next((place for place in places if _is_free(sheet, place)), (2, right))


def _is_free(sheet: Sheet, place: Cell) -> bool:
    block = Area(*place, place[0] + len(LABELS) - 1, place[1] + WIDTH - 1)
    return not any(area.meets(block) for area in sheet.merged) and all(map(sheet.is_empty, block.cells))


def _reword(sheet: Sheet, boxes: Area, edits: Edits) -> None:
    """The lesson's line that says how to run it speaks of a file; here it speaks of the boxes."""
    run, reset = (a1((row, boxes.left)) for row in (boxes.top, boxes.bottom))
    for cell, value in sheet.values.items():
        text = value if isinstance(value, str) and cell not in sheet.formulas else ""
        if text == "Save, close, then type":
            edits.put(sheet.name, cell, "While sheetgd sync runs:")
        elif text.startswith("sheetgd run FILE"):
            edits.put(sheet.name, cell, f"tick Run ({run})")
        elif text.startswith("sheetgd reset FILE"):
            edits.put(sheet.name, cell, f"tick Reset ({reset})")
