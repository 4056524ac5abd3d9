"""BFGS: a quasi-Newton descent with a strong Wolfe line search, and bounds.

It builds up, from the gradients on the way, the inverse of the matrix of second derivatives, so that a narrow valley
is walked along instead of across. Nothing here knows of sheets, units or differences.

Source: Nocedal and Wright, Numerical Optimization, 2nd edition (2006): algorithms 6.1 (BFGS), 3.5 and 3.6 (line
search). Bounds: a parameter that stands at a bound and is pushed against it is left out, as in L-BFGS-B (Byrd, Lu,
Nocedal and Zhu, 1995), and a step ends at the first bound in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bounds import Bounds, FloatArray, free

SUFFICIENT = 1e-4  # c1 of the Wolfe conditions: the part of the fall that the slope promises
FLATTER = 0.9  # c2: how much flatter the slope must be at the step's end
LONGER = 4.0  # times the step, while the loss still falls at its end
TRIALS = 30  # losses that one line search may ask for
LEAST_CURVED = 1e-14  # of the largest change of the gradient along its step: anything below is rounding
STEEPEST = 1.0  # the first step's length, before any second derivative is known


class SmoothLoss(NamedTuple):
    """What is minimized: the loss at a point of shape (n,), inf or NaN where there is none, and its gradient there,
    shape (n,), which is asked for only where the loss is a number."""

    value: Callable[[FloatArray], float]
    gradient: Callable[[FloatArray], FloatArray]


class Iterate(NamedTuple):
    """Where the descent is: a point, its loss and gradient, and whether there is no way on from there."""

    x: FloatArray
    loss: float
    gradient: FloatArray
    stuck: bool = False


def bfgs(loss: SmoothLoss, start: FloatArray, bounds: Bounds | None = None) -> Iterator[Iterate]:
    """Descend from a start within the bounds at which the loss is a number: yields the state after each step, without
    end.

    A state that is `stuck` is the last one again: the line search found nothing lower; the next step is steepest
    descent, as if begun anew.

    >>> bowl = SmoothLoss(lambda x: (x[0] - 3) ** 2 + 100 * (x[1] + 1) ** 2, lambda x: 2 * (x - [3, -1]) * [1, 100])
    >>> states = bfgs(bowl, np.zeros(2))
    >>> [round(float(number), 6) for number in [next(states) for _ in range(12)][-1].x]
    [3.0, -1.0]
    """
    bounds = bounds or free(len(start))
    now = Iterate(start, loss.value(start), loss.gradient(start))
    inverse: FloatArray | None = None  # of the second derivatives; None before the first step
    while True:
        held = bounds.held(now.x, now.gradient)
        direction = _direction(now.gradient, inverse, held)
        after = _line_search(loss, now, direction, bounds, 1.0 if inverse is not None else _first(direction))
        if after is None:
            inverse, now = None, now._replace(stuck=True)
        else:
            inverse = _updated(inverse, after.x - now.x, after.gradient - now.gradient)
            now = after
        yield now


def _direction(gradient: FloatArray, inverse: FloatArray | None, held: NDArray[np.bool_]) -> FloatArray:
    """Minus the inverse of the second derivatives times the slopes, of the parameters that no bound holds."""
    direction = np.zeros_like(gradient)
    freed = ~held
    if inverse is None:
        direction[freed] = -gradient[freed]
        return direction
    if freed.all():
        return -inverse @ gradient
    block = inverse[np.ix_(freed, freed)]
    if held.any():  # the inverse of a block is not the block of an inverse: Schur's complement
        across = inverse[np.ix_(freed, held)]
        block = block - across @ np.linalg.solve(inverse[np.ix_(held, held)], across.T)
    direction[freed] = -block @ gradient[freed]
    return direction


def _first(direction: FloatArray) -> float:
    """The first step's factor: its longest part is as long as a unit."""
    longest = float(np.max(np.abs(direction), initial=0.0))
    return STEEPEST / longest if longest else 1.0


def _updated(inverse: FloatArray | None, step: FloatArray, change: FloatArray) -> FloatArray:
    """The inverse after a step that brought this `change` of the gradient (6.17); after the first step, that of a bowl
    as curved as the loss was along the step (6.20).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        curvature, sizes = float(step @ change), float(step @ step) * float(change @ change)
    if inverse is None:
        inverse = np.eye(len(step)) * (curvature / float(change @ change) if curvature > 0 else 1.0)
    if not (curvature > LEAST_CURVED * sqrt(sizes) and isfinite(sizes)):
        return inverse  # a step that a bound ended may not be curved upwards
    moved = inverse @ change
    half = np.outer(step, (step * ((1 + float(change @ moved) / curvature) / 2) - moved) / curvature)
    updated: FloatArray = inverse + half
    updated += half.T
    return updated


# -- the line search -------------------------------------------------------------------------------------------------
class _Trial(NamedTuple):
    """A step's length, the loss at its end, and the slope along the step if it was asked for."""

    length: float
    loss: float
    slope: float = 0.0


def _line_search(
    loss: SmoothLoss, now: Iterate, direction: FloatArray, bounds: Bounds, first: float
) -> Iterate | None:
    """A point along the direction that meets the strong Wolfe conditions (3.5), or at least the lowest that the trials
    found; None where none is lower.
    """
    slope = float(now.gradient @ direction)
    room = bounds.room(now.x, direction)
    if not slope < 0 or not room > 0:
        return None
    best: Iterate | None = None
    origin = low = _Trial(0.0, now.loss, slope)
    high: _Trial | None = None
    length = min(first, room)
    for _ in range(TRIALS):
        x = np.array(bounds.project(now.x + length * direction))
        found = loss.value(x) if np.isfinite(x).all() else inf
        found = found if isfinite(found) else inf
        if found > origin.loss + SUFFICIENT * length * slope or (found >= low.loss and low.length > 0):
            high = _Trial(length, found)
        else:
            gradient = loss.gradient(x)
            here = _Trial(length, found, float(gradient @ direction))
            if best is None or found < best.loss:
                best = Iterate(x, found, gradient)
            if abs(here.slope) <= -FLATTER * slope or length == room:
                return Iterate(x, found, gradient)
            if here.slope * ((high.length if high else inf) - low.length) >= 0:
                high = low
            low = here
        if high is None:
            length = min(LONGER * length, room)
            continue
        length = _between(low, high)
        if length in (low.length, high.length):
            break
    return best


def _between(low: _Trial, high: _Trial) -> float:
    """The length between two trials at which the parabola through both, with the slope of the lower, is least; halfway
    where that is too close to either or not known."""
    way = high.length - low.length
    bend = high.loss - low.loss - low.slope * way
    part = -low.slope * way / (2 * bend) if isfinite(bend) and bend > 0 else 0.5
    return low.length + way * (part if 0.1 <= part <= 0.9 else 0.5 if part > 0.9 else 0.1)
