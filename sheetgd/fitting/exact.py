"""The loss and its exact gradient by a program that the sheet's formulas are compiled to, as far as it can be trusted.

The formula engine has the last word: it is compared with at the start, and at the end; where a number is doubtful it is
asked instead.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import isclose, isfinite
from typing import NamedTuple

from ..books.book import Book, ModelledBook
from ..books.compiled import compiled
from ..formulas.dependencies import Cone
from ..formulas.model import describe
from ..formulas.program.builder import NotCompiled
from ..formulas.program.program import Doubtful, Program
from ..maths.differences import Differences
from ..maths.loss import ENDLESSLY, Outcome, Point, Settings, Values
from ..maths.minimize import minimize
from ..progress import Progress
from .losses import Losses
from .problem import MAXIMIZE, VALUE_OF, Objective, Problem

AGREED = 1e-12  # of the largest number in a formula on the way: so close program and engine are
POINTS = 3  # beside the start, at which both are compared
AWAY = 0.01  # of a parameter's size: how far these are
STEP = 1e-5  # of a parameter's size: of the differences with which the gradient is compared,
SLOPE = 1e-3  # and how close it is to them, relative to the steepest
END = 1e-9  # relative: one loss at the end,
END_LEAST = 1e-12  # or of the first loss


class Inexact(NamedTuple):
    """Why there is no exact gradient, in words."""

    why: str


class Exact:
    """The loss of many points, as `Losses` gives it, and the gradient at one."""

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
    if not _agree(book, cone, found, start):
        return Inexact(f"the compiled formulas do not give what {place} shows")
    if not _slopes_agree(found, start):
        return Inexact(f"the exact gradient of {place} is not that of its differences")
    return found


def _agree(book: Book, cone: Cone, exact: Exact, start: Values) -> bool:
    """Whether program and engine give the same loss at the start and at random points about it."""
    dice = random.Random(0)
    points = [list(start)]
    points += [
        [value + AWAY * max(1.0, abs(value)) * dice.uniform(-1, 1) for value in start] for _ in range(POINTS)
    ]
    shown = book.model().get(list(cone.active))
    largest = max((abs(value) for value in shown if isinstance(value, float)), default=0.0)
    for point, wanted in zip(points, exact.losses(points), strict=True):
        found = exact.loss(point)
        close = isclose(found, wanted, rel_tol=AGREED, abs_tol=AGREED * max(largest, abs(wanted)))
        if isfinite(wanted) and not close:
            return False
    return True


def _slopes_agree(exact: Exact, start: Values) -> bool:
    """Whether the gradient at the start lies between the slopes on both sides, as it does at a kink, too."""
    now = Point(tuple(start), exact.losses([start])[0])
    steps = [STEP * max(1.0, abs(value)) for value in start]
    sides = [Differences(exact.losses, [sign * step for step in steps], False)(now) for sign in (1, -1)]
    slopes = exact.gradient(now)
    near = SLOPE * max(map(abs, [*slopes, *sides[0], *sides[1]]), default=0.0)
    return all(
        min(one, other) - near <= slope <= max(one, other) + near
        for slope, one, other in zip(slopes, *sides, strict=True)
    )


def descend(
    losses: Losses, exact: Exact | Inexact, start: Values, settings: Settings, progress: Progress | None
) -> Outcome:
    """The descent, by the program where there is one. The engine's loss at the end stands; where the program's is
    another, the descent goes on from there by differences."""
    if isinstance(exact, Inexact):
        return minimize(losses, start, settings, progress)
    found = minimize(exact, start, settings, progress, exact.gradient)
    if found.stopped == ENDLESSLY:
        return found
    if is_confirmed(losses, found):
        return confirmed(losses, found)
    then = minimize(losses, found.best.values, settings._replace(restarts=0), progress)
    return then._replace(log=[found.log[0], *then.log])


def is_confirmed(losses: Losses, found: Outcome) -> bool:
    """Whether the engine gives the loss that a program found at the end."""
    [shown] = losses([found.best.values])
    return isclose(shown, found.best.loss, rel_tol=END, abs_tol=END_LEAST * abs(found.log[0].loss))


def confirmed(losses: Losses, found: Outcome) -> Outcome:
    """The outcome, its last loss the engine's."""
    best = Point(found.best.values, losses([found.best.values])[0])
    return found._replace(log=[best if point is found.best else point for point in found.log])
