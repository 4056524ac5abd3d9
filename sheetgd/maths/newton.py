"""The last digits of a minimum: Newton's steps by an exact gradient.

Near a minimum a loss changes by the square of the distance, so that descending by it ends half the digits early; its
gradient changes by the distance itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .bounds import Bounds, FloatArray
from .loss import Gradient, Loss, Point

MOST = 100  # parameters: each costs a gradient
MOVED = 1e-4  # of a parameter's scale: the step of the gradient's differences
STEPS = 3
CLOSER = 0.5  # times the gradient before: a step that leaves more is taken back
ROUNDING = 1e-14  # of the loss: by so much it may seem to rise


def sharpened(
    loss: Loss, gradient: Gradient, end: Point, scales: Sequence[float], bounds: Bounds | None
) -> Point:
    """The end of a descent, moved to where the gradient is nearer to 0; the end itself where that fails: at a bound, at
    a kink, in a valley with a flat floor.

    >>> bowl = lambda points: [5 + (x - 3) ** 2 for (x,) in points]
    >>> sharpened(bowl, lambda point: [2 * (point.values[0] - 3)], Point((3.00000001,), 5.0), [1.0], None).values
    (3.0,)
    """
    units = np.array(scales)
    if len(units) > MOST:
        return end

    def slopes(x: FloatArray) -> FloatArray:
        values = tuple((x * units).tolist())
        found: FloatArray = np.array(gradient(Point(values, end.loss))) * units
        return found

    x = np.array(end.values) / units
    now = slopes(x)
    if bounds and bounds.measured_in(units).held(x, now).any():
        return end
    curved = np.array([slopes(x + move) - now for move in MOVED * np.eye(len(x))]) / MOVED
    for _ in range(STEPS):
        try:
            lower = np.linalg.cholesky((curved + curved.T) / 2)
        except np.linalg.LinAlgError:
            return end
        x = x - np.linalg.solve(lower.T, np.linalg.solve(lower, now))
        if not np.isfinite(x).all():
            return end
        values = tuple((x * units).tolist())
        before, now = now, slopes(x)
        if not np.linalg.norm(now) < CLOSER * np.linalg.norm(before):
            return end
        if bounds and bounds.project(values) != values:
            return end
        [found] = loss([values])
        if not found <= end.loss + ROUNDING * abs(end.loss):
            return end
        end = Point(values, found)
    return end
