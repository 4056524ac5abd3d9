"""Reading the teacher's key by its labels: settings with the values right of them, lines below a row of headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openpyxl.worksheet.worksheet import Worksheet

from ..errors import SheetError
from ..grid.a1 import Cell, a1
from ..grid.sheet import Sheet, Value
from ..language import Written, languages, translated
from ..lessons.kit import style
from ..lessons.kit.book import print_setup
from ..lessons.kit.style import BLUE

EDITED = "use the key.xlsx that sheetgd class made, unchanged"


def put_settings(sheet: Worksheet, settings: Sequence[tuple[str, Sequence[Value]]]) -> None:
    """Write what holds for the whole class: a label in a row, and the values to its right."""
    style.put_words(sheet, "B1", translated("What holds for the whole class"), font=style.large(BLUE))
    for row, (label, values) in enumerate(settings, start=3):
        style.put_label(sheet, f"B{row}", Written(label), style.LEFT)  # by which it is read again
        for column, value in enumerate(values, start=3):
            cell = f"{style.letter(column)}{row}"
            if isinstance(value, str):
                style.put_words(sheet, cell, Written(value))
            else:
                style.put(sheet, cell, value, align=style.LEFT)
    for letter, width in (("A", 3), ("B", 20), ("C", 20)):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    print_setup(sheet, sheet.dimensions)


def number_in(sheet: Sheet, cell: Cell, what: str) -> float:
    number = sheet.number(cell)
    if number is None:
        raise SheetError(f"{what} is {sheet.show(cell)}", EDITED, sheet=sheet.name, cell=a1(cell))
    return number


class KeySettings:
    """The labels of the sheet Settings with the values right of them."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def values(self, label: str) -> list[tuple[Cell, Value]]:
        """The cells right of a label, up to the first empty one."""
        cells = [cell for cell in self.sheet.labelled(label) if cell[1] == 2]
        if not cells:
            raise SheetError(f"there is no cell {label}", EDITED, sheet=self.sheet.name)
        row, column = cells[0]
        found = []
        while not self.sheet.is_empty((row, column + 1)):
            column += 1
            found.append(((row, column), self.sheet.values.get((row, column))))
        return found

    def texts(self, label: str) -> list[str]:
        return [str(value) for _, value in self.values(label)]

    def numbers(self, label: str) -> tuple[float, ...]:
        return tuple(number_in(self.sheet, cell, label) for cell, _ in self.values(label))

    def text(self, label: str, *, needed: bool = True) -> str:
        if not needed and not self.sheet.labelled(label):
            return ""
        return (self.texts(label) or [""])[0]

    def language(self) -> str:
        """The code of the worksheets' language; English in a key that names none."""
        code = self.text("language", needed=False) or "en"
        if code not in languages():
            cell = a1(self.values("language")[0][0])
            raise SheetError(f"language is {code}", EDITED, sheet=self.sheet.name, cell=cell)
        return code

    def number(self, label: str) -> float:
        values = self.numbers(label)
        if not values:
            raise SheetError(f"{label} is empty", EDITED, sheet=self.sheet.name)
        return values[0]


class Lines:
    """The lines below a row of titles, up to the first without an assignment."""

    def __init__(self, sheet: Sheet, title: str) -> None:
        self.sheet = sheet
        named = {row for row, _ in sheet.labelled("name")}
        heads = [cell for cell in sheet.labelled(title) if cell[0] in named]
        if not heads:
            raise SheetError(f"there is no heading {title}", EDITED, sheet=sheet.name)
        self.head, self.column = heads[0]
        self.columns = {
            str(value): cell[1]
            for cell, value in sheet.values.items()
            if cell[0] == self.head and isinstance(value, str)
        }

    def rows(self) -> Iterator[int]:
        row = self.head + 1
        while not self.sheet.is_empty((row, self.column)):
            yield row
            row += 1

    def headed(self, beginning: str) -> list[str]:
        """The titles that begin so, from left to right."""
        found = [title for title in self.columns if title.startswith(beginning)]
        return sorted(found, key=lambda title: self.columns[title])

    def place(self, row: int, title: str) -> Cell:
        if title not in self.columns:
            raise SheetError(f"there is no heading {title}", EDITED, sheet=self.sheet.name)
        return row, self.columns[title]

    def cell(self, row: int, title: str) -> str:
        return a1(self.place(row, title))

    def number(self, row: int, title: str) -> float:
        return number_in(self.sheet, self.place(row, title), title)

    def text(self, row: int, title: str, empty: bool = False) -> str:
        value = self.sheet.values.get(self.place(row, title))
        if not value and empty:
            return ""
        if not isinstance(value, str) or not value:
            what = f"{title} is {self.sheet.show(self.place(row, title))}"
            raise SheetError(what, EDITED, sheet=self.sheet.name, cell=self.cell(row, title))
        return value

    def series(self, row: int, letter: str) -> tuple[float, ...]:
        """The numbers under letter 1, letter 2 and so on."""
        return tuple(self.number(row, title) for title in self.headed(f"{letter} "))
