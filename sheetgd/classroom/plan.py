"""Where everything stands on an assignment's sheet, and the formula of each of its cells.

What depends on a blank stays empty until the blank is filled: formulas that read such cells count the numbers in them
first. The solved sheet has the same places and no blanks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import NamedTuple

from ..grid import a1
from ..grid.sheet import Place
from ..language import speaking
from ..lessons.kit import style
from ..lessons.kit.tables import Column
from .assignment import Assignment
from .catalogue import exercise

PROSE_ROW = 9
UNDER = "F"  # the column of the values below the table


class Blank(NamedTuple):
    """A cell that the student fills in: its sheet and address, its title, and its row of the table.

    Rows count from 1; 0 stands for a cell below the table.
    """

    sheet: str
    cell: str
    title: str
    row: int


class ComputedCell(NamedTuple):
    """A cell that the sheet computes."""

    column: Column
    row: int
    formula: str


class Plan:
    """One assignment's sheet; with `blanks` (none for the solved sheet) instead of the assignment's own."""

    def __init__(self, assignment: Assignment, blanks: Sequence[str] | None = None) -> None:
        self.assignment = assignment
        with speaking(assignment.language):
            self.task = task = exercise(assignment.lesson)
            self._drawn = {title: style.heading(title) for title in (*task.inputs, *task.titles())}
        self.blanks = assignment.blanks if blanks is None else tuple(blanks)
        self.typed = self.typed_by(assignment)
        self.rows = len(self.typed[0])
        self.top = PROSE_ROW + len(task.prose) + 2  # the table's row of titles
        self.columns = (*(Column(title) for title in task.inputs), *task.columns)
        self.letters = {column.title: style.letter(2 + index) for index, column in enumerate(self.columns)}
        first = self.top + self.rows + 2
        self.under = {column.title: first + index for index, column in enumerate(task.below)}
        self.second = first + len(task.below) + 1  # where the second page begins
        self.starts = {name: f"$C${4 + index}" for index, name in enumerate(task.start)}
        self.fixed = {f"start {name}": cell for name, cell in self.starts.items()}
        self.fixed |= {"learn": "$H$3", "h": "$H$5"}
        self.written: list[ComputedCell] = []
        self._waiting = {(blank.title, blank.row) for blank in self.blank_cells()}
        self._write()

    def drawn(self, title: str) -> str:
        """A title as it stands on the sheet, in its language."""
        return self._drawn[title]

    def terms(self) -> dict[Place, str]:
        """What the cells are called in every language, by their places: those of the table, below it, and above it."""
        tab = self.task.tab
        named = {self.cell(title, row): title for title in self.letters for row in range(1, self.rows + 1)}
        named |= {self.cell(title): title for title in self.under}
        named |= {cell: name for name, cell in self.fixed.items()}
        return {(tab, a1.parse(cell.replace("$", ""))): title for cell, title in named.items()}

    def typed_by(self, assignment: Assignment) -> list[tuple[float, ...]]:
        """The typed columns of an assignment of the same lesson."""
        return self.task.typed(assignment.x, assignment.y)

    # -- places ----------------------------------------------------------------------------------------------------
    def cell(self, title: str, row: int = 0) -> str:
        """The address of a title's cell, in a row of the table or below it."""
        if title in self.under:
            return f"${UNDER}${self.under[title]}"
        return f"{self.letters[title]}{self.top + row}"

    def column(self, title: str) -> str:
        """The absolute area of a column of the table."""
        letter = self.letters[title]
        return f"${letter}${self.top + 1}:${letter}${self.top + self.rows}"

    def successor(self, name: str) -> str:
        """The cell from which the next epoch's parameter is carried."""
        return self.cell(self.task.successors[name], self.rows)

    def is_blank(self, title: str, row: int) -> bool:
        """Whether the student fills it in."""
        return title in self.blanks and (title in self.under or row <= self.assignment.blank_rows)

    def blank_cells(self) -> list[Blank]:
        """What the student fills in, row by row and then below the table."""
        places = [(title, row) for row in range(1, self.rows + 1) for title in self.letters]
        places += [(title, 0) for title in self.under]
        tab = self.task.tab
        return [
            Blank(tab, self.cell(*place).replace("$", ""), *place)
            for place in places
            if self.is_blank(*place)
        ]

    # -- formulas --------------------------------------------------------------------------------------------------
    def _write(self) -> None:
        """Each cell that the sheet computes: rows from top to bottom, then what stands below them."""
        below = [(column, 0) for column in self.task.below]
        cells = [(column, row) for row in range(1, self.rows + 1) for column in self.task.columns]
        for column, row in [
            *[c for c in below if not self._is_late(c[0])],
            *cells,
            *[c for c in below if self._is_late(c[0])],
        ]:
            if not self.is_blank(column.title, row):
                formula = column.first if row == 1 and column.first else str(column.holds)
                written, waits = self._formula(formula, row)
                self.written.append(ComputedCell(column, row, written))
                self._waiting |= {(column.title, row)} if waits else set()

    def _is_late(self, column: Column) -> bool:
        """Whether a cell below the table depends on its computed columns."""
        typed = {f"column {title}" for title in self.task.inputs}
        return not {name for name in _names(str(column.holds)) if name not in self.fixed} <= typed

    def _formula(self, formula: str, row: int) -> tuple[str, bool]:
        """A formula of a row with its addresses, and whether it waits for a blank, which it then counts first."""
        names, missing, count = dict(self.fixed), [], 0
        for name in _names(formula):
            if name in self.fixed:
                continue
            word, _, rest = name.partition(" ")
            whole, above = (word == kind and rest in self.letters for kind in ("column", "above"))
            source = rest if whole or above else name
            at = 0 if source in self.under else row - above
            names[name] = self.column(source) if whole else self.cell(source, at)
            rows = range(1, self.rows + 1) if whole else (at,)
            if any((source, each) in self._waiting for each in rows):
                missing.append(names[name])
                count += len(rows)
        return _when_there(missing, count, formula.format_map(names)[1:]), bool(missing)

    def loss_of(self, parameters: Mapping[str, str]) -> str:
        """The formula of the loss for parameters that stand in these cells, or for names in braces to be replaced."""
        task = self.task
        areas = {name: f"{{column {name}}}" for name in (*self.letters,)}
        miss = f"{task.line}-{{{task.target}}}".format_map({**areas, **{n: f"<{n}>" for n in parameters}})
        squares = f"SUMPRODUCT(({miss})^2)/COUNT({{column {task.target}}})"
        formula, _ = self._formula(f"=SQRT({squares})" if task.root else f"={squares}", 0)
        for name, cell in parameters.items():
            formula = formula.replace(f"<{name}>", cell)
        return formula

    def line(self, at: str, after: bool = False) -> str:
        """The line of the guess at an x; `after` the line of the new parameters, once they are there."""
        guess = self._line(self.starts, at)
        if not after:
            return f"={guess}"
        new = {name: self.successor(name) for name in self.starts}
        line = self._line(new, at)
        if not self.blanks:
            return f"={line}"
        return f"=IF({_all_there(list(new.values()), len(new))},{line},{guess})"

    def _line(self, parameters: Mapping[str, str], at: str) -> str:
        return self.task.line.format_map({**parameters, self.task.across: at})


def _names(formula: str) -> list[str]:
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(formula) if name))


def _when_there(cells: Sequence[str], count: int, value: str) -> str:
    return f'=IF({_all_there(cells, count)},{value},"")' if cells else f"={value}"


def _all_there(cells: Sequence[str], count: int) -> str:
    """A condition: this many numbers stand in the cells."""
    return f"ISNUMBER({cells[0]})" if count == 1 else f"COUNT({','.join(cells)})={count}"


def points(assignment: Assignment) -> tuple[float, ...]:
    """The typed numbers of the table, column after column."""
    columns = exercise(assignment.lesson).typed(assignment.x, assignment.y)
    return tuple(float(number) for column in columns for number in column)


def point_places(plan: Plan) -> list[Place]:
    """Where they stand, in the same order, on the sheets of a plan."""
    rows = range(1, plan.rows + 1)
    return [(plan.task.tab, a1.parse(plan.cell(title, row))) for title in plan.task.inputs for row in rows]


def printed_numbers(plan: Plan, assignment: Assignment) -> dict[Place, float]:
    """All numbers of an assignment that is drawn by the plan: its points, the start and the learning rate."""
    fixed = {f"start {name}": value for name, value in assignment.start.items()}
    fixed["learn"] = assignment.learn
    places = {name: (plan.task.tab, a1.parse(plan.fixed[name])) for name in fixed}
    numbers = dict(zip(point_places(plan), points(assignment), strict=True))
    return numbers | {places[name]: float(value) for name, value in fixed.items()}
