"""A fit to rows beyond the sheet: the loss over all of them, and its exact gradient, pass by pass."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import a1
from ..grid.edits import Edits
from ..maths.loss import Outcome, Point, Settings, Values
from ..maths.minimize import minimize
from ..progress import Progress
from ..scale.note import write_note
from ..scale.rows import Rows, Source, refuse_fault
from .problem import MAXIMIZE, VALUE_OF, Objective, Problem


class RowsFit(NamedTuple):
    """What a fit to rows came to: how often the loss was computed, what rows they were, and what the objective's cell
    would show of them at the start and at the end."""

    outcome: Outcome
    computed: int
    note: str
    shown: tuple[float, float]

    @property
    def descent(self) -> tuple[Outcome, None, None, int]:
        """As what a descent on the sheet's own rows came to; there is no engine's word on it, and nothing more."""
        return self.outcome, None, None, self.computed

    def write(self, book: Book, edits: Edits, sheet: str, name: str) -> str:
        """Write the note of the rows, and let the workbook's own results follow from all that is written; what is told
        of it."""
        place = write_note(book.cells(sheet), edits, self.note, name, self.shown[1])
        for where, typed in edits.cells.items():
            book.model().put(((where, cell), value) for cell, value in typed.items())
        return f"{self.note}; noted in {sheet}!{place}"


class RowsLoss:
    """The loss over all rows at many points, and the gradient at one: a single point's is found in the same pass."""

    def __init__(self, rows: Rows, objective: Objective) -> None:
        self.model, self.objective = rows.evaluation.model, objective
        self.key = rows.pattern.wanted[0]
        self.computed = 0
        self.shown: dict[tuple[float, ...], tuple[float, list[float]]] = {}  # the last point's

    def __call__(self, points: Sequence[Values]) -> list[float]:
        """The loss at each point; NaN where it is no number."""
        if len(points) == 1:
            return [self.objective.loss(self.at(points[0])[0])]
        if not points:
            return []
        self.computed += len(points)
        return [self.objective.loss(one.values[self.key]) for one in self.model.shown(points, [self.key])]

    def at(self, point: Values) -> tuple[float, list[float]]:
        """What the objective's cell would show at a point, and its slopes."""
        key = tuple(point)
        if key not in self.shown:
            self.computed += 1
            [found] = self.model.shown([point], [self.key], True)
            self.shown = {key: (found.values[self.key], found.slopes[self.key].tolist())}
        return self.shown[key]

    def gradient(self, now: Point) -> list[float]:
        """The slope of the loss in each parameter."""
        value, slopes = self.at(now.values)
        if self.objective.kind == VALUE_OF:
            return [2 * (value - self.objective.value) * slope for slope in slopes]
        return [-slope for slope in slopes] if self.objective.kind == MAXIMIZE else slopes


def fit_rows(
    book: Book, problem: Problem, source: Source, settings: Settings, progress: Progress | None
) -> RowsFit:
    """The descent over all rows; a SheetgdError where the sheet is no pattern, or the rows cannot be read."""
    start = problem.start(book)
    with Rows(book, source, [problem.objective.place], problem.parameters) as rows:
        sheet, cell = problem.objective.place
        if rows.pattern.carried:
            raise SheetError(
                "the objective is computed from values that go on from row to row, and a fit needs its slope",
                "name a loss that every row adds to by itself, or run epochs: sheetgd run",
                sheet=sheet,
                cell=a1(cell),
            )
        loss = RowsLoss(rows, problem.objective)
        before = loss.at(settings.project(tuple(start)))[0]
        if isnan(before):
            refuse_fault(book, rows.evaluation, start, errors=True)
            raise SheetError(
                f"over the {rows.count:,} rows, the objective is not a number at the start",
                "start from other values, or see which rows its formulas give an error for",
                sheet=sheet,
                cell=a1(cell),
            )
        found = minimize(loss, start, settings, progress, loss.gradient)
        shown = [problem.objective.logged(point.loss) for point in (found.log[0], found.best)]
        if problem.objective.kind == VALUE_OF:
            shown = [loss.at(point.values)[0] for point in (found.log[0], found.best)]
        return RowsFit(found, loss.computed, rows.note, (shown[0], shown[1]))
