"""The live tab: the line after any number of epochs, by formulas alone; no run, no macro, no script.

An epoch of a linear model is an affine map of its parameters: each new one is a sum of the old ones, each times a
number, and a number. Probes of the epoch's own formulas give these numbers, doublings the maps of 1, 2, 4 … 524,288
epochs, and any number of epochs is a sum of such. Nothing here is newer than Excel 2010, and nothing is an array
formula, so it works in every spreadsheet. Where numbers get too large the tab says so and shows no error.
"""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from . import controls, style, tables
from .book import lesson_sheet, print_setup
from .live_charts import draw_charts
from .live_check import MOST, draw_check
from .live_lesson import DOUBLINGS, LARGE, TAB, WORKINGS, LiveLesson
from .live_maps import add_up, draw_powers, draw_probes, misses
from .scroll_bar import ScrollBar
from .story import quoted
from .style import HIGH, WHOLE
from .tables import Table

PAGE, WIDE = 18, 22  # columns of a printed page, and as many as it takes at most
BAR_AREA, BAR_CELL = "O3:Q3", "$P$4"
MOST_DRAGGED = 30_000  # where a scroll bar's range ends


def scroll_bars(book: Workbook) -> dict[str, ScrollBar]:
    """The bars of a workbook's live tabs, by their names."""
    live = translated(TAB)
    tabs = [name for name in book.sheetnames if name == live or name.startswith(f"{live} ")]
    return {tab: ScrollBar(BAR_AREA, f"'{tab}'!{BAR_CELL}", MOST_DRAGGED) for tab in tabs}


def leave_out_bars(book: Workbook) -> None:
    """Leave out the cells that belong to the bars, where there can be none."""
    for tab in scroll_bars(book):
        sheet = book[tab]
        for cell in ("O2", "O4", "P4"):
            sheet[cell].value, sheet[cell].style = None, "Normal"
        rules = sheet.data_validations
        rules.dataValidation = [rule for rule in rules.dataValidation if str(rule.sqref) != "P4"]


def draw_live(book: Workbook, lesson: LiveLesson) -> None:
    """Draw the tab."""
    last_row = WORKINGS + max(lesson.rows, DOUBLINGS) + 1
    title, subtitle = (
        "Live: any number of epochs at once",
        translated("The lesson of the tab {tab}, without stepping.", tab=lesson.tab),
    )
    sheet = lesson_sheet(book, lesson.live, title, subtitle, last_row, columns=16, log=0, commands="")
    controls.whole(sheet, "C3", 0, MOST, "Epochs", translated(ASKED, most=MOST))
    typed = draw_bar(sheet, controls.question(sheet, "B3:B5", "C3:D5", "epochs", lesson.typed))
    valid = f"IF(ISNUMBER({typed}),IF(AND({typed}>=0,{typed}<={MOST},{typed}=INT({typed})),1,0),0)=1"
    epochs = f"IF({valid},{typed},0)"
    if lesson.error:
        lesson = lesson._replace(misses=misses(lesson))
    powers = draw_powers(sheet, lesson, draw_probes(sheet, lesson))
    add_up(lesson, powers, epochs)
    now = draw_answer(sheet, lesson, powers, valid)
    style.section(sheet, 8, "1  The line after so many epochs", THE_LINE)
    draw_charts(sheet, lesson, powers, now, epochs)
    style.section(sheet, 28, "2  Is it the same as stepping?", *THE_SAME)
    draw_check(sheet, lesson, powers)
    style.put_label(sheet, "N28", "To think about", style.LEFT)
    style.note(sheet, "N29", *lesson.to_think_about)
    style.section(sheet, 37, "3  Why no thousand steps are needed", *lesson.why)
    style.note(sheet, "B41", ANY_NUMBER)
    style.section(sheet, WORKINGS - 3, "4  The workings", THE_WORKINGS)
    for area in ("F4:H6", "K3:M5", f"B29:{style.letter(sheet.max_column)}{last_row}"):
        tables.mark_large(sheet, area)
    if sheet.max_column > PAGE:  # the margin at the right is a column of the workings, too
        for index in range(PAGE, sheet.max_column + 1):
            sheet.column_dimensions[style.letter(index)].width = 10
    print_setup(sheet, "A1:R35", *printed(sheet, 36, 71), *printed(sheet, 72, last_row), heading_row=6)


def printed(sheet: Worksheet, top: int, bottom: int) -> list[str]:
    """The print areas of these rows: pages of the same width, as far as anything stands in them."""
    columns = [cell.column for row in sheet.iter_rows(top, bottom) for cell in row if cell.value is not None]
    last = max(columns)
    width = max(PAGE, -(-last // -(-last // WIDE)))  # both rounded up
    starts = range(1, last + 1, width)
    return [f"{style.letter(left)}{top}:{style.letter(left + width - 1)}{bottom}" for left in starts]


# -- the scroll bar ----------------------------------------------------------------------------------------------------
def draw_bar(sheet: Worksheet, typed: str) -> str:
    """The cell that the scroll bar moves, and the epochs that count; returns the address of these.

    At the left end of the bar the typed number counts; further on the bar does, ten times as many for each sixth of it.
    """
    style.note(sheet, "O2", DRAG)
    [moved] = controls.control(sheet, "O4", "bar", 0, WHOLE).values()
    words = translated("The bar is a whole number from 0 to {most:,}.", most=MOST_DRAGGED)
    controls.whole(sheet, "P4", 0, MOST_DRAGGED, "The bar", words)
    given = f'IF(ISNUMBER({typed}),{typed},"?")'
    dragged = f"ROUND(10^(MIN({moved},{MOST_DRAGGED})/{MOST_DRAGGED // 6}),0)"
    formula = f"=IF(ISNUMBER({moved}),IF({moved}>0,{dragged},{given}),{given})"
    [counts] = controls.control(sheet, "O5", "so many", formula, WHOLE).values()
    return counts


# -- the answer ------------------------------------------------------------------------------------------------------
def draw_answer(sheet: Worksheet, lesson: LiveLesson, powers: Table, valid: str) -> list[str]:
    """The parameters, the loss and a message; returns the parameters' cells, which hold text if there is no answer."""
    ends = {name: powers.cell(name, DOUBLINGS) for name in lesson.state}
    sizes = ",".join(f"ABS({end})" for end in ends.values())
    far = f"IF(COUNT({','.join(ends.values())})<{len(ends)},1,IF(MAX({sizes})>{LARGE},1,0))=1"
    starts = lesson.there(*lesson.starts)[: len(lesson.parameters)]
    large = quoted(translated("too large"))
    values = {
        title: (f"={start}", f'=IF({valid},IF({far},{large},{ends[name]}),"?")')
        for (name, title, _), start in zip(lesson.parameters, starts, strict=True)
    }
    controls.parameters(sheet, "F3", values, ("start", "now"))
    now = [f"$H${row}" for row in range(4, 4 + len(values))]
    for cell, (_, _, colour) in zip(now, lesson.parameters, strict=True):
        place = sheet[cell.replace("$", "")]
        place.font, place.number_format = style.bold(colour), lesson.form
    none = f"COUNT({','.join(now)})=0"
    loss = f'=IF({none},"?",{lesson.formula(lesson.loss, now)})'
    controls.loss(sheet, "J3:J5", "K3:M5", lesson.loss_name, loss, lesson.loss_form)
    messages = (TOO_LARGE, translated(USUAL, tab=lesson.tab), translated(ASKED, most=MOST))
    grown, usual, asked = (quoted(translated(words)) for words in messages)
    style.note(sheet, "B6", f"=IF({valid},IF({none},{grown},{usual}),{asked})")
    tables.mark(sheet, "B6:M6", none, back=HIGH)
    return now


DRAG = "or drag (Excel, LibreOffice):"
THE_LINE = "Change the number of epochs above, or learn or the points in the lesson, and watch."
THE_SAME = (
    "Stepping goes through every row of every epoch; this tab does not. They agree but for the last digits.",
    "Not the same? Then learn, a start, the points or a formula of the table have been changed since the log began.",
)
ANY_NUMBER = (
    "4.  Any number of epochs is a sum of such: 1,000 = 8 + 32 + 64 + 128 + 256 + 512, the blue rows."
)
THE_WORKINGS = (
    "What the charts show; at its left, where that is long, the lesson's epoch as it is tried, row by row."
)
USUAL = "Start, learn, points: those of the tab {tab}. No script, no macro: every number here is a formula."
ASKED = "Type a whole number from 0 to {most:,}."
TOO_LARGE = (
    "The numbers grow too large: with this learn the run diverges. Try fewer epochs, or a smaller learn."
)
