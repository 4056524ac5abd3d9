"""Rows whose steps are affine: the product of their maps in order, and with it sums of quadratics along the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..formulas.tree import Tree
from ..grid.sheet import Place
from ..maths.bounds import FloatArray
from .files import Task
from .formulas import Formulas, scalar
from .polynomials import NotPolynomial, Polynomial, polynomials
from .reducing import blocks, formulas_of

MAP_BLOCK = 1 << 14  # rows whose maps are multiplied together: many, because each multiplication costs a call


class RowSteps(NamedTuple):
    """A row's step: the trees of what is carried, by its leaf, and those whose sums over all rows are wanted."""

    data: tuple[tuple[str, int], ...]
    columns: tuple[tuple[str, tuple[Tree, Place]], ...]
    carried: tuple[tuple[str, Tree], ...]
    sums: tuple[Tree, ...]
    place: Place

    @property
    def formulas(self) -> Formulas:
        trees = (*(tree for _, tree in self.carried), *self.sums)
        return formulas_of(trees, self.columns, self.place)


class StepsQuery(NamedTuple):
    """Steps at the values of single cells; maps are about the `center` of what is carried."""

    steps: RowSteps
    cells: Mapping[str, float]
    center: Mapping[str, float]


class RowsMap(NamedTuple):
    """What rows do to what is carried, measured from a center and with a 1 below: `matrix`, shape (k + 1, k + 1); and
    the sums along the way as quadratics of it, each of that shape, too."""

    matrix: FloatArray
    sums: tuple[FloatArray, ...]

    def then(self, later: RowsMap) -> RowsMap:
        """These rows, and then the later ones."""
        first = self.matrix
        sums = [one + first.T @ other @ first for one, other in zip(self.sums, later.sums, strict=True)]
        return RowsMap(later.matrix @ first, tuple(sums))


def map_rows(task: Task, query: StepsQuery) -> RowsMap | None:
    """The map of a task's rows; None where a row's step is not affine."""
    steps = query.steps
    formulas, size = steps.formulas, len(steps.carried) + 1
    cells = {name: scalar(value) for name, value in query.cells.items()}
    found: RowsMap | None = None
    for rows in blocks(task, steps.data, MAP_BLOCK):
        count = len(next(iter(rows.values())))
        try:
            made = polynomials(formulas, {**cells, **rows}, query.center)
        except NotPolynomial:
            return None
        if any(len(monomial) > 1 for one in made[: size - 1] for monomial in one):
            return None
        shifts = [*query.center.values()]
        matrices = np.zeros((size - 1, size, count))
        for number, one in enumerate(made[: size - 1]):
            for monomial, coefficient in one.items():
                matrices[number, monomial[0] if monomial else size - 1] = coefficient[:, 0, 0]
            matrices[number, size - 1] -= shifts[number]
        sums = [_quadratic(one, size, count) for one in made[size - 1 :]]
        block = _product(matrices, sums)
        found = block if found is None else found.then(block)
    return found


def _quadratic(one: Polynomial, size: int, count: int) -> FloatArray:
    """The symmetric matrices of a polynomial, shape (size, size, count)."""
    found = np.zeros((size, size, count))
    for monomial, coefficient in one.items():
        row, column = (*monomial, size - 1, size - 1)[:2]
        found[row, column] += coefficient[:, 0, 0] / 2
        found[column, row] += coefficient[:, 0, 0] / 2
    return found


def _product(matrices: FloatArray, sums: Sequence[FloatArray]) -> RowsMap:
    """The map of rows from those of each, shape (k, k + 1, count): pairs of neighbours, again and again."""
    size = matrices.shape[1]
    with np.errstate(all="ignore"):
        while matrices.shape[2] > 1:
            even = matrices.shape[2] // 2 * 2
            first, second = matrices[:, :, 0:even:2], matrices[:, :, 1:even:2]
            sums = [
                np.append(one[..., 0:even:2] + _seen_from(first, one[..., 1:even:2]), one[..., even:], axis=2)
                for one in sums
            ]
            matrices = np.append(_after(first, second), matrices[:, :, even:], axis=2)
    last = np.zeros((1, size))
    last[0, -1] = 1.0
    return RowsMap(np.append(matrices[..., 0], last, axis=0), tuple(one[..., 0] for one in sums))


def _after(first: FloatArray, second: FloatArray) -> FloatArray:
    """Each first map, and then its second."""
    size = first.shape[1]
    first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
    found, term = np.empty(first.shape), np.empty(first.shape[2])
    for row in range(size - 1):
        for column in range(size):
            total = found[row, column]
            np.multiply(second[row, 0], first[0, column], out=total)
            for inner in range(1, size - 1):
                total += np.multiply(second[row, inner], first[inner, column], out=term)
        found[row, size - 1] += second[row, size - 1]
    return found


def _seen_from(first: FloatArray, sums: FloatArray) -> FloatArray:
    """Quadratics after each first map, as quadratics before it."""
    size = first.shape[1]
    last = np.zeros((1, *first.shape[1:]))
    last[0, -1] = 1.0
    whole = np.append(first, last, axis=0)
    half = np.stack([sum(sums[row, k] * whole[k] for k in range(size)) for row in range(size)])
    found: FloatArray = np.stack([sum(whole[k, row] * half[k] for k in range(size)) for row in range(size)])
    return found
