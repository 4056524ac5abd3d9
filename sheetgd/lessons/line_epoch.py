"""What one epoch of the lesson `descent` does to m and b, as numbers: to choose its settings and to say what to expect.

A row's step is affine in (m, b), and so is an epoch: new = matrix × old + shift. The map applied twice is the
map of two epochs, so any number of epochs costs a few multiplications.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Map(NamedTuple):
    """new m = mm·m + mb·b + m0, new b = bm·m + bb·b + b0."""

    mm: float = 1
    mb: float = 0
    m0: float = 0
    bm: float = 0
    bb: float = 1
    b0: float = 0

    def __call__(self, m: float, b: float) -> tuple[float, float]:
        """m and b after it."""
        return self.mm * m + self.mb * b + self.m0, self.bm * m + self.bb * b + self.b0

    def then(self, after: Map) -> Map:
        """This map and then another one."""
        m0, b0 = after(self.m0, self.b0)
        return Map(
            after.mm * self.mm + after.mb * self.bm,
            after.mm * self.mb + after.mb * self.bb,
            m0,
            after.bm * self.mm + after.bb * self.bm,
            after.bm * self.mb + after.bb * self.bb,
            b0,
        )

    def times(self, epochs: int) -> Map:
        """The map of this many epochs."""
        result, power = Map(), self
        while epochs:
            result = result.then(power) if epochs % 2 else result
            power, epochs = power.then(power), epochs // 2
        return result

    def slowest(self) -> float:
        """What an epoch leaves of the part of the distance that shrinks least; 1 or more where the run diverges."""
        half, product = (self.mm + self.bb) / 2, self.mm * self.bb - self.mb * self.bm
        root = half * half - product
        return abs(half) + math.sqrt(root) if root > 0 else math.sqrt(abs(product))


def line_epoch(x: Sequence[float], y: Sequence[float], learn: float, h: float) -> Map:
    """One epoch, a step a row, with derivatives by a nudge h: 2·x·error + h·x² for m, and 2·error + h for b.

    >>> m, b = line_epoch((7, 9), (44, 48), 0.0001, 0.01)(1, 1)
    >>> round(m, 6), round(b, 6)
    (1.117841, 1.014706)
    """
    whole = Map()
    for each, target in zip(x, y, strict=True):
        shift = learn * (2 * target - h * each), learn * (2 * target - h)
        whole = whole.then(
            Map(
                1 - 2 * learn * each * each,
                -2 * learn * each,
                shift[0] * each,
                -2 * learn * each,
                1 - 2 * learn,
                shift[1],
            )
        )
    return whole


def power(factor: float, count: int) -> float:
    """What is left of a distance after this many epochs; infinity where no number is large enough.

    >>> power(0.5, 3), power(-1799.0, 1000)
    (0.125, inf)
    """
    try:
        return factor**count
    except OverflowError:
        return math.inf


def root_mean_square(x: Sequence[float], y: Sequence[float], m: float, b: float) -> float:
    """The root of the mean of the squared errors of a line."""
    misses = [m * each + b - target for each, target in zip(x, y, strict=True)]
    return math.sqrt(sum(miss * miss for miss in misses) / len(x))


def enough_epochs(epoch: Map) -> int:
    """How many epochs show what happens: until a tenth of the distance is left, but at least 5 and at most 1,000."""
    left = epoch.slowest()
    counts = (5, 10, 20, 50, 100, 200, 500)
    return 5 if left >= 1 else next((count for count in counts if left**count < 0.1), 1000)
