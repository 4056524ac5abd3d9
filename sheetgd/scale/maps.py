"""Rows whose steps are affine: the product of their maps in order, and with it sums of quadratics along the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..formulas.tree import Tree
from ..grid.sheet import Place
from ..maths.bounds import FloatArray
from .files import BLOCK, Task
from .formulas import Formulas, scalar
from .polynomials import Monomial, NotPolynomial, RowPolynomials
from .reducing import blocks, formulas_of


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
        with np.errstate(all="ignore"):  # of infinities
            sums = [one + first.T @ other @ first for one, other in zip(self.sums, later.sums, strict=True)]
            return RowsMap(later.matrix @ first, tuple(sums))


def map_rows(task: Task, query: StepsQuery) -> RowsMap | None:
    """The map of a task's rows; None where a row's step is not affine."""
    steps = query.steps
    size = len(steps.carried) + 1
    cells = {name: scalar(value) for name, value in query.cells.items()}
    polynomials = RowPolynomials(steps.formulas, cells, query.center)
    shifts = [*query.center.values()]
    room = np.empty((2, size - 1, size, BLOCK))
    found: RowsMap | None = None
    for rows in _in_powers(blocks(task, steps.data)):
        count = len(next(iter(rows.values())))
        try:
            with np.errstate(all="ignore"):
                made = polynomials.of(rows)
        except (NotPolynomial, FloatingPointError):  # such as 0^0
            return None
        if any(len(monomial) > 1 for one in made[: size - 1] for monomial in one):
            return None
        for number, one in enumerate(made[: size - 1]):
            for column in range(size - 1):
                room[0, number, column, :count] = one[(column,)][:, 0, 0] if (column,) in one else 0.0
            room[0, number, -1, :count] = one[()][:, 0, 0] - shifts[number] if () in one else -shifts[number]
        block = _product(room, count, [_quadratic(one, size, count) for one in made[size - 1 :]])
        found = block if found is None else found.then(block)
    return found


def _in_powers(blocks: Iterable[dict[str, FloatArray]]) -> Iterator[dict[str, FloatArray]]:
    """Rows in blocks of 1, 2, 4, 8, … of them, in such an order that neighbours are half a block apart."""
    for rows in blocks:
        left = len(next(iter(rows.values())))
        while left:
            size = 1 << left.bit_length() - 1
            order, left = _reversed_bits(size) - left, left - size
            yield {leaf: column[order] for leaf, column in rows.items()}


@cache
def _reversed_bits(size: int) -> NDArray[np.intp]:
    """The numbers below a power of two, where the bits of their places, reversed, send them.

    >>> _reversed_bits(8).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    found = np.array([0])
    while len(found) < size:
        found = np.append(2 * found, 2 * found + 1)
    return found


def _quadratic(one: Mapping[Monomial, FloatArray], size: int, count: int) -> FloatArray:
    """The symmetric matrices of a polynomial, shape (size, size, count)."""
    found = np.zeros((size, size, count))
    for monomial, coefficient in one.items():
        row, column = (*monomial, size - 1, size - 1)[:2]
        found[row, column] += coefficient[:, 0, 0] / 2
        found[column, row] += coefficient[:, 0, 0] / 2
    return found


def _product(room: FloatArray, count: int, sums: Sequence[FloatArray]) -> RowsMap:
    """The map of so many rows from those of each in room[0], shape (k, k + 1, …): pairs of neighbours, again and again;
    room[1] is for the products.

    Neighbours stand half of all rows apart, and so do the pairs, so nothing has to be moved.
    """
    matrices, other = room
    with np.errstate(all="ignore"):
        while half := count // 2:
            first, second, products = matrices[..., :half], matrices[..., half:count], other[..., :half]
            sums = [one[..., :half] + _seen_from(first, one[..., half:]) for one in sums]
            np.einsum("ikn,kjn->ijn", second[:, :-1], first, out=products)
            products[:, -1] += second[:, -1]
            matrices, other, count = other, matrices, half
    return RowsMap(_whole(matrices[..., :1])[..., 0], tuple(one[..., 0] for one in sums))


def _whole(matrices: FloatArray) -> FloatArray:
    """Maps with their last row, which keeps the 1 below."""
    last = np.zeros((1, *matrices.shape[1:]))
    last[0, -1] = 1.0
    return np.append(matrices, last, axis=0)


def _seen_from(first: FloatArray, sums: FloatArray) -> FloatArray:
    """Quadratics after each first map, as quadratics before it."""
    whole = _whole(first)
    found: FloatArray = np.einsum("kin,kjn->ijn", whole, np.einsum("ikn,kjn->ijn", sums, whole))
    return found
