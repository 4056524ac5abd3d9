"""The gradient of a loss by finite differences."""

from __future__ import annotations

from math import inf, isfinite, sqrt
from typing import TYPE_CHECKING

from .loss import FLOOR, Loss, Point
from .scales import nudged

if TYPE_CHECKING:
    from .bounds import Bounds

STEP = 1e-6  # of a parameter's scale: the step of the differences,
STEP_LEAST = 1e-10  # and of its size, below which rounding would show
FINEST = 1e-5  # of the distance that doubles the loss: the step of the finest central differences,
FINEST_LEAST = 1e-9  # and of its size
CHANGED = 100.0  # the next step is at most so many times the last, at least so small a part of it,
LONGEST = 1e3  # and at most so many times the first


class Differences:
    """Forward or central differences with constant steps; `steps` has shape (n,)."""

    def __init__(self, loss: Loss, steps: list[float], central: bool, bounds: Bounds | None = None) -> None:
        self.loss, self.steps, self.central, self.bounds = loss, steps, central, bounds

    def __call__(self, now: Point) -> list[float]:
        """The slope of the loss in each parameter; of one that has no number on either side, 0."""
        steps = [self.step(i, value) for i, value in enumerate(now.values)]
        every = range(len(steps))
        ahead = self._found(now, steps, [i for i in every if self._is_within(i, now.values[i] + steps[i])])
        # Where the loss has no number ahead, it may have one behind.
        both = [i for i in every if self.central or not isfinite(ahead.get(i, inf))]
        back = [-step for step in steps]
        behind = self._found(now, back, [i for i in both if self._is_within(i, now.values[i] + back[i])])
        return [self.slope(now, i, steps[i], ahead.get(i, inf), behind.get(i, inf)) for i in every]

    def step(self, i: int, value: float) -> float:
        """The distance by which a parameter is moved."""
        return self.steps[i]

    def slope(self, now: Point, i: int, step: float, ahead: float, behind: float) -> float:
        """The difference quotient, from the losses that are numbers."""
        front, back = now.values[i] + step, now.values[i] - step
        if not isfinite(ahead):
            front, ahead = now.values[i], now.loss
        if not isfinite(behind):
            back, behind = now.values[i], now.loss
        return (ahead - behind) / (front - back) if front != back else 0.0

    def _is_within(self, i: int, value: float) -> bool:
        return not self.bounds or bool(self.bounds.lower[i] <= value <= self.bounds.upper[i])

    def _found(self, now: Point, steps: list[float], which: list[int]) -> dict[int, float]:
        found = self.loss([nudged(now.values, i, steps[i]) for i in which]) if which else []
        return dict(zip(which, found, strict=True))


class ScaledDifferences(Differences):
    """Differences with a step for each parameter in its scale, or with a given one."""

    def __init__(
        self,
        loss: Loss,
        scales: list[float],
        central: bool,
        given: float | None,
        bounds: Bounds | None,
    ) -> None:
        super().__init__(loss, [given or STEP * scale for scale in scales], central, bounds)
        self.given = given

    def step(self, i: int, value: float) -> float:
        return self.given or max(self.steps[i], STEP_LEAST * abs(value))


class FineDifferences(Differences):
    """Central differences whose steps follow the loss: a fraction of the distance along a parameter that would double
    it.

    The losses on both sides show the curvature, and with it that distance, at no further cost. So steps are long far
    from a minimum, and near one as short as rounding allows. A loss near 0 by chance, below a small part of `unit`, the
    loss's size at first, is measured by that.
    """

    def __init__(self, loss: Loss, scales: list[float], unit: float, bounds: Bounds | None) -> None:
        super().__init__(loss, [FINEST * scale for scale in scales], True, bounds)
        self.least = FLOOR * unit
        self.longest = [LONGEST * step for step in self.steps]

    def step(self, i: int, value: float) -> float:
        return max(self.steps[i], FINEST_LEAST * abs(value))

    def slope(self, now: Point, i: int, step: float, ahead: float, behind: float) -> float:
        bend = abs(ahead + behind - 2 * now.loss) / step**2
        if isfinite(bend) and bend > 0:
            wanted = FINEST * sqrt(2 * max(abs(now.loss), self.least) / bend)
            here = self.steps[i]
            self.steps[i] = min(max(wanted, here / CHANGED), here * CHANGED, self.longest[i])
        return super().slope(now, i, step, ahead, behind)
