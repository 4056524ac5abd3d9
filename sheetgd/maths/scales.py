"""The units in which parameters are measured: how far each must move to change the loss by about its own size."""

from __future__ import annotations

from collections.abc import Collection
from math import exp, floor, inf, isfinite, log, sqrt
from typing import TYPE_CHECKING

from .loss import Loss, Point, Values

if TYPE_CHECKING:
    from .bounds import Bounds

FIRST_SCALE = 1e-3  # of a parameter's size: the search for its scale begins there,
SCALE_FACTOR = 4.0  # and strides so
SCALE_ROUNDS = 24
ALIKE = 30.0  # times their mean: scales this close to it are taken for the same
SATURATED = 1.9  # a move four times as far must change the loss by at least this many times as much
FORETOLD = (
    2.0  # a change of the loss at most this many times larger or smaller than the one foretold bears it out
)


def find_scales(
    loss: Loss, start: Point, bounds: Bounds | None = None, goal: float | None = None
) -> list[float]:
    """How far each parameter must move, alone, to change the loss by about its own size, within a factor of four (or by
    another `goal`); or, if it cannot, the distance beyond which moving further hardly changes the loss.

    >>> point = Point((0.0, 0.0), 100.0)
    >>> find_scales(lambda points: [(10 - x - y / 1000) ** 2 for x, y in points], point)
    [4.096, 1048.576]
    """
    sizes = [max(1.0, abs(value)) for value in start.values]
    scales = dict(enumerate(FIRST_SCALE * size for size in sizes))
    goal = goal or abs(start.loss) or 1.0
    around = _Around(loss, start, bounds)
    foretold = around.foretold(scales, goal)
    scales |= foretold
    changes: dict[int, float] = {}  # of the loss, at the scales that are still being looked for
    growing: dict[int, bool] = {}
    waiting = scales.keys() - foretold
    for _ in range(SCALE_ROUNDS):
        found = around.changes({i: scales[i] for i in waiting})
        for i, change in found.items():
            grow = change < goal
            settled = growing.setdefault(i, grow) != grow
            if grow and changes.get(i, 0.0) and change < SATURATED * changes[i]:
                settled = True
            if settled:
                scales[i] /= SCALE_FACTOR if growing[i] else 1.0
                waiting.remove(i)
            else:
                changes[i] = change
                scales[i] *= SCALE_FACTOR if grow else 1 / SCALE_FACTOR
    return [sizes[i] if i in waiting else scale for i, scale in scales.items()]


def alike(scales: list[float]) -> list[float]:
    """Scales, with those close to their geometric mean replaced by it.

    This is for optimizers whose steps are all about as long: in a network, a parameter that hardly matters yet has a
    large scale for that reason alone, and must not leap by it. Only parameters of quite another size keep a scale of
    their own.

    >>> [round(scale, 3) for scale in alike([0.5, 2.0, 1.0, 1.0])], alike([1.0, 1e-6])
    ([1.0, 1.0, 1.0, 1.0], [1.0, 1e-06])
    """
    mean = exp(sum(map(log, scales)) / len(scales))
    return [mean if mean / ALIKE < scale < mean * ALIKE else scale for scale in scales]


def nudged(values: Values, i: int, step: float) -> tuple[float, ...]:
    """The values, one of them moved by a step."""
    return (*values[:i], values[i] + step, *values[i + 1 :])


class _Around:
    """The loss around a point, a parameter at a time; what was computed once is remembered."""

    def __init__(self, loss: Loss, start: Point, bounds: Bounds | None) -> None:
        self.loss, self.start, self.bounds = loss, start, bounds
        self.known: dict[tuple[int, float], float] = {}  # changes of the loss, by parameter and step

    def changes(self, steps: dict[int, float]) -> dict[int, float]:
        """The change of the loss when each of these parameters moves by its step, up or down: the larger of the two."""
        self._look([(i, sign * step) for sign in (1, -1) for i, step in steps.items()])
        sides = {i: (self.known[i, step], self.known[i, -step]) for i, step in steps.items()}
        return {
            i: max((abs(change) for change in both if isfinite(change)), default=inf)
            for i, both in sides.items()
        }

    def _look(self, moves: Collection[tuple[int, float]]) -> None:
        new = [move for move in moves if move not in self.known]
        points = [nudged(self.start.values, *move) for move in new]
        found = self.loss([self.bounds.project(point) for point in points] if self.bounds else points)
        self.known |= {move: after - self.start.loss for move, after in zip(new, found, strict=True)}

    def foretold(self, firsts: dict[int, float], goal: float) -> dict[int, float]:
        """The scales that many strides from the first ones lead to, foretold by the slope and the bend of the loss
        there, where the losses at both ends of the last stride bear them out."""
        self.changes(firsts)
        ends: dict[int, tuple[float, float]] = {}  # a scale, and the change of the loss there
        for i, first in firsts.items():
            ahead, behind = self.known[i, first], self.known[i, -first]
            slope, bend = abs(ahead - behind) / 2, abs(ahead + behind) / 2
            if not 0 < slope + bend < goal:
                continue
            strides = floor(log(2 * goal / (slope + sqrt(slope**2 + 4 * bend * goal)), SCALE_FACTOR))
            if 2 <= strides < SCALE_ROUNDS - 1:
                times = SCALE_FACTOR**strides
                ends[i] = first * times, slope * times + bend * times**2
        near = self.changes({i: scale for i, (scale, _) in ends.items()})
        far = self.changes({i: scale * SCALE_FACTOR for i, (scale, _) in ends.items()})
        return {
            i: scale
            for i, (scale, change) in ends.items()
            if change / FORETOLD < near[i] < min(goal, change * FORETOLD) and far[i] >= goal
        }
