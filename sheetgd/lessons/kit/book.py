"""The drawing kit: how a lesson looks on a screen and on paper.

A lesson says what it holds and where; colours, fonts, number formats, the column grid, charts and print set-up are
decided here, once. Columns B to M carry the lesson, A is its margin, and O to R are the epoch log's, with nothing
else below its headings (a lesson may ask for more columns). The rows down to those headings stay on the screen while
the rest scrolls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from ...grid.sheet import single_line
from ...language import Written, right_to_left, translated
from .measure import in_notes, lines
from .scroll_bar import ScrollBar, add_scroll_bar
from .style import (
    BLUE,
    BOXED,
    CODE,
    INPUT,
    LEFT,
    ORANGE,
    QUIET,
    SCREEN_ROW,
    UNDER,
    edge,
    lettering,
    plain_fill,
    put,
    put_heading,
    put_words,
    translated_lines,
)

TEACHER = "For the teacher"  # the tab
ONE_TAB, ALL_TABS = "FILE", "FILE --all"  # what the commands name: see `lesson_sheet`
DRAWN = datetime(2026, 1, 1)  # the date in every new workbook's properties: see `save_book`


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


_FONT = re.compile(rb"(?<=<font>).*?(?=</font>)")
_IN_A_FONT = (
    b"b",
    b"i",
    b"strike",
    b"u",
    b"vertAlign",
    b"sz",
    b"color",
    b"name",
    b"family",
    b"charset",
    b"scheme",
)


def _in_order(font: re.Match[bytes]) -> bytes:
    """A font's elements in the order of the standard, which openpyxl does not keep."""
    elements = re.findall(rb"<(\w+)[^>]*/>", font[0])
    whole = dict(zip(elements, re.findall(rb"<[^>]*/>", font[0]), strict=True))
    return b"".join(whole[name] for name in sorted(elements, key=_IN_A_FONT.index))


def save_book(
    book: Workbook, path: Path, scroll_bars: Mapping[str, ScrollBar] = MappingProxyType({})
) -> None:
    """Write the workbook at the path: the same drawing gives the same file, whenever and wherever it is made.

    openpyxl's own `save` stamps the present time into the properties, and zipfile into every entry, so that no two
    files are alike and none can be compared with another. Both are fixed here, the entries to the earliest date
    that a zip can hold. `scroll_bars` has the bar of a tab by the tab's name.
    """
    book.properties.created = book.properties.modified = DRAWN
    if right_to_left():
        _mirror(book)
    drawn = BytesIO()
    ExcelWriter(book, ZipFile(drawn, "w")).save()
    with ZipFile(drawn) as read:
        parts = {name: _EMPTY.sub(rb"<c\1/>", read.read(name)) for name in read.namelist()}
    parts["xl/styles.xml"] = _FONT.sub(_in_order, parts["xl/styles.xml"])
    for tab, bar in scroll_bars.items():
        parts = add_scroll_bar(parts, book.sheetnames.index(tab) + 1, bar)
    with ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(ZipInfo(name), content, ZIP_DEFLATED)


def _mirror(book: Workbook) -> None:
    """Turn the sheets round: column A at the right, and what stood at the left of its cells likewise."""
    sides = {"left": "right", "right": "left"}
    for sheet in book.worksheets:
        sheet.sheet_view.rightToLeft = True
        for row in sheet.iter_rows():
            for cell in row:
                side = sides.get(cell.alignment.horizontal)
                if side:
                    turned = copy(cell.alignment)
                    turned.horizontal, turned.readingOrder = side, 2
                    cell.alignment = turned


def titled_sheet(book: Workbook, tab: str, title: str, subtitle: str, last_row: int) -> Worksheet:
    """A new tab with a title, which names the book if it has no name, and with rows that read well on a projector."""
    sheet = book.create_sheet(translated(tab))
    title = Written(single_line(translated(title)))
    book.properties.title = book.properties.title or title
    sheet.sheet_properties.tabColor = BLUE
    sheet.sheet_view.showGridLines = False
    for row in range(1, last_row + 1):
        sheet.row_dimensions[row].height = SCREEN_ROW
    sheet.row_dimensions[1].height = 33
    put_words(sheet, "B1", title, font=lettering(22, BLUE, bold=True))
    put_words(sheet, "B2", subtitle, font=lettering(colour=QUIET))
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
    commands: str = ONE_TAB,
) -> Worksheet:
    """A new tab with the column grid, the title, the legend of the input cells and the commands to type.

    `columns` and `log` count the lesson's columns and the log's; `commands` is what follows `sheetgd run`, and empty
    for a tab that is not run.
    """
    sheet = titled_sheet(book, tab, title, subtitle, last_row)
    widths = {1: 4, columns + 2: 2.5, columns + log + 3: 2.5}
    for index in range(1, columns + log + 4):
        sheet.column_dimensions[get_column_letter(index)].width = widths.get(index, 10)
    put(sheet, "K2", "", fill=plain_fill(INPUT), border=BOXED)
    put(sheet, "L2", " yours to change", font=lettering(colour=QUIET), align=LEFT)
    if commands:
        _put_commands(sheet, commands)
    for index in range(2, columns + 2):
        sheet[f"{get_column_letter(index)}6"].border = Border(bottom=edge(BLUE, "medium"))
    sheet.freeze_panes = "A7"
    return sheet


def _put_commands(sheet: Worksheet, named: str) -> None:
    """What to type to run the lesson and to reset it: a sentence, with the commands in its gaps."""
    places = "GHK" if named == ALL_TABS else "FGI"
    words = translated_lines("Save, close, then type", "to learn,", " to begin again.")
    for column, part in zip(("B", places[0], places[2]), words, strict=True):
        put(sheet, f"{column}6", part, font=lettering(colour=QUIET), align=LEFT)
    for cell, command in (("D6", f"sheetgd run {named}"), (f"{places[1]}6", f"sheetgd reset {named}")):
        put(sheet, cell, Written(command), font=CODE, align=LEFT)


# ---------------------------------------------------------------------------------------------------- on paper


def print_setup(
    sheet: Worksheet, *areas: str, heading_row: int | None = None, portrait: bool = False, pages: int = 0
) -> None:
    """Print each area on a page of its own and as wide as it, the heading row again on every page.

    With `pages` the whole is made to fit that many. (Areas, since Excel ignores page breaks where it fits to width.)
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
    for bottom in dict.fromkeys(one for one, following in pairwise(bottoms) if following > one):
        sheet.row_breaks.append(Break(id=bottom))  # not that of an area beside it, which would cut this one
    if heading_row:
        sheet.print_title_rows = f"{heading_row}:{heading_row}"


def story_pages(pages: Sequence[str], columns: str = "T:AA", last: int = 0) -> list[str]:
    """The story's areas for `print_setup`, in these columns: a page beside each of the lesson's, down to `last`.

    >>> story_pages(["A1:R32", "A33:R65"])
    ['T7:AA32', 'T33:AA65']
    """
    first, end = columns.split(":")
    bounds = [range_boundaries(page) for page in pages]
    bottoms = [bottom for *_, bottom in bounds]
    bottoms[-1] = max(bottoms[-1], last)
    return [
        f"{first}{max(top, 7)}:{end}{bottom}" for (_, top, *_), bottom in zip(bounds, bottoms, strict=True)
    ]


# ---------------------------------------------------------------------------------------------------- for the teacher


class Figures(NamedTuple):
    """A small table of plain figures between two paragraphs: titles, rows, a number format a column."""

    titles: Sequence[str]
    rows: Sequence[Sequence[float | str]]
    shown: Sequence[str]


Part = tuple[str, Sequence["str | Figures"]]


def teacher_sheet(book: Workbook, title: str, lead: str, parts: Sequence[Part], pages: int = 0) -> Worksheet:
    """The tab for the teacher: headings at the side, paragraphs and figures beside them, for a portrait page."""
    sheet = book.create_sheet(translated(TEACHER))
    sheet.sheet_properties.tabColor = ORANGE
    sheet.sheet_view.showGridLines = False
    for letter, width in zip("ABCDEFGH", (3, 24, 16, 16, 16, 16, 16, 3), strict=True):
        sheet.column_dimensions[letter].width = width
    put(sheet, "B1", title, font=lettering(20, BLUE, bold=True), align=LEFT)
    sheet.row_dimensions[1].height = 34
    row = _paragraph(sheet, 2, lead, "B", lettering(12, QUIET))
    for heading, content in parts:
        sheet.row_dimensions[row].height, sheet.row_dimensions[row + 1].height = 10, 6
        for letter in "BCDEFG":
            sheet[f"{letter}{row + 1}"].border = Border(top=edge(BLUE))
        row += 2
        heading, align = translated(heading), Alignment(vertical="top", wrap_text=True)
        put(sheet, f"B{row}", heading, font=lettering(12, BLUE, bold=True), align=align)
        top, needed = row, 16 * lines(heading, 21) + 5
        for piece in content:
            row = (
                _figures(sheet, row, piece)
                if isinstance(piece, Figures)
                else _paragraph(sheet, row, piece, "C")
            )
        sheet.row_dimensions[top].height = max(sheet.row_dimensions[top].height or 0, needed)
    print_setup(sheet, f"A1:H{row}", portrait=True, pages=pages)
    return sheet


def _paragraph(sheet: Worksheet, row: int, words: str, first: str, font: Font | None = None) -> int:
    """Words over the columns from `first` to G, the row made as high as they need; returns the row below."""
    words = translated(words)
    sheet.merge_cells(f"{first}{row}:G{row}")
    room = 82 if first == "C" else 98  # the width of those columns, in digits
    sheet.row_dimensions[row].height = 15 * lines(words, room, in_notes) + 5
    put(sheet, f"{first}{row}", words, font=font, align=Alignment(vertical="top", wrap_text=True))
    return row + 1


def _figures(sheet: Worksheet, row: int, figures: Figures) -> int:
    for letter, title in zip("CDEFG", figures.titles, strict=False):
        put_heading(sheet, f"{letter}{row}", title)
    for numbers in figures.rows:
        row += 1
        for letter, number, shown in zip("CDEFG", numbers, figures.shown, strict=False):
            put(sheet, f"{letter}{row}", number, border=UNDER, shown=shown)
    sheet.row_dimensions[row + 1].height = 8
    return row + 2
