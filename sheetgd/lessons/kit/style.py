"""Colours, fonts, number formats, and putting words and numbers into cells in that style."""

from __future__ import annotations

import re
from typing import Any

from openpyxl.chart import Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname, range_boundaries
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from ...grid.sheet import single_line
from ...language import Written, font_name, translated

INK, QUIET, HAIR = "1F2933", "4A5563", "D5DCE5"
BLUE, ORANGE, GREEN, WHITE = "2B6CB0", "C65D07", "2F855A", "FFFFFF"
BAND, PAPER, INPUT = "E6EDF6", "F5F8FC", "FFF3D6"
LOW, MIDDLE, HIGH = "6BA3D6", "FBFAF5", "F3A45B"

PLAIN, WHOLE, ONE, TWO, THREE = "General", "#,##0", "#,##0.0", "#,##0.00", "#,##0.000"
FULL = "0.0##############"  # 0.0001 as it was typed
SCREEN_ROW = 17.25  # points: a row that reads well on a projector


def lettering(size: float = 11, colour: str = INK, **more: Any) -> Font:
    """Letters of a size in points, in a colour."""
    return Font(name=font_name(), size=size, color=colour, **more)


def bold(colour: str, size: float = 11) -> Font:
    """Bold letters in a colour."""
    return lettering(size, colour, bold=True)


def small(colour: str) -> Font:
    """Letters for what has little room."""
    return lettering(8, colour)


def large(colour: str) -> Font:
    """The letters of a sheet's title."""
    return lettering(20, colour, bold=True)


def letter(column: int) -> str:
    """The letter of a column, counted from 1."""
    return str(get_column_letter(column))


def absolute(cell: str) -> str:
    """An address with its dollars.

    >>> absolute("J94")
    '$J$94'
    """
    return str(absolute_coordinate(cell))


def plain_fill(colour: str) -> PatternFill:
    """A cell filled with one colour."""
    return PatternFill("solid", fgColor=colour)


def rule_fill(colour: str) -> PatternFill:
    """The fill of a conditional format, which takes its colour from the background."""
    return PatternFill(bgColor=colour)


def edge(colour: str, style: str = "thin") -> Side:
    """One edge of a cell's border."""
    return Side(style=style, color=colour)


UNDER = Border(bottom=edge(HAIR))
FRAMED = Border(*(edge("9DB7D5"),) * 4)
CODE = Font(name="Consolas", size=10, color=BLUE, bold=True)
BOXED = Border(*(edge("E8C67E"),) * 4)
INDENTED = Alignment(horizontal="right", vertical="center", indent=1)
RIGHT = Alignment(horizontal="right", vertical="center", shrink_to_fit=True)
LEFT = Alignment(horizontal="left", vertical="center")
CENTRE = Alignment(horizontal="center", vertical="center")
MIDST = Alignment(horizontal="center", vertical="center", shrink_to_fit=True)
UPWARD = Alignment(horizontal="center", vertical="center", textRotation=90)


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
    """One cell with its value and looks; words in the language spoken."""
    place = sheet[cell]
    place.value = in_language(value) if value != "" else None
    place.font = font or lettering()
    place.alignment = align
    place.number_format = shown
    if fill:
        place.fill = fill
    if border:
        place.border = border


def in_language(value: object) -> object:
    """Words in the language spoken; a formula or a number as it is."""
    return translated(value) if isinstance(value, str) and not value.startswith("=") else value


def put_words(
    sheet: Worksheet, cell: str, words: str, *, font: Font | None = None, align: Alignment = LEFT
) -> None:
    """One cell of words, which are no formula even if they begin with =."""
    put(sheet, cell, Written(single_line(translated(words))), font=font, align=align)
    if words:
        sheet[cell].data_type = "s"


def put_input(sheet: Worksheet, cell: str, value: float, shown: str = PLAIN) -> None:
    """One cell that is the reader's to change."""
    put(
        sheet,
        cell,
        value,
        font=lettering(colour=BLUE, bold=True),
        fill=plain_fill(INPUT),
        border=BOXED,
        shown=shown,
    )


def put_blank(sheet: Worksheet, cell: str, shown: str = PLAIN) -> None:
    """One empty cell that is the reader's to fill in."""
    put(
        sheet,
        cell,
        "",
        font=lettering(colour=BLUE, bold=True),
        fill=plain_fill(INPUT),
        border=BOXED,
        shown=shown,
    )


def heading(words: str) -> Written:
    """The heading of a column in the language spoken; that of a parameter's next value keeps the parameter's name.

    >>> heading("new_m"), heading("error")
    ('new_m', 'error')
    """
    name = words.removeprefix("new_")
    return translated(words) if name == words else translated("new_{name}", name=name)


def put_heading(sheet: Worksheet, cell: str, words: str, colour: str = INK) -> None:
    """The heading of a column."""
    put(
        sheet,
        cell,
        words if isinstance(words, Written) else heading(words),
        font=lettering(colour=colour, bold=True),
        fill=plain_fill(BAND),
        border=Border(bottom=edge(BLUE)),
    )


def put_label(sheet: Worksheet, cell: str, words: str, align: Alignment = INDENTED) -> None:
    """The name of the value to its right."""
    put_words(sheet, cell, words, font=lettering(bold=True), align=align)


def section(sheet: Worksheet, row: int, words: str, *notes: str, column: str = "B") -> None:
    """The title of a part in a row, its notes in the rows below: one line each, for they run over the columns."""
    put(sheet, f"{column}{row}", words, font=lettering(13, BLUE, bold=True), align=LEFT)
    note(sheet, f"{column}{row + 1}", *notes)


def note(sheet: Worksheet, cell: str, *lines: str) -> None:
    """Lines of prose, one a row, from a cell down; a single text may have several lines."""
    row, column = coordinate_to_tuple(cell)
    for offset, line in enumerate(translated_lines(*lines)):
        place = f"{get_column_letter(column)}{row + offset}"
        put(sheet, place, line, font=lettering(colour=QUIET), align=LEFT)


def translated_lines(*lines: str) -> list[str]:
    """Lines in the language spoken: translated as one text, for a sentence may run over several of them."""
    whole = lines[0] if len(lines) == 1 else "\n".join(lines)
    return [Written(line) for line in str(in_language(whole)).split("\n")]


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
    put(
        sheet,
        area.split(":")[0],
        value,
        font=bold(colour, size),
        fill=plain_fill(back),
        align=MIDST,
        shown=shown,
    )


def caption(sheet: Worksheet, area: str, words: str, colour: str = QUIET) -> None:
    """Words in the middle of an area: above or below a box."""
    sheet.merge_cells(area)
    bold = colour != QUIET
    put(sheet, area.split(":")[0], words, font=lettering(11 if bold else 10, colour, bold=bold), align=CENTRE)


def sign(sheet: Worksheet, area: str, words: str) -> None:
    """What stands between two boxes, such as ×."""
    if ":" in area:
        sheet.merge_cells(area)
    put(sheet, area.split(":")[0], words, font=lettering(22, QUIET), align=CENTRE)


def on(sheet: Worksheet, cells: str) -> str:
    """Cells as a formula on another sheet names them."""
    return on_tab(Written(sheet.title), cells)


def on_tab(tab: str, cells: str) -> str:
    """Cells of a tab, which may not be drawn yet, as a formula on another names them.

    >>> on_tab("Race", "$C$4"), on_tab("By points", "$C$4")
    ('Race!$C$4', "'By points'!$C$4")
    """
    title = translated(tab)
    plain = re.fullmatch(r"[A-Za-z_]{4,}", title, re.ASCII)  # a shorter one could be taken for a cell
    return f"{title if plain else quote_sheetname(title)}!{cells}"


# ---------------------------------------------------------------------------------------------------- charts


def cells(sheet: Worksheet, area: str) -> Reference:
    """An area of cells, or a single one, for a chart."""
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    return Reference(sheet, min_col=left, min_row=top, max_col=right, max_row=bottom)
