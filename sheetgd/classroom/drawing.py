"""How a student's worksheet looks: two pages, the table to fill in on the first, what it leads to on the second.

Colours and charts are the drawing kit's. No cell, name, comment or property of the drawing holds an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log10
from pathlib import Path

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from ..language import Written, phrases, speaking, translated
from ..lessons.kit import charts, controls, style, tables
from ..lessons.kit.book import new_book, print_setup, save_book
from ..lessons.kit.charts import Plot
from ..lessons.kit.style import BLUE, INK, ORANGE, QUIET, WHOLE
from ..lessons.kit.tables import Column, Grid, Table
from .assignment import Assignment, Given
from .plan import PROSE_ROW, Plan

PART = "xl/worksheets/sheet1.xml"  # of the only sheet
NAME, IDENTITY, LOSS = "B2", "M2", "K3"
LARGE = Font(name="Calibri", size=13, color=INK, bold=True)
BEGINNING = Alignment(horizontal="left", vertical="center", shrink_to_fit=True)  # names may be long
ENDING = Alignment(horizontal="right", vertical="center")
WIDTH = 14.5  # of a column, in digits: wide enough to write into by hand
SCALE = 71  # per cent, on paper: the table is one page, what it shows another
HANDWRITTEN = 24.0  # points: the height of a row in which somebody writes by hand, if there are few of them
ROOMY = 36.0  # where there are no others
FEW = 6
TYPED = "General"  # as somebody typed it
DECIMALS, MOST_DECIMALS = 10, 30  # of printed numbers: err_m1 and error_sq differ in the last digits only
APART = 28  # points: the height of a heading that stands apart from what is above it
LOG_LINES = 6  # of the log that are printed
LOG, CHARTS, STRIP_CHARTS = 27, 13, 6  # rows below the beginning of the second page

FILL_IN = (
    "Fill in the empty yellow cells, by hand or with formulas. On a computer the rest then appears by itself."
)
[LABELLED] = phrases("Assignment {id}")


def labelled(assignment: Given) -> str:
    """The id as it stands on the sheet, in its language."""
    with speaking(assignment.language):
        return translated(LABELLED, id=assignment.id)


def log_loss(plan: Plan) -> str:
    """The cell of the log with the loss before any epoch."""
    return f"{style.letter(3 + len(plan.starts))}{plan.second + LOG + 1}"


def all_digits(assignment: Assignment) -> str:
    """The format of a printed number: with enough digits that what is worked out from the printed ones is right."""
    largest = max(map(abs, assignment.y))
    small = 2 * max(0, ceil(-log10(largest))) if largest else 0  # the errors are squared
    return "0.0" + "#" * (min(DECIMALS + small, MOST_DECIMALS) - 1)


def draw(plan: Plan, path: Path) -> None:
    """Draw the worksheet in its language, its formulas without stored results."""
    with speaking(plan.assignment.language):
        _draw(plan, path)


def _draw(plan: Plan, path: Path) -> None:
    book = new_book()
    book.properties.title = plan.task.title
    sheet = book.create_sheet(plan.task.tab)
    last = plan.second + LOG + 8
    _head(sheet, plan, last)
    _table(sheet, plan)
    _second_page(sheet, plan)
    print_setup(sheet, f"A1:N{plan.second - 1}", f"A{plan.second}:N{last}")
    sheet.sheet_properties.pageSetUpPr.fitToPage = False
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = None
    sheet.page_setup.scale = SCALE
    sheet.print_title_rows = "1:2"
    sheet.oddHeader.right.text = sheet.oddFooter.left.text = None
    save_book(book, path)


def _head(sheet: Worksheet, plan: Plan, last: int) -> None:
    """The title, whose it is, the controls and the loss: what stays on the screen."""
    task, assignment = plan.task, plan.assignment
    sheet.sheet_properties.tabColor = BLUE
    sheet.sheet_view.showGridLines = False
    for index in range(1, 15):
        sheet.column_dimensions[style.letter(index)].width = {1: 3, 14: 3}.get(index, WIDTH)
    for row in range(1, last + 1):
        sheet.row_dimensions[row].height = style.SCREEN_ROW
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 30, 22
    style.put_words(sheet, "B1", task.title, font=style.large(BLUE))
    sheet.merge_cells(f"{NAME}:J2")
    style.put_words(sheet, NAME, Written(assignment.name), font=LARGE, align=BEGINNING)
    style.put_words(sheet, IDENTITY, labelled(assignment), font=style.bold(QUIET), align=ENDING)
    values = {name: (value, value) for name, value in assignment.start.items()}
    controls.parameters(sheet, "B3", values, ("guess", "reset to"))
    controls.learn_and_epochs(sheet, "G3", assignment.learn, assignment.epochs)
    if task.nudge:
        controls.control(sheet, "G5", "h", 0.01, style.FULL)
        words = translated("h is a small number above zero, such as {example}.", example=0.01)
        controls.positive(sheet, "H5", "The nudge", words)
    loss = plan.loss_of(plan.starts)
    controls.loss(sheet, "J3:J5", "K3:M5", task.loss, loss, style.THREE)
    for index in range(2, 14):
        sheet[f"{style.letter(index)}6"].border = Border(bottom=Side(style="medium", color=BLUE))
    sheet.row_dimensions[6].height = 8
    sheet.freeze_panes = "A7"


def _table(sheet: Worksheet, plan: Plan) -> None:
    """The first part: its prose, the table with its blanks, and what stands below it."""
    task = plan.task
    style.section(sheet, PROSE_ROW - 1, "1  Row by row", *task.prose)
    if plan.blanks:
        style.put_words(sheet, f"B{plan.top - 1}", FILL_IN, font=style.bold(ORANGE))
    for column in plan.columns:
        style.put_heading(sheet, plan.cell(column.title), column.title, column.colour)
    for title, numbers in zip(task.inputs, plan.typed, strict=True):
        for row, number in enumerate(numbers, start=1):
            style.put(sheet, plan.cell(title, row), number, border=style.UNDER)
    for column, row, formula in plan.written:
        shown = all_digits(plan.assignment)
        style.put(sheet, plan.cell(column.title, row), formula, border=style.UNDER, shown=shown)
    for column in task.below:
        style.put_label(sheet, f"E{plan.under[column.title]}", column.title)
    _blanks(sheet, plan)
    for name, title in task.successors.items():
        if title in plan.letters:
            words = {"font": style.bold(BLUE), "align": style.RIGHT}
            style.put(
                sheet,
                plan.cell(title, plan.rows + 1),
                translated("↑ next {name}", name=translated(name)),
                **words,
            )


def _blanks(sheet: Worksheet, plan: Plan) -> None:
    """The cells to fill in, in rows that a hand can write into where they are few."""
    blanks = plan.blank_cells()
    for blank in blanks:
        style.put_blank(sheet, blank.cell, TYPED)
        if blank.row and plan.assignment.blank_rows <= FEW:
            sheet.row_dimensions[plan.top + blank.row].height = HANDWRITTEN if plan.rows > FEW else ROOMY
    if blanks:
        controls.numeric(sheet, " ".join(_areas(plan)))


def _second_page(sheet: Worksheet, plan: Plan) -> None:
    """The second part: the losses of many parameters, charts, questions, and the log at the end, where it may grow."""
    task, row = plan.task, plan.second
    style.section(sheet, row, Written(f"2  {task.second}"), *task.valley)
    downs, acrosses = plan.assignment.grid
    formula = plan.loss_of({name: f"{{{name}}}" for name in plan.starts})
    if downs:
        down, across = plan.starts
        Grid(sheet, f"B{row + 3}", down=(down, downs), across=(across, acrosses)).draw(
            formula, {}, task.shown
        )
    else:
        _strip(sheet, plan, formula, row + 3, acrosses)
    log = _log(sheet, plan, row + LOG)
    for heading in (row, row + LOG - 1):
        sheet.row_dimensions[heading].height = APART
    top, bottom = row + (CHARTS if downs else STRIP_CHARTS), row + LOG - 2
    if task.across:
        _points(sheet, plan, f"B{top}:G{bottom}")
    elif not downs:
        _curve(sheet, plan, f"B{top}:G{bottom}")
    charts.loss_chart(log, f"{'H' if task.across or not downs else 'B'}{top}:M{bottom}")
    style.put_label(sheet, f"G{row + LOG + 3}", "To think about", style.LEFT)
    style.note(sheet, f"G{row + LOG + 4}", *task.questions)


def _strip(sheet: Worksheet, plan: Plan, formula: str, row: int, heads: Sequence[float]) -> None:
    """The losses of some values of the only parameter: one row of values, one of losses."""
    [name] = plan.starts
    style.put_label(sheet, f"B{row}", name)
    style.put_label(sheet, f"B{row + 1}", plan.task.loss)
    for column, head in enumerate(heads, start=3):
        letter = style.letter(column)
        style.put_heading(sheet, f"{letter}{row}", "")
        sheet[f"{letter}{row}"].value = head
        written = formula.format_map({name: f"{letter}{row}"})
        style.put(sheet, f"{letter}{row + 1}", written, border=style.UNDER, shown=plan.task.shown)


def _areas(plan: Plan) -> Iterator[str]:
    """The blanks as areas, one for each title."""
    for title in plan.blanks:
        last = plan.cell(title, plan.assignment.blank_rows)
        yield last if title in plan.under else f"{plan.cell(title, 1)}:{last}"


def _log(sheet: Worksheet, plan: Plan, row: int) -> Table:
    """The log with the state before any epoch; its loss is there when the sheet has been computed."""
    task = plan.task
    colours = (BLUE, ORANGE)
    columns = [Column("epoch", shown=WHOLE)]
    columns += [
        Column(name, shown=style.THREE, colour=c) for name, c in zip(task.start, colours, strict=False)
    ]
    columns += [Column(task.loss, shown=style.THREE)]
    log = tables.epoch_log(sheet, f"B{row}", "Epoch log", columns, styled_rows=LOG_LINES)
    for column, value in zip(columns, (0, *task.start.values()), strict=False):
        sheet[log.cell(column.title, 1)].value = value
    return log


def _points(sheet: Worksheet, plan: Plan, area: str) -> None:
    """The chart of the points with the line of the guess and the line after the table's last row."""
    task, top = plan.task, plan.second + LOG
    across = translated("{name} from, to", name=plan.drawn(task.across))
    titles = (across, "line of guess", "line after")
    for letter, words, colour in zip("GHI", titles, (INK, ORANGE, BLUE), strict=True):
        style.put_heading(sheet, f"{letter}{top}", words, colour)
    for row, function in ((top + 1, "MIN"), (top + 2, "MAX")):
        end = f"G{row}"
        formulas = (f"={function}({plan.column(task.across)})", plan.line(end), plan.line(end, after=True))
        for letter, formula in zip("GHI", formulas, strict=True):
            style.put(sheet, f"{letter}{row}", formula, border=style.UNDER, shown=style.ONE)
    x, y = (style.cells(sheet, plan.column(title)) for title in (task.across, task.target))
    ends, guess, after = (style.cells(sheet, f"{letter}{top + 1}:{letter}{top + 2}") for letter in "GHI")
    charts.scatter_chart(
        sheet,
        area,
        "My points, the line of the guess, and the line after the steps",
        (Written(plan.assignment.axes[0]), Written(plan.assignment.axes[1])),
        (
            Plot("points", x, y, INK, points=True, line=False),
            Plot("after", ends, after, BLUE),
            Plot("guess", ends, guess, ORANGE, points=True),
        ),
        legend=True,
    )


def _curve(sheet: Worksheet, plan: Plan, area: str) -> None:
    """The chart of the losses of many values of the only parameter, and of the guess among them."""
    [(name, start)] = plan.starts.items()
    row, last = plan.second + 3, style.letter(2 + len(plan.assignment.grid[1]))
    heads, losses = (style.cells(sheet, f"C{line}:{last}{line}") for line in (row, row + 1))
    here = (style.cells(sheet, start), style.cells(sheet, LOSS))
    guess = Plot("guess", *here, colour=ORANGE, points=True, line=False)
    loss, shown = translated(plan.task.loss), translated(name)
    words = translated("The {loss} of every {name}; the point is the guess", loss=loss, name=shown)
    plots = (Plot(loss, heads, losses, BLUE), guess)
    charts.scatter_chart(sheet, area, words, (shown, loss), plots, from_zero=True)
