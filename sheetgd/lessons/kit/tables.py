"""Tables of formulas, the epoch log, and grids of losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from openpyxl.chart import Reference
from openpyxl.formatting.rule import ColorScaleRule, FormulaRule, Rule
from openpyxl.styles import Border, Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from .controls import (
    numeric,
)
from .style import (
    BAND,
    BLUE,
    CENTRE,
    HIGH,
    INK,
    LEFT,
    LOW,
    MIDDLE,
    PLAIN,
    QUIET,
    UNDER,
    UPWARD,
    WHITE,
    WHOLE,
    cells,
    edge,
    lettering,
    on,
    plain_fill,
    put,
    put_heading,
    put_input,
    rule_fill,
)

LOG_ROWS = 1001  # what the chart of the loss draws: epoch 0 and a thousand more


# ---------------------------------------------------------------------------------------------------- tables


class Column(NamedTuple):
    """One column of a table: its title, what its rows hold and how that is shown.

    Numbers are typed input cells. A text is a formula in which {y_pred} is the y_pred cell of the same row,
    {above new_m} the new_m cell of the row above, and any other name one that the lesson gives; `first` is the
    formula of the first row where it is another one. `colour` is the title's: one for each parameter. `written` is
    what stands above the column where that is not simply its title in the language spoken.
    """

    title: str
    holds: str | Sequence[float] = ""
    shown: str = PLAIN
    first: str = ""
    colour: str = INK
    written: str = ""


class Table(NamedTuple):
    """A table with its title row at a cell; it knows where its cells are before it is drawn."""

    sheet: Worksheet
    at: str
    columns: tuple[Column, ...]
    rows: int

    def letter(self, title: str) -> str:
        """The letter of a column."""
        index = [column.title for column in self.columns].index(title)
        return str(get_column_letter(coordinate_to_tuple(self.at)[1] + index))

    def cell(self, title: str, row: int) -> str:
        """The address of a column's cell in a row, counted from 1; row 0 is the title."""
        return f"{self.letter(title)}{coordinate_to_tuple(self.at)[0] + row}"

    def column(self, title: str) -> str:
        """The absolute area of a column without its title."""
        return str(absolute_coordinate(f"{self.cell(title, 1)}:{self.cell(title, self.rows)}"))

    def seen_from(self, sheet: Worksheet, cell: str) -> str:
        """A cell of the table as a formula on a sheet names it."""
        return cell if sheet is self.sheet else on(self.sheet, cell)

    def reference(self, title: str) -> Reference:
        """A column without its title, for a chart."""
        return cells(self.sheet, self.column(title))

    def draw(
        self, names: Mapping[str, str], *, beside: Mapping[str, Table] | None = None, styled: int = 0
    ) -> None:
        """Write titles, numbers and formulas; {steps x} is the same row's x in the table beside it called steps."""
        rows = range(1, (styled or self.rows) + 1)
        known = {row: {**names, **self._cells(row, beside or {})} for row in rows}
        for column in self.columns:
            put_heading(self.sheet, self.cell(column.title, 0), column.written or column.title, column.colour)
            for row in rows:
                self._draw_cell(column, row, known[row])
            if column.holds and not isinstance(column.holds, str):
                numeric(self.sheet, f"{self.cell(column.title, 1)}:{self.cell(column.title, self.rows)}")

    def _cells(self, row: int, beside: Mapping[str, Table]) -> dict[str, str]:
        """The names that stand for cells in a row: its own, those above, and those of the tables beside."""
        here = {column.title: self.cell(column.title, row) for column in self.columns}
        above = {f"above {column.title}": self.cell(column.title, row - 1) for column in self.columns}
        others = {
            f"{name} {column.title}": table.seen_from(self.sheet, table.cell(column.title, row))
            for name, table in beside.items()
            for column in table.columns
        }
        return others | here | above

    def _draw_cell(self, column: Column, row: int, names: Mapping[str, str]) -> None:
        cell = self.cell(column.title, row)
        if not isinstance(column.holds, str):
            put_input(self.sheet, cell, column.holds[row - 1], column.shown)
            return
        formula = column.first if row == 1 and column.first else column.holds
        put(self.sheet, cell, formula.format_map(names), border=UNDER, shown=column.shown)


def headings_above(table: Table, words: Mapping[str, str]) -> None:
    """The columns' formulas as mathematics writes them, above their titles."""
    for title, formula in words.items():
        put(table.sheet, table.cell(title, -1), formula, font=lettering(9, QUIET, italic=True))


def carried(table: Table, successors: Mapping[str, str]) -> None:
    """Mark the last row's successors as what the next epoch starts from: {column: words below it}."""
    for title, words in successors.items():
        last = table.sheet[table.cell(title, table.rows)]
        last.font, last.fill = lettering(colour=BLUE, bold=True), plain_fill(BAND)
        put(table.sheet, table.cell(title, table.rows + 1), words, font=lettering(10, BLUE, bold=True))


def mark(
    sheet: Worksheet, area: str, formula: str, *, back: str = LOW, ink: str = INK, bold: bool = True
) -> None:
    """Colour the cells of an area for which a formula, written for the first of them, is true."""
    sheet.conditional_formatting.add(
        area, FormulaRule(formula=[formula], fill=rule_fill(back), font=Font(bold=bold, color=ink))
    )


def mark_with(sheet: Worksheet, area: str, formula: str, sign: str) -> None:
    """Show a sign instead of the number in the cells of an area for which a formula is true."""
    shown = ";".join([f'"{sign}"'] * 3)  # of numbers above, below and at zero
    style = DifferentialStyle(numFmt=NumberFormat(numFmtId=200 + ord(sign) % 50, formatCode=shown))
    sheet.conditional_formatting.add(area, Rule(type="expression", dxf=style, formula=[formula]))


def mark_large(sheet: Worksheet, area: str) -> None:
    """Show the numbers of an area that are past a million as powers of ten.

    By a condition and not by sections of the number format: in those LibreOffice drops the minus.
    """
    first = area.split(":")[0]
    style = DifferentialStyle(numFmt=NumberFormat(numFmtId=260, formatCode="0.00E+00"))
    large = f"IF(ISNUMBER({first}),ABS({first})>1000000,FALSE)"
    sheet.conditional_formatting.add(area, Rule(type="expression", dxf=style, formula=[large]))


def shade(sheet: Worksheet, area: str, *stops: tuple[float, str]) -> None:
    """Shade cells by their numbers: two or three numbers, ascending, each with its colour."""
    names = ("start", "end") if len(stops) == 2 else ("start", "mid", "end")
    rule: dict[str, float | str] = {}
    for name, (number, colour) in zip(names, stops, strict=True):
        rule |= {f"{name}_type": "num", f"{name}_value": number, f"{name}_color": colour}
    sheet.conditional_formatting.add(area, ColorScaleRule(**rule))


def epoch_log(sheet: Worksheet, at: str, title: str, columns: Sequence[Column], styled_rows: int) -> Table:
    """The epoch log: a title above, the heading row, and free cells for the rows that the runs will write."""
    row, column = coordinate_to_tuple(at)
    put(
        sheet, f"{get_column_letter(column)}{row - 1}", title, font=lettering(13, BLUE, bold=True), align=LEFT
    )
    log = Table(sheet, at, tuple(columns), LOG_ROWS)
    log.draw({}, styled=styled_rows)
    return log


class Grid(NamedTuple):
    """The loss for many pairs of parameters: one runs down, the other across; `at` is the empty corner."""

    sheet: Worksheet
    at: str
    down: tuple[str, Sequence[float]]
    across: tuple[str, Sequence[float]]

    def area(self) -> str:
        """The area of the losses, without the two rows of numbers."""
        row, column = coordinate_to_tuple(self.at)
        return f"{get_column_letter(column + 1)}{row + 1}:{self._last()}{row + len(self.down[1])}"

    @property
    def corner(self) -> tuple[str, int, int]:
        """The empty corner: the letter of its column, its row, and its column's number."""
        row, column = coordinate_to_tuple(self.at)
        return str(get_column_letter(column)), row, column

    def side(self) -> str:
        """The numbers left of the losses."""
        letter, row, _ = self.corner
        return f"{letter}{row + 1}:{letter}{row + len(self.down[1])}"

    def lines(self) -> str:
        """The rows of losses, each with its number before it."""
        row, column = coordinate_to_tuple(self.at)
        return f"{get_column_letter(column)}{row + 1}:{self._last()}{row + len(self.down[1])}"

    def head(self) -> str:
        """The numbers above the losses."""
        row, column = coordinate_to_tuple(self.at)
        return f"{get_column_letter(column + 1)}{row}:{self._last()}{row}"

    def _last(self) -> str:
        return str(get_column_letter(coordinate_to_tuple(self.at)[1] + len(self.across[1])))

    def draw(self, formula: str, names: Mapping[str, str], shown: str = WHOLE) -> None:
        """Write labels, numbers, a formula a cell (the two names stand for its heads), and the colour scale."""
        row, column = coordinate_to_tuple(self.at)
        sheet, (down, downs), (across, acrosses) = self.sheet, self.down, self.across
        letters = [get_column_letter(column + 1 + step) for step in range(len(acrosses))]
        corner, margin = get_column_letter(column), get_column_letter(column - 1)
        head = {"font": lettering(bold=True), "fill": plain_fill(BAND), "align": CENTRE}
        _span(sheet, f"{letters[0]}{row - 1}:{letters[-1]}{row - 1}", across)
        _span(sheet, f"{margin}{row + 1}:{margin}{row + len(downs)}", down)
        put(sheet, self.at, "", **head)
        for letter, number in zip(letters, acrosses, strict=True):
            put(sheet, f"{letter}{row}", number, **head)
        for line, number in enumerate(downs, start=row + 1):
            put(sheet, f"{corner}{line}", number, **head)
            for letter in letters:
                heads = {down: f"${corner}{line}", across: f"{letter}${row}"}
                put(
                    sheet,
                    f"{letter}{line}",
                    formula.format_map({**names, **heads}),
                    align=CENTRE,
                    shown=shown,
                    border=Border(*(edge(WHITE),) * 4),
                )
        sheet.conditional_formatting.add(
            self.area(),
            ColorScaleRule(
                start_type="min",
                start_color=LOW,
                mid_type="percentile",
                mid_value=50,
                mid_color=MIDDLE,
                end_type="max",
                end_color=HIGH,
            ),
        )


def _span(sheet: Worksheet, area: str, label: str) -> None:
    """A label in the middle of a row, or of a column, where a long one is turned."""
    sheet.merge_cells(area)
    left, _, right, _ = range_boundaries(area)
    align = UPWARD if left == right and len(translated(label)) > 2 else CENTRE
    put(sheet, area.split(":")[0], label, font=lettering(13, BLUE, bold=True), align=align)
