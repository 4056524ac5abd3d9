"""The tab Valley: the loss of 24 × 24 lines as a coloured map with the way of the log on it, and as a surface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import translated
from sheetgd.lessons.kit import charts, style, tables
from sheetgd.lessons.kit.book import print_setup, titled_sheet
from sheetgd.lessons.kit.story import shown
from sheetgd.lessons.kit.style import INK
from sheetgd.lessons.kit.tables import Grid, Table

TAB = "Valley"
SIZE = 24  # places each way
AT = "C7"  # the map's corner
SURFACE = "AC6:AN31"


class Valley(NamedTuple):
    """What the map shows: the two parameters with their columns in the log, the loss as a formula of both."""

    down: str
    across: str
    places: tuple[tuple[float, float], ...]  # what the map must hold, (down, across)
    loss: str
    loss_name: str
    names: dict[str, str]  # of the points, with the lesson's tab


def draw_valley(book: Workbook, valley: Valley, log: Table) -> None:
    """Draw the tab."""
    subtitle = translated("The landscape of the tab {tab}, in 24 by 24 places.", tab=log.sheet.title)
    sheet = titled_sheet(book, TAB, "The valley from above", subtitle, 34)
    for index in range(1, 40):
        sheet.column_dimensions[style.letter(index)].width = 4 if 2 < index < 28 else 8
    sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = 3.5
    sheet.column_dimensions["C"].width = 7
    downs, acrosses = (spread([place[index] for place in valley.places]) for index in (0, 1))
    grid = Grid(sheet, AT, (valley.down, downs), (valley.across, acrosses))
    grid.draw(valley.loss, valley.names, ";;;")
    _heads(sheet, grid, downs, acrosses)
    _mark_path(sheet, grid, log, downs, acrosses)
    style.note(sheet, "B3", *MAP)
    charts.surface_chart(grid, SURFACE, "The same numbers as a surface", valley.loss_name)
    style.note(sheet, "AC3", *IN_EXCEL)
    print_setup(sheet, "A1:AA33", "AC1:AN33", pages=2)


def spread(values: Sequence[float]) -> list[float]:
    """24 numbers of few digits, evenly apart, that reach past the smallest and the largest of these by an eighth.

    >>> spread([0, 8])[0], spread([0, 8])[1], spread([0, 8])[-1]
    (-1.32, -0.88, 8.8)
    """
    low, high = min(values), max(values)
    margin = (high - low) / 8 or max(abs(high), 1) / 8
    wide = (high - low + 2 * margin) / (SIZE - 1)
    unit = 10.0 ** (math.floor(math.log10(wide)) - 1)
    step = math.ceil(wide / unit) * unit
    first = math.floor((low - margin) / step)
    return [float(f"{(first + index) * step:.10g}") for index in range(SIZE)]


def _heads(sheet: Worksheet, grid: Grid, downs: Sequence[float], acrosses: Sequence[float]) -> None:
    """The numbers at the sides, small, and as many decimals as they need."""
    for values, cells in ((downs, grid.side()), (acrosses, grid.head())):
        form = shown(max(values) - min(values), 3)
        for row in sheet[cells]:
            for cell in row:
                cell.number_format, cell.font = form, style.small(INK)
                cell.alignment = style.UPWARD if cells == grid.head() else style.CENTRE
    top = int(AT[1:])
    sheet.row_dimensions[top].height = 34
    for row in range(top + 1, top + SIZE + 1):
        sheet.row_dimensions[row].height = 14


def _mark_path(
    sheet: Worksheet, grid: Grid, log: Table, downs: Sequence[float], acrosses: Sequence[float]
) -> None:
    """A dot at each place where the log has been: a condition, and no formula in a cell, so that runs stay quick."""
    terms = []
    for title, values, head in (
        (log.columns[1].title, downs, f"${grid.corner[0]}{grid.corner[1] + 1}"),
        (log.columns[2].title, acrosses, f"{style.letter(grid.corner[2] + 1)}${grid.corner[1]}"),
    ):
        half = (values[1] - values[0]) / 2
        area = style.on(log.sheet, log.column(title))
        terms += [f'{area},">="&({head}-{half:.10g})', f'{area},"<"&({head}+{half:.10g})']
    tables.mark_with(sheet, grid.area(), f"COUNTIFS({','.join(terms)})>0", "●")


MAP = (
    "Blue is low, orange is high. A dot: the log has been there; run, and open the workbook again.",
    "Where is the lowest place, and which way did the run take to it?",
)
IN_EXCEL = (
    "Excel draws this chart as a coloured surface; LibreOffice has no surfaces and shows rows of columns, and",
    "Google Sheets leaves the chart out. The map shows the same everywhere.",
)
