"""The lessons' points, and `descent` as a plain loop."""

from __future__ import annotations

import math

INCHES = [30.5, 32.5, 34.5, 36.5, 38.5, 40.5, 42.5, 44.5, 46.5, 48.5]
CM = [77, 83, 88, 93, 98, 103, 108, 113, 118, 123]
X = [7, 9, 28, 30, 50, 22, 3, 9, 30, 23, 40, 23, 40, 18, 17, 3, 4, 16, 20, 10]
Y = [44, 48, 86, 90, 130, 74, 36, 48, 90, 76, 110, 76, 110, 66, 64, 36, 38, 62, 70, 50]


def stepping(epochs: int, learn: float = 0.0001, h: float = 0.01) -> tuple[float, float, float]:
    """The `descent` lesson as a plain loop: m, b and the root mean square after some epochs from (1, 1)."""
    m = b = 1.0
    for _ in range(epochs):
        for x, y in zip(X, Y, strict=True):
            error_sq = (m * x + b - y) ** 2
            de_dm = (((m + h) * x + b - y) ** 2 - error_sq) / h
            de_db = ((m * x + (b + h) - y) ** 2 - error_sq) / h
            m, b = m - learn * de_dm, b - learn * de_db
    return m, b, math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)) / len(X))
