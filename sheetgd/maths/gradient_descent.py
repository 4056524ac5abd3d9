"""Gradient descent on any loss: finds a learning rate, lets it decay, and restarts from the best point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite

from ..progress import Progress
from .differences import ScaledDifferences
from .endless import is_endless
from .loss import (
    ALL,
    DIVERGED,
    ENDLESSLY,
    FLAT,
    FLOOR,
    INTERRUPTED,
    UNTIL,
    Failure,
    Gradient,
    Loss,
    Outcome,
    Point,
    Settings,
    Values,
)
from .optimizers import OPTIMIZERS, Optimizer
from .scales import alike, find_scales

PATIENCE = 8  # epochs without a lower loss before learn decays; with a given learn, before the descent stops,
PATIENCE_GIVEN = 50  # this many
STEADY = 25  # epochs without such a stall before learn grows again
DECAY = 0.3  # learn is multiplied by it to decay, and divided by it to grow
DECAYS = 6  # decays in a row that lowered nothing: the descent stops
ANEW = 0.1  # of the loss at which scales were measured: at so low a loss they are measured again
HALVINGS = 40  # halvings of learn in the search for one
BLOW_UP = 1e6  # with a given learn, a loss this many times the first has diverged


def descend(
    loss: Loss,
    start: Point,
    optimizer: str,
    settings: Settings,
    progress: Progress | None = None,
    exact: Gradient | None = None,
    scales: Sequence[float] = (),
) -> Outcome:
    """Descend from a start at which the loss is a number; Ctrl-C ends the descent with the best point so far.

    The gradient is `exact` if that is given, else taken by differences. `scales` are what `find_scales` finds at the
    start, where that is known.

    >>> losses = lambda points: [(p[0] - 3) ** 2 + 5 for p in points]
    >>> outcome = descend(losses, Point((0.0,), 14.0), "adam", Settings())
    >>> round(outcome.best.values[0], 3), round(outcome.best.loss, 6), outcome.stopped
    (3.0, 5.0, 'flat')
    """
    descent = _Descent(loss, start, optimizer, settings, exact, scales)
    try:
        stopped = descent.run(progress)
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    return Outcome(
        optimizer,
        descent.log,
        descent.first_learn,
        descent.learn,
        descent.scales,
        stopped,
        descent.failures,
    )


class _Descent:
    """A descent in progress: where it is, the best point so far, and the optimizer's state."""

    def __init__(
        self,
        loss: Loss,
        start: Point,
        optimizer: str,
        settings: Settings,
        exact: Gradient | None,
        scales: Sequence[float],
    ) -> None:
        self.known = list(scales)  # the scales at the start
        self.loss, self.name, self.settings, self.exact = loss, optimizer, settings, exact
        self.log = [start]
        self.failures: list[Failure] = []
        self.measured = self.best
        self.scales = self.first_scales = [1.0] * len(start.values)
        self.learn = self.first_learn = settings.learn or 0.0
        self.optimizer = self.fresh()
        self.slopes = exact or self.differences()

    @property
    def best(self) -> Point:
        return self.log[-1]

    def fresh(self) -> Optimizer:
        """The optimizer before its first step."""
        return OPTIMIZERS[self.name](len(self.scales))

    def run(self, progress: Progress | None) -> str:
        """Descend epoch by epoch; returns why it stopped."""
        if not self.begin():
            return FLAT
        self.first_learn, self.first_scales = self.learn, self.scales
        return self.with_learn_given(progress) if self.settings.learn else self.with_decay(progress)

    def begin(self) -> bool:
        """Measure scales and look for a learn at the best point so far; whether there is one."""
        self.measured = self.best
        self.optimizer = self.fresh()
        known, self.known = self.known, []
        scales = known or find_scales(self.loss, self.best, self.settings.bounds)
        self.scales = alike(scales) if self.optimizer.levels else scales
        self.slopes = self.exact or self.differences()
        return self.settings.learn is not None or self.find_learn()

    # -- epochs ----------------------------------------------------------------------------------------------------
    def with_decay(self, progress: Progress | None) -> str:
        """Descend with the learn that was found.

        While the loss falls steadily, learn grows. When it stalls, go back to the best point with a smaller learn; when
        that no longer helps, stop. Far below the first loss, measure scales and look for a learn again.
        """
        now, stalled, steady, in_vain, before = self.best, 0, 0, 0, self.best.loss
        for _ in self.epochs(progress):
            now, steady = self.epoch(now), steady + 1
            stalled = 0 if self.keep(now) else stalled + 1
            if not stalled and self.is_endless():
                return ENDLESSLY
            if abs(self.best.loss) < ANEW * abs(self.measured.loss):
                in_vain = 0
                if not self.begin():
                    return FLAT
            elif stalled == PATIENCE or not isfinite(now.loss):
                helped = before - self.best.loss > self.least()
                in_vain = 0 if helped else in_vain + isfinite(now.loss)
                if in_vain == DECAYS:
                    return FLAT
                self.learn = rounded(self.learn * DECAY)
                self.optimizer = self.fresh()
            else:
                if steady == STEADY:
                    self.learn, steady = rounded(self.learn / DECAY), 0
                continue
            now, stalled, steady, before = self.best, 0, 0, self.best.loss
        return ALL

    def with_learn_given(self, progress: Progress | None) -> str:
        """Descend with one learn throughout."""
        now, stalled, first = self.best, 0, self.best.loss
        for _ in self.epochs(progress):
            now = self.epoch(now)
            stalled = 0 if self.keep(now) else stalled + 1
            if not stalled and self.is_endless():
                return ENDLESSLY
            if not isfinite(now.loss) or now.loss > BLOW_UP * max(abs(first), UNTIL):
                return DIVERGED
            if stalled == PATIENCE_GIVEN:
                return FLAT
        return ALL

    def epochs(self, progress: Progress | None) -> Iterator[int]:
        for number in range(1, self.settings.epochs + 1):
            yield number
            if progress:
                progress(number, self.settings.epochs)

    def epoch(self, now: Point) -> Point:
        """One step from a point: the gradient there, the optimizer's direction, the loss at the new point."""
        return self.at(self.moved(now, self.optimizer.direction(self.gradient(now)), self.learn))

    def moved(self, now: Point, direction: Values, learn: float) -> tuple[float, ...]:
        units, _ = self.units()
        return self.settings.project(
            tuple(
                value - learn * way * unit
                for value, way, unit in zip(now.values, direction, units, strict=True)
            )
        )

    def at(self, values: tuple[float, ...]) -> Point:
        return Point(values, self.loss([values])[0] if all(map(isfinite, values)) else inf)

    def keep(self, now: Point) -> bool:
        """Log the epoch; returns whether it lowered the best loss."""
        if not isfinite(now.loss):
            self.failures.append(Failure(len(self.log), now.values))
        before = self.best.loss
        self.log.append(now if now.loss < before else self.best)
        return before - self.best.loss > self.least()

    def least(self) -> float:
        """The smallest fall of the loss that counts as one."""
        return self.settings.until * max(abs(self.best.loss), FLOOR * abs(self.measured.loss))

    def is_endless(self) -> bool:
        """Whether the loss falls without limit."""
        return is_endless(self.loss, self.log[0], self.best, self.first_scales, self.settings.bounds)

    # -- the gradient ----------------------------------------------------------------------------------------------
    def units(self) -> tuple[list[float], float]:
        """The units of parameters and loss: their scales and its first value; 1 each where learn is given."""
        if self.settings.learn is not None:
            return [1.0] * len(self.scales), 1.0
        return self.scales, abs(self.measured.loss) or 1.0

    def gradient(self, now: Point) -> list[float]:
        """The slope of the loss in each parameter, in units."""
        units, loss_unit = self.units()
        return [slope * unit / loss_unit for slope, unit in zip(self.slopes(now), units, strict=True)]

    def differences(self) -> Gradient:
        """Finite differences with steps that fit the scales."""
        settings = self.settings
        return ScaledDifferences(self.loss, self.scales, settings.central, settings.step, settings.bounds)

    # -- learn -----------------------------------------------------------------------------------------------------
    def find_learn(self) -> bool:
        """Find the largest learn of 1, 1/2, 1/4 … with which the first step lowers the loss; whether there is one. With
        1, the largest part of the step is as long as that parameter's scale.
        """
        start = self.best
        direction = self.fresh().direction(self.gradient(start))
        longest = max(map(abs, direction), default=0.0)
        for halvings in range(0, HALVINGS if longest else 0, 4):
            tried = [rounded(0.5 ** (halvings + more) / longest) for more in range(4)]
            losses = self.loss([self.moved(start, direction, learn) for learn in tried])
            for learn, found in zip(tried, losses, strict=True):
                if found < start.loss:
                    self.learn = learn
                    return True
        return False


def rounded(learn: float) -> float:
    """A learning rate, rounded to the digits that are reported.

    >>> rounded(0.123456)
    0.123
    """
    return float(f"{learn:.3g}")
