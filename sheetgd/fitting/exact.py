"""The loss and its exact gradient by a program that the sheet's formulas are compiled to, as far as it can be trusted.

The formula engine has the last word: it is compared with at the start, and at the end; where a number is doubtful it is
asked instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from typing import NamedTuple

import numpy as np

from ..books.book import Book, ModelledBook
from ..books.compiled import compiled
from ..formulas.dependencies import Cone
from ..formulas.model import describe, show
from ..formulas.program.builder import NotCompiled
from ..formulas.program.program import Doubtful, Program
from ..maths.differences import Differences
from ..maths.loss import ENDLESSLY, Outcome, Point, Settings, Values
from ..maths.minimize import minimize
from ..progress import Progress
from .losses import Losses
from .problem import MAXIMIZE, VALUE_OF, Objective, Problem
from .trust import AGREED, STEP, find_disagreement, slopes_agree


class Inexact(NamedTuple):
    """Why there is no exact gradient, in words; how many losses a program computed before that was seen."""

    why: str
    computed: int = 0


class Exact:
    """The loss at many points, as `Losses` gives it, and the gradient at one."""

    def __init__(self, program: Program, losses: Losses, objective: Objective) -> None:
        self.program, self.losses, self.objective = program, losses, objective
        self.computed = 0

    def __call__(self, points: Sequence[Values]) -> list[float]:
        """The loss at each point; the engine's where the program has no ordinary number."""
        self.computed += len(points)
        return [self.loss(point) for point in points]

    def loss(self, point: Values) -> float:
        try:
            return self.objective.loss(self.program.value(point))
        except Doubtful:
            return self.losses([point])[0]

    def gradient(self, now: Point) -> list[float]:
        """The slope of the loss in each parameter; by differences where the program has no ordinary number."""
        self.computed += 1
        try:
            shown, slopes = self.program.gradient(now.values)
        except Doubtful:
            steps = [STEP * max(1.0, abs(value)) for value in now.values]
            return Differences(self.losses, steps, True)(now)
        if self.objective.kind == VALUE_OF:
            slopes = 2 * (shown - self.objective.value) * slopes
        found: list[float] = (-slopes if self.objective.kind == MAXIMIZE else slopes).tolist()
        return found

    def confirms(self, found: Outcome, shown: float) -> bool:
        """Whether the engine's loss at the end is the program's."""
        try:
            self.program.value(found.best.values)
        except Doubtful:
            return shown == found.best.loss  # which the engine gave
        largest = float(np.abs(self.program.cells).max())
        near = AGREED * max(largest, abs(found.log[0].loss))
        return isclose(shown, found.best.loss, rel_tol=AGREED, abs_tol=near)


def find_exact(
    book: Book, problem: Problem, cone: Cone | None, losses: Losses, start: Values
) -> Exact | Inexact:
    """The program, compared with the engine at the start and near it; or why there is none."""
    if cone is None or not isinstance(book, ModelledBook):
        return Inexact("formulas with OFFSET or INDIRECT have no exact gradient")
    try:
        program = compiled(book, cone, problem.objective.place, problem.parameters)
    except NotCompiled as error:
        return Inexact(f"{error.what} in {describe(error.place)} has no exact gradient")
    found = Exact(program, losses, problem.objective)
    place = describe(problem.objective.place)
    apart = find_disagreement(book, cone, program, problem.objective.place, problem.parameters, start)
    if apart is None:
        if slopes_agree(losses, found.gradient(Point(tuple(start), losses([start])[0])), start):
            return found
        return _warned(book, f"the exact gradient of {place} is not that of its differences")
    where = describe(apart.place)
    if apart.computed is None:
        return _warned(book, f"the compiled formulas give no number for {where}")
    given = f"{show(apart.computed)} where the formula engine shows {show(apart.shown)}"
    return _warned(book, f"the compiled formulas do not give what {where} shows", f" ({given})")


def _warned(book: Book, why: str, given: str = "") -> Inexact:
    """What keeps a gradient from being exact, although every function is known: the user is told."""
    book.warnings.append(f"{why}{given}: differences give the gradient")
    return Inexact(why)


def descend(
    book: Book,
    losses: Losses,
    exact: Exact | Inexact,
    start: Values,
    settings: Settings,
    progress: Progress | None,
) -> tuple[Outcome, Exact | Inexact]:
    """The descent, by the program where there is one, and what it was by.

    The engine's loss at the end stands; where the program's is another, the descent goes on from there by differences.
    """
    if isinstance(exact, Inexact):
        return minimize(losses, start, settings, progress), exact
    found = minimize(exact, start, settings, progress, exact.gradient)
    if found.stopped == ENDLESSLY:
        return found, exact
    [shown] = losses([found.best.values])
    if exact.confirms(found, shown):
        best = Point(found.best.values, shown)
        log = [best if point is found.best else point for point in found.log]
        return found._replace(log=log), exact
    then = minimize(losses, found.best.values, settings._replace(restarts=0), progress)
    place = describe(exact.objective.place)
    why = f"at the end the compiled formulas did not give what {place} shows"
    book.warnings.append(f"{why}: from there on differences give the gradient")
    return then._replace(log=[found.log[0], *then.log]), Inexact(why, exact.computed)
