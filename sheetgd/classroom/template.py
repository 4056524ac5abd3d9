"""Many worksheets from one drawing: a student's numbers are put in, the formulas recalculated, the file spliced.

Drawing a worksheet takes a hundred milliseconds, a file made from the template a tenth of that, and each has the stored
results of its own formulas.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ..books.opening import open_book
from ..books.xlsx.cell_change import CellChange
from ..books.xlsx.package import Package
from ..books.xlsx.splice import splice
from ..grid.a1 import Cell, parse
from ..grid.sheet import Place, Sheet, Value
from ..language import speaking, translated
from .assignment import Assignment
from .drawing import IDENTITY, LABELLED, LOSS, NAME, PART, draw, labelled, log_loss
from .plan import Blank, Plan


class Template:
    """The drawing of a class's worksheets, and the model of its formulas.

    The assignments must differ in nothing but names, ids and numbers. Close it, or use it as a context manager.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.tab = plan, plan.task.tab
        with tempfile.TemporaryDirectory() as folder:
            template = Path(folder) / "template.xlsx"
            draw(plan, template)
            self.package = Package(str(template))
            self.book = open_book(template)
            try:
                self.model = self.book.model()
                self.formulas = list(self.book.cells(self.tab).formulas)
            except BaseException:
                self.close()
                raise
        self.log_loss = parse(log_loss(plan))

    def close(self) -> None:
        """Let go of the model."""
        self.book.close()

    def __enter__(self) -> Template:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, assignment: Assignment) -> dict[Cell, Value]:
        """Give the model a student's numbers and the start; returns the cells that hold the numbers."""
        plan, typed = self.plan, dict[Cell, Value]()
        columns = plan.task.typed(assignment.x, assignment.y)
        for title, numbers in zip(plan.task.inputs, columns, strict=True):
            typed |= {parse(plan.cell(title, row)): float(n) for row, n in enumerate(numbers, start=1)}
        starts = {parse(plan.starts[name]): float(value) for name, value in assignment.start.items()}
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
        changes = {
            cell: CellChange(v, is_result=True) for cell, v in zip(self.formulas, results, strict=True)
        }
        typed[self.log_loss] = self.get([LOSS])[0]
        typed[parse(NAME)], typed[parse(IDENTITY)] = assignment.name, labelled(assignment)
        changes |= {cell: CellChange(value) for cell, value in typed.items()}
        return self.package.replaced({PART: splice(self.package.read(PART), changes)})


__all__ = ["Blank", "Plan", "Template", "assignment_ids", "blank_cells", "solution", "student"]

ID = r"([2-9A-HJKMNP-TV-Z]{4})\s*[-\u2010-\u2015\u2212\s]\s*([2-9A-HJKMNP-TV-Z]{4})(?![\w-])"


def student(assignment: Assignment, path: Path) -> None:
    """Write the student's worksheet, every formula with its stored result."""
    with Template(Plan(assignment)) as template:
        path.write_bytes(template.file(assignment))


def solution(assignment: Assignment, path: Path) -> None:
    """Write the same worksheet with every formula in its cell: nothing is left to fill in."""
    with Template(Plan(assignment, ())) as template:
        path.write_bytes(template.file(assignment))


def blank_cells(assignment: Assignment) -> list[Blank]:
    """The cells that the student fills in: (sheet, A1, column title, row of the table)."""
    return Plan(assignment).blank_cells()


def assignment_ids(cells: Sheet, language: str = "en") -> set[str]:
    """The ids in a returned sheet, found by their label in the worksheet's language or in English.

    >>> sheet = Sheet("Descent")
    >>> sheet.values[2, 12] = "Assignment 7KQ2-M9XD"
    >>> assignment_ids(sheet)
    {'7KQ2-M9XD'}
    """
    texts = [value for value in cells.values.values() if isinstance(value, str)]
    matches = (
        match for text in texts for label in {"en", language} for match in _label(label).finditer(text)
    )
    return {f"{match[1]}-{match[2]}".upper() for match in matches}


@cache
def _label(language: str) -> re.Pattern[str]:
    """The label of an id, with the id."""
    with speaking(language):
        before, _, after = translated(LABELLED).partition("{id}")
    words = [r"\s+".join(map(re.escape, part.replace(":", " ").split())) for part in (before, after)]
    return re.compile(rf"(?<!\w){words[0]}[\s:]*{ID}\s*{words[1]}", re.IGNORECASE)
