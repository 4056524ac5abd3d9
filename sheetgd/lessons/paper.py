"""The drawing kit: how a lesson looks on a screen and on paper.

A lesson says what it holds and where; colours, fonts, number formats, the column grid, charts and print set-up are
decided here, once. Columns B to M carry the lesson, A is its margin, and O to R are the epoch log's, with nothing
else below its headings. The rows down to those headings stay on the screen while the rest scrolls.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

INK, QUIET, HAIR = "1F2933", "4A5563", "D5DCE5"
BLUE, DEEP, ORANGE, WHITE = "2B6CB0", "1D4E89", "D96C0F", "FFFFFF"
BAND, PAPER, INPUT = "E6EDF6", "F5F8FC", "FFF3D6"
LOW, MIDDLE, HIGH = "6BA3D6", "FBFAF5", "F3A45B"

PLAIN, WHOLE, ONE, THREE = "General", "#,##0", "#,##0.0", "#,##0.000"
FULL = "0.0##############"  # 0.0001 as it was typed

LOG_ROWS = 1000  # what the chart of the loss draws
BANDS = 9  # how many steps of height a surface usually has
SCREEN_ROW = 16.5  # points: a row that reads well on a projector


def _font(size: float = 11, colour: str = INK, **more: Any) -> Font:
    return Font(name="Calibri", size=size, color=colour, **more)


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _line(colour: str, style: str = "thin") -> Side:
    return Side(style=style, color=colour)


CODE = Font(name="Consolas", size=10, color=BLUE, bold=True)
BOXED = Border(*(_line("E8C67E"),) * 4)
RIGHT = Alignment(horizontal="right", vertical="center", indent=1, shrink_to_fit=True)
LEFT = Alignment(horizontal="left", vertical="center")
CENTRE = Alignment(horizontal="center", vertical="center")


# ---------------------------------------------------------------------------------------------------- the workbook


def new_book() -> Workbook:
    """An empty workbook that does not ask to be recalculated when it is opened."""
    book = Workbook()
    book.remove(book.active)
    book.calculation = CalcProperties(fullCalcOnLoad=False)
    book.properties.creator = "sheetgd"
    return book


def lesson_sheet(book: Workbook, tab: str, title: str, subtitle: str, last_row: int) -> Worksheet:
    """A new tab with the column grid, the title, the legend of the input cells and the commands to type."""
    sheet = book.create_sheet(tab)
    book.properties.title = title
    sheet.sheet_properties.tabColor = BLUE
    sheet.sheet_view.showGridLines = False
    widths = {"A": 4, "N": 2.5, "S": 2.5}
    for index in range(1, 20):
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = widths.get(letter, 9.7)
    for row in range(1, last_row + 1):
        sheet.row_dimensions[row].height = SCREEN_ROW
    sheet.row_dimensions[1].height = 33
    put(sheet, "B1", title, font=_font(22, BLUE, bold=True), align=LEFT)
    put(sheet, "B2", subtitle, font=_font(colour=QUIET), align=LEFT)
    put(sheet, "K2", "", fill=_fill(INPUT), border=BOXED)
    put(sheet, "L2", "yours to change", font=_font(colour=QUIET), align=LEFT)
    for cell, words in (("B6", "Save, close, then type"), ("F6", "to learn,"), ("J6", "to begin again.")):
        put(sheet, cell, words, font=_font(colour=QUIET), align=LEFT)
    for cell, words in (("D6", "sheetgd run FILE"), ("G6", "sheetgd reset FILE")):
        put(sheet, cell, words, font=CODE, align=LEFT)
    for column in "BCDEFGHIJKLM":
        sheet[f"{column}6"].border = Border(bottom=_line(BLUE, "medium"))
    sheet.freeze_panes = "A7"
    return sheet


def put(sheet: Worksheet, cell: str, value: object, *, font: Font | None = None, fill: PatternFill | None = None,
        border: Border | None = None, align: Alignment = RIGHT, shown: str = PLAIN) -> None:
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


def put_input(sheet: Worksheet, cell: str, value: float, shown: str = PLAIN) -> None:
    """One cell that is the reader's to change."""
    put(sheet, cell, value, font=_font(colour=DEEP, bold=True), fill=_fill(INPUT), border=BOXED, shown=shown)


def put_heading(sheet: Worksheet, cell: str, words: str) -> None:
    """The heading of a column."""
    put(sheet, cell, words, font=_font(bold=True), fill=_fill(BAND))


def put_label(sheet: Worksheet, cell: str, words: str, align: Alignment = RIGHT) -> None:
    """The name of the value beside it or below it."""
    put(sheet, cell, words, font=_font(bold=True), align=align)


def section(sheet: Worksheet, row: int, words: str, *notes: str) -> None:
    """The title of a part in a row, its notes in the rows below: one line each, for they run over the columns."""
    sheet.row_dimensions[row].height = 26
    put(sheet, f"B{row}", words, font=_font(15, BLUE, bold=True), align=Alignment(vertical="center"))
    note(sheet, f"B{row + 1}", *notes)


def note(sheet: Worksheet, cell: str, *lines: str) -> None:
    """Lines of prose, one a row, from a cell down."""
    row, column = coordinate_to_tuple(cell)
    for offset, line in enumerate(lines):
        place = f"{get_column_letter(column)}{row + offset}"
        put(sheet, place, line, font=_font(colour=QUIET), align=LEFT)


# ---------------------------------------------------------------------------------------------------- the controls


def parameters(sheet: Worksheet, at: str, values: Mapping[str, tuple[float, float, float]]) -> dict[str, str]:
    """The block of parameters: a row each with its actual value, its guess and what Reset puts back.

    Returns the absolute address of each guess cell under the name `start NAME`, for formulas.
    """
    row, column = coordinate_to_tuple(at)
    letters = [get_column_letter(column + step) for step in range(4)]
    for letter, title in zip(letters[1:], ("actual", "guess", "reset to")):
        put_heading(sheet, f"{letter}{row}", title)
    names = {}
    for below, (name, numbers) in enumerate(values.items(), start=row + 1):
        put_label(sheet, f"{letters[0]}{below}", name)
        for letter, number in zip(letters[1:], numbers):
            put_input(sheet, f"{letter}{below}", number, THREE)
        names[f"start {name}"] = absolute_coordinate(f"{letters[2]}{below}")
    numeric(sheet, f"{letters[1]}{row + 1}:{letters[3]}{row + len(values)}")
    return names


def control(sheet: Worksheet, at: str, label: str, value: float, shown: str = PLAIN) -> dict[str, str]:
    """A label and, right of it, the cell with its value; returns {label: address of the value}."""
    row, column = coordinate_to_tuple(at)
    cell = f"{get_column_letter(column + 1)}{row}"
    put_label(sheet, at, label)
    put_input(sheet, cell, value, shown)
    return {label: absolute_coordinate(cell)}


def loss(sheet: Worksheet, label_area: str, value_area: str, label: str, formula: str, shown: str) -> None:
    """The loss, large enough for the last row of desks."""
    for area, value, size in ((label_area, label, 15), (value_area, formula, 26)):
        sheet.merge_cells(area)
        put(sheet, area.split(":")[0], value, font=_font(size, ORANGE, bold=True), fill=_fill(PAPER),
            align=CENTRE, shown=shown)


def _validate(sheet: Worksheet, cells: str, title: str, words: str, **rule: Any) -> None:
    check = DataValidation(allow_blank=False, showErrorMessage=True, errorTitle=title, error=words, **rule)
    check.add(cells)
    sheet.add_data_validation(check)


def numeric(sheet: Worksheet, cells: str) -> None:
    """These cells take numbers only."""
    _validate(sheet, cells, "A number, please", "This cell needs a plain number, such as 30 or 0.5.",
              type="decimal", operator="between", formula1="-1E+100", formula2="1E+100")


def positive(sheet: Worksheet, cells: str, title: str, words: str) -> None:
    """These cells take numbers above zero only."""
    _validate(sheet, cells, title, words, type="decimal", operator="greaterThan", formula1="0")


def whole(sheet: Worksheet, cells: str, low: int, high: int, title: str, words: str) -> None:
    """These cells take whole numbers from low to high only."""
    _validate(sheet, cells, title, words, type="whole", operator="between", formula1=str(low), formula2=str(high))


# ---------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Column:
    """One column of a table: its title, what its rows hold and how that is shown.

    Numbers are typed input cells. A text is a formula in which {y_pred} is the y_pred cell of the same row,
    {above new_m} the new_m cell of the row above, and any other name one that the lesson gives; `first` is the
    formula of the first row where it is another one. `begins` draws a line before the column.
    """

    title: str
    holds: str | Sequence[float] = ""
    shown: str = PLAIN
    first: str = ""
    begins: bool = False


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
        return _reference(self.sheet, self.column(title))

    def draw(self, names: Mapping[str, str], *, beside: Mapping[str, Table] | None = None, styled: int = 0) -> None:
        """Write titles, numbers and formulas; {steps x} is the same row's x in the table beside it called steps."""
        for column in self.columns:
            head = Border(left=_line(HAIR) if column.begins else None, bottom=_line(BLUE))
            put(self.sheet, self.cell(column.title, 0), column.title, font=_font(bold=True), fill=_fill(BAND),
                border=head)
            for row in range(1, (styled or self.rows) + 1):
                others = {f"{name} {other.title}": table.cell(other.title, row)
                          for name, table in (beside or {}).items() for other in table.columns}
                self._draw_cell(column, row, {**names, **others})
            if column.holds and not isinstance(column.holds, str):
                numeric(self.sheet, f"{self.cell(column.title, 1)}:{self.cell(column.title, self.rows)}")

    def _draw_cell(self, column: Column, row: int, names: Mapping[str, str]) -> None:
        cell = self.cell(column.title, row)
        if not isinstance(column.holds, str):
            put_input(self.sheet, cell, column.holds[row - 1], column.shown)
            return
        formula = column.first if row == 1 and column.first else column.holds
        here = {other.title: self.cell(other.title, row) for other in self.columns}
        above = {f"above {other.title}": self.cell(other.title, row - 1) for other in self.columns}
        edge = Border(left=_line(HAIR) if column.begins else None, bottom=_line(HAIR))
        put(self.sheet, cell, formula.format_map({**names, **here, **above}), border=edge, shown=column.shown)


def carried(table: Table, successors: Mapping[str, str]) -> None:
    """Mark the last row's successors as what the next epoch starts from: {column: words below it}."""
    for title, words in successors.items():
        last = table.sheet[table.cell(title, table.rows)]
        last.font, last.fill = _font(colour=BLUE, bold=True), _fill(BAND)
        put(table.sheet, table.cell(title, table.rows + 1), words, font=_font(10, BLUE, bold=True))


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

    def area(self, *, heads: bool = False) -> str:
        """The area of the losses, with the two rows of numbers if wanted."""
        row, column = coordinate_to_tuple(self.at)
        first = (row, column) if heads else (row + 1, column + 1)
        last = get_column_letter(column + len(self.across[1]))
        return f"{get_column_letter(first[1])}{first[0]}:{last}{row + len(self.down[1])}"

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
        for letter, number in zip(letters, acrosses):
            put(sheet, f"{letter}{row}", number, **head)
        for line, number in enumerate(downs, start=row + 1):
            put(sheet, f"{corner}{line}", number, **head)
            for letter in letters:
                heads = {down: f"${corner}{line}", across: f"{letter}${row}"}
                put(sheet, f"{letter}{line}", formula.format_map({**names, **heads}), align=CENTRE, shown=shown,
                    border=Border(*(_line(WHITE),) * 4))
        sheet.conditional_formatting.add(self.area(), ColorScaleRule(
            start_type="min", start_color=LOW, mid_type="percentile", mid_value=50, mid_color=MIDDLE,
            end_type="max", end_color=HIGH))


def _span(sheet: Worksheet, area: str, label: str) -> None:
    sheet.merge_cells(area)
    put(sheet, area.split(":")[0], label, font=_font(13, BLUE, bold=True), align=CENTRE)


# ---------------------------------------------------------------------------------------------------- charts


def _reference(sheet: Worksheet, area: str) -> Reference:
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
    axis.txPr = RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=_letters(10, QUIET)), endParaRPr=_letters(10))])
    if gridlines and axis.majorGridlines is not None:
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=HAIR, w=6350))
    elif not gridlines:
        axis.majorGridlines = None


def _place(sheet: Worksheet, chart: Any, area: str, title: str) -> None:
    left, top, right, bottom = range_boundaries(area)
    chart.title = _titled(title, 12, INK, bold=True)
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=AnchorMarker(col=left - 1, row=top - 1),
                                 to=AnchorMarker(col=right, row=bottom))
    chart.graphical_properties = GraphicalProperties(solidFill=WHITE, ln=LineProperties(solidFill=HAIR))
    chart.roundedCorners = False
    chart.display_blanks = "gap"
    sheet.add_chart(chart)


def line_chart(sheet: Worksheet, area: str, title: str, axes: tuple[str, str],
               lines: Sequence[tuple[str, Reference, Reference, str]],
               points: Sequence[tuple[str, Reference, Reference, str]] = (), legend: bool = False,
               from_zero: bool = False) -> None:
    """A chart of points and of straight lines; each is (name, x, y, colour)."""
    chart = ScatterChart()
    chart.scatterStyle = "lineMarker"
    chart.varyColors = False
    for kind, wanted in (("point", points), ("line", lines)):
        for name, x, y, colour in wanted:
            series = Series(y, x, title=name)
            series.smooth = False
            series.marker = Marker("circle" if kind == "point" else "none", size=7)
            series.marker.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
            series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=28575))
            if kind == "point":
                series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
            chart.series.append(series)
    _axis(chart.x_axis, axes[0], gridlines=False)
    _axis(chart.y_axis, axes[1])
    if from_zero:
        chart.y_axis.scaling.min = 0
    if legend:
        chart.legend.position = "r"
        chart.legend.overlay = False
    else:
        chart.legend = None
    _place(sheet, chart, area, title)


def surface_chart(grid: Grid, area: str, title: str, height: str) -> None:
    """The grid as a surface in three dimensions (LibreOffice, which has none, shows columns in depth)."""
    chart = SurfaceChart3D()
    chart.add_data(_reference(grid.sheet, _without_corner(grid)), from_rows=True, titles_from_data=True)
    chart.set_categories(_reference(grid.sheet, _head_row(grid)))
    for series, colour in zip(chart.series, _shades(len(chart.series))):
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
    chart.bandFmts = BandFormatList(bandFmt=[
        BandFormat(idx=index, spPr=GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE)))
        for index, colour in enumerate(_shades(BANDS))])
    chart.view3D = View3D(rotX=20, rotY=35, rAngAx=False, perspective=30)
    _axis(chart.x_axis, grid.across[0], gridlines=False)
    _axis(chart.y_axis, height, WHOLE)
    _axis(chart.z_axis, grid.down[0], gridlines=False)
    chart.legend = None
    _place(grid.sheet, chart, area, title)


def _without_corner(grid: Grid) -> str:
    row, column = coordinate_to_tuple(grid.at)
    return f"{get_column_letter(column)}{row + 1}:{grid.area().split(':')[1]}"


def _head_row(grid: Grid) -> str:
    row, column = coordinate_to_tuple(grid.at)
    return f"{get_column_letter(column + 1)}{row}:{get_column_letter(column + len(grid.across[1]))}{row}"


def _shades(count: int) -> list[str]:
    """Colours from the low over the middle to the high one."""
    def mixed(share: float) -> str:
        first, second, part = (LOW, MIDDLE, 2 * share) if share < 0.5 else (MIDDLE, HIGH, 2 * share - 1)
        pairs = ((int(first[i:i + 2], 16), int(second[i:i + 2], 16)) for i in (0, 2, 4))
        return "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)
    return [mixed(index / max(count - 1, 1)) for index in range(count)]


# ---------------------------------------------------------------------------------------------------- on paper


def print_setup(sheet: Worksheet, area: str, breaks: Sequence[int] = (), heading_row: int | None = None,
                portrait: bool = False) -> None:
    """Print an area as wide as a page, a new page after each break, the heading row again on every page."""
    sheet.print_area = area
    sheet.page_setup.orientation = "portrait" if portrait else "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.6, 0.3, 0.3
    sheet.oddHeader.right.text, sheet.oddHeader.right.size = "&A", 9
    sheet.oddFooter.left.text, sheet.oddFooter.left.size = "&F", 9
    sheet.oddFooter.right.text, sheet.oddFooter.right.size = "&P / &N", 9
    for row in breaks:
        sheet.row_breaks.append(Break(id=row))
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


def teacher_sheet(book: Workbook, title: str, lead: str, parts: Sequence[Part]) -> Worksheet:
    """The tab for the teacher: headings at the side, paragraphs and figures beside them, for a portrait page."""
    sheet = book.create_sheet("For the teacher")
    sheet.sheet_properties.tabColor = ORANGE
    sheet.sheet_view.showGridLines = False
    for letter, width in zip("ABCDEFGH", (3, 24, 16, 16, 16, 16, 16, 3)):
        sheet.column_dimensions[letter].width = width
    put(sheet, "B1", title, font=_font(20, BLUE, bold=True), align=LEFT)
    sheet.row_dimensions[1].height = 34
    row = _paragraph(sheet, 2, lead, "B", _font(12, QUIET))
    for heading, content in parts:
        row += 1
        for letter in "BCDEFG":
            sheet[f"{letter}{row}"].border = Border(top=_line(BLUE))
        put(sheet, f"B{row}", heading, font=_font(12, BLUE, bold=True), border=Border(top=_line(BLUE)),
            align=Alignment(vertical="top", wrap_text=True))
        for piece in content:
            row = _figures(sheet, row, piece) if isinstance(piece, Figures) else _paragraph(sheet, row, piece, "C")
    print_setup(sheet, f"A1:H{row}", portrait=True)
    return sheet


def _paragraph(sheet: Worksheet, row: int, words: str, first: str, font: Font | None = None) -> int:
    """Words over the columns from `first` to G, the row made as high as they need; returns the row below."""
    sheet.merge_cells(f"{first}{row}:G{row}")
    lines = len(textwrap.wrap(words, 88 if first == "C" else 102))
    sheet.row_dimensions[row].height = 15 * lines + 6
    put(sheet, f"{first}{row}", words, font=font, align=Alignment(vertical="top", wrap_text=True))
    return row + 1


def _figures(sheet: Worksheet, row: int, figures: Figures) -> int:
    for letter, title in zip("CDEFG", figures.titles):
        put(sheet, f"{letter}{row}", title, font=_font(bold=True), fill=_fill(BAND), border=Border(bottom=_line(BLUE)))
    for row, numbers in enumerate(figures.rows, start=row + 1):
        for letter, number, shown in zip("CDEFG", numbers, figures.shown):
            put(sheet, f"{letter}{row}", number, border=Border(bottom=_line(HAIR)), shown=shown)
    return row + 2
