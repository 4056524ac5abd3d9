"""A student's worksheet: where its cells are, how it is drawn, and many of them from one drawing.

What depends on a blank stays empty until the blank is filled, and then shows its number: formulas that read such cells
count them first. Nothing of the answers is in the file. The solved sheet is the same drawing without blanks.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter
from typing import NamedTuple

from openpyxl.styles import Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from ..a1 import Cell, parse
from ..books import open_book
from ..books.package import Package
from ..books.splice import Change, splice
from ..lessons import paper
from ..lessons.paper import BLUE, INK, ORANGE, QUIET, WHOLE, Column, Grid, Plot, Table
from ..sheet import Place, Sheet, Value
from .assignment import Assignment
from .exercises import exercise

NAME, IDENTITY, LOSS = "B2", "L2", "K3"
PART = "xl/worksheets/sheet1.xml"  # of the only sheet
LABELLED = re.compile(
    r"\bAssignment[\s:]+([2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4})(?![\w-])", re.IGNORECASE
)
EMPTY = re.compile(
    rb'<c( r="[A-Z]+\d+" s="\d+") t="n"\s*(?:/>|></c>)'
)  # openpyxl's; to IronCalc they are zeros
TITLE = Font(name="Calibri", size=20, color=BLUE, bold=True)
LARGE = Font(name="Calibri", size=13, color=INK, bold=True)
PROSE_ROW = 9
HANDWRITTEN = 22.0  # points: the height of a row in which somebody writes by hand
LOG_LINES = 6  # of the log that are printed
FILL_IN = "Fill in the yellow cells, by hand or with formulas. What depends on them appears by itself."


class Blank(NamedTuple):
    """A cell that the student fills in: its sheet and address, its title, and its row of the table.

    Rows count from 1; 0 stands for a cell below the table.
    """

    sheet: str
    cell: str
    title: str
    row: int


class Plan:
    """Where everything stands on one assignment's sheet, and the formula of each cell."""

    def __init__(self, assignment: Assignment, blanks: Sequence[str] | None = None) -> None:
        self.assignment = assignment
        self.task = task = exercise(assignment.lesson)
        self.blanks = assignment.blanks if blanks is None else tuple(blanks)
        self.typed = task.typed(assignment.x, assignment.y)
        self.rows = len(self.typed[0])
        self.top = PROSE_ROW + len(task.prose) + 2  # the table's row of titles
        self.columns = (*(Column(title) for title in task.inputs), *task.columns)
        self.letters = {column.title: paper.letter(2 + index) for index, column in enumerate(self.columns)}
        self.under = {
            column.title: self.top + self.rows + 2 + index for index, column in enumerate(task.below)
        }
        self.second = self.top + self.rows + 4 + len(task.below)  # where the second page begins
        starts = {f"start {name}": f"$C${4 + index}" for index, name in enumerate(task.start)}
        self.fixed = {**starts, "learn": "$H$3", "h": "$H$5"}

    def cell(self, title: str, row: int = 0) -> str:
        """The address of a title's cell, in a row of the table or below it."""
        return f"F{self.under[title]}" if title in self.under else f"{self.letters[title]}{self.top + row}"

    def column(self, title: str) -> str:
        """The absolute area of a column of the table."""
        letter = self.letters[title]
        return f"${letter}${self.top + 1}:${letter}${self.top + self.rows}"

    def successor(self, name: str) -> str:
        """The cell from which the next epoch's parameter is carried."""
        return self.cell(self.task.successors[name], self.rows)

    def start(self, name: str) -> str:
        """The cell of a parameter's guess."""
        return self.fixed[f"start {name}"]

    def is_blank(self, title: str, row: int) -> bool:
        """Whether the student fills it in."""
        return title in self.blanks and (title in self.under or row <= self.assignment.blank_rows)

    def blank_cells(self) -> list[Blank]:
        """What the student fills in, row by row and then below the table."""
        places = [(title, row) for row in range(1, self.rows + 1) for title in self.letters]
        places += [(title, 0) for title in self.under]
        return [Blank(self.task.tab, self.cell(*place), *place) for place in places if self.is_blank(*place)]

    def formulas(self) -> Iterator[tuple[Column, int, str]]:
        """Each title and row that the sheet computes, with its formula; what may be missing is counted first."""
        waiting: set[tuple[str, int]] = set()
        for row in range(1, self.rows + 1):
            for column in self.task.columns:
                if self.is_blank(column.title, row):
                    waiting.add((column.title, row))
                else:
                    formula = column.first if row == 1 and column.first else str(column.holds)
                    yield column, row, self._guarded(column.title, row, formula, waiting)
        for column in self.task.below:
            if self.is_blank(column.title, 0):
                waiting.add((column.title, 0))
            else:
                yield column, 0, self._guarded(column.title, 0, str(column.holds), waiting)

    def _guarded(self, title: str, row: int, formula: str, waiting: set[tuple[str, int]]) -> str:
        names, missing, counted = dict(self.fixed), [], 0
        for name in _names(formula):
            if name in self.fixed:
                continue
            word, _, rest = name.partition(" ")
            whole, above = word == "column" and rest in self.letters, word == "above" and rest in self.letters
            source = rest if whole or above else name
            at = 0 if source in self.under else row - above
            names[name] = self.column(source) if whole else self.cell(source, at)
            cells = [(source, each) for each in range(1, self.rows + 1)] if whole else [(source, at)]
            if any(cell in waiting for cell in cells):
                missing.append(names[name])
                counted += len(cells)
        written = formula.format_map(names)
        if not missing:
            return written
        waiting.add((title, row))
        return f'=IF({_all_there(missing, counted)},{written[1:]},"")'

    def after(self, at: str) -> str:
        """The line of the new parameters at a cell; that of the guess as long as they are not there."""
        new = [self.successor(name) for name in self.task.start]
        line, guess = (self._line(parameters, at) for parameters in (new, list(self.fixed.values())))
        return f"=IF({_all_there(new, len(new))},{line},{guess})" if self.blanks else f"={line}"

    def guess(self, at: str) -> str:
        """The line of the guess at a cell."""
        return f"={self._line(list(self.fixed.values()), at)}"

    def _line(self, parameters: Sequence[str], at: str) -> str:
        names = dict(zip(self.task.start, parameters, strict=False))
        return self.task.line.format_map({**names, "at": at})

    def loss(self) -> str:
        """The formula of the loss of the guess."""
        areas = {f"column {title}": self.column(title) for title in self.task.inputs}
        return self.task.loss[1].format_map({**self.fixed, **areas})


def _names(formula: str) -> list[str]:
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(formula) if name))


def _all_there(cells: Sequence[str], count: int) -> str:
    """A condition: so many numbers stand in the cells."""
    return f"ISNUMBER({cells[0]})" if count == 1 else f"COUNT({','.join(cells)})={count}"


# -- the drawing -----------------------------------------------------------------------------------------------------
def blank_cells(assignment: Assignment) -> list[Blank]:
    """The cells that the student fills in: (sheet, A1, column title, row of the table)."""
    return Plan(assignment).blank_cells()


def assignment_id(cells: Sheet) -> str | None:
    """The id in a returned sheet, found by its label; None where there is none, or more than one.

    >>> sheet = Sheet("Descent")
    >>> sheet.values[2, 12] = "Assignment 7KQ2-M9XD"
    >>> assignment_id(sheet)
    '7KQ2-M9XD'
    """
    texts = [value for value in cells.values.values() if isinstance(value, str)]
    found = {match[1].upper() for text in texts for match in LABELLED.finditer(text)}
    return found.pop() if len(found) == 1 else None


def labelled(assignment: Assignment) -> str:
    """The id as it stands on the sheet."""
    return f"Assignment {assignment.id}"


def draw(plan: Plan, path: Path) -> None:
    """Draw the worksheet, its formulas without stored results."""
    book = paper.new_book()
    book.properties.title = plan.task.title
    sheet = book.create_sheet(plan.task.tab)
    last = plan.second + 36
    _head(sheet, plan, last)
    _table(sheet, plan)
    _second_page(sheet, plan)
    paper.print_setup(sheet, f"A1:N{plan.second - 1}", f"A{plan.second}:N{last}", pages=2)
    sheet.print_title_rows = "1:2"
    sheet.oddHeader.right.text = None
    paper.save_book(book, path)
    package = Package(path)
    path.write_bytes(package.replaced({PART: EMPTY.sub(rb"<c\1></c>", package.read(PART))}))


def _head(sheet: Worksheet, plan: Plan, last: int) -> None:
    """The title, whose it is, the controls and the loss: what stays on the screen."""
    task, assignment = plan.task, plan.assignment
    sheet.sheet_properties.tabColor = BLUE
    sheet.sheet_view.showGridLines = False
    for index in range(1, 15):
        sheet.column_dimensions[paper.letter(index)].width = {1: 3, 14: 3}.get(index, 10.5)
    for row in range(1, last + 1):
        sheet.row_dimensions[row].height = paper.SCREEN_ROW
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 30, 22
    paper.put_words(sheet, "B1", task.title, font=TITLE)
    paper.put_words(sheet, NAME, assignment.name, font=LARGE)
    paper.put_words(sheet, IDENTITY, labelled(assignment), font=paper.bold(QUIET))
    values = {name: (value, value) for name, value in assignment.start.items()}
    paper.parameters(sheet, "B3", values, ("guess", "reset to"))
    paper.learn_and_epochs(sheet, "G3", assignment.learn, assignment.epochs)
    if task.nudge:
        paper.control(sheet, "G5", "h", 0.01, paper.FULL)
        paper.positive(sheet, "H5", "The nudge", "h is a small number above zero, such as 0.01.")
    paper.loss(sheet, "J3:J5", "K3:M5", task.loss[0], plan.loss(), paper.THREE)
    for index in range(2, 14):
        sheet[f"{paper.letter(index)}6"].border = Border(bottom=Side(style="medium", color=BLUE))
    sheet.row_dimensions[6].height = 8
    sheet.freeze_panes = "A7"


def _table(sheet: Worksheet, plan: Plan) -> None:
    """The first part: its prose, the table with its blanks, and what stands below it."""
    task = plan.task
    paper.section(sheet, PROSE_ROW - 1, "1  Row by row", *task.prose)
    if plan.blanks:
        paper.put_words(sheet, f"B{plan.top - 1}", FILL_IN, font=paper.bold(ORANGE))
    for column in plan.columns:
        paper.put_heading(sheet, plan.cell(column.title), column.title, column.colour)
    for title, numbers in zip(task.inputs, plan.typed, strict=True):
        for row, number in enumerate(numbers, start=1):
            paper.put(sheet, plan.cell(title, row), number, border=paper.UNDER)
    for column, row, formula in plan.formulas():
        paper.put(sheet, plan.cell(column.title, row), formula, border=paper.UNDER, shown=column.shown)
    for column in task.below:
        paper.put_label(sheet, f"E{plan.under[column.title]}", column.title)
    looks = {column.title: column.shown for column in (*task.columns, *task.below)}
    blanks = plan.blank_cells()
    for blank in blanks:
        paper.put_blank(sheet, blank.cell, looks[blank.title])
        if blank.row:
            sheet.row_dimensions[plan.top + blank.row].height = HANDWRITTEN
    if blanks:
        paper.numeric(sheet, " ".join(_areas(plan)))
    for name, title in task.successors.items():
        if title in plan.letters:
            words = {"font": paper.bold(BLUE), "align": paper.RIGHT}
            paper.put(sheet, plan.cell(title, plan.rows + 1), f"↑ next {name}", **words)


def _second_page(sheet: Worksheet, plan: Plan) -> None:
    """The second part: the line, the valley, questions, and the log at the end, where it may grow."""
    task, row = plan.task, plan.second
    paper.section(sheet, row, "2  The line and the valley", *task.valley)
    if task.grid:
        (down, _), (across, _) = task.grid
        downs, acrosses = plan.assignment.grid
        grid = Grid(sheet, f"B{row + 3}", down=(down, downs), across=(across, acrosses))
        names = {title: plan.column(title) for title in task.inputs}
        grid.draw(GRID, names)
    log = _log(sheet, plan, row + 28)
    _charts(sheet, plan, log, row + 13)
    paper.put_label(sheet, f"G{row + 31}", "To think about", paper.LEFT)
    paper.note(sheet, f"G{row + 32}", *task.questions)


def _areas(plan: Plan) -> Iterator[str]:
    """The blanks as areas, one a title."""
    for title in plan.blanks:
        last = plan.cell(title, plan.assignment.blank_rows)
        yield last if title in plan.under else f"{plan.cell(title, 1)}:{last}"


def _log(sheet: Worksheet, plan: Plan, row: int) -> Table:
    """The log with the state before any epoch; its loss is there when the sheet has been computed."""
    task = plan.task
    colours = (BLUE, ORANGE)
    columns = [Column("epoch", shown=WHOLE)]
    columns += [
        Column(name, shown=paper.THREE, colour=c) for name, c in zip(task.start, colours, strict=False)
    ]
    columns += [Column(task.loss[0], shown=paper.THREE)]
    log = paper.epoch_log(sheet, f"B{row}", "Epoch log", columns, styled_rows=LOG_LINES)
    for column, value in zip(columns, (0, *task.start.values()), strict=False):
        sheet[log.cell(column.title, 1)].value = value
    return log


def _charts(sheet: Worksheet, plan: Plan, log: Table, row: int) -> None:
    """The points with the line of the guess and the line after the table's last row, and the falling loss."""
    task, top = plan.task, plan.second + 28
    for letter, words in zip(
        "GHI", (f"{task.inputs[0]} from, to", "line of guess", "line after"), strict=True
    ):
        paper.put_heading(sheet, f"{letter}{top}", words, {"H": ORANGE, "I": BLUE}.get(letter, INK))
    for below, function in ((1, "MIN"), (2, "MAX")):
        end = f"G{top + below}"
        for letter, formula in zip(
            "GHI",
            (f"={function}({plan.column(task.inputs[0])})", plan.guess(end), plan.after(end)),
            strict=True,
        ):
            paper.put(sheet, f"{letter}{top + below}", formula, border=paper.UNDER, shown=paper.ONE)
    x, y = (paper.cells(sheet, plan.column(title)) for title in task.inputs)
    ends, guess, after = (paper.cells(sheet, f"{letter}{top + 1}:{letter}{top + 2}") for letter in "GHI")
    paper.scatter_chart(
        sheet,
        f"B{row}:G{row + 13}",
        "My points, the line of the guess, and the line after the last row",
        plan.assignment.axes,
        (
            Plot("points", x, y, INK, points=True, line=False),
            Plot("guess", ends, guess, ORANGE),
            Plot("after", ends, after, BLUE),
        ),
        legend=True,
    )
    paper.loss_chart(log, f"H{row}:M{row + 13}")


GRID = "=SQRT(SUMPRODUCT(({x}*{m}+{b}-{y})^2)/COUNT({x}))"


# -- one file --------------------------------------------------------------------------------------------------------
def student(assignment: Assignment, path: Path) -> None:
    """The student's worksheet as a file, every formula with its stored result."""
    with Press(Plan(assignment)) as press:
        path.write_bytes(press.file(assignment))


def solution(assignment: Assignment, path: Path) -> None:
    """The same worksheet with every formula in its cell: nothing is left to fill in."""
    with Press(Plan(assignment, ())) as press:
        path.write_bytes(press.file(assignment))


class Press:
    """Many worksheets from one drawing: a student's numbers are put in, the formulas recalculated, the file spliced.

    The assignments must differ in nothing but names, ids and numbers. Close it, or use it as a context manager.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tab = plan.task.tab
        self._folder = tempfile.TemporaryDirectory()
        template = Path(self._folder.name) / "template.xlsx"
        try:
            draw(plan, template)
            self.book = open_book(template)
            self.model = self.book.model()
        except BaseException:
            self._folder.cleanup()
            raise
        self.package = Package(template)
        self.formulas = list(self.book.cells(self.tab).formulas)
        log = plan.second + 29
        self.log_loss = log, 3 + len(plan.task.start)

    def __enter__(self) -> Press:
        return self

    def __exit__(self, *_: object) -> None:
        self.book.close()
        self._folder.cleanup()

    def put(self, assignment: Assignment) -> dict[Cell, Value]:
        """Let the model have a student's numbers; returns the cells that hold them."""
        plan = self.plan
        typed: dict[Cell, Value] = {}
        for title, numbers in zip(plan.task.inputs, plan.task.typed(assignment.x, assignment.y), strict=True):
            for row, number in enumerate(numbers, start=1):
                typed[parse(plan.cell(title, row))] = float(number)
        starts = {parse(f"C{4 + index}"): float(v) for index, v in enumerate(assignment.start.values())}
        self.model.put(((self.tab, cell), value) for cell, value in {**typed, **starts}.items())
        return typed

    def place(self, cell: str) -> Place:
        """A cell of the sheet, as the model has it."""
        return self.tab, parse(cell)

    def get(self, cells: Sequence[str]) -> list[Value]:
        """What the cells show now."""
        return self.model.get([self.place(cell) for cell in cells])

    def file(self, assignment: Assignment) -> bytes:
        """A student's file."""
        typed = self.put(assignment)
        results = self.model.get([(self.tab, cell) for cell in self.formulas])
        changes = {cell: Change(v, is_result=True) for cell, v in zip(self.formulas, results, strict=True)}
        typed[self.log_loss] = self.get([LOSS])[0]
        typed[parse(NAME)], typed[parse(IDENTITY)] = assignment.name, labelled(assignment)
        changes |= {cell: Change(value) for cell, value in typed.items()}
        return self.package.replaced({PART: splice(self.package.read(PART), changes)})
