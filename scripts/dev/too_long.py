"""Names the texts that are too long for their place in a language: python scripts/dev/too_long.py de [LESSON ...]

A text may be as wide as the free cells beside it, or as the English one, whichever is more. What wraps, shrinks or
stands upright is no problem here. Widths are Calibri's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import normalize

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

ROOT = Path(__file__).resolve().parents[2]
BETWEEN = 0.3  # what a cell keeps free at its ends, in digits
CALIBRI = {  # letters by their width, in thousandths of the size; a digit has 507
    229: "ijl' ",
    252: ".,:;I|-",
    305: "f()[]",
    340: "rtJ/",
    400: 'szc"*',
    425: "xL",
    455: "ykvFS",
    480: "aeTYZEg",
    507: "0123456789+=<>×−·?",
    525: "bdhnopquKPXCR",
    560: "AVB",
    630: "DGHUN",
    665: "OQ",
    715: "w%",
    800: "m",
    870: "MW",
}


def drawn(lesson: str, code: str) -> Workbook:
    """A lesson in a language, as it is drawn, in memory."""
    from sheetgd.language import speaking
    from sheetgd.lessons import _module
    from sheetgd.lessons.kit.book import new_book

    book = new_book()
    with speaking(code):
        _module(lesson).draw(book)
    return book


def too_long(english: Workbook, book: Workbook) -> Iterator[str]:
    """The texts of a book for which there is no room, and by how much they are too wide, in digits."""
    for before, sheet in zip(english.worksheets, book.worksheets, strict=True):
        blocked = _blocked(sheet)
        for row in sheet.iter_rows():
            for cell in row:
                text = _text(cell)
                if not text:
                    continue
                usual = _width(before[cell.coordinate], _text(before[cell.coordinate]))
                width = _width(cell, text)
                if width > usual and width > (room := max(_room(sheet, cell, blocked), usual)):
                    yield f"{sheet.title}!{cell.coordinate}: {width:.0f} digits wide, {room:.0f} are free: {text}"


def _text(cell: Cell | MergedCell) -> str:
    """What a cell says on one line; nothing where it wraps, shrinks, or is turned."""
    look = cell.alignment
    if isinstance(cell, MergedCell) or look.wrap_text or look.shrink_to_fit or look.textRotation:
        return ""
    value = str(cell.value or "") if isinstance(cell.value, str) else ""
    return "" if value.startswith("=") and cell.data_type == "f" else value


def _width(cell: Cell | MergedCell, text: str) -> float:
    bold = 1.03 if cell.font.b else 1
    return sum(map(_letter, text)) * bold * (cell.font.sz or 11) / 11


@cache
def _letter(letter: str) -> float:
    """A letter's width in Calibri, in digits; accents take no room."""
    from sheetgd.lessons.kit.measure import in_story

    plain = normalize("NFKD", letter)[0]
    return next((width / 507 for width, letters in CALIBRI.items() if plain in letters), in_story(letter))


def _blocked(sheet: Worksheet) -> list[tuple[int, int, int, int]]:
    """Areas over which no text runs: charts, and the columns of the log."""
    areas = [
        (anchor._from.col + 1, anchor._from.row + 1, anchor.to.col, anchor.to.row)
        for anchor in (chart.anchor for chart in sheet._charts)
    ]
    for area in sheet.merged_cells.ranges:
        areas.append((area.min_col, area.min_row, area.max_col, area.max_row))
    log = [
        cell.column for cell in sheet[6] if cell.value is not None and cell.fill.fgColor.rgb[-6:] == "E6EDF6"
    ]
    log = [column for place, column in enumerate(log) if column == log[0] + place]
    return [*areas, *([(log[0], 7, log[-1], sheet.max_row)] if log and log[0] > 12 else [])]


def _room(sheet: Worksheet, cell: Cell, blocked: list[tuple[int, int, int, int]]) -> float:
    """How many digits are free for a cell's text, in its own area and over the empty cells beside it."""
    merged = next((area for area in sheet.merged_cells.ranges if cell.coordinate in area), None)
    left, _, right, _ = range_boundaries(merged.coord if merged else cell.coordinate)
    room = sum(_column(sheet, column) for column in range(left, right + 1))
    if merged or cell.alignment.horizontal not in ("left", "right"):
        return room - BETWEEN
    step, column = (1, right + 1) if cell.alignment.horizontal == "left" else (-1, left - 1)
    while 1 <= column <= _edge(sheet, cell) and not _taken(sheet, cell.row, column, blocked):
        room += _column(sheet, column)
        column += step
    return room - BETWEEN


def _edge(sheet: Worksheet, cell: Cell) -> int:
    """The last column of the printed area with the cell, or of the sheet."""
    areas = [
        range_boundaries(area.split("!")[-1].replace("$", "")) for area in (sheet.print_area or "").split(",")
    ]
    mine = [
        right
        for left, top, right, bottom in areas
        if left <= cell.column <= right and top <= cell.row <= bottom
    ]
    return max(mine, default=sheet.max_column)


def _taken(sheet: Worksheet, row: int, column: int, blocked: list[tuple[int, int, int, int]]) -> bool:
    if sheet.cell(row, column).value is not None:
        return True
    return any(left <= column <= right and top <= row <= bottom for left, top, right, bottom in blocked)


def _column(sheet: Worksheet, column: int) -> float:
    return float(sheet.column_dimensions[get_column_letter(column)].width)


def main(code: str, *lessons: str) -> int:
    """Print the texts of these lessons, or of all, that are too long."""
    from sheetgd.lessons import LESSONS

    found = 0
    for lesson in lessons or LESSONS:
        for line in too_long(drawn(lesson, "en"), drawn(lesson, code)):
            found += 1
            print(f"{lesson}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(*sys.argv[1:]))
