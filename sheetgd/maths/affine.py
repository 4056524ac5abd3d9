"""Many epochs at once: where an epoch is an affine map of what it carries, powers of that map replace stepping.

The map is found by probing the sheet's own epoch, and believed only after it has foretold further epochs. The loss, or
its square, is found in the same way as a quadratic. Everything is written about the map's fixed point, where there is
one, so that nothing is lost to rounding close to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .bounds import FloatArray

AGREEMENT = (
    1e-10  # of foretold values with the sheet's own, relative to the largest number that is met on the way
)
BLOCK = 1 << 13  # epochs that are computed together: as many as fit a processor's cache
MOST_SKEWED = 1e8  # largest condition number of eigenvectors that still tell us something


class NotAffine(Exception):
    """The epoch is not affine, or the loss is not quadratic."""


class AffineMap(NamedTuple):
    """An epoch: values v go to center + matrix·(v - center) + drift."""

    center: FloatArray  # shape (k,)
    matrix: FloatArray  # shape (k, k)
    drift: FloatArray  # shape (k,)

    def after(self, values: FloatArray, number: int) -> FloatArray:
        """The values after so many epochs, shape (k,).

        >>> halving = AffineMap(np.array([1.0]), np.array([[0.5]]), np.array([0.0]))
        >>> halving.after(np.array([9.0]), 3)
        array([2.])
        """
        with np.errstate(all="ignore"):
            last = np.linalg.matrix_power(self._whole(), number) @ np.append(values - self.center, 1.0)
        found: FloatArray = last[:-1] + self.center
        return found

    def course(self, values: FloatArray, count: int) -> Iterator[FloatArray]:
        """How far from the center each of `count` epochs ends, in blocks of shape (k, n): powers by doubling.

        It ends with a block that is a single point, as is the next: from there on every epoch ends in that point.

        >>> halving = AffineMap(np.array([1.0]), np.array([[0.5]]), np.array([0.0]))
        >>> [block.ravel() for block in halving.course(np.array([9.0]), 3)]
        [array([4., 2., 1.])]
        """
        power = self._whole()
        block = (power @ np.append(values - self.center, 1.0))[:, None]
        while block.shape[1] < min(count, BLOCK) and np.isfinite(twice := power @ power).all():
            block, power = np.hstack([block, power @ block]), twice
        done = 0
        while done < count:
            yield block[:-1, : count - done]
            done += block.shape[1]
            before, block = block, power @ block
            point = block[:, -1:]
            if (before[:, :1] == point).all() and (before == point).all() and (block == point).all():
                return

    def radius(self) -> float:
        """The largest eigenvalue's size: below 1, the values settle wherever they start.

        >>> AffineMap(np.array([1.0]), np.array([[-0.5]]), np.array([0.0])).radius()
        0.5
        """
        return float(np.abs(np.linalg.eigvals(self.matrix)).max())

    def drift_of(self, apart: FloatArray, reach: FloatArray, count: int) -> FloatArray:
        """How far the values may be from the truth after `count` epochs, shape (k,), if one epoch is off by `apart`.

        `reach` is how far from the center the values are, at most: an epoch rounds that, too. Along each eigenvector,
        the error of an epoch shrinks or grows with every further epoch.

        >>> halving = AffineMap(np.array([1.0]), np.array([[0.5]]), np.array([0.0]))
        >>> halving.drift_of(np.array([1e-9]), np.array([0.0]), 100).round(12)
        array([2.e-09])
        """
        sizes, vectors = np.linalg.eig(self.matrix)
        if np.linalg.cond(vectors) > MOST_SKEWED:
            raise NotAffine
        off = apart + np.finfo(float).eps * (np.abs(self.matrix) @ reach + np.abs(self.center))
        size = np.abs(sizes)
        with np.errstate(all="ignore"):
            sums = np.where(np.abs(size - 1) * count < 1e-6, count, (1 - size**count) / (1 - size))
            found: FloatArray = np.abs(vectors) @ (sums * (np.abs(np.linalg.inv(vectors)) @ off))
        return found

    def _whole(self) -> FloatArray:
        """Matrix and drift in one matrix, for values with a 1 appended."""
        size = len(self.center)
        whole = np.eye(size + 1)
        whole[:size, :size], whole[:size, size] = self.matrix, self.drift
        return whole


class QuadraticLoss(NamedTuple):
    """A loss, or its square, as a quadratic about a center."""

    constant: float
    slope: FloatArray
    curve: FloatArray  # shape (k, k)
    squared: bool

    def of(self, far: FloatArray) -> FloatArray:
        """The losses so far from the center: shape (k, n) in, (n,) out."""
        with np.errstate(all="ignore"):
            terms = self.curve.T @ far  # all in place: to get memory takes as long as to compute
            terms += self.slope[:, None]
            terms *= far
            found: FloatArray = terms.sum(axis=0)
            found += self.constant
            return np.sqrt(np.maximum(found, 0.0, out=found), out=found) if self.squared else found


def find_map(epoch: Callable[[FloatArray], FloatArray], start: FloatArray) -> AffineMap:
    """The map that the epoch is, verified at points that it was not made from; NotAffine where it is none."""
    first = _linearised(epoch, start, np.zeros(len(start)))
    fixed = _fixed_point(first)
    found = first if fixed is None else _linearised(epoch, fixed, start - fixed)
    size = magnitude(start, found.center)
    for share in (-1.0, 0.5, 0.125):
        point = found.center + share * (start - found.center) + share * 0.1 * _steps(start)
        if distance(epoch(point), found.after(point, 1)) > AGREEMENT * max(size, magnitude(point)):
            raise NotAffine
    return found


def _steps(values: FloatArray) -> FloatArray:
    """How far to probe in each direction: an affine map allows large steps, in which rounding matters least."""
    return np.maximum(1.0, np.abs(values))


def _linearised(
    epoch: Callable[[FloatArray], FloatArray], center: FloatArray, reach: FloatArray
) -> AffineMap:
    steps = np.maximum(_steps(center), np.abs(reach))
    at_center = epoch(center)
    columns = [
        (epoch(center + step * unit) - at_center) / step
        for step, unit in zip(steps, np.eye(len(center)), strict=True)
    ]
    return AffineMap(center, np.array(columns).T, at_center - center)


def _fixed_point(found: AffineMap) -> FloatArray | None:
    """The map's fixed point, if there is exactly one and it is not too far away."""
    gap = np.eye(len(found.center)) - found.matrix
    if np.linalg.cond(gap) > 1e8:
        return None
    fixed = found.center + np.linalg.solve(gap, found.drift)
    return fixed if magnitude(fixed) < 1e6 * magnitude(found.center, found.drift) else None


def find_loss(
    loss: Callable[[FloatArray], float | None], center: FloatArray, start: FloatArray
) -> QuadraticLoss | None:
    """The loss as a quadratic, or its square as one; None where the sheet has none, NotAffine where it is neither."""
    if loss(center) is None:
        return None
    for squared in (True, False):
        found = _quadratic(loss, center, _steps(start - center), squared)
        checks = np.array([center + share * (start - center) for share in (1.0, -0.6, 0.3)])
        truth = np.array([loss(point) for point in checks], dtype=float)
        apart = np.abs(found.of((checks - center).T) - truth)
        if np.all(apart <= AGREEMENT * np.maximum(np.abs(truth).max(), 1e-9)):
            return found
    raise NotAffine


def _quadratic(
    loss: Callable[[FloatArray], float | None], center: FloatArray, steps: FloatArray, squared: bool
) -> QuadraticLoss:
    """The quadratic through the probes at the center, one step each way, and at two steps at once."""

    def at(*directions: FloatArray) -> float:
        value = float(loss(center + np.sum(directions, axis=0)) or 0.0) if directions else middle
        return value * value if squared else value

    middle = float(loss(center) or 0.0)
    units = [step * unit for step, unit in zip(steps, np.eye(len(center)), strict=True)]
    constant = at()
    ahead, behind = ([at(sign * unit) for unit in units] for sign in (1, -1))
    slope = np.array([(a - b) / (2 * s) for a, b, s in zip(ahead, behind, steps, strict=True)])
    curve = np.diag(
        [(a + b - 2 * constant) / (2 * s * s) for a, b, s in zip(ahead, behind, steps, strict=True)]
    )
    for i in range(len(units)):
        for j in range(i):
            mixed = at(units[i], units[j]) - ahead[i] - ahead[j] + constant
            curve[i, j] = curve[j, i] = mixed / (2 * steps[i] * steps[j])
    return QuadraticLoss(constant, slope, curve, squared)


def magnitude(*vectors: FloatArray) -> float:
    return float(max(1.0, *(np.abs(vector).max() for vector in vectors)))


def distance(one: FloatArray, other: FloatArray) -> float:
    return float(np.abs(one - other).max())
