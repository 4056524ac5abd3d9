"""Whether a loss falls without limit."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from .loss import Loss, Point

if TYPE_CHECKING:
    from .bounds import Bounds

GROWN = 1e9  # times its first size: a fall of the loss, or a parameter's distance from the start, that may have no end
FURTHER = (1e4, 1e8, 1e12, 1e16, 1e20, 1e24)  # times the distance so far: there the loss is looked at
ENDLESS = 1e150  # times the loss's first size: an endless fall, however far the parameters moved


def is_endless(
    loss: Loss, first: Point, best: Point, scales: list[float], bounds: Bounds | None = None
) -> bool:
    """Whether the loss falls without limit, from the first point through the best one.

    A loss may also fall far to a minimum that lies far away. So beyond `GROWN` we look `FURTHER` in the same direction:
    a loss without limit falls by more each time.

    >>> from .loss import Point
    >>> losses = lambda points: [-x for (x,) in points]
    >>> is_endless(losses, Point((0.0,), 0.0), Point((1e12,), -1e12), [1.0])
    True
    """
    fall, unit = first.loss - best.loss, max(abs(first.loss), 1.0)
    if fall <= GROWN * unit or fall > ENDLESS * unit:
        return fall > GROWN * unit
    sizes = [max(abs(start), scale) for start, scale in zip(first.values, scales, strict=True)]
    ways = [value - start for value, start in zip(best.values, first.values, strict=True)]
    far = [way if abs(way) > GROWN * size else 0.0 for way, size in zip(ways, sizes, strict=True)]
    ahead = [
        tuple(value + times * way for value, way in zip(best.values, far, strict=True)) for times in FURTHER
    ]
    if bounds:
        ahead = [bounds.project(point) for point in ahead]
    losses = [best.loss, *loss(ahead)] if any(far) else [best.loss, best.loss]
    falls = [before - after for before, after in pairwise(losses)]
    return all(0 < one < other for one, other in pairwise([*falls, inf]))
