"""Which cells a fit is about: addresses, defined names and labels as they were typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..books.book import Book
from ..errors import SheetError, UsageError, missing_sheet
from ..grid.a1 import Area, Cell, a1, sheet_word, split
from ..grid.sheet import ErrorValue, Place, Sheet, Value, looks_like_a_number, normal
from ..layout.find import lesson_names
from ..layout.labels import beside, labelled
from ..layout.vocabulary import GUESS_WORDS, START_WORDS

MINIMIZE, MAXIMIZE, VALUE_OF = "minimize", "maximize", "value of"
MOST_PARAMETERS = 1000
_ITEM = re.compile(r"(?:'(?:[^']|'')*'|[^,'])+")  # between commas; a sheet's name in quotes may hold some


Range = tuple[float, float]


class Objective(NamedTuple):
    """The cell that is minimized, maximized, or brought to a value."""

    place: Place
    kind: str = MINIMIZE
    value: float = 0.0

    def loss(self, shown: float) -> float:
        """The number to minimize, from what the cell shows.

        >>> Objective(("S", (1, 1)), MAXIMIZE).loss(3.0), Objective(("S", (1, 1)), VALUE_OF, 5.0).loss(3.0)
        (-3.0, 4.0)
        """
        if self.kind == VALUE_OF:
            return (shown - self.value) ** 2
        return -shown if self.kind == MAXIMIZE else shown

    def logged(self, loss: float) -> float:
        """A loss as it is logged: what the cell shows, or its squared distance from the value."""
        return -loss if self.kind == MAXIMIZE else loss


class Problem(NamedTuple):
    """What a fit is to do; `solver` is the sheet whose saved Solver model says so, or empty. `ranges` holds the least
    and the largest value of those parameters that are bounded."""

    objective: Objective
    parameters: list[Place]
    solver: str = ""
    ranges: Mapping[Place, Range] = MappingProxyType({})

    def start(self, book: Book) -> list[float]:
        """The parameters as they stand in the book."""
        return [float(book.cells(name).number(cell) or 0.0) for name, cell in self.parameters]


# -- as typed --------------------------------------------------------------------------------------------------------
def typed_problem(
    book: Book, objective: str, kind: str, value: float, change: str, sheet: str | None
) -> Problem:
    """The cells as typed. One without a sheet is on the sheet named before it, on `sheet`, or on the only one."""
    here = sheet_named(book, sheet) if sheet else ""
    found = cells(book, objective, here, "the objective")
    if len(found) > 1:
        raise UsageError(f"{objective} is {len(found)} cells", "name the one cell whose formula is the loss")
    return Problem(
        Objective(found[0], kind, value), cells(book, change, here or found[0][0], "the parameters")
    )


def cells(book: Book, text: str, here: str, what: str) -> list[Place]:
    """The cells that a text such as Lesson!C1:C2,E4,slope means, in its order."""
    found: list[Place] = []
    items = [item.strip() for item in _ITEM.findall(text) if item.strip()]
    if not items:
        raise UsageError(f"no cell is named for {what}", "write it like Sheet1!C1:C2")
    for item in items:
        sheet, rest = split(item)
        here = sheet_named(book, sheet) if sheet else here
        more = _meant(book, here, rest, item)
        if len(found) + len(more) > MOST_PARAMETERS:
            raise too_many(text)
        found += more
    return found


def sheet_named(book: Book, name: str) -> str:
    found = next((sheet for sheet in book.sheet_names if sheet.casefold() == name.casefold()), None)
    if found is None:
        raise missing_sheet(name, book.sheet_names)
    return found


def _meant(book: Book, here: str, text: str, item: str) -> list[Place]:
    """The cells of one item: an area, a defined name, what the lesson calls so, or the cell beside a label.

    A word such as a1 may be an address and a label: what `look` calls so wins, else it is refused; in quotes it is the
    label, with a sheet's name the address.
    """
    word = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text
    try:
        area = None if word != text else Area.parse(text)
    except ValueError:
        area = None
    if area and (split(item)[0] or not text.isalnum()):
        return _area(_only_sheet(book, here, text), area, item)
    if area and (known := _in_lesson(book, here, text)):
        return known
    found = _named(book, here, word) or _called(book, here, word)
    if area and found:
        sheet, cell = found[0]
        place, own = f"{sheet_word(sheet)}!{a1(cell)}", f"{sheet_word(here or sheet)}!{text.upper()}"
        raise UsageError(
            f"{text} is the cell {own}, and the name or label of {place}",
            f'write {own} for the one, {place} or "{text}" in quotes for the other',
        )
    if area:
        return _area(_only_sheet(book, here, text), area, item)
    if not found:
        sheets = here or ", ".join(book.sheet_names)
        raise UsageError(
            f"{item} is not a cell like C7, a defined name or a label on {sheets}",
            "write it like Sheet1!C7 or Sheet1!C1:C2",
        )
    return found


def _in_lesson(book: Book, here: str, text: str) -> list[Place]:
    """The cell to which `look` gives this name, if there is one."""
    found = [
        (name, cell)
        for name in ([here] if here else book.sheet_names)
        for cell, called in lesson_names(book.cells(name)).items()
        if normal(called) == normal(text)
    ]
    return found if len(found) == 1 else []


def _only_sheet(book: Book, here: str, text: str) -> str:
    if not here and len(book.sheet_names) > 1:
        raise UsageError(
            f"{text} names no sheet, and there are {len(book.sheet_names)}",
            f"write it like {sheet_word(book.sheet_names[0])}!{text}, or add --sheet",
        )
    return here or book.sheet_names[0]


def _area(sheet: str, area: Area, item: str) -> list[Place]:
    if (area.bottom - area.top + 1) * (area.right - area.left + 1) > MOST_PARAMETERS:
        raise too_many(item)
    return [(sheet, cell) for cell in area.cells]


def too_many(text: str) -> UsageError:
    return UsageError(
        f"{text} is more than {MOST_PARAMETERS:,} cells", f"a fit changes {MOST_PARAMETERS:,} cells at most"
    )


def _named(book: Book, here: str, text: str) -> list[Place]:
    """The cells of a defined name: one of the sheet's own, else one of the workbook's."""
    names = [name for name in book.defined_names() if name.name.casefold() == text.casefold()]
    own = [name for name in names if name.sheet == here] or [name for name in names if name.sheet is None]
    if own:
        return referred(book, own[0].text, f"the name {text}")
    cell = book.cells(here).names.get(text.casefold()) if here else None
    return [(here, cell)] if cell else []


def referred(book: Book, text: str, what: str) -> list[Place]:
    """The cells that a name's formula refers to, such as Lesson!$C$1:$C$2,Lesson!$E$4."""
    found = []
    for item in _ITEM.findall(text.strip().lstrip("=")) or [""]:
        sheet, rest = split(item.strip())
        try:
            area = Area.parse(rest)
        except ValueError:
            sheet = ""
        if not sheet:
            raise SheetError(f"{what} stands for {text}, not for cells", "name the cells like Sheet1!C1:C2")
        found += _area(sheet_named(book, sheet), area, what)
    return found


def _called(book: Book, here: str, text: str) -> list[Place]:
    """The cells to which `look` gives this name, else those beside a label with this text."""
    sheets = [here] if here else book.sheet_names
    found = [
        (name, cell)
        for name in sheets
        for cell, called in lesson_names(book.cells(name)).items()
        if normal(called) == normal(text)
    ]
    found = found or [(name, cell) for name in sheets for cell in _start(book.cells(name), text)]
    found = found or [(name, cell) for name in sheets for cell in _beside(book.cells(name), text)]
    if len(found) > 1:
        places = ", ".join(f"{sheet_word(sheet)}!{a1(cell)}" for sheet, cell in found)
        raise UsageError(f"{text} may mean {places}", "name the one you mean")
    for name, cell in found:
        sheet = book.cells(name)
        if cell not in sheet.formulas and sheet.number(cell) is None:
            sheet.require(cell, text)
    return found


def called(sheet: Sheet, wanted: Sequence[Cell]) -> list[str]:
    """What cells are called: by `look`, by a defined name, by the labels left of them or above; else an empty text."""
    names = {cell: name for name, cell in sheet.names.items() if not name.startswith(("solver_", "_"))}
    names |= lesson_names(sheet)
    left = [_title(sheet, (row, column - 1)) for row, column in wanted]
    above = [_title(sheet, (row - 1, column)) for row, column in wanted]
    labels = above if len(set(above)) > len(set(left)) else left
    return [names.get(cell) or label for cell, label in zip(wanted, labels, strict=True)]


def _title(sheet: Sheet, label: Cell) -> str:
    return "" if label in sheet.formulas or not sheet.label(label) else str(sheet.values[label]).strip(" :=")


def _start(sheet: Sheet, text: str) -> list[Cell]:
    """A parameter's start cell by its labels, whatever stands there: beside m_guess, or in m's row under `guess`."""
    guesses = (f"{normal(text)} {word}" for word in GUESS_WORDS.labels)
    named = [beside(sheet, cell) for cell in labelled(sheet, *guesses)]
    crossed = [
        (row, column)
        for row, left in labelled(sheet, normal(text))
        for top, column in labelled(sheet, *GUESS_WORDS.labels, *START_WORDS.labels)
        if top < row and left < column and _is_block(sheet, Area(top + 1, left, row, column - 1))
    ]
    return list(dict.fromkeys(named + crossed))


def _is_block(sheet: Sheet, area: Area) -> bool:
    """Whether the area has a label in each row, and these are the last ones before the column on its right."""
    if not all(sheet.label((row, area.left)) for row in range(area.top, area.bottom + 1)):
        return False
    return not any(sheet.label((area.bottom, column)) for column in range(area.left + 1, area.right + 1))


def _beside(sheet: Sheet, text: str) -> list[Cell]:
    """The cells beside labels, those with formulas, numbers, or texts that were meant as numbers."""
    found = [beside(sheet, cell) for cell in labelled(sheet, normal(text))]
    return [
        cell
        for cell in found
        if cell in sheet.formulas
        or sheet.number(cell) is not None
        or _meant_as_number(sheet.values.get(cell))
    ]


def _meant_as_number(value: Value) -> bool:
    return isinstance(value, str) and not isinstance(value, ErrorValue) and looks_like_a_number(value)
