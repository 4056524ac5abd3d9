"""The loss at many points at once: a small workbook of what computes it, in as many engines as there are cores."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from ..books.book import Book
from ..errors import SheetError
from ..formulas.dependencies import Cone
from ..formulas.model import Extract, Model
from ..grid.a1 import a1
from ..grid.sheet import Place, Value
from .problem import Objective, Problem

SAME = 1e-9  # relative: one loss, from the small workbook and from the whole one
WORTH_AN_ENGINE = 2000  # formulas to recalculate in an epoch, by which another engine earns its start


class Losses(AbstractContextManager["Losses"]):
    """Engines that hold a workbook, and give the loss for values of the parameters. They are closed on leaving."""

    def __init__(
        self, workbook: Extract, formulas: int, parameters: Sequence[Place], objective: Objective
    ) -> None:
        self.parameters, self.objective = parameters, objective
        self.computed = 0  # losses so far
        work = formulas * (len(parameters) + 1)
        self.engines = [Model() for _ in range(max(1, min(cores(), work // WORTH_AN_ENGINE)))]
        for engine in self.engines:
            engine.load_part(workbook)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the engines."""
        for engine in self.engines:
            engine.close()

    def shown(self, points: Sequence[Sequence[float]]) -> list[Value]:
        """What the objective's cell shows at each point."""
        self.computed += len(points)
        share = max(1, math.ceil(len(points) / len(self.engines)))
        parts = [points[first : first + share] for first in range(0, len(points), share)]
        waiting = [
            engine.ask_values(self.parameters, part, self.objective.place)
            for engine, part in zip(self.engines, parts, strict=False)
        ]
        return [value for answer in waiting for value in answer()]

    def __call__(self, points: Sequence[Sequence[float]]) -> list[float]:
        """The loss at each point; NaN where the cell shows no number there."""
        return [self.of(value) for value in self.shown(points)]

    def residuals(
        self, formulas: Mapping[Place, Value], points: Sequence[Sequence[float]]
    ) -> list[list[Value]]:
        """What formulas, put into the cells of the first engine, show at each point."""
        engine = self.engines[0]
        engine.put(formulas.items())
        return [engine.values_at(self.parameters, point, list(formulas)) for point in points]

    def of(self, value: Value) -> float:
        return self.objective.loss(value) if type(value) is float else math.nan


def open_losses(book: Book, problem: Problem, cone: Cone | None, start: Sequence[float]) -> Losses:
    """Engines that are known to find the same as the whole workbook, at the start and at another point."""
    model = book.model()
    moved = [value + 0.01 * max(1.0, abs(value)) for value in start]
    whole = [shown(book, problem, point) for point in (moved, start)]
    if type(whole[1]) is not float:
        raise book.no_number(problem.objective.place, "the objective", whole[1])
    for part in [cone, None] if cone else [None]:
        losses = Losses(
            model.extract(part), len(part.active) if part else 0, problem.parameters, problem.objective
        )
        try:
            if all(map(same, losses.shown([moved, start]), whole)):
                return losses
        except BaseException:
            losses.close()
            raise
        losses.close()
    raise unsteady(problem)


def check_start(losses: Losses, problem: Problem, inside: Sequence[float]) -> None:
    """A SheetError if the objective is not a number at the start, or at the nearest point within the bounds."""
    if math.isnan(losses([inside])[0]):
        sheet, cell = problem.objective.place
        raise SheetError(
            "the start lies outside the bounds, and at the nearest values within them the objective is not a number",
            "start within the bounds, at values where it is one",
            sheet=sheet,
            cell=a1(cell),
        )


def shown(book: Book, problem: Problem, point: Sequence[float]) -> Value:
    """What the whole workbook shows in the objective's cell at a point."""
    book.model().put(zip(problem.parameters, point, strict=True))
    [value] = book.model().get([problem.objective.place])
    return value


def same(one: Value, other: Value) -> bool:
    """Whether two workbooks show the same, but for the last digits."""
    if type(one) is float and type(other) is float:
        return math.isclose(one, other, rel_tol=SAME, abs_tol=0.0)
    return one == other


def unsteady(problem: Problem) -> SheetError:
    """The error for a loss that the engine does not find a second time."""
    sheet, cell = problem.objective.place
    return SheetError(
        "the formula engine does not find the same loss twice",
        "the workbook is untouched; please report this",
        sheet=sheet,
        cell=a1(cell),
    )


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
