"""The drawing kit: how a lesson looks on a screen and on paper.

A lesson says what it holds and where; colours, fonts, number formats, the column grid, charts and print set-up are
decided here, once. Columns B to M carry the lesson, A is its margin, and O to R are the epoch log's, with nothing
else below its headings (a lesson may ask for more columns). The rows down to those headings stay on the screen while
the rest scrolls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.chart import Reference, ScatterChart, Series, SurfaceChart3D
from openpyxl.chart._3d import View3D
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.surface_chart import BandFormat, BandFormatList
from openpyxl.chart.text import RichText
from openpyxl.chart.title import title_maker
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.formatting.rule import ColorScaleRule, FormulaRule, Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

INK, QUIET, HAIR = "1F2933", "4A5563", "D5DCE5"
BLUE, ORANGE, GREEN, WHITE = "2B6CB0", "C65D07", "2F855A", "FFFFFF"
BAND, PAPER, INPUT = "E6EDF6", "F5F8FC", "FFF3D6"
LOW, MIDDLE, HIGH = "6BA3D6", "FBFAF5", "F3A45B"

PLAIN, WHOLE, ONE, TWO, THREE = "General", "#,##0", "#,##0.0", "#,##0.00", "#,##0.000"
FULL = "0.0##############"  # 0.0001 as it was typed

LOG_ROWS = 1001  # what the chart of the loss draws: epoch 0 and a thousand more
BANDS = 9  # how many steps of height a surface usually has
DRAWN = datetime(2026, 1, 1)  # the date in every new workbook's properties: see `save_book`
SCREEN_ROW = 17.25  # points: a row that reads well on a projector
BOX_ROW = 40.0  # points: a row of large numbers


def _font(size: float = 11, colour: str = INK, **more: Any) -> Font:
    return Font(name="Calibri", size=size, color=colour, **more)


def bold(colour: str, size: float = 11) -> Font:
    """Bold letters in a colour."""
    return _font(size, colour, bold=True)


def large(colour: str) -> Font:
    """The letters of a sheet's title."""
    return _font(20, colour, bold=True)


def letter(column: int) -> str:
    """The letter of a column, counted from 1."""
    return str(get_column_letter(column))


def absolute(cell: str) -> str:
    """An address with its dollars.

    >>> absolute("J94")
    '$J$94'
    """
    return str(absolute_coordinate(cell))


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _filled(colour: str) -> PatternFill:
    """The fill of a conditional format, which takes its colour from the background."""
    return PatternFill(bgColor=colour)


def _line(colour: str, style: str = "thin") -> Side:
    return Side(style=style, color=colour)


UNDER = Border(bottom=_line(HAIR))
FRAMED = Border(*(_line("9DB7D5"),) * 4)
CODE = Font(name="Consolas", size=10, color=BLUE, bold=True)
BOXED = Border(*(_line("E8C67E"),) * 4)
INDENTED = Alignment(horizontal="right", vertical="center", indent=1)
RIGHT = Alignment(horizontal="right", vertical="center", shrink_to_fit=True)
LEFT = Alignment(horizontal="left", vertical="center")
CENTRE = Alignment(horizontal="center", vertical="center")
MIDST = Alignment(horizontal="center", vertical="center", shrink_to_fit=True)
UPWARD = Alignment(horizontal="center", vertical="center", textRotation=90)


# ---------------------------------------------------------------------------------------------------- the workbook


def new_book() -> Workbook:
    """An empty workbook that does not ask to be recalculated when it is opened."""
    book = Workbook()
    book.remove(book.active)
    book.calculation = CalcProperties(calcId=191029, fullCalcOnLoad=False)  # an older calcId asks for it, too
    book.properties.creator = "sheetgd"
    return book


_EMPTY = re.compile(
    rb'<c( r="[A-Z]+\d+" s="\d+") t="n"\s*(?:/>|></c>)'
)  # the formula engine takes them for 0


def save_book(book: Workbook, path: Path) -> None:
    """Write the workbook at the path: the same drawing gives the same file, whenever and wherever it is made.

    openpyxl's own `save` stamps the present time into the properties, and zipfile into every entry, so that no two
    files were alike and none could be compared with another. Both are fixed here, the entries to the earliest date
    that a zip can hold.
    """
    book.properties.created = book.properties.modified = DRAWN
    drawn = BytesIO()
    ExcelWriter(book, ZipFile(drawn, "w")).save()
    with ZipFile(drawn) as parts, ZipFile(path, "w") as file:
        for name in parts.namelist():
            file.writestr(ZipInfo(name), _EMPTY.sub(rb"<c\1/>", parts.read(name)), ZIP_DEFLATED)


def titled_sheet(book: Workbook, tab: str, title: str, subtitle: str, last_row: int) -> Worksheet:
    """A new tab with rows that read well on a projector and a title, for which the book is named if it has no name."""
    sheet = book.create_sheet(tab)
    title = _printable(title)
    book.properties.title = book.properties.title or title
    sheet.sheet_properties.tabColor = BLUE
    sheet.sheet_view.showGridLines = False
    for row in range(1, last_row + 1):
        sheet.row_dimensions[row].height = SCREEN_ROW
    sheet.row_dimensions[1].height = 33
    put_words(sheet, "B1", title, font=_font(22, BLUE, bold=True))
    put_words(sheet, "B2", subtitle, font=_font(colour=QUIET))
    return sheet


def lesson_sheet(
    book: Workbook,
    tab: str,
    title: str,
    subtitle: str,
    last_row: int,
    *,
    columns: int = 12,
    log: int = 4,
    every: bool = False,
    commands: bool = True,
) -> Worksheet:
    """A new tab with the column grid, the title, the legend of the input cells and the commands to type.

    `columns` and `log` count the lesson's columns and the log's; with `every` the commands mean all tabs, and
    without `commands` there are none, for a tab that is not run.
    """
    sheet = titled_sheet(book, tab, title, subtitle, last_row)
    widths = {1: 4, columns + 2: 2.5, columns + log + 3: 2.5}
    for index in range(1, columns + log + 4):
        sheet.column_dimensions[get_column_letter(index)].width = widths.get(index, 10)
    put(sheet, "K2", "", fill=_fill(INPUT), border=BOXED)
    put(sheet, "L2", " yours to change", font=_font(colour=QUIET), align=LEFT)
    if commands:
        _put_commands(sheet, every)
    for index in range(2, columns + 2):
        sheet[f"{get_column_letter(index)}6"].border = Border(bottom=_line(BLUE, "medium"))
    sheet.freeze_panes = "A7"
    return sheet


def _put_commands(sheet: Worksheet, every: bool) -> None:
    """What to type to run the lesson and to reset it."""
    more, places = (" --all", "GHK") if every else ("", "FGI")
    for cell, words in (
        ("B6", "Save, close, then type"),
        (f"{places[0]}6", "to learn,"),
        (f"{places[2]}6", " to begin again."),
    ):
        put(sheet, cell, words, font=_font(colour=QUIET), align=LEFT)
    for cell, words in (("D6", f"sheetgd run FILE{more}"), (f"{places[1]}6", f"sheetgd reset FILE{more}")):
        put(sheet, cell, words, font=CODE, align=LEFT)


def put(
    sheet: Worksheet,
    cell: str,
    value: object,
    *,
    font: Font | None = None,
    fill: PatternFill | None = None,
    border: Border | None = None,
    align: Alignment = RIGHT,
    shown: str = PLAIN,
) -> None:
    """One cell with its value and looks."""
    place = sheet[cell]
    place.value = value if value != "" else None
    place.font = font or _font()
    place.alignment = align
    place.number_format = shown
    if fill:
        place.fill = fill
    if border:
        place.border = border


def put_words(
    sheet: Worksheet, cell: str, words: str, *, font: Font | None = None, align: Alignment = LEFT
) -> None:
    """One cell of words, which are no formula even if they begin with =."""
    put(sheet, cell, _printable(words), font=font, align=align)
    if words:
        sheet[cell].data_type = "s"


def _printable(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)


def put_input(sheet: Worksheet, cell: str, value: float, shown: str = PLAIN) -> None:
    """One cell that is the reader's to change."""
    put(sheet, cell, value, font=_font(colour=BLUE, bold=True), fill=_fill(INPUT), border=BOXED, shown=shown)


def put_blank(sheet: Worksheet, cell: str, shown: str = PLAIN) -> None:
    """One empty cell that is the reader's to fill in."""
    put(sheet, cell, "", font=_font(colour=BLUE, bold=True), fill=_fill(INPUT), border=BOXED, shown=shown)


def put_heading(sheet: Worksheet, cell: str, words: str, colour: str = INK) -> None:
    """The heading of a column."""
    put(
        sheet,
        cell,
        words,
        font=_font(colour=colour, bold=True),
        fill=_fill(BAND),
        border=Border(bottom=_line(BLUE)),
    )


def put_label(sheet: Worksheet, cell: str, words: str, align: Alignment = INDENTED) -> None:
    """The name of the value right of it."""
    put_words(sheet, cell, words, font=_font(bold=True), align=align)


def section(sheet: Worksheet, row: int, words: str, *notes: str, column: str = "B") -> None:
    """The title of a part in a row, its notes in the rows below: one line each, for they run over the columns."""
    put(sheet, f"{column}{row}", words, font=_font(13, BLUE, bold=True), align=LEFT)
    note(sheet, f"{column}{row + 1}", *notes)


def note(sheet: Worksheet, cell: str, *lines: str) -> None:
    """Lines of prose, one a row, from a cell down."""
    row, column = coordinate_to_tuple(cell)
    for offset, line in enumerate(lines):
        place = f"{get_column_letter(column)}{row + offset}"
        put(sheet, place, line, font=_font(colour=QUIET), align=LEFT)


def box(
    sheet: Worksheet,
    area: str,
    value: float | str,
    words: str = "",
    *,
    shown: str = PLAIN,
    colour: str = INK,
    height: float = BOX_ROW,
) -> str:
    """A large number in a frame, with words above it: a formula, or a number that is the reader's to change.

    The rows of the area get the height. Returns the number's absolute address.
    """
    left, top, right, bottom = range_boundaries(area)
    cell = f"{get_column_letter(left)}{top}"
    typed = not isinstance(value, str)
    for row in range(top, bottom + 1):
        sheet.row_dimensions[row].height = height
        for column in range(left, right + 1):  # a merged area shows the borders of all its cells
            sheet.cell(row, column).border = BOXED if typed else FRAMED
    if words:
        caption(
            sheet, f"{get_column_letter(left)}{top - 1}:{get_column_letter(right)}{top - 1}", words, colour
        )
    sheet.merge_cells(area)
    font = _font(22, BLUE if typed else colour, bold=True)
    put(sheet, cell, value, font=font, fill=_fill(INPUT if typed else PAPER), align=CENTRE, shown=shown)
    if typed:
        numeric(sheet, cell)
    return str(absolute_coordinate(cell))


def tile(
    sheet: Worksheet,
    area: str,
    value: object,
    *,
    colour: str = INK,
    size: float = 11,
    back: str = PAPER,
    shown: str = PLAIN,
) -> None:
    """One part of a drawing of cells: framed, and merged where the area is more than a cell."""
    left, top, right, bottom = range_boundaries(area)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            sheet.cell(row, column).border = FRAMED
    if ":" in area:
        sheet.merge_cells(area)
    put(sheet, area.split(":")[0], value, font=bold(colour, size), fill=_fill(back), align=MIDST, shown=shown)


def caption(sheet: Worksheet, area: str, words: str, colour: str = QUIET) -> None:
    """Words in the middle of an area: above or below a box."""
    sheet.merge_cells(area)
    bold = colour != QUIET
    put(sheet, area.split(":")[0], words, font=_font(11 if bold else 10, colour, bold=bold), align=CENTRE)


def sign(sheet: Worksheet, area: str, words: str) -> None:
    """What stands between two boxes, such as ×."""
    if ":" in area:
        sheet.merge_cells(area)
    put(sheet, area.split(":")[0], words, font=_font(22, QUIET), align=CENTRE)


# ---------------------------------------------------------------------------------------------------- the controls


def parameters(
    sheet: Worksheet,
    at: str,
    values: Mapping[str, Sequence[float | str]],
    titles: Sequence[str] = ("actual", "guess", "reset to"),
) -> dict[str, str]:
    """The block of parameters: a row each with its guess, what Reset puts back, and more; a text is a formula.

    Returns the absolute address of each guess cell (the first, if none is called so) under `start NAME`, for formulas.
    """
    row, column = coordinate_to_tuple(at)
    letters = [get_column_letter(column + step) for step in range(len(titles) + 1)]
    for letter, title in zip(letters[1:], titles, strict=True):
        put_heading(sheet, f"{letter}{row}", title)
    names, typed = {}, []
    for below, (name, numbers) in enumerate(values.items(), start=row + 1):
        put_label(sheet, f"{letters[0]}{below}", name)
        for letter, number in zip(letters[1:], numbers, strict=True):
            if isinstance(number, str):
                put(sheet, f"{letter}{below}", number, border=UNDER, shown=THREE)
            else:
                put_input(sheet, f"{letter}{below}", number, THREE)
                typed.append(f"{letter}{below}")
        guess = titles.index("guess") if "guess" in titles else 0
        names[f"start {name}"] = absolute_coordinate(f"{letters[1 + guess]}{below}")
    numeric(sheet, " ".join(typed))
    return names


def control(sheet: Worksheet, at: str, label: str, value: float | str, shown: str = PLAIN) -> dict[str, str]:
    """A label and, right of it, the cell with its value or formula; returns {label: address of the value}."""
    row, column = coordinate_to_tuple(at)
    cell = f"{get_column_letter(column + 1)}{row}"
    put_label(sheet, at, label)
    if isinstance(value, str):
        put(sheet, cell, value, border=UNDER, shown=shown)
    else:
        put_input(sheet, cell, value, shown)
    return {label: absolute_coordinate(cell)}


def learn_and_epochs(sheet: Worksheet, at: str, learn: float, epochs: int | str) -> dict[str, str]:
    """The two controls that every lesson has, one below the other, with what may be typed there."""
    row, column = coordinate_to_tuple(at)
    label, value = get_column_letter(column), get_column_letter(column + 1)
    names = control(sheet, at, "learn", learn, FULL)
    names |= control(sheet, f"{label}{row + 1}", "epochs", epochs, WHOLE)
    positive(
        sheet, f"{value}{row}", "The learning rate", f"learn is a number above zero, such as {plain(learn)}."
    )
    if not isinstance(epochs, str):
        words = "epochs is a whole number from 1 to 1,000,000."
        whole(sheet, f"{value}{row + 1}", 1, 1_000_000, "Epochs", words)
    return names


def plain(number: float) -> str:
    """A number as one would type it.

    >>> plain(1e-05), plain(2.0)
    ('0.00001', '2')
    """
    return format(Decimal(repr(float(number))).normalize(), "f")


def loss(sheet: Worksheet, label_area: str, value_area: str, label: str, formula: str, shown: str) -> None:
    """The loss, large enough for the last row of desks."""
    for area, value, size in ((label_area, label, 15), (value_area, formula, 26)):
        sheet.merge_cells(area)
        put(
            sheet,
            area.split(":")[0],
            value,
            font=_font(size, ORANGE, bold=True),
            fill=_fill(PAPER),
            align=CENTRE,
            shown=shown,
        )


def question(sheet: Worksheet, label_area: str, value_area: str, label: str, value: float) -> str:
    """A whole number for the reader to type, as large as the loss; returns its absolute address."""
    sheet.merge_cells(label_area)
    sheet.merge_cells(value_area)
    left, top, right, bottom = range_boundaries(value_area)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):  # a merged area shows the borders of all its cells
            sheet.cell(row, column).border = BOXED
    put(sheet, label_area.split(":")[0], label, font=_font(15, BLUE, bold=True), align=CENTRE)
    cell = value_area.split(":")[0]
    font = _font(26, BLUE, bold=True)
    put(sheet, cell, value, font=font, fill=_fill(INPUT), border=BOXED, align=CENTRE, shown=WHOLE)
    return str(absolute_coordinate(cell))


def _validate(sheet: Worksheet, cells: str, title: str, words: str, **rule: Any) -> None:
    check = DataValidation(allow_blank=False, showErrorMessage=True, errorTitle=title, error=words, **rule)
    for cell in cells.split():
        check.add(cell)
    sheet.add_data_validation(check)


def numeric(sheet: Worksheet, cells: str) -> None:
    """These cells take numbers only."""
    _validate(
        sheet,
        cells,
        "A number, please",
        "This cell needs a plain number, such as 30 or 0.5.",
        type="decimal",
        operator="between",
        formula1="-1E+100",
        formula2="1E+100",
    )


def between(sheet: Worksheet, cells: str, low: str, high: str, title: str, words: str) -> None:
    """These cells take numbers from low to high only."""
    _validate(sheet, cells, title, words, type="decimal", operator="between", formula1=low, formula2=high)


def positive(sheet: Worksheet, cells: str, title: str, words: str) -> None:
    """These cells take numbers above zero only."""
    _validate(sheet, cells, title, words, type="decimal", operator="greaterThan", formula1="0")


def whole(sheet: Worksheet, cells: str, low: int, high: int, title: str, words: str) -> None:
    """These cells take whole numbers from low to high only."""
    _validate(
        sheet, cells, title, words, type="whole", operator="between", formula1=str(low), formula2=str(high)
    )


# ---------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Column:
    """One column of a table: its title, what its rows hold and how that is shown.

    Numbers are typed input cells. A text is a formula in which {y_pred} is the y_pred cell of the same row,
    {above new_m} the new_m cell of the row above, and any other name one that the lesson gives; `first` is the
    formula of the first row where it is another one. `colour` is the title's: one for each parameter.
    """

    title: str
    holds: str | Sequence[float] = ""
    shown: str = PLAIN
    first: str = ""
    colour: str = INK


@dataclass(frozen=True)
class Table:
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
            put_heading(self.sheet, self.cell(column.title, 0), column.title, column.colour)
            for row in rows:
                self._draw_cell(column, row, known[row])
            if column.holds and not isinstance(column.holds, str):
                numeric(self.sheet, f"{self.cell(column.title, 1)}:{self.cell(column.title, self.rows)}")

    def _cells(self, row: int, beside: Mapping[str, Table]) -> dict[str, str]:
        """The names that stand for cells in a row: its own, those above, and those of the tables beside."""
        here = {column.title: self.cell(column.title, row) for column in self.columns}
        above = {f"above {column.title}": self.cell(column.title, row - 1) for column in self.columns}
        others = {
            f"{name} {column.title}": table.cell(column.title, row)
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


def carried(table: Table, successors: Mapping[str, str]) -> None:
    """Mark the last row's successors as what the next epoch starts from: {column: words below it}."""
    for title, words in successors.items():
        last = table.sheet[table.cell(title, table.rows)]
        last.font, last.fill = _font(colour=BLUE, bold=True), _fill(BAND)
        put(table.sheet, table.cell(title, table.rows + 1), words, font=_font(10, BLUE, bold=True))


def mark(
    sheet: Worksheet, area: str, formula: str, *, back: str = LOW, ink: str = INK, bold: bool = True
) -> None:
    """Colour the cells of an area for which a formula, written for the first of them, is true."""
    sheet.conditional_formatting.add(
        area, FormulaRule(formula=[formula], fill=_filled(back), font=Font(bold=bold, color=ink))
    )


def mark_with(sheet: Worksheet, area: str, formula: str, sign: str) -> None:
    """Show a sign instead of the number in the cells of an area for which a formula is true."""
    shown = ";".join([f'"{sign}"'] * 3)  # of numbers above, below and at zero
    style = DifferentialStyle(numFmt=NumberFormat(numFmtId=200 + ord(sign) % 50, formatCode=shown))
    sheet.conditional_formatting.add(area, Rule(type="expression", dxf=style, formula=[formula]))


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
    put(sheet, f"{get_column_letter(column)}{row - 1}", title, font=_font(13, BLUE, bold=True), align=LEFT)
    log = Table(sheet, at, tuple(columns), LOG_ROWS)
    log.draw({}, styled=styled_rows)
    return log


@dataclass(frozen=True)
class Grid:
    """The loss for many pairs of parameters: one runs down, the other across; `at` is the empty corner."""

    sheet: Worksheet
    at: str
    down: tuple[str, Sequence[float]]
    across: tuple[str, Sequence[float]]

    def area(self) -> str:
        """The area of the losses, without the two rows of numbers."""
        row, column = coordinate_to_tuple(self.at)
        return f"{get_column_letter(column + 1)}{row + 1}:{self._last()}{row + len(self.down[1])}"

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
        head = {"font": _font(bold=True), "fill": _fill(BAND), "align": CENTRE}
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
                    border=Border(*(_line(WHITE),) * 4),
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
    align = UPWARD if left == right and len(label) > 2 else CENTRE
    put(sheet, area.split(":")[0], label, font=_font(13, BLUE, bold=True), align=align)


# ---------------------------------------------------------------------------------------------------- charts


def cells(sheet: Worksheet, area: str) -> Reference:
    """An area of cells, or a single one, for a chart."""
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    return Reference(sheet, min_col=left, min_row=top, max_col=right, max_row=bottom)


def _letters(size: int, colour: str = INK, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=colour, latin=None)


def _titled(words: str, size: int, colour: str = INK, bold: bool = False) -> Any:
    title = title_maker(words)
    title.overlay = False
    for paragraph in title.tx.rich.p:
        paragraph.pPr = ParagraphProperties(defRPr=_letters(size, colour, bold))
        for run in paragraph.r:
            run.rPr = _letters(size, colour, bold)
    return title


def _axis(axis: Any, words: str, shown: str = PLAIN, gridlines: bool = True) -> None:
    axis.delete = False  # left unset, the file says that the axis is hidden
    axis.title = _titled(words, 11, QUIET)
    axis.number_format = shown
    axis.majorTickMark = "out"
    axis.tickLblPos = "low"
    axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="9AA5B1"))
    axis.txPr = RichText(
        p=[Paragraph(pPr=ParagraphProperties(defRPr=_letters(10, QUIET)), endParaRPr=_letters(10))]
    )
    if gridlines and axis.majorGridlines is not None:
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=HAIR, w=6350))
    elif not gridlines:
        axis.majorGridlines = None


def _place(sheet: Worksheet, chart: Any, area: str, title: str) -> None:
    left, top, right, bottom = range_boundaries(area)
    chart.title = _titled(title, 12, INK, bold=True)
    chart.anchor = TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=left - 1, row=top - 1),
        to=AnchorMarker(col=right, row=bottom),
    )
    chart.graphical_properties = GraphicalProperties(solidFill=WHITE, ln=LineProperties(solidFill=HAIR))
    chart.roundedCorners = False
    chart.display_blanks = "gap"
    sheet.add_chart(chart)


@dataclass(frozen=True)
class Plot:
    """One series of a chart: points, a line, or a line with its points marked."""

    name: str
    x: Reference
    y: Reference
    colour: str
    points: bool = False
    line: bool = True
    size: int = 0  # of the points, where the usual one is too large

    def series(self) -> Any:
        """The series as openpyxl has it."""
        series = Series(self.y, self.x, title=self.name)
        series.smooth = False
        series.marker = Marker("circle" if self.points else "none", size=self.size or (5 if self.line else 7))
        edge = LineProperties(solidFill=self.colour if self.line else WHITE)
        series.marker.graphicalProperties = GraphicalProperties(solidFill=self.colour, ln=edge)
        stroke = LineProperties(solidFill=self.colour, w=28575) if self.line else LineProperties(noFill=True)
        series.graphicalProperties = GraphicalProperties(ln=stroke)
        return series


def scatter_chart(
    sheet: Worksheet,
    area: str,
    title: str,
    axes: tuple[str, str],
    plots: Sequence[Plot],
    *,
    legend: bool = False,
    from_zero: bool = False,
    doubling: bool = False,
) -> None:
    """A chart of points and straight lines over an area of cells; with `doubling`, ten times as far is one step on."""
    chart = ScatterChart()
    chart.scatterStyle = "lineMarker"
    chart.varyColors = False
    chart.series = [plot.series() for plot in plots]
    _axis(chart.x_axis, axes[0], gridlines=False)
    _axis(chart.y_axis, axes[1])
    if from_zero:
        chart.y_axis.scaling.min = 0
    if doubling:
        chart.x_axis.scaling.logBase, chart.x_axis.scaling.min = 10, 1
    if legend:
        chart.legend.position = "r"
        chart.legend.overlay = False
    else:
        chart.legend = None
    _place(sheet, chart, area, title)


def loss_chart(log: Table, area: str, name: str = "") -> None:
    """A column of the log, the last unless it is named, over the first: a curve that grows with the log."""
    epoch, name = log.columns[0].title, name or log.columns[-1].title
    plot = Plot(name, log.reference(epoch), log.reference(name), BLUE, points=True)
    scatter_chart(log.sheet, area, f"{name} after each epoch", (epoch, name), [plot], from_zero=True)


def surface_chart(grid: Grid, area: str, title: str, height: str) -> None:
    """The grid as a surface in three dimensions (LibreOffice, which has none, shows columns in depth)."""
    chart = SurfaceChart3D()
    chart.add_data(cells(grid.sheet, grid.lines()), from_rows=True, titles_from_data=True)
    chart.set_categories(cells(grid.sheet, grid.head()))
    for series, colour in zip(chart.series, _shades(len(chart.series)), strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
    chart.bandFmts = BandFormatList(
        bandFmt=[
            BandFormat(
                idx=index, spPr=GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
            )
            for index, colour in enumerate(_shades(BANDS))
        ]
    )
    chart.view3D = View3D(rotX=20, rotY=35, rAngAx=False, perspective=30)
    _axis(chart.x_axis, grid.across[0], gridlines=False)
    _axis(chart.y_axis, height, WHOLE)
    _axis(chart.z_axis, grid.down[0], gridlines=False)
    chart.legend = None
    _place(grid.sheet, chart, area, title)


def _shades(count: int) -> list[str]:
    """Colours from the low over the middle to the high one."""

    def mixed(share: float) -> str:
        first, second, part = (LOW, MIDDLE, 2 * share) if share < 0.5 else (MIDDLE, HIGH, 2 * share - 1)
        pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (0, 2, 4))
        return "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)

    return [mixed(index / max(count - 1, 1)) for index in range(count)]


# ---------------------------------------------------------------------------------------------------- on paper


def print_setup(
    sheet: Worksheet, *areas: str, heading_row: int | None = None, portrait: bool = False, pages: int = 0
) -> None:
    """Print each area on a page of its own and as wide as it, the heading row again on every page.

    With `pages` the whole is made to fit into so many. (Areas, since Excel ignores page breaks where it fits to width.)
    """
    sheet.print_area = ",".join(areas)
    sheet.page_setup.orientation = "portrait" if portrait else "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, pages
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.6, 0.3, 0.3
    sheet.oddHeader.right.text, sheet.oddHeader.right.size = "&A", 9
    sheet.oddFooter.left.text, sheet.oddFooter.left.size = "&F", 9
    sheet.oddFooter.right.text, sheet.oddFooter.right.size = "&P / &N", 9
    bottoms = [range_boundaries(area)[3] for area in areas]
    for bottom, following in pairwise(bottoms):
        if following > bottom:  # and not an area beside it, whose break would cut this one
            sheet.row_breaks.append(Break(id=bottom))
    if heading_row:
        sheet.print_title_rows = f"{heading_row}:{heading_row}"


# ---------------------------------------------------------------------------------------------------- for the teacher


@dataclass(frozen=True)
class Figures:
    """A small table of plain figures between two paragraphs: titles, rows, a number format a column."""

    titles: Sequence[str]
    rows: Sequence[Sequence[float | str]]
    shown: Sequence[str]


Part = tuple[str, Sequence["str | Figures"]]


def teacher_sheet(book: Workbook, title: str, lead: str, parts: Sequence[Part], pages: int = 0) -> Worksheet:
    """The tab for the teacher: headings at the side, paragraphs and figures beside them, for a portrait page."""
    sheet = book.create_sheet("For the teacher")
    sheet.sheet_properties.tabColor = ORANGE
    sheet.sheet_view.showGridLines = False
    for letter, width in zip("ABCDEFGH", (3, 24, 16, 16, 16, 16, 16, 3), strict=True):
        sheet.column_dimensions[letter].width = width
    put(sheet, "B1", title, font=_font(20, BLUE, bold=True), align=LEFT)
    sheet.row_dimensions[1].height = 34
    row = _paragraph(sheet, 2, lead, "B", _font(12, QUIET))
    for heading, content in parts:
        sheet.row_dimensions[row].height, sheet.row_dimensions[row + 1].height = 10, 6
        for letter in "BCDEFG":
            sheet[f"{letter}{row + 1}"].border = Border(top=_line(BLUE))
        row += 2
        put(sheet, f"B{row}", heading, font=_font(12, BLUE, bold=True), align=Alignment(vertical="top"))
        for piece in content:
            row = (
                _figures(sheet, row, piece)
                if isinstance(piece, Figures)
                else _paragraph(sheet, row, piece, "C")
            )
    print_setup(sheet, f"A1:H{row}", portrait=True, pages=pages)
    return sheet


def _paragraph(sheet: Worksheet, row: int, words: str, first: str, font: Font | None = None) -> int:
    """Words over the columns from `first` to G, the row made as high as they need; returns the row below."""
    sheet.merge_cells(f"{first}{row}:G{row}")
    room = 82 if first == "C" else 98  # the width of those columns, in digits
    sheet.row_dimensions[row].height = 15 * _lines(words, room) + 5
    put(sheet, f"{first}{row}", words, font=font, align=Alignment(vertical="top", wrap_text=True))
    return row + 1


def _lines(words: str, room: float) -> int:
    """How many lines prose takes in Calibri; merged cells do not find their height by themselves."""
    narrow, slim, broad = " ijl.,;:'()I-", "ftr/", "mwMW%"
    lines, used = 1, 0.0
    for word in words.split(" "):
        size = sum(0.5 if c in narrow else 0.7 if c in slim else 1.5 if c in broad else 1 for c in f"{word} ")
        lines, used = (lines, used + size) if used + size <= room else (lines + 1, size)
    return lines


def _figures(sheet: Worksheet, row: int, figures: Figures) -> int:
    for letter, title in zip("CDEFG", figures.titles, strict=False):
        put_heading(sheet, f"{letter}{row}", title)
    for numbers in figures.rows:
        row += 1
        for letter, number, shown in zip("CDEFG", numbers, figures.shown, strict=False):
            put(sheet, f"{letter}{row}", number, border=UNDER, shown=shown)
    sheet.row_dimensions[row + 1].height = 8
    return row + 2
