"""How well data determine parameters: standard errors, and parameters that can stand in for one another.

Source: the linear approximation at the least squares, as in Bates and Watts, Nonlinear Regression Analysis and Its
Applications (1988), and in NIST's certified values: s² (J'J)⁻¹, s² being the sum of squares by the degrees of freedom.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .bounds import FloatArray

UNDETERMINED = (
    1e-8  # of the largest singular value, with columns of equal length: a direction that changes no residual
)
PART = 0.05  # of the largest part of such a direction: parameters with this much of it belong to it


class Uncertainty(NamedTuple):
    """The standard error of each parameter, shape (n,), infinite where the data do not determine it; and groups of
    parameters, by their indices, that can stand in for one another. A parameter that changes no residual is a group of
    its own.
    """

    errors: FloatArray
    groups: list[list[int]]


def uncertainty(jacobian: FloatArray, sum_of_squares: float) -> Uncertainty | None:
    """From `jacobian`, the slope of each of m residuals in each of n parameters, shape (m, n); None if there are no
    more residuals than parameters that can be told apart.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> found = uncertainty(np.column_stack([x, np.ones(3)]), 1.5)  # a line through three points
    >>> found.errors.round(3).tolist(), found.groups
    ([0.866, 1.871], [])
    >>> uncertainty(np.column_stack([x, 2 * x]), 1.5).groups
    [[0, 1]]
    """
    lengths = np.sqrt(np.sum(jacobian**2, axis=0))
    alive = lengths > 0  # the others change no residual at all
    scaled = jacobian[:, alive] / lengths[alive]
    _, sizes, ways = np.linalg.svd(scaled, full_matrices=len(scaled) < scaled.shape[1])
    sizes = np.append(sizes, np.zeros(len(ways) - len(sizes)))
    known = sizes > UNDETERMINED * sizes.max(initial=0.0)
    freedom = len(jacobian) - np.count_nonzero(known)
    if freedom <= 0:
        return None
    variances = np.sum((ways[known] / sizes[known, None]) ** 2, axis=0)
    errors = np.full(len(lengths), np.inf)
    errors[alive] = np.sqrt(variances * sum_of_squares / freedom) / lengths[alive]
    numbers = np.flatnonzero(alive).tolist()
    groups = [[numbers[i] for i in group] for group in _groups(ways[~known])]
    for group in groups:
        errors[group] = np.inf
    return Uncertainty(errors, groups + [[i] for i in np.flatnonzero(~alive).tolist()])


def _groups(ways: FloatArray) -> list[list[int]]:
    """The parameters that each undetermined direction moves; directions that share a parameter make one group."""
    groups: list[set[int]] = []
    for row in np.abs(ways):
        found = set(np.flatnonzero(row > PART * row.max()).tolist())
        for other in [group for group in groups if group & found]:
            groups.remove(other)
            found |= other
        groups.append(found)
    return sorted(sorted(group) for group in groups)
