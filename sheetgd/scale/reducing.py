"""What a worker does with a task: its rows' formulas, block by block, and their sums, least and largest values.

A block's sum is NumPy's, pairwise; the blocks are the same however the rows are divided, and their sums are added
exactly. So a sum is the same, to the last bit, whatever the files, the tasks and the workers.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from math import fsum, isnan, nan
from typing import NamedTuple

import numpy as np

from ..formulas.tree import Tree
from ..grid.sheet import Place
from ..maths.bounds import FloatArray
from .files import BLOCK, Task
from .formulas import Formulas, scalar
from .pattern import MIN, SUM
from .reading import batches

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as glibc numbers its settings


class Layer(NamedTuple):
    """Reductions that can be found in one pass: of trees over the data's columns and single cells.

    `data` are leaves with the number of the column that is read for them; `live` are the single cells in which slopes
    are wanted.
    """

    data: tuple[tuple[str, int], ...]
    columns: tuple[tuple[str, tuple[Tree, Place]], ...]
    kinds: tuple[str, ...]
    trees: tuple[Tree, ...]
    place: Place
    live: tuple[str, ...] = ()


class Query(NamedTuple):
    """A layer's reductions at several points, each the values of the single cells."""

    layer: Layer
    points: tuple[Mapping[str, float], ...]


class Reduced(NamedTuple):
    """A reduction's value, and its slopes in the layer's live cells; `rests` are what they lack of exact sums."""

    value: float
    slopes: tuple[float, ...] = ()
    rests: tuple[float, ...] = ()


@lru_cache(maxsize=16)
def formulas_of(
    trees: tuple[Tree, ...],
    columns: tuple[tuple[str, tuple[Tree, Place]], ...],
    place: Place,
    live: tuple[str, ...] = (),
) -> Formulas:
    return Formulas(trees, dict(columns), place, live)


def compiled(layer: Layer) -> Formulas:
    """The formulas of a layer, kept from task to task."""
    return formulas_of(layer.trees, layer.columns, layer.place, layer.live)


def blocks(task: Task, data: Sequence[tuple[str, int]]) -> Iterator[dict[str, FloatArray]]:
    """The rows of a task in blocks of one size, a leaf's numbers at a time."""
    _keep_memory()
    waiting: list[FloatArray] = []
    for piece in task:
        for columns in batches(piece):
            count = len(columns[0])
            first = 0
            if waiting:
                first = min(BLOCK - len(waiting[0]), count)
                waiting = [np.append(one, more[:first]) for one, more in zip(waiting, columns, strict=True)]
                if len(waiting[0]) < BLOCK:
                    continue
                yield _leaves(waiting, data)
            last = count - (count - first) % BLOCK
            for at in range(first, last, BLOCK):
                yield _leaves([column[at : at + BLOCK] for column in columns], data)
            waiting = [column[last:] for column in columns] if last < count else []
    if waiting:
        yield _leaves(waiting, data)


@cache
def _keep_memory() -> None:
    """Have glibc keep the memory of blocks, which are allocated and freed all the time: Dask's workers give it back."""
    with suppress(OSError, AttributeError):  # another C library
        allocator = ctypes.CDLL("libc.so.6").mallopt
        allocator(TRIM_THRESHOLD, 1 << 23)
        allocator(MMAP_THRESHOLD, 1 << 22)


def _leaves(columns: Sequence[FloatArray], data: Sequence[tuple[str, int]]) -> dict[str, FloatArray]:
    return {leaf: columns[at].reshape(-1, 1, 1) for leaf, at in data}


def reduce_rows(task: Task, asked: Query) -> list[list[Reduced]]:
    """Each point's reductions over a task's rows; a BookError where these cannot be read."""
    layer = asked.layer
    formulas = compiled(layer)
    points = [{name: scalar(value) for name, value in point.items()} for point in asked.points]
    parts: list[list[list[Reduced]]] = [[[] for _ in layer.trees] for _ in points]
    for rows in blocks(task, layer.data):
        count = len(next(iter(rows.values())))
        for point, found in zip(points, parts, strict=True):
            values = formulas.values({**point, **rows})
            for number, value in enumerate(values):
                found[number].append(_block(formulas, layer, number, value, count))
    return [[together(kind, some) for kind, some in zip(layer.kinds, found, strict=True)] for found in parts]


def _block(formulas: Formulas, layer: Layer, number: int, value: FloatArray, count: int) -> Reduced:
    """One reduction over a block of rows; a value that is the same in all of them counts in each."""
    kind = layer.kinds[number]
    if kind == SUM:
        each = count / len(value)
        found, seed = float(value.sum()) * each, scalar(each)
    else:
        at = int(np.argmin(value) if kind == MIN else np.argmax(value))
        found, seed = float(value[at, 0, 0]), np.zeros(value.shape)
        seed[at] = 1.0
    if not formulas.live:
        return Reduced(found)
    slopes = formulas.slopes(number, seed)
    return Reduced(found, tuple(slopes.get(name, 0.0) for name in layer.live))


def together(kind: str, parts: Sequence[Reduced]) -> Reduced:
    """One reduction from those of parts of the rows.

    >>> together(SUM, [Reduced(1e16), Reduced(1.0), Reduced(-1e16)]).value
    1.0
    """
    if any(isnan(part.value) for part in parts):
        return Reduced(nan, tuple(nan for _ in parts[0].slopes))
    if kind == SUM:
        rests = [part.rests or (0.0,) * (1 + len(part.slopes)) for part in parts]
        sums = list(zip(*((part.value, *part.slopes) for part in parts), strict=True))
        found = [_sum((*one, *rest)) for one, rest in zip(sums, zip(*rests, strict=True), strict=True)]
        value, *slopes = [one for one, _ in found]
        return Reduced(value, tuple(slopes), tuple(rest for _, rest in found))
    return (min if kind == MIN else max)(parts, key=lambda part: part.value)


def _sum(numbers: Sequence[float]) -> tuple[float, float]:
    """The exact sum, rounded, and what that lacks."""
    try:
        found = fsum(numbers)
        return found, fsum((*numbers, -found))
    except (OverflowError, ValueError):
        return nan, nan
