"""What a fit reports about its end: standard errors, parameters that can stand in for one another, slopes, kinks,
bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..books.book import Book
from ..formulas.dependencies import Cone
from ..maths.bounds import FloatArray, free
from ..maths.differences import FineDifferences
from ..maths.loss import Loss, Outcome
from ..maths.scales import find_scales, nudged
from ..maths.uncertainty import Uncertainty, uncertainty
from .losses import Losses
from .problem import Problem
from .ranges import bounds_of
from .residuals import find_residuals

MOST = 60  # with more parameters than this, residuals are not differentiated
STEP = 1e-4  # of the way that doubles the loss: that of the residuals' differences,
STEP_LEAST = 1e-6  # and of a parameter's size
SAME = 1e-6  # relative: the loss by the sheet, and by its residuals
SLOPED = 1e-5  # of the loss, at the distance that doubles it: a smaller slope is none
LEAST = 1e-9  # of the first loss: what is below it is measured by it
KINK = 1e-2  # of that distance: a kink is looked for there,
FINER = 10.0  # and this much nearer
SMOOTH = 30.0  # a bend falls by 100 from there to here, a kink by 10


class Findings(NamedTuple):
    """What is known at the end of a fit.

    `errors` are the standard errors, where the loss is a sum or a mean of squares (None for a parameter that the data
    do not determine, or that stands at a bound), of `rows` residuals. `groups` are parameters that can stand in for one
    another, alone those that change no residual there, `sloped` those in which the slope is not 0, `kinked` those in
    which it leaps, `bound` those at a bound.
    """

    errors: dict[str, float | None]
    rows: int
    groups: list[list[str]]
    sloped: list[str]
    kinked: list[str]
    bound: list[str]

    def as_json(self) -> dict[str, Any]:
        """What `fit --json` prints of it."""
        return {
            "standard_errors": self.errors or None,
            "residuals": self.rows or None,
            "interchangeable": self.groups,
            "sloped": self.sloped,
            "kinked": self.kinked,
            "at_bounds": self.bound,
        }


def findings(
    book: Book,
    problem: Problem,
    cone: Cone | None,
    losses: Losses,
    loss: Loss,
    found: Outcome,
    names: Sequence[str],
) -> Findings:
    """What is to be told of the end of a fit, `names` being the parameters'; `loss` is that of `losses`, or a program
    that gives the same."""
    end = _End(losses, loss, problem, found)
    spread = end.uncertainty(book, cone)
    fixed = end.bound
    errors: dict[str, float | None] = {}
    groups: list[list[str]] = []
    rows = 0
    if spread:
        moving = [name for name, held in zip(names, fixed, strict=True) if not held]
        told = dict(zip(moving, spread[0].errors.tolist(), strict=True))
        errors = {name: error if isfinite(error := told.get(name, np.inf)) else None for name in names}
        groups = [[moving[i] for i in group] for group in spread[0].groups]
        rows = spread[1]

    def chosen(which: Sequence[bool]) -> list[str]:
        return [name for name, holds in zip(names, which, strict=True) if holds]

    kinked = end.kinked()
    sloped = [
        slope and not kink and not held for slope, kink, held in zip(end.sloped(), kinked, fixed, strict=True)
    ]
    return Findings(errors, rows, groups, chosen(sloped), chosen(kinked), chosen(fixed))


class _End:
    """The end of a fit, looked at from close by."""

    def __init__(self, losses: Losses, loss: Loss, problem: Problem, found: Outcome) -> None:
        self.losses, self.loss, self.problem, self.best = losses, loss, problem, found.best
        size = len(found.best.values)
        bounds = bounds_of(problem)
        least = LEAST * abs(found.log[0].loss)
        self.nothing_left = abs(self.best.loss) <= least
        self.unit = max(abs(self.best.loss), least) or 1.0
        self.scales = find_scales(loss, self.best, bounds, self.unit)
        self.gradient = FineDifferences(loss, self.scales, self.unit, bounds)(self.best)
        held = (bounds or free(size)).held(self.best.values, np.array(self.gradient))
        self.bound: list[bool] = held.tolist()

    def sloped(self) -> list[bool]:
        """The parameters in which the slope is not 0."""
        return [
            abs(slope) * scale > SLOPED * self.unit
            for slope, scale in zip(self.gradient, self.scales, strict=True)
        ]

    def kinked(self) -> list[bool]:
        """The parameters in which the slope jumps: at a kink, the loss bends in proportion to the distance, not to its
        square. Where hardly any loss is left (a root of squares that are all 0) a kink is none to speak of.
        """
        if self.nothing_left:
            return [False] * len(self.scales)
        far, near = self.bends(KINK), self.bends(KINK / FINER)
        return [
            one > 0 and other < SMOOTH * one and one > SLOPED * KINK / FINER * self.unit
            for other, one in zip(far, near, strict=True)
        ]

    def bends(self, part: float) -> list[float]:
        """How much higher the loss is on both sides of each parameter than at it, at a part of its scale."""
        points = [
            nudged(self.best.values, i, sign * part * scale)
            for i, scale in enumerate(self.scales)
            for sign in (1, -1)
        ]
        found = self.loss(points)
        return [
            ahead + behind - 2 * self.best.loss for ahead, behind in zip(found[::2], found[1::2], strict=True)
        ]

    def uncertainty(self, book: Book, cone: Cone | None) -> tuple[Uncertainty, int] | None:
        """What the residuals say about the parameters that stand at no bound, and how many residuals there are."""
        moving = [i for i, held in enumerate(self.bound) if not held]
        if not 0 < len(moving) <= MOST or not self.best.loss:
            return None
        formulas = find_residuals(book, self.problem, cone)
        if formulas is None:
            return None
        steps = [max(STEP * self.scales[i], STEP_LEAST * abs(self.best.values[i])) for i in moving]
        values = self.best.values
        points = [values]
        points += [
            nudged(values, i, sign * step) for i, step in zip(moving, steps, strict=True) for sign in (1, -1)
        ]
        here, *sides = self.losses.residuals(formulas, points)
        counted = [row for row, value in enumerate(here) if type(value) is float]
        if any(type(side[row]) is not float for side in sides for row in counted):
            return None
        table = np.array([[side[row] for row in counted] for side in (here, *sides)], float)
        squares = np.sum(table**2, axis=1)
        shown = np.array(self.losses(points))
        if not _proportional(shown, squares):
            return None
        slopes = (table[1::2] - table[2::2]) / (2 * np.array(steps)[:, None])
        spread = uncertainty(slopes.T, float(squares[0]))
        return spread and (spread, len(counted))


def _proportional(losses: FloatArray, squares: FloatArray) -> bool:
    """Whether the losses are a number times the sums of squares, or a number times their roots."""
    for sums in (squares, np.sqrt(squares)):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = losses / sums
        if np.allclose(ratios, ratios[0], rtol=SAME, atol=0.0):
            return True
    return False
