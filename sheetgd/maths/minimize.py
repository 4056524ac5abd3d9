"""Descent on any loss: differences, a learning rate that is looked for and decays, restarts from the best point.

Nothing here knows of sheets: a loss is a function from points to numbers, many points at a time, NaN where there is
none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import exp, inf, isfinite, log
from typing import NamedTuple

from .optimizers import OPTIMIZERS, Optimizer

Values = Sequence[float]
Loss = Callable[[Sequence[Values]], list[float]]
Progress = Callable[[int, int], None]  # epochs done, epochs in all

EPOCHS = 2000  # at most, where none are given
UNTIL = 1e-11  # of the loss: an epoch that lowers it by less has not lowered it
FLOOR = 1e-6  # of the loss at which scales were measured: below it, falls are measured by this
PATIENCE = 8  # epochs without a lower loss before learn decays; with a given learn, before the fit stops,
PATIENCE_GIVEN = 50  # so many
STEADY = 25  # epochs without such a stall before learn grows again
DECAY = 0.3  # learn's factor, or divisor, then
DECAYS = 6  # in a row that lowered nothing: the fit stops
STEP = 1e-6  # of a parameter's scale: the step of the differences,
STEP_LEAST = 1e-10  # and of its size, below which rounding would show
FIRST_SCALE = 1e-3  # of a parameter's size: where the search for its scale begins,
SCALE_FACTOR = 4.0  # and its stride
SCALE_ROUNDS = 24
ALIKE = 30.0  # times their mean: scales within it are taken for the same
SATURATED = 1.9  # four times as far must change the loss by at least so many times as much
ANEW = 0.1  # of the loss at which scales were measured: there they are measured anew
HALVINGS = 40  # of learn, in the search for one
BLOW_UP = 1e6  # a loss this many times the first, with a given learn, has diverged
GROWN = (
    1e9  # times its first size: a fall of the loss, and a parameter's way, beyond which both may have no end
)
FURTHER = (1e4, 1e8, 1e12, 1e16, 1e20, 1e24)  # times the way so far: there it is looked for
ENDLESS = 1e150  # likewise, but a fall that has no end whatever the way

# Why a fit stopped.
FLAT, ALL, INTERRUPTED, DIVERGED, ENDLESSLY = "flat", "epochs", "interrupted", "diverged", "endless"


class Settings(NamedTuple):
    """How to descend. Without `learn` it is looked for, each parameter is measured in its own scale, and learn decays
    when the loss stalls. With it, every step is the optimizer's published formula, with this learn throughout."""

    optimizer: str = "adam"
    learn: float | None = None
    epochs: int = EPOCHS
    central: bool = False
    step: float | None = None
    until: float = UNTIL


class Point(NamedTuple):
    """The values of the parameters, and the loss there."""

    values: tuple[float, ...]
    loss: float


class Failure(NamedTuple):
    """An epoch at whose parameters the loss was no number."""

    epoch: int
    values: tuple[float, ...]


class Outcome(NamedTuple):
    """What a fit came to: `log` holds the best point so far after each epoch, the start first."""

    log: list[Point]
    learn: float  # the first one
    last_learn: float
    scales: list[float]
    stopped: str
    failures: list[Failure]

    @property
    def best(self) -> Point:
        return self.log[-1]


def minimize(loss: Loss, start: Values, settings: Settings, progress: Progress | None = None) -> Outcome:
    """Descend from a start at which the loss is a number. Ctrl-C ends it with the best point so far.

    >>> outcome = minimize(lambda points: [(p[0] - 3) ** 2 + 5 for p in points], [0.0], Settings())
    >>> round(outcome.best.values[0], 3), round(outcome.best.loss, 6), outcome.stopped
    (3.0, 5.0, 'flat')
    """
    descent = _Descent(loss, start, settings)
    try:
        stopped = descent.run(progress)
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    return Outcome(descent.log, descent.first_learn, descent.learn, descent.scales, stopped, descent.failures)


class _Descent:
    """A descent in progress: where it is, the best point so far, and the optimizer's state."""

    def __init__(self, loss: Loss, start: Values, settings: Settings) -> None:
        self.loss, self.settings = loss, settings
        self.log = [Point(tuple(start), loss([start])[0])]
        self.failures: list[Failure] = []
        self.measured = self.best
        self.scales = self.first_scales = [1.0] * len(start)
        self.learn = self.first_learn = settings.learn or 0.0
        self.optimizer = self.fresh()

    @property
    def best(self) -> Point:
        return self.log[-1]

    def fresh(self) -> Optimizer:
        """The optimizer before its first step."""
        return OPTIMIZERS[self.settings.optimizer](len(self.scales))

    def run(self, progress: Progress | None) -> str:
        """Epoch by epoch; why it stopped."""
        if not self.begin():
            return FLAT
        self.first_learn, self.first_scales = self.learn, self.scales
        return self.with_learn_given(progress) if self.settings.learn else self.with_decay(progress)

    def begin(self) -> bool:
        """Measure scales and find a learn at the best point so far; whether there is one."""
        self.measured = self.best
        self.optimizer = self.fresh()
        scales = find_scales(self.loss, self.best)
        self.scales = alike(scales) if self.optimizer.levels else scales
        return self.settings.learn is not None or self.find_learn()

    # -- epochs ----------------------------------------------------------------------------------------------------
    def with_decay(self, progress: Progress | None) -> str:
        """Epochs with the learn that was found.

        While the loss falls steadily, learn grows. Where it stalls, go back to the best point with a smaller one; where
        that helps no more, stop. Far below the first loss, measure and look for a learn as at the start.
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
        """Epochs with one learn throughout."""
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
        return tuple(
            value - learn * way * unit for value, way, unit in zip(now.values, direction, units, strict=True)
        )

    def at(self, values: tuple[float, ...]) -> Point:
        return Point(values, self.loss([values])[0] if all(map(isfinite, values)) else inf)

    def keep(self, now: Point) -> bool:
        """Log the epoch; whether it lowered the best loss."""
        if not isfinite(now.loss):
            self.failures.append(Failure(len(self.log), now.values))
        before = self.best.loss
        self.log.append(now if now.loss < before else self.best)
        return before - self.best.loss > self.least()

    def least(self) -> float:
        """The smallest fall of the loss that counts as one."""
        return self.settings.until * max(abs(self.best.loss), FLOOR * abs(self.measured.loss))

    def is_endless(self) -> bool:
        """Whether the loss falls without limit.

        A loss may also fall far to a minimum that lies far away. So beyond `GROWN` it is looked for much `FURTHER` the
        same way: a loss without limit falls by more each time.
        """
        first, best = self.log[0], self.best
        fall, unit = first.loss - best.loss, max(abs(first.loss), 1.0)
        if fall <= GROWN * unit or fall > ENDLESS * unit:
            return fall > GROWN * unit
        sizes = [max(abs(start), scale) for start, scale in zip(first.values, self.first_scales, strict=True)]
        ways = [value - start for value, start in zip(best.values, first.values, strict=True)]
        far = [way if abs(way) > GROWN * size else 0.0 for way, size in zip(ways, sizes, strict=True)]
        ahead = [
            tuple(value + times * way for value, way in zip(best.values, far, strict=True))
            for times in FURTHER
        ]
        losses = [best.loss, *self.loss(ahead)] if any(far) else [best.loss, best.loss]
        falls = [before - after for before, after in pairwise(losses)]
        return all(0 < one < other for one, other in pairwise([*falls, inf]))

    # -- the gradient ----------------------------------------------------------------------------------------------
    def units(self) -> tuple[list[float], float]:
        """What the parameters and the loss are measured in: their scales and its first value, or, with a given learn,
        plain numbers."""
        if self.settings.learn is not None:
            return [1.0] * len(self.scales), 1.0
        return self.scales, abs(self.measured.loss) or 1.0

    def gradient(self, now: Point) -> list[float]:
        """The slope of the loss in each parameter, in units, by finite differences."""
        steps = [
            self.difference_step(value, scale) for value, scale in zip(now.values, self.scales, strict=True)
        ]
        ahead = self.loss([_nudged(now.values, i, step) for i, step in enumerate(steps)])
        # Where the loss has no number ahead, it may have one behind.
        both = [i for i, found in enumerate(ahead) if self.settings.central or not isfinite(found)]
        found = self.loss([_nudged(now.values, i, -steps[i]) for i in both])
        behind = dict(zip(both, found, strict=True))
        units, loss_unit = self.units()
        return [
            _slope(now, i, step, front, behind.get(i)) * unit / loss_unit
            for i, (step, front, unit) in enumerate(zip(steps, ahead, units, strict=True))
        ]

    def difference_step(self, value: float, scale: float) -> float:
        return self.settings.step or max(STEP * scale, STEP_LEAST * abs(value))

    # -- learn -----------------------------------------------------------------------------------------------------
    def find_learn(self) -> bool:
        """The largest learn, of 1, a half, a quarter …, with which the first step lowers the loss; whether there is
        one. With 1, the step's largest part is as long as that parameter's scale."""
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


def find_scales(loss: Loss, start: Point) -> list[float]:
    """How far each parameter must move, alone, to change the loss by about as much as the loss itself, within a factor
    of four; or, where it cannot, until moving further hardly changes the loss any more.

    >>> point = Point((0.0, 0.0), 100.0)
    >>> find_scales(lambda points: [(10 - x - y / 1000) ** 2 for x, y in points], point)
    [4.096, 1048.576]
    """
    sizes = [max(1.0, abs(value)) for value in start.values]
    scales = [FIRST_SCALE * size for size in sizes]
    goal = abs(start.loss) or 1.0
    changes: dict[int, float] = {}  # of the loss, at the scales that are still looked for
    growing: dict[int, bool] = {}
    waiting = list(range(len(scales)))
    for _ in range(SCALE_ROUNDS):
        found = _changes(loss, start, scales, waiting)
        for i in list(waiting):
            grow = found[i] < goal
            settled = growing.setdefault(i, grow) != grow
            if grow and changes.get(i, 0.0) and found[i] < SATURATED * changes[i]:
                settled = True
            if settled:
                scales[i] /= SCALE_FACTOR if growing[i] else 1.0
                waiting.remove(i)
            else:
                changes[i] = found[i]
                scales[i] *= SCALE_FACTOR if grow else 1 / SCALE_FACTOR
    return [sizes[i] if i in waiting else scale for i, scale in enumerate(scales)]


def alike(scales: list[float]) -> list[float]:
    """Scales, those close to their geometric mean replaced by it.

    For optimizers that make all steps alike: a parameter that hardly matters yet, as there are in a network, must not
    leap by a scale that is large for this reason alone. Only parameters of quite another size are measured differently.

    >>> [round(scale, 3) for scale in alike([0.5, 2.0, 1.0, 1.0])], alike([1.0, 1e-6])
    ([1.0, 1.0, 1.0, 1.0], [1.0, 1e-06])
    """
    mean = exp(sum(map(log, scales)) / len(scales))
    return [mean if mean / ALIKE < scale < mean * ALIKE else scale for scale in scales]


def _changes(loss: Loss, start: Point, scales: list[float], which: list[int]) -> dict[int, float]:
    """The change of the loss when each of these parameters moves by its scale, the larger of both ways."""
    sides = [loss([_nudged(start.values, i, sign * scales[i]) for i in which]) for sign in (1, -1)]
    return {
        i: max((abs(found - start.loss) for found in both if isfinite(found)), default=inf)
        for i, both in zip(which, zip(*sides, strict=True), strict=True)
    }


def rounded(learn: float) -> float:
    """A learning rate with as many digits as are told of it.

    >>> rounded(0.123456)
    0.123
    """
    return float(f"{learn:.3g}")


def _nudged(values: Values, i: int, step: float) -> tuple[float, ...]:
    return (*values[:i], values[i] + step, *values[i + 1 :])


def _slope(now: Point, i: int, step: float, ahead: float, behind: float | None) -> float:
    """The difference quotient: from behind to ahead, or from whichever side of the point has a number."""
    value = now.values[i]
    front, back = value + step, value
    low = now.loss
    if behind is not None and isfinite(behind):
        back, low = value - step, behind
    if not isfinite(ahead):
        front, ahead = value, now.loss
    return (ahead - low) / (front - back) if front != back else 0.0
