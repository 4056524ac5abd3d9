"""The units in which parameters are measured: how far each must move to change the loss by about its own size."""

from __future__ import annotations

from math import exp, inf, isfinite, log
from typing import TYPE_CHECKING

from .loss import Loss, Point, Values

if TYPE_CHECKING:
    from .bounds import Bounds

FIRST_SCALE = 1e-3  # of a parameter's size: the search for its scale begins there,
SCALE_FACTOR = 4.0  # and strides so
SCALE_ROUNDS = 24
ALIKE = 30.0  # times their mean: scales this close to it are taken for the same
SATURATED = 1.9  # a move four times as far must change the loss by at least this many times as much


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
    scales = [FIRST_SCALE * size for size in sizes]
    goal = goal or abs(start.loss) or 1.0
    changes: dict[int, float] = {}  # of the loss, at the scales that are still being looked for
    growing: dict[int, bool] = {}
    waiting = list(range(len(scales)))
    for _ in range(SCALE_ROUNDS):
        found = _changes(loss, start, scales, waiting, bounds)
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


def _changes(
    loss: Loss, start: Point, scales: list[float], which: list[int], bounds: Bounds | None
) -> dict[int, float]:
    """The change of the loss when each of these parameters moves by its scale, up or down: the larger of the two."""
    sides = []
    for sign in (1, -1):
        points = [nudged(start.values, i, sign * scales[i]) for i in which]
        sides.append(loss([bounds.project(point) for point in points] if bounds else points))
    return {
        i: max((abs(found - start.loss) for found in both if isfinite(found)), default=inf)
        for i, both in zip(which, zip(*sides, strict=True), strict=True)
    }
