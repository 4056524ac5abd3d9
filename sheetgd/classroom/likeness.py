"""Points of the spread and the scale of others: made for one student, on a line that is not theirs."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from decimal import Decimal

from ..errors import UsageError
from ..lessons.data import Points
from .exercises import Numbers


class Likeness:
    """What the points of a file or of a lesson are like: their spread, their digits, their line and the miss of it."""

    def __init__(self, like: Points) -> None:
        self.x = sorted(like.x)
        self.x_digits, self.y_digits = digits(like.x), digits(like.y)
        rows = len(like.x)
        x_mean, y_mean = sum(like.x) / rows, sum(like.y) / rows
        squares = sum((x - x_mean) ** 2 for x in like.x)
        if len(set(like.x)) < 3 or len(set(like.y)) < 3:
            found = f"{like.x_name} and {like.y_name} have fewer than three different numbers"
            raise UsageError(found, "name other data after --data-like")
        pairs = list(zip(like.x, like.y, strict=True))
        self.slope = sum((x - x_mean) * (y - y_mean) for x, y in pairs) / squares
        self.intercept = y_mean - self.slope * x_mean
        self.multiplier = sum(x * y for x, y in pairs) / sum(x * x for x in like.x)
        misses = sum((self.slope * x + self.intercept - y) ** 2 for x, y in pairs)
        self.miss = math.sqrt(misses / rows)
        self.height = max(like.y) - min(like.y)

    def xs(self, chance: random.Random, rows: int) -> tuple[float, ...]:
        """So many x of the same spread, in no order: drawn between neighbouring x of the model."""
        return tuple(self._between(chance) for _ in range(rows))

    def _between(self, chance: random.Random) -> float:
        place = chance.random() * (len(self.x) - 1)
        low = int(place)
        value = self.x[low] + (place - low) * (self.x[low + 1] - self.x[low])
        return _rounded(value, self.x_digits)

    def line(self, chance: random.Random, rows: int) -> Numbers:
        """Points about a line of their own, as far from it as the model's are from theirs."""
        x = self.xs(chance, rows)
        m = self._near(chance, self.slope, abs(self.slope) or self.height / (self.x[-1] - self.x[0]) or 1)
        b = self._near(chance, self.intercept, self.height or 1)
        return Numbers(x, self._above(chance, x, m, b), {"m": m, "b": b})

    def ray(self, chance: random.Random, rows: int) -> Numbers:
        """Points about a line through zero."""
        x = self.xs(chance, rows)
        m = self._near(chance, self.multiplier, abs(self.multiplier) or 1)
        return Numbers(x, self._above(chance, x, m, 0), {"multiplier": m})

    def _above(self, chance: random.Random, x: Sequence[float], m: float, b: float) -> tuple[float, ...]:
        return tuple(
            _rounded(m * value + b + chance.gauss(0, self.miss), self.y_digits)
            if self.miss > 1e-9 * self.height
            else float(f"{m * value + b:.12g}")
            for value in x
        )

    def _near(self, chance: random.Random, centre: float, size: float) -> float:
        """A number with few digits, at most some 40 % of the size away from the centre."""
        unit = 10.0 ** math.floor(math.log10(size / 4))
        far = max(2, int(0.4 * size / unit))
        steps = round(centre / unit) + chance.randint(-far, far)
        return float(f"{(steps or 1) * unit:.12g}")


def digits(values: Sequence[float]) -> int:
    """How many digits after the point numbers like these need: as many as they have, and no more than tell them apart.

    >>> digits([30.5, 77]), digits([0.123456, 0.7]), digits([0.000001, 0.000009])
    (1, 3, 6)
    """
    exponents = (Decimal(repr(float(value))).normalize().as_tuple().exponent for value in values)
    written = max(-int(exponent) for exponent in exponents)
    spread = max(values) - min(values)
    return max(0, min(written, 2 - math.floor(math.log10(spread)))) if spread else 0


def _rounded(value: float, places: int) -> float:
    return round(value, places) if places else float(round(value))
