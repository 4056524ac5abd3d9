"""BFGS on any loss: measures parameters in their scales, begins again where it is stuck, and knows when to stop."""

from __future__ import annotations

import numpy as np

from ..progress import Progress
from .bfgs import SmoothLoss, bfgs
from .bounds import FloatArray, free
from .differences import Differences, FineDifferences
from .endless import is_endless
from .loss import (
    ALL,
    BFGS,
    ENDLESSLY,
    FLAT,
    FLOOR,
    INTERRUPTED,
    Gradient,
    Loss,
    Outcome,
    Point,
    Settings,
)
from .newton import sharpened
from .scales import find_scales

PATIENCE = 10  # epochs that hardly lower the loss: the descent stops
CLOSER = 1e-3  # times the fall that counts for other descents: near the end BFGS gains digits with each epoch


def descend(
    loss: Loss,
    start: Point,
    settings: Settings,
    progress: Progress | None = None,
    exact: Gradient | None = None,
) -> Outcome:
    """Descend by BFGS from a start at which the loss is a number; Ctrl-C ends it with the best point so far.

    The gradient is `exact` if that is given, else taken by central differences.

    >>> losses = lambda points: [(p[0] - 3) ** 2 + 5 for p in points]
    >>> outcome = descend(losses, Point((0.0,), 14.0), Settings())
    >>> round(outcome.best.values[0], 6), outcome.best.loss, outcome.stopped
    (3.0, 5.0, 'flat')
    """
    descent = _Descent(loss, start, settings, exact)
    try:
        stopped = descent.run(progress)
        if stopped == FLAT and exact and descent.best is not start:
            descent.log[-1] = sharpened(loss, exact, descent.best, descent.scales, settings.bounds)
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    return Outcome(BFGS, descent.log, 0.0, 0.0, descent.first_scales, stopped, [])


class _Descent:
    """A descent in progress, and the points that it has passed."""

    def __init__(self, loss: Loss, start: Point, settings: Settings, exact: Gradient | None) -> None:
        self.loss, self.settings, self.exact = loss, settings, exact
        self.log = [start]
        self.scales = self.first_scales = [1.0] * len(start.values)

    @property
    def best(self) -> Point:
        return self.log[-1]

    def run(self, progress: Progress | None) -> str:
        """Descend epoch by epoch, with fresh scales where it is stuck; returns why it stopped."""
        while True:
            before = self.best
            stopped = self.from_best(progress)
            if stopped:
                return stopped
            if before.loss - self.best.loss <= self.least(before):
                return FLAT

    def least(self, first: Point) -> float:
        """The smallest fall of the loss that counts as one."""
        return CLOSER * self.settings.until * max(abs(self.best.loss), FLOOR**2 * abs(first.loss))

    def from_best(self, progress: Progress | None) -> str:
        """Descend from the best point until it is stuck, and return ""; or return why it stopped before."""
        first, settings, flat = self.best, self.settings, 0
        scales = self.scales = find_scales(self.loss, first, settings.bounds)
        if len(self.log) == 1:
            self.first_scales = scales
        inner = _Inner(self.loss, first, scales, settings, self.exact)
        bounds = (settings.bounds or free(len(scales))).measured_in(inner.scales)
        for state in bfgs(inner.smooth(), np.array(first.values) / inner.scales, bounds):
            if state.stuck:
                return ""
            before = self.best
            self.log.append(min(before, inner.point(state.x), key=lambda point: point.loss))
            done = len(self.log) - 1
            if progress:
                progress(done, settings.epochs)
            if is_endless(self.loss, self.log[0], self.best, self.first_scales, settings.bounds):
                return ENDLESSLY
            flat = 0 if before.loss - self.best.loss > self.least(first) else flat + 1
            if flat == PATIENCE:
                return FLAT
            if done >= settings.epochs:
                return ALL
        raise AssertionError("BFGS has no end of its own")


class _Inner:
    """The loss and its gradient as BFGS sees them: parameters in their scales, the loss in units of its first value."""

    def __init__(
        self, loss: Loss, start: Point, scales: list[float], settings: Settings, exact: Gradient | None
    ) -> None:
        self.loss, self.settings = loss, settings
        self.scales, self.unit = np.array(scales), abs(start.loss) or 1.0
        given = settings.step
        self.gradient: Gradient = exact or (
            Differences(loss, [given] * len(scales), True, settings.bounds)
            if given
            else FineDifferences(loss, scales, self.unit, settings.bounds)
        )
        self.last = start

    def smooth(self) -> SmoothLoss:
        return SmoothLoss(self.value, self.slopes)

    def values(self, x: FloatArray) -> tuple[float, ...]:
        return self.settings.project(tuple((x * self.scales).tolist()))

    def point(self, x: FloatArray) -> Point:
        """The point with its loss; that of the last point is remembered."""
        values = self.values(x)
        if values != self.last.values:
            self.last = Point(values, self.loss([values])[0])
        return self.last

    def value(self, x: FloatArray) -> float:
        return self.point(x).loss / self.unit

    def slopes(self, x: FloatArray) -> FloatArray:
        found: FloatArray = np.array(self.gradient(self.point(x))) * self.scales / self.unit
        return found
