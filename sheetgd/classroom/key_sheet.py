"""A sheet of the key: a title, a row of headings, and line after line; on paper no page ends in the middle of a
student."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import pairwise

from openpyxl.cell.cell import Cell
from openpyxl.styles.cell_style import StyleArray
from openpyxl.worksheet.worksheet import Worksheet

from ..grid.sheet import Value
from ..language import Written, translated
from ..lessons.kit import book, style
from ..lessons.kit.style import BLUE, ORANGE

LINES, COLUMNS = 30, 10  # of a printed page, in its natural size
MOST_AREAS = 200  # that are printed: Excel allows some 8,000 characters to name them
THOUSAND = 1000
TEXT = "text"  # how a cell is shown that holds one
# Headings of texts, and their columns' widths
WIDE = {"name": 28, "contact": 28, "file": 32, "assignment": 13, "address": 32}
SHORT = "0.0#######"  # of small numbers, such as learn


class Pages:
    """A sheet with a title, a row of headings, and line after line below it; texts are texts, whatever they hold."""

    def __init__(self, sheet: Worksheet, heading: int) -> None:
        self.sheet, self.heading, self.row = sheet, heading, heading
        self._rules: list[int] = []
        self._forms: dict[str, StyleArray] = {}
        sheet.sheet_properties.tabColor = ORANGE
        sheet.sheet_view.showGridLines = False

    def head(self, title: str, headings: Sequence[str]) -> None:
        """The title, whom it is for, and the headings; those of texts stand at the left."""
        style.put_words(self.sheet, "A1", title, font=style.large(BLUE))
        lead = translated(
            "For the teacher alone: keep it where no student can open it. Checking reads this file; do not change it."
        )
        style.put_words(self.sheet, "A2", lead, font=style.bold(ORANGE))
        self.sheet.row_dimensions[1].height = 30
        for column, words in enumerate(headings, start=1):
            letter = style.letter(column)
            style.put_heading(
                self.sheet, f"{letter}{self.heading}", Written(words)
            )  # by which it is read again
            self.sheet.column_dimensions[letter].width = WIDE.get(words, max(12, len(words) + 2))
            if words in WIDE:
                self.sheet[f"{letter}{self.heading}"].alignment = style.LEFT

    def add(self, values: Sequence[Value]) -> None:
        """One more line."""
        self.row += 1
        for column, value in enumerate(values, start=1):
            cell = self.sheet.cell(self.row, column, None if value == "" else value)
            if isinstance(value, str):
                cell.data_type = "s"
                self._shown(cell, TEXT)
            elif isinstance(value, float):
                self._shown(cell, _format(value))

    def _shown(self, cell: Cell, form: str) -> None:
        """Show a cell so: cells alike share one style, for a class has a hundred thousand of them."""
        if form not in self._forms:
            if form == TEXT:
                cell.alignment = style.LEFT
            else:
                cell.number_format = form
            self._forms[form] = cell._style
        cell._style = self._forms[form]

    def rule(self) -> None:
        """A line below the last row, where a printed page may end."""
        self._rules.append(self.row)
        for cell in self.sheet[self.row]:
            cell._style = copy(cell._style)
            cell.border = style.UNDER

    def finish(self, titles: int = 0) -> None:
        """The headings stay while the rest scrolls, and on every printed page; so do this many first columns."""
        self.sheet.freeze_panes = f"A{self.heading + 1}"
        areas = self._across(titles) if titles else self._down()
        book.print_setup(self.sheet, *areas, heading_row=self.heading)
        if titles:
            self.sheet.print_title_cols = f"A:{style.letter(titles)}"

    def _across(self, titles: int) -> list[str]:
        """The printed areas of a wide sheet, this many columns each; the first has its title and first columns, too."""
        rest = range(titles + COLUMNS + 1, self.sheet.max_column + 1, COLUMNS)
        ends = [min(start + COLUMNS - 1, self.sheet.max_column) for start in rest]
        first = f"A1:{style.letter(titles + COLUMNS)}{self.row}"  # as wide as its words, even if the table is narrow
        return [
            first,
            *(
                f"{style.letter(start)}{self.heading}:{style.letter(end)}{self.row}"
                for start, end in zip(rest, ends, strict=True)
            ),
        ]

    def _down(self) -> list[str]:
        """The printed areas of a long sheet, each ending at a rule; one if there are none, or too many for a file."""
        right = style.letter(self.sheet.max_column)
        ends: list[int] = []
        start = 1
        for rule, following in pairwise(self._rules):
            if following - start + 1 > LINES:
                ends.append(rule)
                start = rule + 1
        if len(ends) >= MOST_AREAS:
            ends = []
        return [
            f"A{before + 1}:{right}{end}" for before, end in zip([0, *ends], [*ends, self.row], strict=True)
        ]


def _format(value: float) -> str:
    """How a number is shown: thousands apart, and three digits after the point where it has more."""
    value = float(f"{value:.12g}")  # a sum that ought to be -4 may be -4.000000000000001
    if value.is_integer():
        return style.WHOLE if abs(value) >= THOUSAND else style.PLAIN
    if abs(value) < THOUSAND and value == round(value, 3):
        return style.PLAIN
    return style.THREE if abs(value) >= 0.1 else SHORT
