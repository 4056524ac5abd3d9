"""Bounds of parameters: the least and the largest value of each."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Bounds(NamedTuple):
    """The least and the largest value of each parameter, shape (n,), infinite where there is none.

    >>> bounds = Bounds(np.array([0.0, -np.inf]), np.array([1.0, np.inf]))
    >>> bounds.project([-3.0, 7.0]), bounds.holds([0.5, 7.0])
    ((0.0, 7.0), True)
    """

    lower: FloatArray
    upper: FloatArray

    def project(self, values: Sequence[float] | FloatArray) -> tuple[float, ...]:
        """The nearest point within the bounds."""
        return tuple(np.clip(values, self.lower, self.upper).tolist())

    def holds(self, values: Sequence[float]) -> bool:
        """Whether a point lies within the bounds."""
        return self.project(values) == tuple(values)

    def held(self, values: Sequence[float] | FloatArray, gradient: FloatArray) -> NDArray[np.bool_]:
        """Which parameters stand at a bound that the descent pushes them against."""
        at = np.asarray(values)
        return ((at <= self.lower) & (gradient >= 0)) | ((at >= self.upper) & (gradient <= 0))

    def room(self, values: FloatArray, direction: FloatArray) -> float:
        """The length of the longest step along the direction that stays within the bounds; may be infinite."""
        wall = np.where(direction > 0, self.upper, self.lower)
        moving = direction != 0
        return float(np.min((wall - values)[moving] / direction[moving], initial=inf))

    def measured_in(self, scales: FloatArray) -> Bounds:
        """The same bounds for parameters measured in units of `scales`."""
        return Bounds(self.lower / scales, self.upper / scales)


def free(size: int) -> Bounds:
    """No bounds for so many parameters."""
    return Bounds(np.full(size, -inf), np.full(size, inf))
